//! Code, templates and rights that the review cannot show.

use serde_json::{Value, json};

use super::{found, must_find, must_find_nothing, own_package};

#[test]
fn what_runs_or_deploys_what_the_review_cannot_show_is_a_finding() {
    let cases: [(&str, Value, &str); 17] = [
        (
            "AWS::CloudFormation::StackSet",
            json!({ "StackSetName": "s" }),
            "medium unknown: a stack set",
        ),
        (
            "AWS::CloudFormation::Macro",
            json!({ "Name": "m" }),
            "medium unknown: a macro",
        ),
        (
            "AWS::CloudFormation::LambdaHook",
            json!({ "Alias": "m" }),
            "medium unknown: a hook",
        ),
        (
            "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
            json!({ "ProductName": "p" }),
            "a product of Service Catalog",
        ),
        (
            "AWS::SSM::Association",
            json!({ "Name": "AWS-RunShellScript" }),
            "medium unknown: an association",
        ),
        (
            "AWSUtility::CloudFormation::CommandRunner",
            json!({ "Command": "id" }),
            "a type that is not AWS's",
        ),
        (
            "Custom::Thing",
            json!({ "ServiceToken": "t" }),
            "medium unknown: a custom resource",
        ),
        (
            "AWS::ECS::TaskDefinition",
            json!({ "ContainerDefinitions": [{ "Name": "a", "Image": "app:latest" }] }),
            "medium unknown: it runs the image app:latest",
        ),
        (
            "AWS::Lambda::Function",
            json!({ "Code": { "S3Bucket": "b", "S3Key": "code.zip" } }),
            "medium unknown: code, a template or a definition comes from code.zip",
        ),
        (
            "AWS::Lambda::Function",
            json!({ "Code": { "S3Bucket": "b", "S3Key": "code.zip", "S3ObjectVersion": "7" } }),
            "low unknown: code, a template or a definition comes from code.zip",
        ),
        (
            "AWS::Glue::Job",
            json!({ "Command": { "ScriptLocation": "s3://b/script.py" } }),
            "medium unknown: code, a template or a definition comes from s3://b/script.py",
        ),
        (
            "AWS::CloudFormation::Stack",
            json!({ "TemplateURL": "https://b.s3.amazonaws.com/0123456789abcdef0123456789abcdef.yaml" }),
            "medium unknown: code, a template or a definition",
        ),
        (
            "AWS::EC2::Instance",
            json!({ "IamInstanceProfile": "administrator" }),
            "medium security widened: it acts with the rights of administrator",
        ),
        (
            "AWS::CodeBuild::Project",
            json!({ "ServiceRole": "arn:aws:iam::111122223333:role/admin" }),
            "it acts with the rights of arn:aws:iam::111122223333:role/admin",
        ),
        (
            "AWS::Lambda::Function",
            json!({ "Role": "arn:aws:iam::111122223333:role/admin" }),
            "it acts with the rights of arn:aws:iam::111122223333:role/admin",
        ),
        (
            "AWS::StepFunctions::StateMachine",
            json!({ "DefinitionS3Location": { "Bucket": "b", "Key": "machine.json" } }),
            "comes from machine.json",
        ),
        (
            "AWS::EC2::Instance",
            json!({ "UserData": "QUJD".repeat(4) + &"/+9k".repeat(40) }),
            "is packed in a form",
        ),
    ];
    for (kind, after, wanted) in cases {
        must_find(kind, &Value::Null, &after, wanted);
    }
}

