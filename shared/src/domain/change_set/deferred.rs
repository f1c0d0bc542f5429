//! What only the execution of a change set decides, so that no review can show it.

use std::collections::BTreeSet;

use serde_json::Value;

use super::description::present;
use super::nested::needs_change_set;
use super::resource::ResourceFacts;
use super::review::Deferred;
use super::secrets::Hider;
use super::tree::join;
use crate::domain::packaging::Destination;

/// What is decided at execution about one resource that is added or changed.
///
/// `packages` is where this deployment keeps what templates refer to; `None` when it is not known.
pub(super) fn of_resource(facts: &ResourceFacts<'_>, packages: Option<&Destination>, hider: &Hider) -> Vec<Deferred> {
    if facts.change.action == "Remove" {
        return Vec::new();
    }
    let mut found = BTreeSet::new();
    if let Some(after) = &facts.after {
        walk(after, &mut found);
        code(after, packages, &mut found);
    }
    if needs_change_set(facts.change) && present(facts.change.change_set_id.as_deref()).is_none() {
        found.insert("everything in the nested stack: it has no change set of its own".to_owned());
    }
    let kind = facts.change.resource_type.as_str();
    if kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource" {
        found.insert("a custom resource: its function decides what happens".to_owned());
    }
    if kind == "AWS::CloudFormation::Macro" {
        found.insert("a macro: it may rewrite templates that are planned later".to_owned());
    }
    let subject = join(facts.path, &facts.change.logical_resource_id);
    found
        .into_iter()
        .map(|what| Deferred {
            subject: subject.clone(),
            what: hider.text(&what),
        })
        .collect()
}

fn walk(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            references(text, found);
            if let Some(export) = text.strip_prefix("${import ").and_then(|rest| rest.strip_suffix('}')) {
                found.insert(format!("the value of the export {export}"));
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
        Value::Object(map) => {
            if let Some(export) = map.get("Fn::ImportValue") {
                found.insert(format!("the value of the export {}", super::diff::text(export)));
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
fn references(text: &str, found: &mut BTreeSet<String>) {
    let mut rest = text;
    while let Some(at) = rest.find("{{resolve:") {
        let tail = &rest[at..];
        let Some(end) = tail.find("}}") else { return };
        let reference = &tail[..end + 2];
        if !is_pinned(&reference["{{resolve:".len()..reference.len() - 2]) {
            found.insert(format!("the value of {reference}: it names no version"));
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

/// Code and templates at places that can change their content.
fn code(after: &Value, packages: Option<&Destination>, found: &mut BTreeSet<String>) {
    let Some(properties) = after.get("Properties") else {
        return;
    };
    for name in [
        "Code",
        "CodeUri",
        "Content",
        "ContentUri",
        "DefinitionS3Location",
        "BodyS3Location",
    ] {
        let Some(place) = properties.get(name).filter(|place| place.is_object()) else {
            continue;
        };
        let word = |names: [&str; 2]| names.iter().find_map(|name| place.get(*name)?.as_str());
        let Some(key) = word(["S3Key", "Key"]) else { continue };
        let bucket = word(["S3Bucket", "Bucket"]).unwrap_or_default();
        let is_package = packages.is_some_and(|packages| packages.holds(bucket, key));
        if word(["S3ObjectVersion", "Version"]).is_none() && !is_package {
            found.insert(format!(
                "the content of {key}: no version is named, so it may be another by then"
            ));
        }
    }
    if let Some(tag) = properties
        .get("ImageUri")
        .or_else(|| properties.get("Code")?.get("ImageUri"))
        .and_then(Value::as_str)
        && !tag.contains("@sha256:")
        && !tag.contains("${")
    {
        found.insert(format!("the image {tag}: it is named by a tag, which can move"));
    }
}
