//! What a plan needs to know of a template before CloudFormation sees it.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::document::{Document, Format, Node, Value};

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
    document: Option<Document>,
}

impl TemplateFacts {
    /// Reads a template. A text that is neither JSON nor YAML has no facts.
    pub fn of(text: &str) -> Self {
        let format = if text.trim_start_matches('\u{feff}').trim_start().starts_with('{') {
            Format::Json
        } else {
            Format::Yaml
        };
        Self {
            document: Document::parse(text, format).ok(),
        }
    }

    /// Names of the exports that the stack cannot be without, in the order of the text.
    ///
    /// Only imports that are certain to be needed are listed: those in resources and outputs without a condition,
    /// outside of `Fn::If` and `Fn::ForEach`, whose name follows from `values`, the template's defaults and its text
    /// alone. `values` goes from parameter or pseudo parameter to value; `None` stands for one that only CloudFormation
    /// knows. What a macro of somebody makes of the template, nobody knows before: then nothing is certain.
    pub fn imports(&self, values: &BTreeMap<String, Option<String>>) -> Vec<String> {
        let Some(root) = self.document.as_ref().map(|document| &document.root) else {
            return Vec::new();
        };
        if self.transforms().iter().any(|name| !name.starts_with("AWS::")) {
            return Vec::new();
        }
        let known = with_defaults(root, values);
        let mut found = Vec::new();
        for section in ["Resources", "Outputs"] {
            let entries = root.get(section).map(Node::entries).unwrap_or_default();
            let certain = entries
                .iter()
                .filter(|(key, entry)| entry.get("Condition").is_none() && !is_loop(key));
            for (_, entry) in certain {
                collect_imports(entry, &known, &mut found);
            }
        }
        let mut seen = BTreeSet::new();
        found.retain(|name| seen.insert(name.clone()));
        found
    }

    /// Names of the exports that the stack may have, as far as they follow from `values`, the template's defaults and
    /// its text alone.
    pub fn exports(&self, values: &BTreeMap<String, Option<String>>) -> Vec<String> {
        let Some(root) = self.document.as_ref().map(|document| &document.root) else {
            return Vec::new();
        };
        let known = with_defaults(root, values);
        let outputs = root.get("Outputs").map(Node::entries).unwrap_or_default();
        let names = outputs
            .iter()
            .filter_map(|(_, output)| evaluate(output.pointer("/Export/Name")?, &known, false));
        names.collect()
    }

    /// What needs a capability: logical id, type, and whether the resource has a name of its own. The resources of the
    /// serverless transform count that come with a role.
    pub fn iam_resources(&self) -> Vec<(String, String, bool)> {
        let resources = self
            .document
            .as_ref()
            .and_then(|document| document.root.get("Resources"));
        let resources = resources.map(Node::entries).unwrap_or_default();
        let of_iam = resources.iter().filter_map(|(name, resource)| {
            let kind = resource.get("Type")?.as_text()?;
            let has = |name: &str| resource.pointer(&format!("/Properties/{name}")).is_some();
            let comes_with_role = SERVERLESS.contains(&kind) && !has("Role");
            if !kind.starts_with("AWS::IAM::") && !comes_with_role {
                return None;
            }
            // A policy's name names no principal, except for managed ones, where the property is another.
            let is_named = resource.get("Properties").is_some_and(|properties| {
                let names = properties.entries().iter().filter_map(|(key, _)| key.as_text());
                let mut names = names.filter(|key| *key != "PolicyName" || kind != "AWS::IAM::Policy");
                names.any(|key| IAM_NAMES.contains(&key))
            });
            Some((name.as_text()?.to_owned(), kind.to_owned(), is_named))
        });
        of_iam.collect()
    }

    /// Names of the macros that the template uses, at its top and inside, such as `AWS::Serverless-2016-10-31`, each
    /// once.
    pub fn transforms(&self) -> Vec<String> {
        let Some(root) = self.document.as_ref().map(|document| &document.root) else {
            return Vec::new();
        };
        let mut names = Vec::new();
        if let Some(transform) = root.get("Transform") {
            collect_names(transform, &mut names);
        }
        collect_transforms(root, &mut names);
        let mut seen = BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        names
    }
}

/// The names in a transform: `Name`, `{Name: …}`, or a list of these.
fn collect_names(transform: &Node, names: &mut Vec<String>) {
    if let Value::Sequence(items) = &transform.value {
        for item in items {
            collect_names(item, names);
        }
        return;
    }
    let name = transform.get("Name").unwrap_or(transform).as_text();
    names.extend(name.map(str::to_owned));
}

