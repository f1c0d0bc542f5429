use serde_json::{Value, json};

use super::types::{self, Purpose};
use crate::domain::change_set::resource::{Deployments, ResourceFacts};

#[test]
fn the_table_is_sorted_and_every_line_of_it_can_be_found() {
    let table = include_str!("resource_types.tsv");
    let mut names: Vec<_> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert!(names.is_sorted());
    assert!(names.len() > 1_000);
    for name in names.drain(..) {
        assert!(types::find(&format!("AWS::{name}")).is_some(), "{name}");
    }
    assert!(types::find("AWS::No::Such").is_none());
    assert!(types::find("Custom::Thing").is_none());
}

#[test]
fn the_table_knows_what_a_table_holds_and_what_replaces_it() {
    let table = types::find("AWS::DynamoDB::Table").unwrap();
    assert!(table.holds.is_some());
    assert!(table.is_for(Purpose::CreateOnly, "/Properties/TableName"));
    assert!(table.is_for(Purpose::Protection, "/Properties/DeletionProtectionEnabled"));
    assert!(!table.is_for(Purpose::CreateOnly, "/Properties/Tags/0/Key"));
    let bucket = types::find("AWS::S3::Bucket").unwrap();
    assert!(bucket.is_for(
        Purpose::Closes,
        "/Properties/PublicAccessBlockConfiguration/BlockPublicAcls"
    ));
    let instance = types::find("AWS::EC2::Instance").unwrap();
    assert!(instance.is_for(
        Purpose::Opens,
        "/Properties/NetworkInterfaces/0/AssociatePublicIpAddress"
    ));
}

/// What is found when a resource of `kind` changes from one set of properties to another; `null` for one that comes
/// or goes. One line a finding: `high security widened: …`.
fn found(kind: &str, before: &Value, after: &Value) -> Vec<String> {
    let action = match (before, after) {
        (Value::Null, _) => "Add",
        (_, Value::Null) => "Remove",
        _ => "Modify",
    };
    let side = |properties: &Value| (!properties.is_null()).then(|| json!({ "Properties": properties }).to_string());
    let change = json!({ "Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": "It", "ResourceType": kind, "Replacement": "False",
        "BeforeContext": side(before), "AfterContext": side(after),
    }});
    let change = serde_json::from_value(change).unwrap();
    let facts = ResourceFacts::of("", &change, &Deployments::default()).unwrap();
    super::of_resource(&facts)
        .into_iter()
        .map(|finding| format!("{} {}: {}", finding.level.name(), finding.kind.name(), finding.because))
        .collect()
}

fn must_find(kind: &str, before: &Value, after: &Value, wanted: &str) {
    let found = found(kind, before, after);
    assert!(
        found.iter().any(|finding| finding.contains(wanted)),
        "{kind}: {wanted:?} is not among {found:#?}"
    );
}

fn must_find_nothing(kind: &str, before: &Value, after: &Value) {
    let found = found(kind, before, after);
    assert!(found.is_empty(), "{kind}: {found:#?}");
}

#[test]
fn security_groups_are_compared_by_what_they_let_through() {
    let group = |rules: Value| json!({ "SecurityGroupIngress": rules });
    let rule =
        |cidr: &str, from: u16, to: u16| json!({ "IpProtocol": "tcp", "FromPort": from, "ToPort": to, "CidrIp": cidr });
    let kind = "AWS::EC2::SecurityGroup";
    let narrow = group(json!([rule("10.0.0.0/8", 1, 65_000)]));
    must_find_nothing(kind, &narrow, &group(json!([rule("10.1.0.0/16", 22, 22)])));
    must_find(
        kind,
        &narrow,
        &group(json!([rule("11.0.0.0/16", 22, 22)])),
        "medium security widened: it lets in tcp port 22 from 11.0.0.0/16",
    );
    must_find(
        kind,
        &narrow,
        &group(json!([rule("0.0.0.0/0", 443, 443)])),
        "high security widened: it lets in tcp port 443 from everybody",
    );
    must_find(
        kind,
        &narrow,
        &group(json!([rule("128.0.0.0/1", 22, 22)])),
        "high security widened: it lets in tcp port 22 from a large part of the internet",
    );
    for everybody in ["::/0", "0::/0", "0:0:0:0:0:0:0:0/0"] {
        let rule = json!({ "IpProtocol": "-1", "CidrIpv6": everybody });
        must_find(
            kind,
            &narrow,
            &group(json!([rule])),
            "high security widened: it lets in every protocol and port from everybody",
        );
    }
    let both =
        json!({ "IpProtocol": "6", "FromPort": "22", "ToPort": "22", "CidrIp": "10.0.0.0/8", "CidrIpv6": "::/0" });
    must_find(
        kind,
        &narrow,
        &group(json!([both])),
        "high security widened: it lets in tcp port 22 from everybody (::/0)",
    );
    let ingress = "AWS::EC2::SecurityGroupIngress";
    must_find(
        ingress,
        &Value::Null,
        &rule("0.0.0.0/0", 22, 22),
        "high security widened: it lets in tcp port 22",
    );
    must_find_nothing(ingress, &rule("0.0.0.0/0", 0, 100), &rule("0.0.0.0/0", 22, 22));
    must_find(
        "AWS::EC2::SecurityGroupEgress",
        &Value::Null,
        &rule("0.0.0.0/0", 0, 65_535),
        "low security widened: it lets out tcp, every port",
    );
    let entry =
        |action: &str| json!({ "RuleAction": action, "Protocol": -1, "CidrBlock": "0.0.0.0/0", "Egress": "false" });
    must_find(
        "AWS::EC2::NetworkAclEntry",
        &entry("deny"),
        &entry("allow"),
        "high security widened: it lets in every protocol",
    );
    must_find(
        "AWS::EKS::Cluster",
        &json!({ "ResourcesVpcConfig": { "PublicAccessCidrs": ["192.0.2.0/24"] } }),
        &json!({ "ResourcesVpcConfig": { "PublicAccessCidrs": ["0.0.0.0/0"] } }),
        "high security widened: it lets in tcp port 443 from everybody",
    );
}

