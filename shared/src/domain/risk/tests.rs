mod code;
mod network;
mod policies;
mod switches;
mod tables;

use serde_json::{Value, json};

use super::types::{self, Purpose};
use crate::domain::change_set::build::TemplateTexts;
use crate::domain::change_set::own_packages::OwnPackages;
use crate::domain::change_set::resource::{Deployments, ResourceFacts};
use crate::domain::keys;
use crate::domain::packaging::Destination;
use crate::domain::secrecy::Hider;
use crate::domain::sha256::Sha256;

#[test]
fn the_table_is_sorted_and_every_line_of_it_can_be_found() {
    let table = include_str!("resource_types.tsv");
    let mut names: Vec<_> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert!(names.is_sorted());
    assert!(names.len() > 1_000);
    for name in names.drain(..) {
        assert!(types::find(&format!("AWS::{name}")).is_some(), "{name}");
    }
    assert!(types::find("AWS::No::Such").is_none());
    assert!(types::find("Custom::Thing").is_none());
}

#[test]
fn the_table_knows_what_a_table_holds_and_what_replaces_it() {
    let table = types::find("AWS::DynamoDB::Table").unwrap();
    assert!(table.holds.is_some());
    assert!(table.is_for(Purpose::CreateOnly, "/Properties/TableName"));
    assert!(table.is_for(Purpose::Protection, "/Properties/DeletionProtectionEnabled"));
    assert!(!table.is_for(Purpose::CreateOnly, "/Properties/Tags/0/Key"));
    let bucket = types::find("AWS::S3::Bucket").unwrap();
    assert!(bucket.is_for(
        Purpose::Closes,
        "/Properties/PublicAccessBlockConfiguration/BlockPublicAcls"
    ));
    let instance = types::find("AWS::EC2::Instance").unwrap();
    assert!(instance.is_for(
        Purpose::Opens,
        "/Properties/NetworkInterfaces/0/AssociatePublicIpAddress"
    ));
}

/// What is found when a resource of `kind` changes from one set of properties to another; `null` for one that comes
/// or goes. One line a finding: `high security widened: …`.
fn found(kind: &str, before: &Value, after: &Value) -> Vec<String> {
    found_by(&context(), kind, before, after)
}

/// As [`found`], for a stack of this account.
fn found_in(account: &str, kind: &str, before: &Value, after: &Value) -> Vec<String> {
    let stack = format!("arn:aws:cloudformation:eu-west-1:{account}:stack/a/1");
    found_by(&super::Context::of(&stack, Some(packages())), kind, before, after)
}

fn found_by(context: &super::Context, kind: &str, before: &Value, after: &Value) -> Vec<String> {
    let action = match (before, after) {
        (Value::Null, _) => "Add",
        (_, Value::Null) => "Remove",
        _ => "Modify",
    };
    let side = |properties: &Value| (!properties.is_null()).then(|| json!({ "Properties": properties }).to_string());
    let change = json!({ "Type": "Resource", "ResourceChange": {
        "Action": action, "LogicalResourceId": "It", "ResourceType": kind, "Replacement": "False",
        "BeforeContext": side(before), "AfterContext": side(after),
    }});
    let change = serde_json::from_value(change).unwrap();
    let facts = ResourceFacts::of("", &change, &Deployments::default()).unwrap();
    super::of_resource(&facts, &Hider::default(), context)
        .into_iter()
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

/// What findings share in these tests: the packages lie in the bucket `b`.
fn context() -> super::Context {
    super::Context::of("", Some(packages()))
}

/// Key of the package that the sync wrote into the template.
fn own_package() -> String {
    keys::package(Sha256::of("own"), "zip")
}

fn packages() -> OwnPackages {
    let destination = Destination {
        bucket: "b".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let key = own_package();
    let templates = [TemplateTexts {
        after: Some(serde_json::json!({ "Resources": { "F": key } }).to_string()),
        ..TemplateTexts::default()
    }];
    OwnPackages::of(&destination, &templates)
}

fn must_find(kind: &str, before: &Value, after: &Value, wanted: &str) {
    let found = found(kind, before, after);
    assert!(
        found.iter().any(|finding| finding.contains(wanted)),
        "{kind}: {wanted:?} is not among {found:#?}"
    );
}

fn must_find_nothing(kind: &str, before: &Value, after: &Value) {
    let found = found(kind, before, after);
    assert!(found.is_empty(), "{kind}: {found:#?}");
}

#[test]
fn what_cannot_be_compared_is_said() {
    let change = json!({ "Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Role", "ResourceType": "AWS::IAM::Role", "Replacement": "False",
        "Details": [{ "Target": { "Attribute": "Properties", "Name": "Policies" } }] } });
    let change = serde_json::from_value(change).unwrap();
    let facts = ResourceFacts::of("", &change, &Deployments::default()).unwrap();
    let found = super::of_resource(&facts, &Hider::default(), &context());
    assert!(
        found
            .iter()
            .any(|finding| finding.because.holds("CloudFormation does not show its values")),
        "{found:#?}"
    );
    let signature = |text: &str| json!({ "InlinePolicy": format!("(Truncated-Signature):{text}") });
    must_find(
        "AWS::SSO::PermissionSet",
        &signature("aa"),
        &signature("bb"),
        "medium unknown: InlinePolicy is too long",
    );
}
