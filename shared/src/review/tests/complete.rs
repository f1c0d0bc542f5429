//! Whatever a change set tells is found in every rendering, value by value.

use serde_json::{Value, json};

use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;
use crate::domain::packaging::Destination;
use crate::domain::risk::{Kind, Level};
use crate::review;

/// Words of CloudFormation's that the renderings say in words of their own.
const TOLD_IN_OTHER_WORDS: [&str; 17] = [
    "Scope",
    "Type",
    "Evaluation",
    "ChangeSource",
    "Attribute",
    "RequiresRecreation",
    "Replacement",
    "Action",
    "PolicyAction",
    "AttributeChangeType",
    "BeforeValueFrom",
    "AfterValueFrom",
    "Path",
    "ChangeSetName",
    "NextToken",
    "IncludeNestedStacks",
    "UsePreviousValue",
];

/// Every scalar of an input, and every name that somebody gave; values that are JSON texts are taken apart.
fn scalars(value: &Value, is_given: bool, found: &mut Vec<String>) {
    match value {
        Value::Null => {}
        Value::Array(items) => items.iter().for_each(|item| scalars(item, is_given, found)),
        Value::Object(map) => {
            for (key, value) in map {
                if is_given && key != "Properties" {
                    found.push(key.clone());
                } else if is_given {
                    // Nearly every path begins with this word, so it is left out.
                } else if TOLD_IN_OTHER_WORDS.contains(&key.as_str()) {
                    continue;
                }
                scalars(value, is_given, found);
            }
        }
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(inner @ (Value::Object(_) | Value::Array(_))) => scalars(&inner, true, found),
            _ if text.contains("KNOWN_AFTER_APPLY") => {}
            _ => found.extend(text.lines().map(str::to_owned)),
        },
        other => found.push(other.to_string()),
    }
}

/// Without what a rendering may put between words: spaces, line breaks, marks for them.
fn bare(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_whitespace() && !matches!(character, '⏎' | '⇥' | '␠'))
        .collect()
}

pub(super) fn of_page(page: &str) -> String {
    let body = page.rsplit_once("<script>").map_or(page, |(body, _)| body);
    let body = body.split_once("</style>").map_or(body, |(_, body)| body);
    let mut out = String::new();
    let mut rest = body;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('>').map_or("", |(_, rest)| rest);
    }
    out.push_str(rest);
    unescaped(&out)
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&amp;", "&")
}

fn of_json(text: &str) -> String {
    fn walk(value: &Value, out: &mut String) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| walk(item, out)),
            Value::Object(map) => map.values().for_each(|value| walk(value, out)),
            Value::String(text) => out.push_str(text),
            other => out.push_str(&other.to_string()),
        }
        out.push('\n');
    }
    let mut out = String::new();
    walk(&serde_json::from_str(text).unwrap(), &mut out);
    out
}

pub(super) fn review_of(files: &[Value]) -> Review {
    let texts: Vec<_> = files.iter().map(Value::to_string).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let (tree, warnings) = saved::tree_of(&texts).unwrap();
    Review::of(&Inputs {
        title: "sample",
        stack_name: "sample",
        tree: Some(&tree),
        warnings,
        ..Inputs::default()
    })
}

fn must_hold_everything(files: &[Value]) -> Review {
    let review = review_of(files);
    assert_eq!(review.counts.shown, review.counts.total);
    let mut wanted = Vec::new();
    for file in files {
        scalars(file, false, &mut wanted);
    }
    assert!(wanted.len() > 5);
    let renderings = [
        ("text", review::text(&review)),
        ("markdown", unescaped(&review::markdown(&review))),
        ("html", of_page(&review::html(&review))),
        ("json", of_json(&review::json(&review))),
    ];
    for (name, rendered) in renderings {
        let rendered = bare(&rendered);
        for value in &wanted {
            assert!(rendered.contains(&bare(value)), "{value:?} is not in the {name}");
        }
    }
    review
}