fn policy(statements: &Value) -> Value {
    json!({ "PolicyDocument": { "Version": "2012-10-17", "Statement": statements } })
}

#[test]
fn policies_are_compared_by_what_they_allow() {
    let kind = "AWS::IAM::ManagedPolicy";
    let allow = |action: Value, resource: Value| json!([{ "Effect": "Allow", "Action": action, "Resource": resource }]);
    let wide = policy(&allow(json!("s3:*"), json!("*")));
    // The same in other words, and less, is nothing new.
    must_find_nothing(
        kind,
        &wide,
        &policy(&allow(
            json!(["s3:Get*", "S3:PUTOBJECT"]),
            json!(["arn:aws:s3:::a/*", "*"]),
        )),
    );
    must_find(
        kind,
        &policy(&allow(json!("s3:Get*"), json!("*"))),
        &wide,
        "medium security widened: PolicyDocument now allows s3:* on every resource",
    );
    must_find(
        kind,
        &wide,
        &policy(&allow(json!(["s3:*", "iam:PassRole"]), json!("*"))),
        "high security widened: PolicyDocument now allows iam:passrole",
    );
    must_find(
        kind,
        &wide,
        &policy(&allow(json!("*"), json!("*"))),
        "high security widened: PolicyDocument now allows everything",
    );
    let all_but = |actions: Value| policy(&json!([{ "Effect": "Allow", "NotAction": actions, "Resource": "*" }]));
    must_find(
        kind,
        &wide,
        &all_but(json!(["iam:*"])),
        "high security widened: PolicyDocument now allows not iam:*",
    );
    must_find_nothing(kind, &all_but(json!(["iam:*"])), &all_but(json!(["iam:*", "sts:*"])));
    must_find(
        kind,
        &all_but(json!(["iam:*", "sts:*"])),
        &all_but(json!(["iam:*"])),
        "now allows not iam:*",
    );
    let elsewhere =
        policy(&json!([{ "Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a/*" }]));
    must_find(
        kind,
        &policy(&json!([])),
        &elsewhere,
        "high security widened: PolicyDocument now allows s3:getobject on not arn:aws:s3:::a/*",
    );
    let when = |condition: Value| {
        policy(&json!([{ "Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": condition }]))
    };
    let office = json!({ "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } });
    must_find_nothing(kind, &wide, &when(office.clone()));
    must_find(kind, &when(office.clone()), &wide, "now allows s3:* on every resource");
    must_find(
        kind,
        &when(office),
        &when(json!({ "IpAddress": { "aws:SourceIp": "0.0.0.0/0" } })),
        "now allows s3:* on every resource if",
    );
    let deny = |condition: Option<Value>| {
        let mut statement = json!({ "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*" });
        if let Some(condition) = condition {
            statement["Condition"] = condition;
        }
        policy(&json!([statement]))
    };
    must_find(
        kind,
        &deny(None),
        &policy(&json!([])),
        "high security widened: PolicyDocument no longer denies s3:delete*",
    );
    must_find(
        kind,
        &deny(None),
        &deny(Some(json!({ "Bool": { "aws:SecureTransport": "false" } }))),
        "no longer denies s3:delete*",
    );
    must_find(kind, &deny(None), &Value::Null, "no longer denies s3:delete*");
}

#[test]
fn trust_policies_bucket_policies_and_policies_as_text_are_compared() {
    let trust = |principal: Value| {
        json!({ "AssumeRolePolicyDocument": { "Statement": [
            { "Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole" }] } })
    };
    let lambda = trust(json!({ "Service": "lambda.amazonaws.com" }));
    must_find(
        "AWS::IAM::Role",
        &lambda,
        &trust(json!({ "AWS": "arn:aws:iam::999999999999:root" })),
        "AssumeRolePolicyDocument now allows arn:aws:iam::999999999999:root to do sts:assumerole",
    );
    must_find(
        "AWS::IAM::Role",
        &lambda,
        &trust(json!({ "AWS": "*" })),
        "high security widened: AssumeRolePolicyDocument now allows everybody",
    );
    let bucket = policy(
        &json!([{ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*" }]),
    );
    must_find(
        "AWS::S3::BucketPolicy",
        &Value::Null,
        &bucket,
        "high security widened: PolicyDocument now allows everybody to do s3:getobject",
    );
    let key = json!({ "KeyPolicy": { "Statement": { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::999999999999:root" }, "Action": "kms:*", "Resource": "*" } } });
    must_find(
        "AWS::KMS::Key",
        &json!({ "KeyPolicy": { "Statement": [] } }),
        &key,
        "high security widened: KeyPolicy now allows",
    );
    let text = |action: &str| json!({ "PolicyName": "logs", "PolicyDocument": json!({ "Statement": [{ "Effect": "Allow", "Principal": { "Service": "es.amazonaws.com" }, "Action": action, "Resource": "*" }] }).to_string() });
    must_find(
        "AWS::Logs::ResourcePolicy",
        &text("logs:Put*"),
        &text("logs:*"),
        "PolicyDocument now allows Service es.amazonaws.com to do logs:*",
    );
}

#[test]
fn policies_that_are_attached_and_boundaries_that_change_are_found() {
    let managed = |arns: Value| json!({ "ManagedPolicyArns": arns });
    let admin = "arn:aws:iam::aws:policy/AdministratorAccess";
    must_find(
        "AWS::IAM::Role",
        &managed(json!([])),
        &managed(json!([admin])),
        "high security widened: it gets all that arn:aws:iam::aws:policy/AdministratorAccess",
    );
    must_find(
        "AWS::IAM::Group",
        &managed(json!([admin])),
        &managed(json!([admin, "arn:aws:iam::aws:policy/ReadOnlyAccess"])),
        "medium security widened: it gets all that",
    );
    let to = |roles: Value| json!({ "Roles": roles, "PolicyDocument": { "Statement": [] } });
    must_find(
        "AWS::IAM::Policy",
        &to(json!(["a"])),
        &to(json!(["a", "b"])),
        "Roles gets b",
    );
    must_find(
        "AWS::IAM::UserToGroupAddition",
        &Value::Null,
        &json!({ "GroupName": "admins", "Users": ["eve"] }),
        "Users gets eve",
    );
    let bound = |boundary: Value| json!({ "PermissionsBoundary": boundary });
    must_find(
        "AWS::IAM::Role",
        &bound(json!("arn:a")),
        &json!({}),
        "high security widened: its permissions boundary goes",
    );
    must_find(
        "AWS::IAM::User",
        &bound(json!("arn:a")),
        &bound(json!("arn:b")),
        "medium security widened: its permissions boundary becomes another: arn:a → arn:b",
    );
    let permission = |source: Option<&str>| {
        let mut it = json!({ "Principal": "s3.amazonaws.com", "Action": "lambda:InvokeFunction", "FunctionName": "f" });
        if let Some(source) = source {
            it["SourceArn"] = json!(source);
        }
        it
    };
    must_find(
        "AWS::Lambda::Permission",
        &permission(Some("arn:aws:s3:::a")),
        &permission(None),
        "from any account",
    );
    must_find_nothing(
        "AWS::Lambda::Permission",
        &permission(None),
        &permission(Some("arn:aws:s3:::a")),
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn switches_that_open_or_protect_are_found_whatever_they_belong_to() {
    let cases: [(&str, Value, Value, &str); 22] = [
        (
            "AWS::Lambda::Url",
            json!({ "AuthType": "AWS_IAM" }),
            json!({ "AuthType": "NONE" }),
            "high security widened: everybody may call it",
        ),
        (
            "AWS::Lambda::Url",
            Value::Null,
            json!({ "AuthType": "NONE" }),
            "high security widened: everybody may call it",
        ),
        (
            "AWS::ApiGateway::Method",
            json!({ "AuthorizationType": "AWS_IAM" }),
            json!({ "AuthorizationType": "NONE" }),
            "high security widened: everybody may call it",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({ "PubliclyAccessible": false }),
            json!({ "PubliclyAccessible": true }),
            "high security widened: it becomes reachable from the internet",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({ "DeletionProtection": true }),
            json!({}),
            "high protection removed",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({ "BackupRetentionPeriod": 7 }),
            json!({ "BackupRetentionPeriod": 0 }),
            "high protection removed: nothing is kept",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({ "BackupRetentionPeriod": "30" }),
            json!({ "BackupRetentionPeriod": "7" }),
            "medium data loss",
        ),
        (
            "AWS::RDS::DBInstance",
            json!({ "StorageEncrypted": true }),
            json!({ "StorageEncrypted": false }),
            "high security widened: encryption is switched off",
        ),
        (
            "AWS::Logs::LogGroup",
            json!({}),
            json!({ "RetentionInDays": 7 }),
            "medium data loss",
        ),
        (
            "AWS::SQS::Queue",
            json!({ "MessageRetentionPeriod": 1_209_600 }),
            json!({ "MessageRetentionPeriod": 60 }),
            "medium data loss",
        ),
        (
            "AWS::SQS::Queue",
            json!({ "KmsMasterKeyId": "alias/a" }),
            json!({}),
            "high security widened: encryption is switched off",
        ),
        (
            "AWS::S3::Bucket",
            json!({ "VersioningConfiguration": { "Status": "Enabled" } }),
            json!({ "VersioningConfiguration": { "Status": "Suspended" } }),
            "high protection removed: older versions",
        ),
        (
            "AWS::S3::Bucket",
            json!({ "PublicAccessBlockConfiguration": { "BlockPublicAcls": true } }),
            json!({}),
            "high security widened",
        ),
        (
            "AWS::S3::Bucket",
            json!({}),
            json!({ "AccessControl": "PublicRead" }),
            "high security widened: everybody may read it",
        ),
        (
            "AWS::S3::Bucket",
            json!({}),
            json!({ "LifecycleConfiguration": { "Rules": [{ "Id": "a", "ExpirationInDays": 3 }] } }),
            "medium data loss: what is older",
        ),
        (
            "AWS::DynamoDB::Table",
            json!({ "PointInTimeRecoverySpecification": { "PointInTimeRecoveryEnabled": true } }),
            json!({}),
            "high protection removed: it can be restored",
        ),
        (
            "AWS::DynamoDB::Table",
            json!({}),
            json!({ "TimeToLiveSpecification": { "Enabled": true, "AttributeName": "t" } }),
            "medium data loss",
        ),
        (
            "AWS::KMS::Key",
            json!({ "EnableKeyRotation": true }),
            json!({ "EnableKeyRotation": false }),
            "medium security widened: the key is rotated",
        ),
        (
            "AWS::CloudTrail::Trail",
            json!({ "IsLogging": true }),
            json!({ "IsLogging": false }),
            "high security widened: it records no more",
        ),
        (
            "AWS::GuardDuty::Detector",
            json!({ "Enable": true }),
            json!({ "Enable": false }),
            "high security widened: threats",
        ),
        (
            "AWS::WAFv2::WebACLAssociation",
            json!({ "WebACLArn": "a" }),
            Value::Null,
            "high security widened: it goes: requests are filtered",
        ),
        (
            "AWS::EC2::LaunchTemplate",
            json!({ "LaunchTemplateData": { "MetadataOptions": { "HttpTokens": "required" } } }),
            json!({ "LaunchTemplateData": { "MetadataOptions": { "HttpTokens": "optional" } } }),
            "medium security widened",
        ),
    ];
    for (kind, before, after, wanted) in cases {
        must_find(kind, &before, &after, wanted);
        if !before.is_null() && !after.is_null() {
            let back = found(kind, &after, &before);
            assert!(
                !back.iter().any(|finding| finding.starts_with("high")),
                "{kind} back again: {back:#?}"
            );
        }
    }
}

#[test]
fn what_cannot_be_compared_is_said() {
    let change = json!({ "Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Role", "ResourceType": "AWS::IAM::Role", "Replacement": "False",
        "Details": [{ "Target": { "Attribute": "Properties", "Name": "Policies" } }] } });
    let change = serde_json::from_value(change).unwrap();
    let facts = ResourceFacts::of("", &change, &Deployments::default()).unwrap();
    let found = super::of_resource(&facts);
    assert!(
        found
            .iter()
            .any(|finding| finding.because.contains("nobody tells its values")),
        "{found:#?}"
    );
    let signature = |text: &str| json!({ "InlinePolicy": format!("(Truncated-Signature):{text}") });
    must_find(
        "AWS::SSO::PermissionSet",
        &signature("aa"),
        &signature("bb"),
        "medium unknown: InlinePolicy is too long",
    );
}
