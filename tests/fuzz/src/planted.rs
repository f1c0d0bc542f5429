//! Any text in any place of a change set: the first two bytes choose the place, the others are the text. A credential
//! stands behind it, and comes out nowhere.

use changegate::domain::change_set::build::{Inputs, TemplateTexts};
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use serde_json::{Map, Value, json};

use super::review::renderings;

/// No credential of anybody: the letters of one of GitHub's, in order.
const CREDENTIAL: &str = "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xYz";

pub(super) fn check(bytes: &[u8]) {
    let Some((place, text)) = bytes.split_first_chunk::<2>() else {
        return;
    };
    let place = usize::from(u16::from_le_bytes(*place));
    let planted = format!("{} {CREDENTIAL} ", String::from_utf8_lossy(text));
    let mut set = change_set();
    let at = place % places(&set);
    plant(&mut set, at, &planted);
    let mut template = template();
    let at = place % places(&template);
    plant(&mut template, at, &planted);
    let (tree, warnings) = match saved::tree_of(&[&set.to_string()]) {
        Ok(read) => read,
        Err(error) => return super::told(&error.to_string()),
    };
    let templates = [TemplateTexts {
        before: Some(self::template().to_string()),
        after: Some(template.to_string()),
        ..TemplateTexts::default()
    }];
    for is_with_templates in [false, true] {
        let review = Review::of(&Inputs {
            title: "app",
            stack_name: "app",
            tree: Some(&tree),
            templates: if is_with_templates { &templates } else { &[] },
            warnings: warnings.clone(),
            ..Inputs::default()
        });
        renderings(&review, |text| {
            assert!(
                !text.contains(&CREDENTIAL[4..]),
                "a credential is printed for place {place}:\n{text}"
            );
        });
    }
}

/// How many texts and keys a value holds.
fn places(value: &Value) -> usize {
    match value {
        Value::String(_) => 1,
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Object(entries) => entries.values().map(|value| 1 + places(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

/// Puts the text in the place of this number; gives the number that is left when the place was not in this value.
fn plant(value: &mut Value, mut place: usize, text: &str) -> Option<usize> {
    match value {
        Value::String(held) if place == 0 => {
            text.clone_into(held);
            None
        }
        Value::String(_) => Some(place - 1),
        Value::Array(items) => {
            for item in items {
                place = plant(item, place, text)?;
            }
            Some(place)
        }
        Value::Object(entries) => {
            let mut planted = Map::new();
            let mut is_done = false;
            for (key, mut value) in std::mem::take(entries) {
                let mut key = key;
                if !is_done {
                    if place == 0 {
                        text.clone_into(&mut key);
                        is_done = true;
                    } else {
                        match plant(&mut value, place - 1, text) {
                            Some(left) => place = left,
                            None => is_done = true,
                        }
                    }
                }
                planted.insert(key, value);
            }
            *entries = planted;
            (!is_done).then_some(place)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(place),
    }
}

fn change_set() -> Value {
    let context = |version: &str| {
        json!({
            "Properties": {
                "Policies": [{ "PolicyName": "read", "PolicyDocument": { "Version": "2012-10-17", "Statement": [{
                    "Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", version], "Resource": "arn:aws:s3:::data/*",
                    "Condition": { "StringEquals": { "aws:PrincipalTag/team": version } } }] } }],
                "Environment": { "Variables": { "LEVEL": version, "MODE": "quiet" } },
                "Tags": [{ "Key": "team", "Value": version }],
                "UserData": "IyEvYmluL3NoCmVjaG8gaGVsbG8K",
            },
            "Metadata": { "Note": version },
        })
        .to_string()
    };
    let change = |action: &str, kind: &str| {
        json!({ "Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": format!("Thing{action}"), "PhysicalResourceId": "thing-1",
            "ResourceType": kind, "Replacement": "Conditional", "Scope": ["Properties", "Tags"],
            "BeforeContext": context("one"), "AfterContext": context("two"),
            "Details": [{ "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Level",
                "Target": { "Attribute": "Properties", "Name": "Environment", "Path": "/Properties/Environment/Variables/LEVEL",
                    "BeforeValue": "one", "AfterValue": "two", "RequiresRecreation": "Never" } }],
        }})
    };
    json!({
        "ChangeSetName": "cg-1", "StackName": "app", "Description": "a change", "StatusReason": "none",
        "ChangeSetId": "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cg-1/1",
        "StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/app/1",
        "Status": "CREATE_COMPLETE", "ExecutionStatus": "AVAILABLE",
        "Capabilities": ["CAPABILITY_IAM"], "NotificationARNs": ["arn:aws:sns:eu-west-1:111122223333:told"],
        "Parameters": [{ "ParameterKey": "Level", "ParameterValue": "two" }],
        "Tags": [{ "Key": "owner", "Value": "platform" }],
        "RollbackConfiguration": { "RollbackTriggers": [{ "Arn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a",
            "Type": "AWS::CloudWatch::Alarm" }] },
        "Changes": [
            change("Add", "AWS::IAM::Role"), change("Modify", "AWS::Lambda::Function"),
            change("Remove", "AWS::EC2::Instance"), change("Import", "AWS::S3::Bucket"), change("Dynamic", "Custom::Thing"),
        ],
    })
}

fn template() -> Value {
    json!({
        "Description": "a stack",
        "Parameters": { "Level": { "Type": "String", "Default": "one", "Description": "how loud" } },
        "Mappings": { "Sizes": { "small": { "Memory": "128" } } },
        "Conditions": { "IsLoud": { "Fn::Equals": [{ "Ref": "Level" }, "loud"] } },
        "Resources": { "ThingModify": { "Type": "AWS::Lambda::Function", "Condition": "IsLoud",
            "Properties": { "Environment": { "Variables": { "LEVEL": { "Fn::Sub": "${Level}" } } } } } },
        "Outputs": { "Name": { "Value": { "Ref": "ThingModify" }, "Description": "its name", "Export": { "Name": "app-name" } } },
    })
}
