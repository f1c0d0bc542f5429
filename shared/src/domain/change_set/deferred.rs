//! What only the execution of a change set decides, so that no review can show it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::description::present;
use super::diff::leaves;
use super::nested::needs_change_set;
use super::own_packages::{OwnPackages, Whose};
use super::resource::ResourceFacts;
use super::review::Deferred;
use super::tree::join;
use crate::domain::risk::code;
use crate::domain::risk::types::{self, Purpose};
use crate::domain::secrecy::{Hider, Sentence, sentence};

/// What is decided at execution about one resource that is added or changed.
///
/// `packages` are those of this deployment; `None` when they are not known.
pub(super) fn of_resource(facts: &ResourceFacts<'_>, packages: Option<&OwnPackages>, hider: &Hider) -> Vec<Deferred> {
    if facts.change.action == "Remove" {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    if let Some(after) = &facts.after {
        walk(after, &mut found);
        code(facts, after, packages, &mut found);
    }
    if needs_change_set(facts.change) && present(facts.change.change_set_id.as_deref()).is_none() {
        found.insert(sentence![
            "everything in the nested stack: it has no change set of its own"
        ]);
    }
    let kind = facts.change.resource_type.as_str();
    if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" {
        found.insert(sentence!["a custom resource: its function decides what happens"]);
    }
    let subject = hider.name(&join(facts.path, &facts.change.logical_resource_id));
    found
        .into_iter()
        .map(|what| Deferred {
            subject: subject.clone(),
            what: hider.sentence(&what),
        })
        .collect()
}

fn walk(value: &Value, found: &mut BTreeSet<Sentence>) {
    match value {
        Value::String(text) => {
            references(text, found);
            if let Some(export) = text.strip_prefix("${import ").and_then(|rest| rest.strip_suffix('}')) {
                found.insert(sentence!["the value of the export ", export.to_owned()]);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(map) => {
            if let Some(export) = map.get("Fn::ImportValue") {
                found.insert(sentence!["the value of the export ", super::diff::text(export)]);
            }
            map.values().for_each(|value| walk(value, found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Dynamic references: CloudFormation resolves them when the change set is executed. One that names a version always
/// resolves to the same value.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
fn references(text: &str, found: &mut BTreeSet<Sentence>) {
    let mut rest = text;
    while let Some(at) = rest.find("{{resolve:") {
        let tail = &rest[at..];
        let Some(end) = tail.find("}}") else { return };
        let reference = &tail[..end + 2];
        if !is_pinned(&reference["{{resolve:".len()..reference.len() - 2]) {
            found.insert(sentence![
                "the value of ",
                reference.to_owned(),
                ": it names no version"
            ]);
        }
        rest = &tail[end + 2..];
    }
}

fn is_pinned(reference: &str) -> bool {
    let (service, rest) = reference.split_once(':').unwrap_or((reference, ""));
    match service {
        "ssm" | "ssm-secure" => rest
            .rsplit_once(':')
            .is_some_and(|(_, version)| !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit())),
        "secretsmanager" => {
            // secret-id:SecretString:json-key:version-stage:version-id, where the id may be an ARN.
            rest.split(":SecretString")
                .nth(1)
                .is_some_and(|tail| tail.split(':').nth(3).is_some_and(|version| !version.is_empty()))
        }
        _ => false,
    }
}

/// Code, templates and images at places that can change their content.
fn code(facts: &ResourceFacts<'_>, after: &Value, packages: Option<&OwnPackages>, found: &mut BTreeSet<Sentence>) {
    let kind = facts.change.resource_type.as_str();
    if let Some(means) = code::elsewhere(kind) {
        found.insert(sentence![means]);
    }
    let Some(known) = types::find(kind) else { return };
    for leaf in leaves(None, Some(after)) {
        let (Some(value), Some(pointer)) = (leaf.after, leaf.pointer_after) else {
            continue;
        };
        let is_nested = kind == "AWS::CloudFormation::Stack";
        if known.is_for(Purpose::Content, &pointer)
            && !is_nested
            && packages.is_none_or(|packages| packages.whose(after, &pointer, &value) == Whose::Nobodys)
            && !code::is_versioned(Some(after), &pointer, &value)
            && !pointer.ends_with("Version")
            && !pointer.ends_with("Bucket")
        {
            found.insert(sentence![
                "the content of ",
                value,
                ": no version is named, so it may be another by then"
            ]);
        } else if known.is_for(Purpose::Image, &pointer) && !code::is_pinned_image(&value) {
            found.insert(sentence!["the image ", value, ": it is named by a tag, which can move"]);
        }
    }
}