fn collect_transforms(node: &Node, names: &mut Vec<String>) {
    if node.tag.as_deref() == Some("!Transform") {
        collect_names(node, names);
    }
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                collect_transforms(item, names);
            }
        }
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if key.as_text() == Some("Fn::Transform") {
                    collect_names(value, names);
                }
                collect_transforms(value, names);
            }
        }
    }
}

/// The values that are given, and the template's defaults for the parameters that are not.
fn with_defaults(root: &Node, values: &BTreeMap<String, Option<String>>) -> BTreeMap<String, String> {
    let mut all = values.clone();
    for (name, parameter) in root.get("Parameters").map(Node::entries).unwrap_or_default() {
        let Some(name) = name.as_text() else { continue };
        let kind = parameter.get("Type").and_then(Node::as_text).unwrap_or_default();
        if kind.starts_with("AWS::SSM::") || kind.contains("List") {
            // A key whose value CloudFormation looks up, or more than one text.
            all.insert(name.to_owned(), None);
        } else if let Some(default) = parameter.get("Default").and_then(Node::as_text) {
            all.entry(name.to_owned()).or_insert_with(|| Some(default.to_owned()));
        }
    }
    let known = all.into_iter().filter_map(|(name, value)| Some((name, value?)));
    known.collect()
}

/// An intrinsic function in its long form, `{"Fn::Sub": …}`, or its short one, `!Sub …`.
fn intrinsic(node: &Node) -> Option<(&str, &Node)> {
    if let Some(tag) = node.tag.as_deref() {
        return tag.strip_prefix('!').map(|name| (name, node));
    }
    match node.entries() {
        [(name, argument)] => {
            let name = name.as_text()?;
            Some((name.strip_prefix("Fn::").unwrap_or(name), argument))
        }
        _ => None,
    }
}

fn collect_imports(node: &Node, known: &BTreeMap<String, String>, found: &mut Vec<String>) {
    match intrinsic(node) {
        // Which side of it counts, and how often, CloudFormation knows.
        Some(("If", _)) => return,
        Some((name, _)) if name.starts_with("ForEach") => return,
        Some(("ImportValue", argument)) => {
            found.extend(evaluate(argument, known, node.tag.is_some()));
            return;
        }
        _ => {}
    }
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| collect_imports(item, known, found)),
        Value::Mapping(entries) => entries
            .iter()
            .filter(|(key, _)| !is_loop(key))
            .for_each(|(_, value)| collect_imports(value, known, found)),
    }
}

/// Whether a key is that of a loop, `Fn::ForEach::<name>`.
fn is_loop(key: &Node) -> bool {
    key.as_text().is_some_and(|key| key.starts_with("Fn::ForEach"))
}

/// The text that an expression comes to; `None` when it depends on more than `known`.
///
/// `is_argument` says that the node's own tag was understood already: `!ImportValue name` is one node.
fn evaluate(node: &Node, known: &BTreeMap<String, String>, is_argument: bool) -> Option<String> {
    if !is_argument && let Some((name, argument)) = intrinsic(node) {
        return match name {
            "Ref" => known.get(argument.as_text()?).cloned(),
            "Sub" => substitute(argument, known),
            "Join" => match argument.items() {
                [separator, list] => {
                    let parts: Option<Vec<_>> = list.items().iter().map(|item| evaluate(item, known, false)).collect();
                    Some(parts?.join(separator.as_text()?))
                }
                _ => None,
            },
            _ => None,
        };
    }
    match &node.value {
        Value::Scalar(scalar) => Some(scalar.text.clone()),
        // `!ImportValue` over the long form of another function.
        Value::Mapping(_) if is_argument => {
            let bare = Node {
                tag: None,
                ..node.clone()
            };
            evaluate(&bare, known, false)
        }
        _ => None,
    }
}

/// What `Fn::Sub` comes to.
fn substitute(argument: &Node, known: &BTreeMap<String, String>) -> Option<String> {
    let (text, own) = match argument.items() {
        [] => (argument.as_text()?, &[][..]),
        [text, own] => (text.as_text()?, own.entries()),
        _ => return None,
    };
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, following) = after.split_once('}')?;
        result.push_str(before);
        if let Some(literal) = name.strip_prefix('!') {
            result.push_str("${");
            result.push_str(literal);
            result.push('}');
        } else {
            let name = name.trim();
            let own = own.iter().find(|(key, _)| key.as_text() == Some(name));
            match own {
                Some((_, value)) => result.push_str(&evaluate(value, known, false)?),
                None => result.push_str(known.get(name)?),
            }
        }
        rest = following;
    }
    result.push_str(rest);
    Some(result)
}

#[cfg(test)]
mod tests;
