//! Two tables hold the level of what is found: dangers, all of which are told as HIGH, and idioms of ordinary stacks, none
//! of which is. A reviewer who learns to look past red is worse off than one who never saw it.

use serde_json::{Map, Value, json};

use super::packages;
use crate::domain::change_set::resource::Deployments;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::risk::{Context, Finding, Level, of_resource};
use crate::domain::secrecy::Hider;
use crate::domain::template::Template;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/a/11111111-2222-3333-4444-555555555555";

/// The cases of a table, at least as many as a table must have.
fn table(parts: [&str; 2]) -> Vec<Value> {
    let mut cases = Vec::new();
    for part in parts {
        let part = Template::parse(&format!("Cases:\n{part}")).unwrap();
        let part = part.top("Cases").and_then(Value::as_array).cloned();
        cases.extend(part.expect("a table is a list"));
    }
    let mut names: Vec<_> = cases.iter().map(|case| word(case, "name")).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "every case has a name of its own");
    assert!(cases.len() >= 120, "{}", cases.len());
    cases
}

fn word<'c>(case: &'c Value, key: &str) -> &'c str {
    case.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What is found of a case.
fn findings(case: &Value) -> Vec<Finding> {
    let kind = word(case, "type");
    let after = case
        .get("after")
        .cloned()
        .or_else(|| Some(with_policy(kind, case.get("allow")?)));
    let before = case.get("before").cloned();
    let action = match (&before, &after) {
        (None, _) => "Add",
        (_, None) => "Remove",
        _ => "Modify",
    };
    let is_replaced = case.get("replaced").is_some();
    let side = |properties: &Option<Value>, attribute: &str| {
        let mut side = Map::new();
        side.insert("Properties".to_owned(), properties.clone()?);
        if let Some(policy) = case.get(attribute) {
            side.insert("DeletionPolicy".to_owned(), policy.clone());
        }
        Some(Value::Object(side).to_string())
    };
    let change = json!({ "Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": "It", "ResourceType": kind,
        "Replacement": if is_replaced { "True" } else { "False" },
        "BeforeContext": side(&before, "kept"), "AfterContext": side(&after, "keeps"),
    }});
    let change = serde_json::from_value(change).unwrap();
    let facts = ResourceFacts::of("", &change, &Deployments::default()).unwrap();
    of_resource(&facts, &Hider::default(), &Context::of(STACK, Some(packages())))
}

/// The properties of a type with one statement in its policy.
fn with_policy(kind: &str, statement: &Value) -> Value {
    let mut statement = statement.clone();
    statement["Effect"] = "Allow".into();
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] });
    match kind {
        "AWS::IAM::Role" => json!({ "AssumeRolePolicyDocument": policy }),
        "AWS::KMS::Key" => json!({ "KeyPolicy": policy }),
        "AWS::SecretsManager::ResourcePolicy" => json!({ "ResourcePolicy": policy }),
        _ => json!({ "PolicyDocument": policy }),
    }
}

fn is_red(finding: &Finding) -> bool {
    finding.level == Level::High
}

#[test]
fn every_danger_is_told_as_high_and_as_what_it_is() {
    let cases = table([
        include_str!("cases/dangers-access.yaml"),
        include_str!("cases/dangers-rest.yaml"),
    ]);
    let missed: Vec<_> = cases
        .iter()
        .filter(|case| {
            let wanted = case.get("kind").and_then(Value::as_str).unwrap_or("security widened");
            !findings(case)
                .iter()
                .any(|finding| is_red(finding) && finding.kind.name() == wanted)
        })
        .map(|case| format!("{}: {:?}", word(case, "name"), told(case)))
        .collect();
    println!(
        "{} of {} dangers are told as high",
        cases.len() - missed.len(),
        cases.len()
    );
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn no_idiom_of_an_ordinary_stack_is_red() {
    let cases = table([
        include_str!("cases/idioms-access.yaml"),
        include_str!("cases/idioms-rest.yaml"),
    ]);
    let red: Vec<_> = cases
        .iter()
        .filter(|case| findings(case).iter().any(is_red))
        .map(|case| format!("{}: {:?}", word(case, "name"), told(case)))
        .collect();
    println!("{} of {} idioms are told as high", red.len(), cases.len());
    assert!(red.is_empty(), "{red:#?}");
}

#[test]
fn a_statement_is_one_finding_for_each_level_however_much_it_lists() {
    let cases = table([
        include_str!("cases/idioms-access.yaml"),
        include_str!("cases/idioms-rest.yaml"),
    ]);
    for case in cases.iter().filter(|case| case.get("allow").is_some()) {
        let told = told(case);
        assert!(told.len() <= 3, "{}: {told:#?}", word(case, "name"));
    }
}

fn told(case: &Value) -> Vec<String> {
    findings(case)
        .iter()
        .map(|finding| {
            format!(
                "{} {}: {}",
                finding.level.name(),
                finding.kind.name(),
                finding.because.visible()
            )
        })
        .collect()
}
