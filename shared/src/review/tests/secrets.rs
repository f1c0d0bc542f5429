//! Secrets planted where only a change set of a nested stack, a drifted resource or a gate holds one.

use serde_json::{Value, json};

use super::golden::run;
use crate::domain::change_set::build::{DeployedStack, Inputs, TemplateTexts};
use crate::domain::change_set::review::{GateDifference, Review};
use crate::domain::change_set::saved;
use crate::domain::risk::Level;
use crate::review;

/// Values that no name and no look gives away: only where they come from does.
const PASSED: &str = "plainpassed";
const RESOLVED: &str = "plainresolved";
const ECHOED: &str = "plainechoed";
/// Values that their names give away.
const NAMED: &str = "plainnamed";
/// A value that looks like what it is.
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

fn sets() -> Vec<String> {
    let nested = json!({
        "ChangeSetId": "arn:nested", "StackName": "nested", "StackId": "arn:nested-stack",
        "Parameters": [{ "ParameterKey": "Given", "ParameterValue": PASSED },
                       { "ParameterKey": "DbPassword", "ParameterValue": NAMED, "ResolvedValue": NAMED }],
        "Changes": [{ "Type": "Resource", "ResourceChange": {
            "Action": "Modify", "LogicalResourceId": "Task", "ResourceType": "AWS::ECS::TaskDefinition",
            "Replacement": "False", "PhysicalResourceId": format!("task {PASSED}"),
            "BeforeContext": json!({ "Properties": { "Command": ["run", "old"] } }).to_string(),
            "AfterContext": json!({ "Properties": { "Command": ["run", PASSED],
                "Environment": [{ "Name": "NOTE", "Value": format!("uses {PASSED}") }] } }).to_string(),
        }}],
    });
    let root = json!({
        "ChangeSetId": "arn:root", "StackName": "root", "StackId": "arn:root-stack", "Description": format!("uses {KEY}"),
        "RollbackConfiguration": { "RollbackTriggers": [{ "Arn": KEY, "Type": KEY }] },
        "Changes": [
            { "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": "Nested", "ResourceType": "AWS::CloudFormation::Stack",
                "ChangeSetId": "arn:nested", "PhysicalResourceId": "arn:nested-stack", "Replacement": "False" }},
            { "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": "Domain", "ResourceType": "AWS::Transfer::Server",
                "Replacement": "False", "Scope": ["Properties"],
                "Details": [
                    { "Target": { "Attribute": "Properties", "Path": "/Properties/Banner", "BeforeValue": RESOLVED,
                      "AfterValue": format!("welcome {RESOLVED}"),
                      "Drift": { "PreviousValue": RESOLVED, "ActualValue": RESOLVED } } },
                    { "Target": { "Attribute": "Properties", "Path": "/Properties/Motd", "AfterValue": ECHOED } },
                    { "Target": { "Attribute": "Properties", "Path": format!("/Properties/Labels/{KEY}"),
                      "AfterValue": "x" } },
                ],
                "BeforeContext": json!({ "Properties": { "Banner": RESOLVED, "Motd": "hello", "Stays": KEY } }).to_string(),
                "AfterContext": json!({ "Properties": { "Banner": format!("welcome {RESOLVED}"), "Motd": ECHOED,
                    "Stays": KEY, "Copy": format!("again {RESOLVED}") } }).to_string(),
                "PreviousDeploymentContext":
                    json!({ "Properties": { "Banner": RESOLVED, "Motd": KEY } }).to_string(),
            }},
            { "Type": "Resource", "ResourceChange": {
                "Action": "Add", "LogicalResourceId": "DatabasePassword", "ResourceType": "AWS::SSM::Parameter",
                "AfterContext": json!({ "Properties": { "Type": "String", "Value": NAMED } }).to_string(),
            }},
            { "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": "Cut", "ResourceType": "AWS::SNS::Topic",
                "Replacement": "False", "AfterContext": format!("{{\"Properties\":{{\"Password\":\"{NAMED}\",\"a"),
            }},
        ],
    });
    vec![root.to_string(), nested.to_string()]
}

fn template() -> String {
    json!({
        "Parameters": { "Secret": { "Type": "String", "NoEcho": true } },
        "Outputs": { "ApiToken": { "Value": NAMED } },
        "Resources": {
            "Nested": { "Type": "AWS::CloudFormation::Stack",
                        "Properties": { "TemplateURL": "x", "Parameters": { "Given": { "Ref": "Secret" } } } },
            "Domain": { "Type": "AWS::Transfer::Server", "Properties": {
                "Banner": { "Fn::Sub": "welcome {{resolve:secretsmanager:banner}}" }, "Motd": { "Ref": "Secret" } } },
        },
    })
    .to_string()
}

fn before() -> String {
    json!({
        "Parameters": { "Secret": { "Type": "String", "NoEcho": true } },
        "Resources": { "Domain": { "Type": "AWS::Transfer::Server", "Properties": {
            "Banner": "{{resolve:secretsmanager:banner}}", "Motd": "hello" } } },
    })
    .to_string()
}

