//! What policies allow.

use serde_json::{Value, json};

use super::{found, must_find, must_find_nothing};

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
        "high security widened: PolicyDocument now allows s3:* on every resource",
    );
    must_find(
        kind,
        &wide,
        &policy(&allow(json!(["s3:*", "iam:PassRole"]), json!("*"))),
        "high security widened: PolicyDocument now allows iam:PassRole",
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
        "high security widened: PolicyDocument now allows s3:GetObject on not arn:aws:s3:::a/*",
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
        "high security widened: PolicyDocument no longer denies s3:Delete*",
    );
    must_find(
        kind,
        &deny(None),
        &deny(Some(json!({ "Bool": { "aws:SecureTransport": "false" } }))),
        "no longer denies s3:Delete*",
    );
    must_find(kind, &deny(None), &Value::Null, "no longer denies s3:Delete*");
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
        "AssumeRolePolicyDocument now allows arn:aws:iam::999999999999:root to do sts:AssumeRole",
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
        "high security widened: PolicyDocument now allows everybody to do s3:GetObject",
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

/// The level at which a grant is told, for an identity.
fn level_of(action: &str, resource: &str) -> String {
    let after = policy(&json!([{ "Effect": "Allow", "Action": action, "Resource": resource }]));
    let found = found("AWS::IAM::ManagedPolicy", &policy(&json!([])), &after);
    let [finding] = found.as_slice() else {
        panic!("one finding: {found:#?}");
    };
    assert!(
        finding.contains(&format!("now allows {action}")),
        "an action keeps its spelling: {finding}"
    );
    finding.split(' ').next().unwrap().to_owned()
}

#[test]
fn permissions_rank_by_the_access_levels_of_aws() {
    let own = "arn:aws:s3:::one/key";
    let cases = [
        ("low", "iam:GetRole", "*"),
        ("low", "kms:DescribeKey", "*"),
        ("low", "s3:ListBucket", own),
        ("low", "ec2:Describe*", "*"),
        ("medium", "s3:PutObject", own),
        ("medium", "s3:PutObjectTagging", own),
        ("medium", "sts:AssumeRole", "arn:aws:iam::111122223333:role/one"),
        (
            "medium",
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:eu-west-1:111122223333:secret:one",
        ),
        ("medium", "nobody:KnowsThis", own),
        ("high", "sts:AssumeRole", "*"),
        ("high", "s3:PutBucketPolicy", own),
        ("high", "s3:Put*", own),
        ("high", "s3:*", own),
        ("high", "S3:*", own),
        ("high", "sts:*", "*"),
        ("high", "lambda:*", own),
        ("high", "*:PutRolePolicy", own),
        ("high", "kms:*", own),
        ("high", "ssm:SendCommand", "*"),
        ("high", "iam:CreateAcc?ssKey", own),
    ];
    for (level, action, resource) in cases {
        assert_eq!(level_of(action, resource), level, "{action} on {resource}");
    }
}

