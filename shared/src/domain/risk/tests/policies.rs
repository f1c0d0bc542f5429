//! What policies allow.

use serde_json::{Value, json};

use super::{must_find, must_find_nothing};

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