fn set(name: &str, changes: &Value) -> Value {
    let arn = |kind: &str| format!("arn:aws:cloudformation:eu-west-1:111122223333:{kind}/{name}/{name}-id");
    json!({
        "ChangeSetName": name, "ChangeSetId": arn("changeSet"), "StackId": arn("stack"), "StackName": "sample",
        "Description": "made — by hand 変更", "CreationTime": "2026-11-20T09:15:00.123000+00:00",
        "ExecutionStatus": "AVAILABLE", "Status": "CREATE_COMPLETE", "StatusReason": null,
        "NotificationARNs": ["arn:aws:sns:eu-west-1:111122223333:stack-events"],
        "RollbackConfiguration": { "MonitoringTimeInMinutes": 17, "RollbackTriggers": [
            { "Arn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:errors", "Type": "AWS::CloudWatch::Alarm" }] },
        "Capabilities": ["CAPABILITY_NAMED_IAM"], "IncludeNestedStacks": true,
        "Parameters": [
            { "ParameterKey": "Size", "ParameterValue": "42" },
            { "ParameterKey": "Image", "ParameterValue": "/aws/service/ami-latest", "ResolvedValue": "ami-0abc1234" },
        ],
        "Tags": [{ "Key": "team", "Value": "注文 — crème 🚚" }],
        "Changes": changes,
    })
}

fn resource(change: &Value) -> Value {
    json!({ "Type": "Resource", "ResourceChange": change })
}

#[test]
fn of_resources_that_come_change_and_go_every_value_is_in_every_rendering() {
    let review = must_hold_everything(&[set(
        "plain",
        &json!([
            resource(&json!({
                "Action": "Add", "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue", "Scope": [], "Details": [],
                "AfterContext": json!({ "Properties": {
                    "QueueName": "注文-queue", "DelaySeconds": "5", "Empty": "", "FifoQueue": true,
                    "RedrivePolicy": { "deadLetterTargetArn": "{{changeSet:KNOWN_AFTER_APPLY}}", "maxReceiveCount": 3 },
                }, "DependsOn": ["Topic"] }).to_string(),
            })),
            resource(&json!({
                "Action": "Modify", "PolicyAction": "ReplaceAndSnapshot", "LogicalResourceId": "Database",
                "PhysicalResourceId": "orders-database", "ResourceType": "AWS::RDS::DBInstance", "Replacement": "True",
                "Scope": ["Properties", "Tags", "DeletionPolicy"],
                "Details": [
                    { "Target": { "Attribute": "Properties", "Name": "Engine", "RequiresRecreation": "Always",
                      "Path": "/Properties/Engine", "BeforeValue": "mysql", "AfterValue": "postgres",
                      "AttributeChangeType": "Modify" }, "Evaluation": "Static", "ChangeSource": "DirectModification" },
                    { "Target": { "Attribute": "Properties", "Name": "Size", "RequiresRecreation": "Never",
                      "Path": "/Properties/Size" }, "Evaluation": "Dynamic", "ChangeSource": "ParameterReference",
                      "CausingEntity": "Size" },
                ],
                "BeforeContext": json!({ "Properties": { "Engine": "mysql", "Size": "41", "Same": "unchanged-value",
                    "Tags": [{ "Key": "a", "Value": "first" }, { "Key": "b", "Value": "second" }] },
                    "DeletionPolicy": "Snapshot" }).to_string(),
                "AfterContext": json!({ "Properties": { "Engine": "postgres", "Size": "42", "Same": "unchanged-value",
                    "Tags": [{ "Key": "b", "Value": "second" }, { "Key": "c", "Value": "third\nline two " }] },
                    "DeletionPolicy": "Delete" }).to_string(),
            })),
            resource(&json!({
                "Action": "Remove", "PolicyAction": "Delete", "LogicalResourceId": "Old", "PhysicalResourceId": "old-topic",
                "ResourceType": "AWS::SNS::Topic", "Scope": [], "Details": [],
                "BeforeContext": json!({ "Properties": { "DisplayName": "to be removed" } }).to_string(),
            })),
            resource(&json!({
                "Action": "Import", "LogicalResourceId": "Bucket", "PhysicalResourceId": "brought-in",
                "ResourceType": "AWS::S3::Bucket", "Scope": [], "Details": [],
                "AfterContext": json!({ "Properties": { "BucketName": "brought-in" }, "DeletionPolicy": "Retain" }).to_string(),
            })),
        ]),
    )]);
    assert_eq!(review.counts.imported, 1);
    assert_eq!(review.resources[0].kept.len(), 3);
}