#[test]
fn every_known_way_to_more_rights_ranks_high() {
    // What researchers listed, independent of the tables.
    for action in [
        "iam:CreatePolicyVersion",
        "iam:SetDefaultPolicyVersion",
        "iam:PassRole",
        "iam:CreateAccessKey",
        "iam:CreateLoginProfile",
        "iam:UpdateLoginProfile",
        "iam:AttachUserPolicy",
        "iam:AttachGroupPolicy",
        "iam:AttachRolePolicy",
        "iam:PutUserPolicy",
        "iam:PutGroupPolicy",
        "iam:PutRolePolicy",
        "iam:AddUserToGroup",
        "iam:UpdateAssumeRolePolicy",
        "iam:DeactivateMFADevice",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteUserPermissionsBoundary",
        "iam:PutRolePermissionsBoundary",
        "iam:PutUserPermissionsBoundary",
        "iam:CreateSAMLProvider",
        "iam:UpdateSAMLProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
        "iam:AddRoleToInstanceProfile",
        "iam:DetachRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:DetachUserPolicy",
        "iam:DeleteUserPolicy",
        "iam:UpdateAccessKey",
        "iam:CreateServiceSpecificCredential",
        "iam:ResetServiceSpecificCredential",
        "iam:UpdateOpenIDConnectProviderThumbprint",
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:AddPermission",
        "cloudformation:CreateStack",
        "cloudformation:UpdateStack",
        "cloudformation:CreateChangeSet",
        "cloudformation:ExecuteChangeSet",
        "cloudformation:CreateStackInstances",
        "cloudformation:UpdateStackSet",
        "glue:UpdateDevEndpoint",
        "glue:UpdateJob",
        "glue:StartJobRun",
        "codebuild:StartBuild",
        "codebuild:StartBuildBatch",
        "codebuild:UpdateProject",
        "codepipeline:UpdatePipeline",
        "datapipeline:PutPipelineDefinition",
        "ec2:AssociateIamInstanceProfile",
        "ec2:ModifyInstanceAttribute",
        "ec2:ReplaceIamInstanceProfileAssociation",
        "ec2-instance-connect:SendSSHPublicKey",
        "ecs:RunTask",
        "ecs:RegisterTaskDefinition",
        "ecs:ExecuteCommand",
        "ecs:UpdateService",
        "eks:CreateAccessEntry",
        "eks:AssociateAccessPolicy",
        "sagemaker:CreatePresignedNotebookInstanceUrl",
        "ssm:SendCommand",
        "ssm:StartSession",
        "ssm:CreateAssociation",
        "ssm:StartAutomationExecution",
        "states:UpdateStateMachine",
        "sts:AssumeRole",
        "sts:AssumeRoot",
        "kms:PutKeyPolicy",
        "kms:CreateGrant",
        "s3:PutBucketPolicy",
        "organizations:LeaveOrganization",
        "organizations:DetachPolicy",
        "organizations:AttachPolicy",
        "organizations:DeletePolicy",
        "organizations:UpdatePolicy",
        "organizations:DisablePolicyType",
        "identitystore:CreateGroupMembership",
        "sso:AttachManagedPolicyToPermissionSet",
        "sso:CreateAccountAssignment",
        "sso:PutInlinePolicyToPermissionSet",
        "sso:PutPermissionsBoundaryToPermissionSet",
        "sso:DeletePermissionsBoundaryFromPermissionSet",
        "cloudtrail:StopLogging",
        "cognito-identity:SetIdentityPoolRoles",
        "apprunner:UpdateService",
        "batch:SubmitJob",
        "emr-serverless:StartJobRun",
        "bedrock-agentcore:InvokeCodeInterpreter",
    ] {
        assert_eq!(level_of(action, "*"), "high", "{action}");
    }
    for action in crate::domain::risk::actions::READS_SECRETS {
        assert_ne!(level_of(action, "*"), "low", "{action}");
    }
}

#[test]
fn every_powerful_managed_policy_ranks_high_and_its_namesakes_do_not() {
    for (name, level) in [
        ("AdministratorAccess", "high"),
        ("AdministratorAccess-Amplify", "high"),
        ("AdministratorAccess-AWSElasticBeanstalk", "high"),
        ("PowerUserAccess", "high"),
        ("IAMFullAccess", "high"),
        ("AmazonS3FullAccess", "high"),
        ("job-function/SystemAdministrator", "high"),
        ("job-function/DatabaseAdministrator", "high"),
        ("job-function/NetworkAdministrator", "high"),
        ("NotAdministratorAccess", "medium"),
        ("ReadOnlyAccess", "medium"),
    ] {
        let after = json!({ "ManagedPolicyArns": [format!("arn:aws:iam::aws:policy/{name}")] });
        must_find(
            "AWS::IAM::Role",
            &json!({}),
            &after,
            &format!("{level} security widened: it gets all"),
        );
    }
}

