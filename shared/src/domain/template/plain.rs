//! A template as plain JSON: short-form functions written out, every scalar a text, as CloudFormation compares them.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{TRANSFORMS_OF_AWS, boolean, numbers, scalar_text};
use crate::domain::document::{self, Node, SyntaxError};

/// A template.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Template {
    root: Map<String, Value>,
    /// Names of conditions and mappings in which a number stands that CloudFormation may read as another.
    odd: BTreeSet<String>,
}

impl Template {
    /// Reads a template in JSON or YAML.
    ///
    /// # Errors
    ///
    /// The first violation of the format, with line and column.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let document = super::read(text)?;
        let odd = ["Conditions", "Mappings"].into_iter().flat_map(|section| {
            let declared = document.root.get(section).map(Node::entries).unwrap_or_default();
            let odd = declared
                .iter()
                .filter(|(_, declaration)| numbers::holds_odd(declaration));
            odd.filter_map(|(name, _)| name.as_text().map(str::to_owned))
        });
        Ok(match plain(&document.root) {
            Value::Object(root) => Self {
                root,
                odd: odd.collect(),
            },
            _ => Self::default(),
        })
    }

    /// A section of the template, such as `Outputs`: name to declaration.
    pub fn section(&self, name: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.root.get(name).and_then(Value::as_object).into_iter().flatten()
    }

    /// Everything at the top of the template.
    pub fn entries(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.root.iter()
    }

    /// Whether what a condition or a mapping of this name comes to depends on how CloudFormation reads a number.
    pub fn is_odd(&self, name: &str) -> bool {
        self.odd.contains(name)
    }

    /// Whether snippets are included or macros run that are not AWS's.
    fn brings_foreign_texts(&self) -> bool {
        fn includes(value: &Value) -> bool {
            match value {
                Value::Array(items) => items.iter().any(includes),
                Value::Object(map) => map.iter().any(|(key, value)| key == "Fn::Transform" || includes(value)),
                _ => false,
            }
        }
        let is_own = |transform: &Value| transform.as_str().is_some_and(|name| TRANSFORMS_OF_AWS.contains(&name));
        let is_foreign = match self.root.get("Transform") {
            None => false,
            Some(Value::Array(all)) => !all.iter().all(is_own),
            Some(one) => !is_own(one),
        };
        is_foreign
            || self
                .root
                .iter()
                .any(|(key, value)| key == "Fn::Transform" || includes(value))
    }

    /// One declaration of a section.
    pub fn declaration(&self, section: &str, name: &str) -> Option<&Value> {
        self.root.get(section)?.get(name)
    }

    /// A top-level value, such as `Description` or `Metadata`.
    pub fn top(&self, name: &str) -> Option<&Value> {
        self.root.get(name)
    }

    /// Names of the parameters with `NoEcho`.
    pub fn no_echo_parameters(&self) -> impl Iterator<Item = &str> {
        self.section("Parameters")
            .filter(|(_, declaration)| is_no_echo(declaration))
            .map(|(name, _)| name.as_str())
    }

    /// Defaults of the parameters with `NoEcho`: secrets that somebody wrote into the template.
    pub fn secret_defaults(&self) -> impl Iterator<Item = &str> {
        self.section("Parameters")
            .filter(|(_, declaration)| is_no_echo(declaration))
            .filter_map(|(_, declaration)| declaration.get("Default")?.as_str())
    }

    /// Puts back the texts that `GetTemplate` destroyed, as far as `source` has them: it turns each character outside
    /// ASCII into `?`.
    pub fn restore_from(&mut self, source: &Restorer) {
        for (key, value) in &mut self.root {
            source.restore(value, source.template.get(key));
        }
    }
}

/// Which of `parameters` have `NoEcho` in this template; all of them when it cannot be read.
pub fn no_echo_among<'p>(template: &str, parameters: impl Iterator<Item = &'p str>) -> Vec<String> {
    let parsed = Template::parse(template).ok();
    let is_secret = |name: &&str| {
        parsed
            .as_ref()
            .is_none_or(|template| template.no_echo_parameters().any(|secret| secret == *name))
    };
    parameters.filter(is_secret).map(str::to_owned).collect()
}

/// Whether the declaration of a parameter keeps its value secret; see [`crate::domain::template::is_no_echo`].
pub(super) fn is_no_echo(declaration: &Value) -> bool {
    let is_open = |value: &Value| value.as_str().and_then(boolean) == Some(false);
    declaration.get("NoEcho").is_some_and(|value| !is_open(value))
}

/// What was submitted, to put back what `GetTemplate` and `DescribeChangeSet` give back in another form.
///
/// A text at the same place is put back for certain. Where a transform of AWS moved it, it is found by its form, unless
/// another text has the same form, such as one with a `?` of its own. A snippet or a macro brings texts that nobody knows
/// here.
#[derive(Clone, Default)]
pub struct Restorer {
    template: Map<String, Value>,
    by_lossy: HashMap<String, Option<String>>,
    /// Whether texts may come from elsewhere, which may hold a `?` of their own.
    has_foreign: bool,
}