#[test]
fn what_the_commit_holds_or_what_is_pinned_is_none() {
    let hash = "0f9e8d7c6b5a49382716f5e4d3c2b1a00f9e8d7c6b5a49382716f5e4d3c2b1a0";
    must_find_nothing(
        "AWS::Lambda::Function",
        &json!({}),
        &json!({ "Code": { "S3Bucket": "b", "S3Key": own_package() } }),
    );
    // A package of somebody's earlier commit is one that nobody of this one wrote.
    for key in [
        format!("TemplateSource/.packages/{hash}.zip"),
        format!("s3://b/TemplateSource/.packages/{hash}.zip"),
        format!("https://s3.eu-west-1.amazonaws.com/b/TemplateSource/.packages/{hash}.zip"),
    ] {
        must_find(
            "AWS::Lambda::Function",
            &json!({}),
            &json!({ "Code": { "S3Bucket": "b", "S3Key": key } }),
            "high unknown: the package",
        );
    }
    let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:{hash}");
    must_find_nothing(
        "AWS::Lambda::Function",
        &json!({}),
        &json!({ "Code": { "ImageUri": image } }),
    );
    must_find_nothing("AWS::Lambda::Function", &json!({}), &json!({ "Role": "${Role.Arn}" }));
    // A hash in somebody's address says nothing about what lies there.
    let elsewhere = format!("https://evil.example/{hash}.zip");
    must_find(
        "AWS::Lambda::Function",
        &json!({}),
        &json!({ "Code": { "S3Key": elsewhere } }),
        "medium unknown",
    );
    assert!(found("AWS::SNS::Topic", &json!({}), &json!({ "DisplayName": "x" })).is_empty());
}

#[test]
fn what_only_looks_like_a_version_of_an_object_may_become_another() {
    let comes_from = |level: &str, code: Value| {
        let wanted = format!("{level} unknown: code, a template or a definition comes from");
        must_find("AWS::Lambda::Function", &json!({}), &json!({ "Code": code }), &wanted);
        let url = code["S3Key"].as_str().unwrap().to_owned();
        let deferred = super::super::code::is_versioned(
            Some(&json!({"Properties": {"Code": code}})),
            "/Properties/Code/S3Key",
            &url,
        );
        assert_eq!(deferred, level == "low", "{url}");
    };
    for key in [
        "code.zip",
        "versionId=7/code.zip",
        "code.zip?versionId=7",
        "s3://b/code.zip?versionId=7",
        "https://evil.example/code.zip?versionId=7",
        "https://b.s3.eu-west-1.amazonaws.com.evil.example/code.zip?versionId=7",
        "https://b.s3.eu-west-1.amazonaws.com@evil.example/code.zip?versionId=7",
        "https://evil.example#.s3.amazonaws.com/code.zip?versionId=7",
        "https://s3-eu-west-1.eu-west-1.elb.amazonaws.com/code.zip?versionId=7",
        "https://s3.execute-api.eu-west-1.amazonaws.com/code.zip?versionId=7",
        "https://b.s3-website-eu-west-1.amazonaws.com/code.zip?versionId=7",
        "http://b.s3.eu-west-1.amazonaws.com/code.zip?versionId=7",
        "https://b.s3.eu-west-1.amazonaws.com/versionId=7/code.zip",
        "https://b.s3.eu-west-1.amazonaws.com/code.zip#?versionId=7",
        "https://b.s3.eu-west-1.amazonaws.com/code.zip?xversionId=7",
        "https://b.s3.eu-west-1.amazonaws.com/code.zip?versionId=",
        "https://b.s3.eu-west-1.amazonaws.com/code.zip?versionId=null",
    ] {
        comes_from("medium", json!({ "S3Bucket": "b", "S3Key": key }));
    }
    comes_from(
        "medium",
        json!({ "S3Bucket": "b", "S3Key": "code.zip", "S3ObjectVersion": "null" }),
    );
    for host in [
        "s3.amazonaws.com/b",
        "s3.eu-west-1.amazonaws.com/b",
        "s3-us-gov-west-1.amazonaws.com/b",
        "b.c.s3.amazonaws.com",
        "b.s3-eu-west-1.amazonaws.com",
        "b.s3.dualstack.ap-southeast-2.amazonaws.com",
        "b.s3.cn-north-1.amazonaws.com.cn",
    ] {
        let key = format!("https://{host}/code.zip?x=y&versionId=7");
        comes_from("low", json!({ "S3Bucket": "b", "S3Key": key }));
    }
}
