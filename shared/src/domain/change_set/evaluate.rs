//! Works out a template's values with the parameters of one deployment, as far as that is possible without AWS.
//!
//! What only AWS knows stays visible as a reference: `${Queue.Arn}`.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::secrets::NO_ECHO;
use super::template::{Template, is_no_echo};
use crate::domain::digest::to_canonical_json;

/// Most levels of functions within functions; deeper ones stay as they are written.
const DEEPEST: usize = 64;

/// One deployment of a template.
pub struct Evaluator<'a> {
    template: &'a Template,
    parameters: BTreeMap<String, Value>,
    pseudo: BTreeMap<&'static str, String>,
    /// Logical ids of resources that get a new physical id.
    renewed: BTreeSet<String>,
    conditions: RefCell<BTreeMap<String, Option<bool>>>,
}

/// Stands for `AWS::NoValue` until it is removed.
const NO_VALUE: &str = "\u{10fffd}NoValue\u{10fffd}";

impl<'a> Evaluator<'a> {
    /// Prepares a deployment: `parameters` are the values given, `stack_id` is the stack's ARN.
    pub fn new(template: &'a Template, parameters: &BTreeMap<String, String>, stack_id: &str) -> Self {
        let mut values = BTreeMap::new();
        for (name, declaration) in template.section("Parameters") {
            let word = |key: &str| declaration.get(key).and_then(Value::as_str);
            let kind = word("Type").unwrap_or("String");
            let is_secret = is_no_echo(declaration);
            let given = parameters.get(name).map(String::as_str).or_else(|| word("Default"));
            let value = match given {
                _ if is_secret => Value::String(NO_ECHO.to_owned()),
                None => continue,
                Some(text) if kind.contains("List<") || kind == "CommaDelimitedList" => Value::Array(
                    text.split(',')
                        .map(|item| Value::String(item.trim().to_owned()))
                        .collect(),
                ),
                Some(text) => Value::String(text.to_owned()),
            };
            values.insert(name.clone(), value);
        }
        Self {
            template,
            parameters: values,
            pseudo: pseudo_parameters(stack_id),
            renewed: BTreeSet::new(),
            conditions: RefCell::default(),
        }
    }

    /// Names the resources that get a new physical id: references to them are known only afterwards.
    #[must_use]
    pub fn with_renewed(mut self, logical_ids: impl IntoIterator<Item = String>) -> Self {
        self.renewed = logical_ids.into_iter().collect();
        self
    }

    /// A resource with its values worked out; `None` when the template has none of this name or its condition is
    /// false.
    pub fn resource(&self, logical_id: &str) -> Option<Value> {
        let declaration = self.template.declaration("Resources", logical_id)?;
        if let Some(condition) = declaration.get("Condition").and_then(Value::as_str)
            && self.condition(condition) == Some(false)
        {
            return None;
        }
        Some(self.value(declaration))
    }

    /// An output with its values worked out.
    pub fn output(&self, name: &str) -> Option<Value> {
        let declaration = self.template.declaration("Outputs", name)?;
        if let Some(condition) = declaration.get("Condition").and_then(Value::as_str)
            && self.condition(condition) == Some(false)
        {
            return None;
        }
        Some(self.value(declaration))
    }

    /// Whether a condition holds; `None` when that cannot be worked out here.
    pub fn condition(&self, name: &str) -> Option<bool> {
        if let Some(known) = self.conditions.borrow().get(name) {
            return *known;
        }
        // A condition that refers to itself is not decided by it.
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        let holds = self
            .template
            .declaration("Conditions", name)
            .and_then(|condition| self.holds(condition, 0));
        self.conditions.borrow_mut().insert(name.to_owned(), holds);
        holds
    }

    /// Works out a value.
    pub fn value(&self, value: &Value) -> Value {
        self.eval(value, 0)
    }