#[test]
fn who_may_become_a_role_decides_how_bad_it_is() {
    let trust = |principal: Value, condition: Value| {
        json!({ "AssumeRolePolicyDocument": { "Statement": [{ "Effect": "Allow", "Principal": principal,
            "Action": "sts:AssumeRole", "Condition": condition }] } })
    };
    for (level, principal) in [
        ("low", json!({ "Service": "lambda.amazonaws.com" })),
        ("high", json!({ "AWS": "999999999999" })),
        ("high", json!({ "AWS": "arn:aws:iam::999999999999:root" })),
        (
            "high",
            json!({ "Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com" }),
        ),
        ("high", json!("*")),
    ] {
        let mut after = trust(principal.clone(), Value::Null);
        after["AssumeRolePolicyDocument"]["Statement"][0]
            .as_object_mut()
            .unwrap()
            .remove("Condition");
        must_find(
            "AWS::IAM::Role",
            &json!({}),
            &after,
            &format!("{level} security widened: AssumeRolePolicyDocument"),
        );
    }
}

#[test]
fn a_permission_for_everybody_ranks_high() {
    let permission = json!({ "Principal": "*", "Action": "lambda:InvokeFunction", "FunctionName": "f" });
    must_find(
        "AWS::Lambda::Permission",
        &Value::Null,
        &permission,
        "high security widened: * may do lambda:InvokeFunction, everybody",
    );
}

#[test]
fn a_policy_that_takes_too_long_to_compare_says_so() {
    let many = |letter: &str| -> Vec<String> {
        (0..3_000)
            .map(|at| format!("{letter}:{}*{at}*x*", "a*".repeat(40)))
            .collect()
    };
    let wide = |letter: &str| policy(&json!([{ "Effect": "Allow", "Action": many(letter), "Resource": many(letter) }]));
    must_find(
        "AWS::IAM::ManagedPolicy",
        &wide("s3"),
        &wide("s4"),
        "high unknown: the policy PolicyDocument is too large to be compared",
    );
}

#[test]
fn what_belongs_together_is_one_finding_and_lists_are_cut_after_eight() {
    let actions: Vec<_> = (0..13).map(|at| format!("nobody:Knows{at:02}")).collect();
    let after = policy(&json!([{ "Effect": "Allow", "Action": actions, "Resource": ["a", "b"] }]));
    let found = found("AWS::IAM::ManagedPolicy", &policy(&json!([])), &after);
    let [only] = found.as_slice() else {
        panic!("one finding: {found:#?}");
    };
    assert!(
        only.contains("nobody:Knows06, nobody:Knows07 and 5 more on a and b"),
        "{only}"
    );
}

#[test]
fn what_is_not_told_one_by_one_is_counted_with_its_level() {
    let statements: Vec<_> = (0..13)
        .map(|at| json!({ "Effect": "Allow", "Action": format!("nobody:Knows{at}"), "Resource": format!("r{at}") }))
        .collect();
    let after = policy(&json!(statements));
    let found = found("AWS::IAM::ManagedPolicy", &policy(&json!([])), &after);
    assert_eq!(found.len(), 13);
    assert!(
        found[12].starts_with("medium security widened: PolicyDocument now allows 1 more"),
        "{found:#?}"
    );
}

#[test]
fn the_default_policy_of_a_key_is_told_as_what_it_is() {
    let default = json!({ "KeyPolicy": { "Statement": { "Effect": "Allow",
        "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" } } });
    let found = super::found_in("111122223333", "AWS::KMS::Key", &Value::Null, &default);
    assert_eq!(
        found,
        [
            "low security widened: KeyPolicy leaves it to the IAM policies of this account who may do kms:* on every resource"
        ]
    );
    let found = super::found_in("999999999999", "AWS::KMS::Key", &Value::Null, &default);
    assert!(found[0].starts_with("high security widened"), "{found:#?}");
}
