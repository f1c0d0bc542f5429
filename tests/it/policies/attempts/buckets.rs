//! Ways to write into Changegate's buckets.

use super::super::account::Account;
use super::super::iam::Kind;
use super::super::iam::statement::texts;
use super::{ADMINISTRATOR, ONCE, attempt, refuse_unless_answered};
use crate::contracts::refuse;

const BUCKETS: [&str; 3] = ["SourceBucket", "EvidenceBucket", "ArtifactBucket"];
const WRITES: [&str; 4] = [
    "s3:PutObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:DeleteObject",
];

#[test]
fn what_a_role_may_write_its_bucket_takes() {
    let account = Account::new();
    let functions: Vec<String> = account.rendered().resources("AWS::Serverless::Function");
    let mut roles: Vec<String> = functions
        .iter()
        .map(|function| function.replace("Function", "Role"))
        .collect();
    roles.push("PipelineRole".to_owned());
    let (mut refused, mut count) = (Vec::new(), 0);
    for role in &roles {
        let policies = account.policies(role, false);
        let identity = policies.iter().filter(|policy| policy.kind == Kind::Identity);
        let statements = identity.flat_map(|policy| policy.document["Statement"].as_array().expect("statements"));
        for statement in statements.filter(|statement| statement["Effect"] == "Allow") {
            let actions = texts(&statement["Action"]);
            for action in actions.iter().filter(|action| WRITES.contains(&action.as_str())) {
                for resource in texts(&statement["Resource"]) {
                    let object = resource.replace('*', "x");
                    let of = |bucket: &&str| object.starts_with(&account.filled(&format!("{{{bucket}}}/")));
                    let bucket = BUCKETS.into_iter().find(of).expect("a bucket of Changegate");
                    let mut all = policies.clone();
                    all.push(account.policy_of(&format!("{bucket}Policy")));
                    let answer = account.ask_with(role, action, &object, ONCE, &all);
                    count += 1;
                    if answer.in_words() != "yes" {
                        refused.push(format!("{action} on {object} by {role}: {answer}"));
                    }
                }
            }
        }
    }
    assert!(count > 15, "only {count} rights to write");
    refuse("the policies of the buckets refuse their writers", &refused);
}

#[test]
fn nothing_writes_to_a_bucket_but_the_named_roles_putting_objects() {
    let source = "denied by NoOtherWayToWrite of SourceBucketPolicy";
    let evidence = "denied by NoOtherWayToWrite of EvidenceBucketPolicy";
    let artifacts = "denied by NoOtherWayToWrite of ArtifactBucketPolicy";
    let mut attempts = Vec::new();
    for action in [
        "s3:ReplicateObject",
        "s3:ReplicateDelete",
        "s3:ReplicateTags",
        "s3:ObjectOwnerOverrideToBucketOwner",
        "s3:RestoreObject",
        "s3:PutObjectLegalHold",
        "s3:PutObjectRetention",
        "s3:BypassGovernanceRetention",
        "s3:DeleteObjectVersion",
        "s3:DeleteObjectTagging",
        "s3:PutObjectVersionAcl",
    ] {
        for (resource, policy, answer) in [
            ("{SourceBucket}/gates/1.json", "SourceBucketPolicy", source),
            (
                "{EvidenceBucket}/outcomes/S-network/1.json",
                "EvidenceBucketPolicy",
                evidence,
            ),
            (
                "{ArtifactBucket}/S-network/PlannedCha/1",
                "ArtifactBucketPolicy",
                artifacts,
            ),
        ] {
            attempts.push(attempt(ADMINISTRATOR, action, resource, answer).on(policy));
        }
    }
    for action in ["s3:PutObjectAcl", "s3:PutObjectTagging"] {
        attempts.push(attempt(ADMINISTRATOR, action, "{SourceBucket}/gates/1.json", source).on("SourceBucketPolicy"));
        attempts.push(attempt(ADMINISTRATOR, action, "{EvidenceBucket}/runs/1", evidence).on("EvidenceBucketPolicy"));
        let answer = "allowed by KeepArtifacts of PipelineRole";
        attempts
            .push(attempt("PipelineRole", action, "{ArtifactBucket}/S-network/1", answer).on("ArtifactBucketPolicy"));
    }
    refuse_unless_answered(&attempts);
}