#[test]
fn a_change_set_without_property_values_tells_all_that_it_has() {
    must_hold_everything(&[set(
        "no-values",
        &json!([resource(&json!({
            "Action": "Modify", "LogicalResourceId": "Function", "PhysicalResourceId": "orders-function",
            "ResourceType": "AWS::Lambda::Function", "Replacement": "Conditional", "Scope": ["Properties", "Metadata"],
            "Details": [
                { "Target": { "Attribute": "Properties", "Name": "Runtime", "RequiresRecreation": "Never" },
                  "Evaluation": "Static", "ChangeSource": "DirectModification" },
                { "Target": { "Attribute": "Properties", "Name": "Role", "RequiresRecreation": "Conditionally" },
                  "Evaluation": "Dynamic", "ChangeSource": "ResourceAttribute", "CausingEntity": "Role.Arn" },
                { "Target": { "Attribute": "Metadata" }, "Evaluation": "Static", "ChangeSource": "DirectModification" },
            ],
        }))]),
    )]);
}

#[test]
fn a_nested_stack_without_a_change_set_of_its_own_is_said_to_be_unknown_whatever_its_address_looks_like() {
    let digest = "0f6e0a1f5a7bb54c8d5b9e8d2f2d1d5a9c7d3b1e4f6a8091a2b3c4d5e6f70819";
    for url in [
        format!("https://s3.eu-west-1.amazonaws.com/source/TemplateSource/.packages/{digest}.yaml"),
        format!(
            "https://s3.eu-west-1.amazonaws.com/some-open-bucket/{}.yaml",
            &digest[..32]
        ),
        format!("https://s3.eu-west-1.amazonaws.com/source/{digest}.yaml?versionId=1"),
    ] {
        let review = review_of(&[set(
            "escaped",
            &json!([resource(&json!({
                "Action": "Add", "LogicalResourceId": "Helper", "ResourceType": "AWS::CloudFormation::Stack",
                "Scope": [], "Details": [],
                "AfterContext": json!({ "Properties": { "TemplateURL": url } }).to_string(),
            }))]),
        )]);
        assert_eq!(review.risk.level, Some(Level::High), "{url}");
        let finding = &review.risk.findings[0];
        assert_eq!(
            (finding.kind, finding.subject.visible().as_ref()),
            (Kind::Unknown, "Helper"),
            "{url}"
        );
        assert!(
            finding
                .because
                .holds("what would happen in this nested stack is not shown: its change is `Add`"),
            "{:?}",
            finding.because
        );
        assert_eq!(review.deferred.len(), 1, "{:?}", review.deferred);
        assert!(review.deferred[0].what.holds("it has no change set of its own"));
    }
}

