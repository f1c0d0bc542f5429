//! The sections of a template and the shape of its resources.

use super::{Rule, TemplateFinding};
use crate::domain::document::{Node, Value};
use crate::domain::template::TRANSFORMS_OF_AWS;

/// Names of the sections that a template may have, besides `Transform` and loops.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html>; `Globals` is that of
/// the Serverless Application Model, `Fn::Transform` may stand at the top of a template.
pub const SECTIONS: [&str; 12] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Fn::Transform",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
];
const TRANSFORM: &str = "Transform";

pub(super) fn check(root: &Node) -> Vec<TemplateFinding> {
    if !matches!(root.value, Value::Mapping(_)) {
        let message = if root.is_null() {
            "the template is empty; it needs at least one resource under `Resources`".to_owned()
        } else {
            format!("a template is a mapping with `Resources`, not {}", root.in_words())
        };
        return vec![TemplateFinding::at(root, Rule::NoResources, message)];
    }
    // A macro may make anything of anything: what it leaves is seen only when it has run.
    if !keeps_its_shape(root) {
        return Vec::new();
    }
    let mut findings: Vec<_> = root
        .entries()
        .iter()
        .filter_map(|(key, _)| unknown_section(key))
        .collect();
    match root.entry("Resources") {
        None => findings.push(TemplateFinding::at(root, Rule::NoResources, no_resources())),
        Some((key, resources)) => {
            if resources.entries().is_empty() && !resources.is_null() {
                findings.push(TemplateFinding::at(key, Rule::NoResources, no_resources()));
            }
            let untyped = resources
                .entries()
                .iter()
                .filter_map(|(key, resource)| untyped(key, resource));
            findings.extend(untyped);
        }
    }
    findings
}

fn no_resources() -> String {
    "the template has no resources; CloudFormation demands at least one under `Resources`".to_owned()
}

fn unknown_section(key: &Node) -> Option<TemplateFinding> {
    let name = key.as_text()?;
    let is_known = SECTIONS.contains(&name) || name == TRANSFORM || name.starts_with("Fn::ForEach::");
    (!is_known).then(|| {
        let message = format!(
            "a template has no section `{name}`; CloudFormation refuses it: the sections are {TRANSFORM}, {}",
            SECTIONS.join(", ")
        );
        TemplateFinding::at(key, Rule::UnknownSection, message)
    })
}

fn untyped(key: &Node, resource: &Node) -> Option<TemplateFinding> {
    let name = key.as_text()?;
    // Loops and snippets become resources only when the template is processed; a null is told by its own rule.
    if name.starts_with("Fn::") || resource.is_null() || resource.get("Fn::Transform").is_some() {
        return None;
    }
    let has_type = resource
        .get("Type")
        .is_some_and(|kind| kind.is_null() || kind.as_text().is_some_and(|text| !text.is_empty()));
    (!has_type).then(|| {
        let message = match resource.value {
            Value::Mapping(_) => format!("the resource `{name}` has no `Type`, such as `AWS::S3::Bucket`"),
            _ => format!(
                "the resource `{name}` is a mapping with `Type`, not {}",
                resource.in_words()
            ),
        };
        TemplateFinding::at(key, Rule::ResourceWithoutType, message)
    })
}

/// Whether only transforms are declared that leave sections and types as they are.
fn keeps_its_shape(root: &Node) -> bool {
    if root.get("Fn::Transform").is_some() {
        return false;
    }
    let Some(declared) = root.get(TRANSFORM) else {
        return true;
    };
    let is_known = |node: &Node| {
        node.as_text()
            .is_some_and(|name| TRANSFORMS_OF_AWS.contains(&name) || node.is_null())
    };
    match &declared.value {
        Value::Sequence(items) => items.iter().all(is_known),
        _ => is_known(declared),
    }
}
