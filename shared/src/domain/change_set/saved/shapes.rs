//! The shapes in which people save a change set.
//!
//! The AWS CLI prints JSON or YAML, whole or cut down by `--query`; the console and some SDKs write the same names
//! with a small first letter. All of them are brought to the JSON of the whole answer.

use serde_json::{Map, Value, json};

use super::SavedError;
use crate::domain::document::{self, Document, Format, Node, ScalarKind};

/// The answers that a file holds, each as `DescribeChangeSet` or `DescribeChangeSetHooks` gives it.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) values: Vec<Value>,
    /// Whether some of them are a list of changes alone, which names neither change set nor stack.
    pub(super) has_bare_changes: bool,
}

/// Reads a file, the `number`th from 1.
pub(super) fn answers(text: &str, number: usize) -> Result<Answers, SavedError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim();
    let values = if text.is_empty() || text.starts_with(['{', '[']) {
        json_values(text).map_err(|reason| SavedError::NotAChangeSet { file: number, reason })?
    } else if is_table_or_text(text) {
        return Err(SavedError::TableOrText { file: number });
    } else {
        let document = Document::parse(text, Format::Yaml);
        let document = document.map_err(|reason| SavedError::NotYaml { file: number, reason })?;
        vec![value_of(&document.root)]
    };
    let mut answers = Answers::default();
    for value in values {
        match value {
            Value::Array(items) if !items.is_empty() && items.iter().all(is_change) => answers.add_changes(items),
            Value::Array(items) => {
                for item in items {
                    answers.add(item);
                }
            }
            value => answers.add(value),
        }
    }
    Ok(answers)
}

impl Answers {
    fn add(&mut self, value: Value) {
        let value = if is_camel_case(&value) {
            pascal_case(value)
        } else {
            value
        };
        let is_named = ["ChangeSetId", "ChangeSetName", "StackName"]
            .iter()
            .any(|name| value.get(name).is_some_and(|name| !name.is_null()));
        let changes = value.get("Changes").and_then(Value::as_array);
        if !is_named && changes.is_some_and(|changes| !changes.is_empty() && changes.iter().all(is_change)) {
            self.has_bare_changes = true;
        }
        self.values.push(value);
    }

    fn add_changes(&mut self, changes: Vec<Value>) {
        self.add(json!({ "Changes": changes.into_iter().map(pascal_case).collect::<Vec<_>>() }));
    }
}

fn json_values(text: &str) -> Result<Vec<Value>, serde_json::Error> {
    if text.is_empty() {
        return serde_json::from_str::<Value>(text).map(|value| vec![value]);
    }
    serde_json::Deserializer::from_str(text).into_iter().collect()
}

/// Whether it is what `--output table` or `--output text` prints, from which the structure cannot be told.
fn is_table_or_text(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let is_table = first.starts_with("--") && first.len() > 3 || first.starts_with(['+', '|']);
    is_table || first.contains('\t')
}

fn is_change(value: &Value) -> bool {
    ["ResourceChange", "resourceChange"]
        .iter()
        .any(|name| value.get(name).is_some_and(Value::is_object))
}

/// Whether the names of an answer begin with a small letter.
fn is_camel_case(value: &Value) -> bool {
    ["changeSetId", "changeSetName", "stackName", "changes", "hooks"]
        .iter()
        .any(|name| value.get(name).is_some())
        || value.get("resourceChange").is_some()
}

fn pascal_case(value: Value) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(name, value)| (pascal_name(&name), pascal_case(value)))
                .collect::<Map<_, _>>(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(pascal_case).collect()),
        other => other,
    }
}

fn pascal_name(name: &str) -> String {
    if name == "notificationARNs" || name == "notificationArns" {
        return "NotificationARNs".to_owned();
    }
    let mut letters = name.chars();
    letters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A YAML value as JSON. Numbers that JSON does not write so stay texts.
fn value_of(node: &Node) -> Value {
    match &node.value {
        document::Value::Scalar(scalar) => match scalar.kind {
            ScalarKind::Null => Value::Null,
            ScalarKind::Boolean => Value::Bool(scalar.text.eq_ignore_ascii_case("true")),
            ScalarKind::Number => {
                serde_json::from_str(&scalar.text).unwrap_or_else(|_| Value::String(scalar.text.clone()))
            }
            ScalarKind::Text => Value::String(scalar.text.clone()),
        },
        document::Value::Sequence(items) => Value::Array(items.iter().map(value_of).collect()),
        document::Value::Mapping(entries) => Value::Object(
            entries
                .iter()
                .filter_map(|(key, value)| Some((key.as_text()?.to_owned(), value_of(value))))
                .collect(),
        ),
    }
}
