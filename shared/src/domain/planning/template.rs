//! What a plan needs to know of a template before CloudFormation sees it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::domain::template::Template;
use crate::domain::template::evaluate::{Evaluator, is_settled};

/// Types of the serverless transform that come with an IAM role unless one is named.
///
/// Source: <https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html>
const SERVERLESS: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

/// Properties that give an IAM resource a name of its own, which takes `CAPABILITY_NAMED_IAM`.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html>
const IAM_NAMES: [&str; 6] = [
    "GroupName",
    "InstanceProfileName",
    "ManagedPolicyName",
    "RoleName",
    "UserName",
    "PolicyName",
];

/// A template that was read, or not: CloudFormation has the last word about what is one.
#[derive(Debug, Clone)]
pub struct TemplateFacts {
    template: Option<Template>,
}

impl TemplateFacts {
    /// Reads a template. A text that is neither JSON nor YAML has no facts.
    pub fn of(text: &str) -> Self {
        Self {
            template: Template::parse(text).ok(),
        }
    }

    /// Names of the exports that the stack cannot be without, each once.
    ///
    /// Only imports that are certain to be needed are listed: those in resources and outputs without a condition,
    /// outside of `Fn::If` and `Fn::ForEach`, whose name follows from `values`, the template's defaults and its text
    /// alone. `values` goes from parameter or pseudo parameter to value; `None` stands for one that only CloudFormation
    /// knows. What a macro of somebody makes of the template, nobody knows before: then nothing is certain, and neither
    /// is a name that takes [too much](crate::domain::limits) to work out.
    pub fn imports(&self, values: &BTreeMap<String, Option<String>>) -> Vec<String> {
        let Some(template) = &self.template else {
            return Vec::new();
        };
        if !self.own_macros().is_empty() {
            return Vec::new();
        }
        let evaluator = Evaluator::before_planning(template, with_defaults(template, values));
        let mut found = Vec::new();
        for section in ["Resources", "Outputs"] {
            let entries = template.section(section);
            let certain = entries.filter(|(key, entry)| entry.get("Condition").is_none() && !is_loop(key));
            for (_, entry) in certain {
                collect_imports(entry, &evaluator, &mut found);
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|name| seen.insert(name.clone()));
        found
    }

    /// Names of the exports that the stack may have, as far as they follow from `values`, the template's defaults and
    /// its text alone.
    pub fn exports(&self, values: &BTreeMap<String, Option<String>>) -> Vec<String> {
        let Some(template) = &self.template else {
            return Vec::new();
        };
        let evaluator = Evaluator::before_planning(template, with_defaults(template, values));
        let outputs = template.section("Outputs");
        let names = outputs.filter_map(|(_, output)| known_text(output.pointer("/Export/Name")?, &evaluator));
        names.collect()
    }

    /// What needs a capability: logical id, type, and whether the resource has a name of its own. The resources of the
    /// serverless transform count that come with a role.
    pub fn iam_resources(&self) -> Vec<(String, String, bool)> {
        let resources = self.template.iter().flat_map(|template| template.section("Resources"));
        let of_iam = resources.filter_map(|(name, resource)| {
            let kind = resource.get("Type")?.as_str()?;
            let properties = resource.get("Properties").and_then(Value::as_object);
            let has_role = properties.is_some_and(|properties| properties.contains_key("Role"));
            let comes_with_role = SERVERLESS.contains(&kind) && !has_role;
            if !kind.starts_with("AWS::IAM::") && !comes_with_role {
                return None;
            }
            // A policy's name names no principal, except for managed ones, where the property is another.
            let is_named = properties.is_some_and(|properties| {
                let mut names = properties.keys();
                names
                    .any(|key| (key != "PolicyName" || kind != "AWS::IAM::Policy") && IAM_NAMES.contains(&key.as_str()))
            });
            Some((name.clone(), kind.to_owned(), is_named))
        });
        of_iam.collect()
    }

    /// Names of the macros that the template uses, at its top and inside, such as `AWS::Serverless-2016-10-31`, each
    /// once.
    pub fn transforms(&self) -> Vec<String> {
        let Some(template) = &self.template else {
            return Vec::new();
        };
        let mut names = Vec::new();
        if let Some(transform) = template.top("Transform") {
            collect_names(transform, &mut names);
        }
        for (_, value) in template.entries() {
            collect_transforms(value, &mut names);
        }
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }
}

impl TemplateFacts {
    /// Names of the macros that the template uses and that are not AWS's.
    pub fn own_macros(&self) -> Vec<String> {
        let mut names = self.transforms();
        names.retain(|name| !name.starts_with("AWS::"));
        names
    }
}

/// The names in a transform: `Name`, `{Name: …}`, or a list of these.
fn collect_names(transform: &Value, names: &mut Vec<String>) {
    if let Value::Array(items) = transform {
        for item in items {
            collect_names(item, names);
        }
        return;
    }
    let name = transform.get("Name").unwrap_or(transform).as_str();
    names.extend(name.map(str::to_owned));
}

fn collect_transforms(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Array(items) => {
            for item in items {
                collect_transforms(item, names);
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                if key == "Fn::Transform" {
                    collect_names(value, names);
                }
                collect_transforms(value, names);
            }
        }
        _ => {}
    }
}

/// The values that are given, and the template's defaults for the parameters that are not.
fn with_defaults(template: &Template, values: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    let mut all = values.clone();
    for (name, parameter) in template.section("Parameters") {
        let kind = parameter.get("Type").and_then(Value::as_str).unwrap_or_default();
        if kind.starts_with("AWS::SSM::") || kind.contains("List") {
            // A key whose value CloudFormation looks up, or more than one text.
            all.insert(name.clone(), None);
        } else if let Some(default) = parameter.get("Default").and_then(Value::as_str) {
            all.entry(name.clone()).or_insert_with(|| Some(default.to_owned()));
        }
    }
    let known = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.collect()
}

fn collect_imports(value: &Value, evaluator: &Evaluator<'_>, found: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_imports(item, evaluator, found)),
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "Fn::ImportValue" if map.len() == 1 => found.extend(known_text(value, evaluator)),
                    // Which side of it counts, CloudFormation knows.
                    "Fn::If" if map.len() == 1 => {}
                    // And how often.
                    key if is_loop(key) => {}
                    _ => collect_imports(value, evaluator, found),
                }
            }
        }
        _ => {}
    }
}

/// Whether a key is that of a loop, `Fn::ForEach::<name>`.
fn is_loop(key: &str) -> bool {
    key.starts_with("Fn::ForEach")
}

/// The text that an expression comes to; `None` when it depends on more than is known.
fn known_text(value: &Value, evaluator: &Evaluator<'_>) -> Option<String> {
    match evaluator.value(value) {
        Ok(worked) if is_settled(&worked) => worked.as_str().map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