impl Restorer {
    /// What puts back the texts of this template.
    pub fn of(template: Template) -> Self {
        let mut restorer = Self::default();
        for (key, value) in &template.root {
            restorer.note(key);
            restorer.collect(value);
        }
        restorer.has_foreign = template.brings_foreign_texts();
        if !restorer.by_lossy.is_empty() {
            restorer.template = template.root;
        }
        restorer
    }

    /// Puts texts back, in place. `twin` is what was submitted at the same place, as far as it is known.
    pub fn restore(&self, value: &mut Value, twin: Option<&Value>) {
        match value {
            Value::String(text) if text.contains('?') => match twin {
                Some(Value::String(twin)) if lossy(twin) == *text => twin.clone_into(text),
                // Something else was submitted there, and came to this.
                Some(_) => {}
                None => {
                    if let Some(source) = self.source_of(text) {
                        source.clone_into(text);
                    }
                }
            },
            Value::Array(items) => {
                let twins = twin
                    .and_then(Value::as_array)
                    .filter(|twins| twins.len() == items.len());
                for (index, item) in items.iter_mut().enumerate() {
                    self.restore(item, twins.map(|twins| &twins[index]));
                }
            }
            Value::Object(map) => {
                if map.keys().any(|key| self.source_of(key).is_some()) {
                    *map = std::mem::take(map)
                        .into_iter()
                        .map(|(key, value)| (self.source_of(&key).map_or(key.clone(), str::to_owned), value))
                        .collect();
                }
                for (key, value) in map {
                    self.restore(value, twin.and_then(|twin| twin.get(key)));
                }
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The one text of the source whose lossy form is `text`.
    pub fn source_of(&self, text: &str) -> Option<&str> {
        self.by_lossy.get(text).filter(|_| !self.has_foreign)?.as_deref()
    }

    fn collect(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.note(text),
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Object(map) => {
                for (key, value) in map {
                    self.note(key);
                    self.collect(value);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn note(&mut self, text: &str) {
        if text.is_ascii() && !text.contains('?') {
            return;
        }
        self.by_lossy
            .entry(lossy(text))
            .and_modify(|known| {
                // Two different texts with one lossy form: neither can be put back for certain.
                if known.as_deref() != Some(text) {
                    *known = None;
                }
            })
            .or_insert_with(|| Some(text.to_owned()));
    }
}

/// The text as `GetTemplate` gives it back.
///
/// Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1220>
pub fn lossy(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_ascii() { character } else { '?' })
        .collect()
}

fn items_of(items: &[Node], begins_with_name: bool) -> Vec<Value> {
    let of = |(index, item)| {
        if index == 0 && begins_with_name {
            name(item)
        } else {
            plain(item)
        }
    };
    items.iter().enumerate().map(of).collect()
}

/// The name of something in the template, which stays as it is written: a condition may be called `No`.
fn name(node: &Node) -> Value {
    match node.scalar() {
        Some(scalar) if node.tag.is_none() && !node.is_null() => Value::String(scalar.text.clone()),
        _ => plain(node),
    }
}

fn plain(node: &Node) -> Value {
    let value = match &node.value {
        document::Value::Scalar(_) if node.is_null() => Value::Null,
        document::Value::Scalar(_) => Value::String(scalar_text(node).unwrap_or_default().to_owned()),
        document::Value::Sequence(items) => {
            let begins_with_name = matches!(node.tag.as_deref(), Some("!If" | "!GetAtt"));
            Value::Array(items_of(items, begins_with_name))
        }
        document::Value::Mapping(entries) => Value::Object(
            entries
                .iter()
                .filter_map(|(key, value)| {
                    let key = key.as_text()?;
                    let value = match key {
                        "Condition" | "DependsOn" | "Ref" => name(value),
                        "Fn::If" | "Fn::GetAtt" if value.tag.is_none() && !value.items().is_empty() => {
                            Value::Array(items_of(value.items(), true))
                        }
                        _ => plain(value),
                    };
                    Some((key.to_owned(), value))
                })
                .collect(),
        ),
    };
    let Some(name) = node.tag.as_deref().and_then(|tag| tag.strip_prefix('!')) else {
        return value;
    };
    let (key, value) = match name {
        "Ref" | "Condition" => (name.to_owned(), value),
        "GetAtt" => match value.as_str().and_then(|text| text.split_once('.')) {
            Some((logical_id, attribute)) => ("Fn::GetAtt".to_owned(), serde_json::json!([logical_id, attribute])),
            None => ("Fn::GetAtt".to_owned(), value),
        },
        _ if name.starts_with('!') || name.contains(':') => return value,
        _ => (format!("Fn::{name}"), value),
    };
    Value::Object(Map::from_iter([(key, value)]))
}