    fn holds(&self, condition: &Value, depth: usize) -> Option<bool> {
        if depth > DEEPEST {
            return None;
        }
        let (name, argument) = only_entry(condition)?;
        let all = |argument: &Value| -> Option<Vec<Option<bool>>> {
            Some(
                argument
                    .as_array()?
                    .iter()
                    .map(|item| self.holds(item, depth + 1))
                    .collect(),
            )
        };
        match name {
            "Condition" => self.condition(argument.as_str()?),
            "Fn::Not" => Some(!(*all(argument)?.first()?)?),
            "Fn::And" => {
                let parts = all(argument)?;
                if parts.contains(&Some(false)) {
                    return Some(false);
                }
                (!parts.contains(&None)).then_some(true)
            }
            "Fn::Or" => {
                let parts = all(argument)?;
                if parts.contains(&Some(true)) {
                    return Some(true);
                }
                (!parts.contains(&None)).then_some(false)
            }
            "Fn::Equals" => {
                let [a, b] = argument.as_array()?.as_slice() else {
                    return None;
                };
                let (a, b) = (self.eval(a, depth + 1), self.eval(b, depth + 1));
                (is_settled(&a) && is_settled(&b)).then(|| a == b)
            }
            _ => None,
        }
    }

    fn eval(&self, value: &Value, depth: usize) -> Value {
        if depth > DEEPEST {
            return value.clone();
        }
        match value {
            Value::Array(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.eval(item, depth + 1))
                    .filter(|item| item.as_str() != Some(NO_VALUE))
                    .collect(),
            ),
            Value::Object(map) => {
                if let Some((name, argument)) = only_entry(value)
                    && (name == "Ref" || name.starts_with("Fn::"))
                    && let Some(result) = self.function(name, argument, depth + 1)
                {
                    return result;
                }
                Value::Object(
                    map.iter()
                        .map(|(key, value)| (key.clone(), self.eval(value, depth + 1)))
                        .filter(|(_, value)| value.as_str() != Some(NO_VALUE))
                        .collect::<Map<_, _>>(),
                )
            }
            other => other.clone(),
        }
    }

    fn function(&self, name: &str, argument: &Value, depth: usize) -> Option<Value> {
        match name {
            "Ref" => Some(self.reference(argument.as_str()?)),
            "Fn::GetAtt" => self.attribute(argument, depth),
            "Fn::Sub" => self.substitute(argument, depth),
            "Fn::Join" => {
                let [separator, items] = argument.as_array()?.as_slice() else {
                    return None;
                };
                let items = self.eval(items, depth);
                let texts: Option<Vec<_>> = items.as_array()?.iter().map(Value::as_str).collect();
                Some(Value::String(texts?.join(separator.as_str()?)))
            }
            "Fn::Select" => {
                let [index, items] = argument.as_array()?.as_slice() else {
                    return None;
                };
                let index: usize = self.eval(index, depth).as_str()?.parse().ok()?;
                self.eval(items, depth).as_array()?.get(index).cloned()
            }
            "Fn::Split" => {
                let [separator, text] = argument.as_array()?.as_slice() else {
                    return None;
                };
                let text = self.eval(text, depth);
                let text = text.as_str().filter(|text| !text.contains("${"))?;
                let parts = text.split(separator.as_str().filter(|separator| !separator.is_empty())?);
                Some(Value::Array(parts.map(|part| Value::String(part.to_owned())).collect()))
            }
            "Fn::If" => {
                let [condition, then, otherwise] = argument.as_array()?.as_slice() else {
                    return None;
                };
                let branch = if self.condition(condition.as_str()?)? {
                    then
                } else {
                    otherwise
                };
                Some(self.eval(branch, depth))
            }
            "Fn::FindInMap" => {
                let arguments = argument.as_array()?;
                let key = |index: usize| Some(self.eval(arguments.get(index)?, depth).as_str()?.to_owned());
                let found = self
                    .template
                    .declaration("Mappings", &key(0)?)?
                    .get(key(1)?)?
                    .get(key(2)?)?;
                Some(self.eval(found, depth))
            }
            "Fn::Base64" => Some(self.eval(argument, depth)),
            "Fn::ImportValue" => {
                let export = self.eval(argument, depth);
                Some(Value::String(format!("${{import {}}}", export.as_str()?)))
            }
            "Fn::GetAZs" => {
                let region = self.eval(argument, depth);
                Some(Value::String(format!(
                    "${{zones of {}}}",
                    region.as_str().unwrap_or("the region")
                )))
            }
            "Fn::ToJsonString" => Some(Value::String(to_canonical_json(&self.eval(argument, depth)))),
            "Fn::Length" => Some(Value::String(self.eval(argument, depth).as_array()?.len().to_string())),
            _ => None,
        }
    }

    fn reference(&self, name: &str) -> Value {
        if name == "AWS::NoValue" {
            return Value::String(NO_VALUE.to_owned());
        }
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        if let Some(value) = self.pseudo.get(name) {
            return Value::String(value.clone());
        }
        Value::String(self.symbol(name, ""))
    }

    fn attribute(&self, argument: &Value, depth: usize) -> Option<Value> {
        let path = match argument {
            Value::String(path) => path.clone(),
            Value::Array(parts) => {
                let parts: Option<Vec<_>> = parts
                    .iter()
                    .map(|part| Some(self.eval(part, depth).as_str()?.to_owned()))
                    .collect();
                parts?.join(".")
            }
            _ => return None,
        };
        let (logical_id, attribute) = path.split_once('.')?;
        Some(Value::String(self.symbol(logical_id, attribute)))
    }

    /// How a reference to a resource is shown; one to a resource that is made anew differs from one to the old.
    fn symbol(&self, logical_id: &str, attribute: &str) -> String {
        let dot = if attribute.is_empty() { "" } else { "." };
        let new = if self.renewed.contains(logical_id) { ", new" } else { "" };
        format!("${{{logical_id}{dot}{attribute}{new}}}")
    }

    fn substitute(&self, argument: &Value, depth: usize) -> Option<Value> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (pattern.as_str(), None),
            Value::Array(parts) => (parts.first()?.as_str()?, parts.get(1).and_then(Value::as_object)),
            _ => return None,
        };
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some(at) = rest.find("${") {
            out.push_str(&rest[..at]);
            let tail = &rest[at + 2..];
            let Some(end) = tail.find('}') else {
                out.push_str(&rest[at..]);
                return Some(Value::String(out));
            };
            let name = tail[..end].trim();
            match name.strip_prefix('!') {
                Some(literal) => out.extend(["${", literal, "}"]),
                None => match own.and_then(|own| own.get(name)) {
                    Some(value) => out.push_str(&super::diff::text(&self.eval(value, depth))),
                    None if name.contains('.') => {
                        let (logical_id, attribute) = name.split_once('.')?;
                        out.push_str(&self.symbol(logical_id, attribute));
                    }
                    None => match self.reference(name) {
                        Value::String(text) => out.push_str(&text),
                        Value::Array(items) => {
                            out.push_str(&items.iter().map(super::diff::text).collect::<Vec<_>>().join(","));
                        }
                        other => out.push_str(&to_canonical_json(&other)),
                    },
                },
            }
            rest = &tail[end + 1..];
        }
        out.push_str(rest);
        Some(Value::String(out))
    }
}

/// Whether a value holds no reference that only AWS could resolve.
fn is_settled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains("${") && !text.contains(NO_ECHO) && !text.contains("{{resolve:"),
        Value::Array(items) => items.iter().all(is_settled),
        Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(key, value)| (key.as_str(), value))
}

/// The pseudo parameters that a stack's ARN tells.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
fn pseudo_parameters(stack_id: &str) -> BTreeMap<&'static str, String> {
    let parts: Vec<_> = stack_id.splitn(6, ':').collect();
    let [_, partition, _, region, account, name] = parts.as_slice() else {
        return BTreeMap::new();
    };
    let suffix = if partition.starts_with("aws-cn") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    BTreeMap::from([
        ("AWS::Partition", (*partition).to_owned()),
        ("AWS::Region", (*region).to_owned()),
        ("AWS::AccountId", (*account).to_owned()),
        ("AWS::URLSuffix", suffix.to_owned()),
        ("AWS::StackName", name.split('/').nth(1).unwrap_or_default().to_owned()),
        ("AWS::StackId", stack_id.to_owned()),
    ])
}