#[test]
fn what_the_template_calls_secret_is_hidden_however_it_spells_that() {
    let set = json!({
        "ChangeSetId": "arn:root", "StackName": "root", "StackId": "arn:root-stack",
        "Parameters": [{ "ParameterKey": "Word", "ParameterValue": PASSED }],
        "Changes": [{ "Type": "Resource", "ResourceChange": {
            "Action": "Add", "LogicalResourceId": "Topic", "ResourceType": "AWS::SNS::Topic" } }],
    });
    let (tree, _) = saved::tree_of(&[&set.to_string()]).unwrap();
    for spelling in ["true", "yes", "ON", "'Yes'", "\"tr\\u0075e\"", "!!bool y"] {
        let template = format!(
            "Parameters:\n  Word: {{Type: String, NoEcho: {spelling}, Default: {RESOLVED}}}\nResources:\n  \
             Topic: {{Type: 'AWS::SNS::Topic', Properties: {{DisplayName: !Sub 'a ${{Word}} {RESOLVED}'}}}}\n"
        );
        let review = Review::of(&Inputs {
            tree: Some(&tree),
            templates: &[TemplateTexts {
                after: Some(template),
                ..TemplateTexts::default()
            }],
            ..Inputs::default()
        });
        let printed = review::json(&review);
        assert!(!printed.contains(PASSED), "{spelling}: {printed}");
        assert!(!printed.contains(RESOLVED), "{spelling}: {printed}");
    }
}

#[test]
fn a_resource_of_which_its_template_makes_too_much_is_unknown_and_gives_no_secret_away() {
    let bomb = (0..28).fold(
        json!("0123456789"),
        |inner, _| json!({ "Fn::Sub": ["${a}${a}${a}${a}", { "a": inner }] }),
    );
    let template = |bomb: &Value| {
        json!({ "Resources": { "Domain": { "Type": "AWS::Transfer::Server", "Properties": {
            "Banner": { "Fn::Sub": "{{resolve:secretsmanager:banner}}" }, "Motd": bomb } } } })
        .to_string()
    };
    let set = json!({
        "ChangeSetId": "arn:root", "StackName": "root", "StackId": "arn:root-stack",
        "Changes": [{ "Type": "Resource", "ResourceChange": {
            "Action": "Modify", "LogicalResourceId": "Domain", "ResourceType": "AWS::Transfer::Server",
            "Details": [{ "Target": { "Attribute": "Properties", "Path": "/Properties/Banner",
                "BeforeValue": RESOLVED, "AfterValue": RESOLVED,
                "Drift": { "PreviousValue": RESOLVED, "ActualValue": RESOLVED } } }],
            "BeforeContext": json!({ "Properties": { "Banner": RESOLVED } }).to_string(),
            "AfterContext": json!({ "Properties": { "Banner": RESOLVED } }).to_string(),
            "PreviousDeploymentContext": json!({ "Properties": { "Banner": RESOLVED } }).to_string() } }],
    });
    let (tree, _) = saved::tree_of(&[&set.to_string()]).unwrap();
    for (before, after, which) in [(&bomb, &json!("x"), "deployed"), (&json!("x"), &bomb, "new")] {
        let review = Review::of(&Inputs {
            tree: Some(&tree),
            templates: &[TemplateTexts {
                before: Some(template(before)),
                after: Some(template(after)),
                ..TemplateTexts::default()
            }],
            ..Inputs::default()
        });
        let printed = review::json(&review);
        assert!(!printed.contains(RESOLVED), "{printed}");
        let finding = &review.risk.findings[0];
        assert_eq!(
            (finding.level, finding.subject.visible().as_ref()),
            (Level::High, "Resources.Domain")
        );
        let because = format!("what the {which} template makes of it cannot be told: it comes to more than");
        assert!(finding.because.starts_with(&because), "{:?}", finding.because);
    }
}

fn review() -> Review {
    let sets = sets();
    let sets: Vec<_> = sets.iter().map(String::as_str).collect();
    let (tree, _) = saved::tree_of(&sets).unwrap();
    let mut facts = run();
    facts.commits[0].subject = format!("postgres://app:{NAMED}@db");
    let inputs = Inputs {
        title: "root",
        stack_name: "root",
        tree: Some(&tree),
        deployed: Some(&DeployedStack {
            tags: [("webhook".to_owned(), NAMED.to_owned())].into(),
            ..DeployedStack::default()
        }),
        templates: &[TemplateTexts {
            before: Some(before()),
            after: Some(template()),
            ..TemplateTexts::default()
        }],
        gates: vec![GateDifference {
            stack: "root".to_owned(),
            field: "notify".to_owned(),
            before: Some(KEY.to_owned()),
            after: None,
            is_weakened: false,
            is_new: false,
            is_usual: false,
        }],
        run: Some(facts),
        ..Inputs::default()
    };
    let debugged = format!("{inputs:?}");
    for secret in [PASSED, RESOLVED, ECHOED] {
        assert!(!debugged.contains(secret), "{secret} in {debugged}");
    }
    Review::of(&inputs)
}

#[test]
fn what_one_place_calls_secret_is_hidden_in_every_other() {
    let review = review();
    let renderings = [
        review::text(&review),
        review::markdown(&review),
        review::html(&review),
        review::json(&review),
        review::summary(&review),
        review::subject(&review),
        review::status(&review, false),
        review::comment(&review, false),
        format!("{review:?}"),
    ];
    for rendered in &renderings {
        for secret in [PASSED, RESOLVED, ECHOED, NAMED, KEY] {
            assert!(!rendered.contains(secret), "{secret} in\n{rendered}");
        }
    }
    let value: Value = serde_json::from_str(&renderings[3]).unwrap();
    assert!(value["hidden"].as_u64().unwrap() > 10);
    // Where a secret comes from is no secret.
    assert!(
        renderings[0].contains("welcome {{resolve:secretsmanager:banner}}"),
        "{}",
        renderings[0]
    );
}