#[test]
fn only_an_own_package_is_said_to_be_the_same_whenever_it_is_read() {
    let digest = "0f6e0a1f5a7bb54c8d5b9e8d2f2d1d5a9c7d3b1e4f6a8091a2b3c4d5e6f70819";
    let own = format!("TemplateSource/.packages/{digest}.zip");
    let packages = Destination {
        bucket: "changegate-source".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let notes = |bucket: &str, key: &str, packages: Option<&Destination>| {
        let set = set(
            "code",
            &json!([resource(&json!({
                "Action": "Add", "LogicalResourceId": "Function", "ResourceType": "AWS::Lambda::Function",
                "Scope": [], "Details": [], "AfterContext":
                    json!({ "Properties": { "Code": { "S3Bucket": bucket, "S3Key": key } } }).to_string(),
            }))]),
        );
        let (tree, _) = saved::tree_of(&[&set.to_string()]).unwrap();
        let review = Review::of(&Inputs {
            tree: Some(&tree),
            packages,
            ..Inputs::default()
        });
        review.deferred.len()
    };
    assert_eq!(notes("changegate-source", &own, Some(&packages)), 0);
    for (bucket, key) in [
        ("some-open-bucket", own.as_str()),
        ("changegate-source", digest),
        ("changegate-source", &format!("x/{own}")),
        ("changegate-source", &own.to_uppercase()),
        ("changegate-source", &format!("code/{}.zip", &digest[..32])),
    ] {
        assert_eq!(notes(bucket, key, Some(&packages)), 1, "{bucket} {key}");
    }
    assert_eq!(notes("changegate-source", &own, None), 1);
}

#[test]
fn one_side_alone_and_texts_that_are_no_json_are_not_lost() {
    let review = must_hold_everything(&[set(
        "one-side",
        &json!([
            resource(&json!({
                "Action": "Modify", "LogicalResourceId": "Alarm", "ResourceType": "AWS::CloudWatch::Alarm",
                "Replacement": "False", "Scope": ["Properties"],
                "Details": [{ "Target": { "Attribute": "Properties", "Name": "Dimensions", "Path": "/Properties/Dimensions",
                    "RequiresRecreation": "Never" }, "Evaluation": "Static", "ChangeSource": "DirectModification" }],
                "AfterContext": json!({ "Properties": { "AlarmName": "too-many-errors", "Dimensions": [
                    { "Name": "Queue", "Value": "orders" }] } }).to_string(),
            })),
            resource(&json!({
                "Action": "Modify", "LogicalResourceId": "Cut", "ResourceType": "AWS::SNS::Topic", "Replacement": "False",
                "Scope": ["Properties"], "Details": [], "BeforeContext": "{\"Properties\":{\"DisplayName\":\"cut of",
                "AfterContext": "{\"Properties\":{\"DisplayName\":\"cut else",
            })),
            resource(&json!({
                "Action": "Dynamic", "LogicalResourceId": "Later", "PhysicalResourceId": "later-id",
                "ResourceType": "AWS::CloudFormation::Stack", "Scope": [], "Details": [],
                "BeforeContext": json!({ "Properties": { "TemplateURL": "https://example.com/t.yaml" } }).to_string(),
            })),
        ]),
    )]);
    let alarm = review
        .resources
        .iter()
        .find(|resource| resource.logical_id == "Alarm")
        .unwrap();
    assert_eq!(alarm.changes.len(), 2);
    assert_eq!(alarm.kept.len(), 1);
}

#[test]
fn what_cloudformation_lists_apart_from_the_whole_resource_is_shown_as_well() {
    let review = must_hold_everything(&[set(
        "apart",
        &json!([resource(&json!({
            "Action": "Modify", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic", "Replacement": "False",
            "Scope": ["Properties"],
            "Details": [{ "Target": { "Attribute": "Properties", "Name": "DisplayName", "Path": "/Properties/DisplayName",
                "BeforeValue": "listed before", "AfterValue": "listed after", "RequiresRecreation": "Never" },
                "Evaluation": "Static", "ChangeSource": "DirectModification" }],
            "BeforeContext": json!({ "Properties": { "DisplayName": "told before" } }).to_string(),
            "AfterContext": json!({ "Properties": { "DisplayName": "told after" } }).to_string(),
        }))]),
    )]);
    assert_eq!(review.resources[0].changes.len(), 2);
}

#[test]
fn a_drift_aware_change_set_tells_what_was_deployed_and_what_is_really_there() {
    let review = must_hold_everything(&[{
        let mut set = set(
            "drift",
            &json!([
                resource(&json!({
                    "Action": "Modify", "LogicalResourceId": "Queue", "PhysicalResourceId": "orders-queue",
                    "ResourceType": "AWS::SQS::Queue", "Replacement": "False", "Scope": ["Properties"],
                    "ResourceDriftStatus": "MODIFIED",
                    "ResourceDriftIgnoredAttributes": [{ "Path": "/Properties/Arn", "Reason": "MANAGED_BY_AWS" }],
                    "Details": [{ "Target": { "Attribute": "Properties", "Name": "DelaySeconds", "RequiresRecreation": "Never",
                        "Path": "/Properties/DelaySeconds", "BeforeValue": "77", "AfterValue": "5",
                        "BeforeValueFrom": "ACTUAL_STATE", "AfterValueFrom": "TEMPLATE", "AttributeChangeType": "Modify",
                        "Drift": { "PreviousValue": "6", "ActualValue": "77",
                                   "DriftDetectionTimestamp": "2026-11-20T08:00:00+00:00" } },
                        "Evaluation": "Static", "ChangeSource": "NoModification" }],
                    "BeforeContext": json!({ "Properties": { "DelaySeconds": "77", "QueueName": "orders" } }).to_string(),
                    "AfterContext": json!({ "Properties": { "DelaySeconds": "5", "QueueName": "orders" } }).to_string(),
                    "PreviousDeploymentContext":
                        json!({ "Properties": { "DelaySeconds": "6", "QueueName": "orders" } }).to_string(),
                })),
                resource(&json!({
                    "Action": "SyncWithActual", "LogicalResourceId": "Topic", "PhysicalResourceId": "orders-topic",
                    "ResourceType": "AWS::SNS::Topic", "Scope": ["Properties"], "ResourceDriftStatus": "MODIFIED",
                    "Details": [{ "Target": { "Attribute": "Properties", "Name": "DisplayName", "RequiresRecreation": "Never",
                        "Path": "/Properties/DisplayName", "BeforeValue": "as it is", "AfterValue": "as it is",
                        "BeforeValueFrom": "ACTUAL_STATE", "AttributeChangeType": "SyncWithActual",
                        "Drift": { "PreviousValue": "as it was", "ActualValue": "as it is" } },
                        "Evaluation": "Static", "ChangeSource": "NoModification" }],
                })),
            ]),
        );
        set["StackDriftStatus"] = json!("DRIFTED");
        set["DeploymentMode"] = json!("REVERT_DRIFT");
        set
    }]);
    let queue = review
        .resources
        .iter()
        .find(|resource| resource.logical_id == "Queue")
        .unwrap();
    assert_eq!(queue.drifted.len(), 1);
    let text = review::text(&review);
    assert!(
        text.contains("before is the actual value; last deployed as 6; actual value 77"),
        "{text}"
    );
    assert!(text.contains("only recorded as is, not changed"), "{text}");
}

#[test]
fn pages_and_nested_change_sets_are_put_together_with_their_own_parameters() {
    let queue = |number: usize| {
        resource(&json!({
            "Action": "Add", "LogicalResourceId": format!("Queue{number}"), "ResourceType": "AWS::SQS::Queue",
            "AfterContext": json!({ "Properties": { "QueueName": format!("queue-number-{number}") } }).to_string(),
        }))
    };
    let nested = |name: &str| {
        let mut set = set(name, &json!([queue(7)]));
        set["StackName"] = json!(name);
        set["Parameters"] = json!([{ "ParameterKey": "Inner", "ParameterValue": format!("value-of-{name}") }]);
        set
    };
    let leads_to = |id: &str, set: &Value| {
        resource(&json!({
            "Action": "Modify", "LogicalResourceId": id, "ResourceType": "AWS::CloudFormation::Stack",
            "Replacement": "False", "Scope": ["Properties"], "ChangeSetId": set["ChangeSetId"],
            "PhysicalResourceId": set["StackId"],
            "Details": [{ "Target": { "Attribute": "Properties", "RequiresRecreation": "Never" },
                "Evaluation": "Dynamic", "ChangeSource": "Automatic" }],
        }))
    };
    let innermost = nested("innermost");
    let mut inner = nested("inner");
    inner["Changes"] = json!([leads_to("Deeper", &innermost)]);
    let mut first = set("paged", &json!((0..3).map(queue).collect::<Vec<_>>()));
    first["NextToken"] = json!("more");
    let mut second = set("paged", &json!([queue(3), leads_to("Inner", &inner)]));
    second["NextToken"] = json!("more still");
    let third = set("paged", &json!((4..6).map(queue).collect::<Vec<_>>()));
    // Descriptions, tags and the like of nested stacks are those of the root.
    let review = must_hold_everything(&[first.clone(), second, third, innermost, inner]);
    assert_eq!(review.counts.total, 9);
    assert!(review.warnings.is_empty(), "{:?}", review.warnings);
    let places: Vec<_> = review
        .resources
        .iter()
        .map(|resource| resource.path.visible())
        .collect();
    assert!(places.iter().any(|place| place == "Inner/Deeper"));
    assert!(
        review
            .settings
            .iter()
            .any(|setting| setting.name == "Inner/Deeper/Inner")
    );
    let cut = review_of(&[first]);
    assert!(cut.warnings.iter().any(|warning| warning.holds("further pages")));
}