#[test]
fn a_bucket_changes_its_settings_only_with_the_deployment() {
    let mut attempts = Vec::new();
    for action in [
        "s3:PutReplicationConfiguration",
        "s3:PutBucketPolicy",
        "s3:DeleteBucketPolicy",
        "s3:PutBucketVersioning",
        "s3:PutLifecycleConfiguration",
        "s3:PutBucketNotification",
        "s3:PutBucketOwnershipControls",
        "s3:PutBucketPublicAccessBlock",
        "s3:PutBucketObjectLockConfiguration",
        "s3:DeleteBucket",
    ] {
        for (resource, policy) in [
            ("{SourceBucket}", "SourceBucketPolicy"),
            ("{EvidenceBucket}", "EvidenceBucketPolicy"),
            ("{ArtifactBucket}", "ArtifactBucketPolicy"),
        ] {
            let answer: &'static str = match policy {
                "SourceBucketPolicy" => "denied by SettingsStay of SourceBucketPolicy",
                "EvidenceBucketPolicy" => "denied by SettingsStay of EvidenceBucketPolicy",
                _ => "denied by SettingsStay of ArtifactBucketPolicy",
            };
            attempts.push(attempt(ADMINISTRATOR, action, resource, answer).on(policy));
            let upgrade = attempt("BreakGlass", action, resource, "allowed by All of BreakGlass").on(policy);
            attempts.push(upgrade);
            let deployment =
                attempt(ADMINISTRATOR, action, resource, "allowed by All of AdministratorAccess").on(policy);
            attempts.push(deployment.with(&[("aws:CalledVia", "cloudformation.amazonaws.com")]));
        }
    }
    refuse_unless_answered(&attempts);
}

#[test]
fn each_prefix_of_a_bucket_has_its_writers() {
    refuse_unless_answered(&[
        attempt(
            ADMINISTRATOR,
            "s3:PutObject",
            "{EvidenceBucket}/outcomes/1",
            "denied by OnlyRecordTellsOutcomes of EvidenceBucketPolicy",
        )
        .with(ONCE)
        .on("EvidenceBucketPolicy"),
        attempt(
            ADMINISTRATOR,
            "s3:PutObject",
            "{EvidenceBucket}/elsewhere/1",
            "denied by NothingElse of EvidenceBucketPolicy",
        )
        .with(ONCE)
        .on("EvidenceBucketPolicy"),
        attempt(
            ADMINISTRATOR,
            "s3:PutObject",
            "{ArtifactBucket}/S-network/PlannedCha/1",
            "denied by OnlyPipelinesWrite of ArtifactBucketPolicy",
        )
        .on("ArtifactBucketPolicy"),
        attempt(
            ADMINISTRATOR,
            "s3:DeleteObject",
            "{EvidenceBucket}/release/told.json",
            "denied by OnlyRecordTellsOutcomes of EvidenceBucketPolicy",
        )
        .on("EvidenceBucketPolicy"),
        attempt(
            ADMINISTRATOR,
            "s3:GetObject",
            "{ArtifactBucket}/1",
            "denied by NoAccessPoints of ArtifactBucketPolicy",
        )
        .with(&[(
            "s3:DataAccessPointArn",
            "arn:aws:s3:eu-west-1:000000000000:accesspoint/mine",
        )])
        .on("ArtifactBucketPolicy"),
        attempt(
            "ChangesetDescribeRole",
            "s3:PutObject",
            "{EvidenceBucket}/reviews/1",
            "allowed by WriteReviews of ChangesetDescribeRole",
        )
        .with(ONCE)
        .on("EvidenceBucketPolicy"),
        attempt(
            "OutcomeRecordRole",
            "s3:PutObject",
            "{EvidenceBucket}/outcomes/1",
            "allowed by WriteOutcomes of OutcomeRecordRole",
        )
        .with(ONCE)
        .on("EvidenceBucketPolicy"),
        attempt(
            "PipelinesProvisionRole",
            "s3:PutObject",
            "{SourceBucket}/TemplateSource/.packages/1",
            "allowed by StoreTemplate of PipelinesProvisionRole",
        )
        .on("SourceBucketPolicy"),
    ]);
}
