//! Switches that open or protect.

use serde_json::{Value, json};

use super::{found, must_find, must_find_nothing};

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
fn a_switch_counts_however_its_boolean_is_written() {
    let set = |name: &str, value: &Value| {
        let mut properties = serde_json::Map::new();
        properties.insert(name.to_owned(), value.clone());
        Value::Object(properties)
    };
    let on = [
        json!(true),
        json!("true"),
        json!("yes"),
        json!("Yes"),
        json!("on"),
        json!("TRUE"),
    ];
    let off = [json!(false), json!("false"), json!("no"), json!("NO"), json!("Off")];
    for (kind, name, wanted) in [
        (
            "AWS::KMS::Key",
            "EnableKeyRotation",
            "medium security widened: the key is rotated",
        ),
        (
            "AWS::RDS::DBInstance",
            "StorageEncrypted",
            "high security widened: encryption is switched off",
        ),
        (
            "AWS::SQS::Queue",
            "SqsManagedSseEnabled",
            "medium security widened: the queue no longer encrypts",
        ),
        ("AWS::RDS::DBInstance", "DeletionProtection", "high protection removed"),
    ] {
        for on in &on {
            for off in &off {
                must_find(kind, &set(name, on), &set(name, off), wanted);
            }
            must_find_nothing(kind, &set(name, on), &set(name, &on_again(on)));
        }
    }
    for on in &on {
        let wanted = "high security widened: it becomes reachable from the internet";
        let name = "PubliclyAccessible";
        must_find("AWS::RDS::DBInstance", &set(name, &json!("no")), &set(name, on), wanted);
    }
}

/// The same boolean in another spelling.
fn on_again(on: &Value) -> Value {
    if on == &json!("yes") {
        json!("true")
    } else {
        json!("yes")
    }
}
