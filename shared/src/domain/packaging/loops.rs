//! Paths in loops: one object for each value of the loop's variable, looked up in a mapping.
//!
//! `sam package` does the same, so that the loop stays as it is written.
//! Source: `samcli/lib/package/language_extensions_packaging.py` of aws-sam-cli 1.170.0

use std::collections::BTreeMap;

use super::edit::Edit;
use crate::domain::document::{Node, Value};

/// Key of the one entry that each value has.
const ENTRY: &str = "Package";

/// A loop of the language extensions.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-foreach.html>
#[derive(Debug, Clone)]
pub(super) struct Loop<'d> {
    pub(super) name: &'d str,
    pub(super) variable: &'d str,
    /// The values of the variable; `None` where they are not written in the template.
    pub(super) values: Option<Vec<&'d str>>,
}

impl<'d> Loop<'d> {
    pub(super) fn read(key: &'d Node, value: &'d Node) -> Option<Self> {
        let name = key.as_text()?.strip_prefix("Fn::ForEach::")?;
        let [variable, values, ..] = value.items() else {
            return None;
        };
        let is_list = values.tag.is_none() && matches!(values.value, Value::Sequence(_));
        let texts = || {
            values
                .items()
                .iter()
                .map(|item| item.as_text().filter(|_| item.tag.is_none()))
        };
        Some(Self {
            name,
            variable: variable.as_text()?,
            values: is_list.then(|| texts().collect()).flatten(),
        })
    }

    /// Whether the loop's variable is all that a text leaves to be filled in.
    pub(super) fn fills(&self, text: &str) -> bool {
        text.contains(&self.place()) && !text.replace(&self.place(), "").contains("${")
    }

    /// The text with a value of the variable.
    pub(super) fn filled(&self, text: &str, value: &str) -> String {
        text.replace(&self.place(), value)
    }

    fn place(&self) -> String {
        format!("${{{}}}", self.variable)
    }
}

/// The mappings that a template gets: which text stands for each value of a loop's variable.
#[derive(Debug, Default)]
pub(super) struct Mappings {
    texts: Vec<(String, BTreeMap<String, String>)>,
}

impl Mappings {
    /// Whether CloudFormation takes a value as a key of a mapping.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/mappings-section-structure.html>
    pub(super) fn takes(value: &str) -> bool {
        !value.is_empty()
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    }

    /// Adds a mapping and gives the function that looks up what stands for the variable.
    pub(super) fn add(&mut self, of: &Loop<'_>, texts: BTreeMap<String, String>) -> String {
        let stem: String = of.name.chars().filter(char::is_ascii_alphanumeric).collect();
        let name = format!("Packages{}{stem}", self.texts.len() + 1);
        let variable = serde_json::Value::from(of.variable);
        let lookup = format!("{{\"Fn::FindInMap\": [\"{name}\", {{\"Ref\": {variable}}}, \"{ENTRY}\"]}}");
        self.texts.push((name, texts));
        lookup
    }

    pub(super) fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Puts the mappings into the template, before those that it has. `None` where it has no place for them.
    pub(super) fn edit(&self, root: &Node, text: &[u8]) -> Option<Edit> {
        let mappings: Vec<String> = self.texts.iter().map(|(name, texts)| mapping(name, texts)).collect();
        let section = root.get("Mappings");
        let (around, key) = match section {
            Some(section) => (section, section.entries().first()),
            None => (root, root.entries().first()),
        };
        let added = match section {
            Some(_) => mappings,
            None => vec![format!("\"Mappings\": {{{}}}", mappings.join(", "))],
        };
        let is_in_brackets = text.get(around.span.start) == Some(&b'{');
        match key {
            Some((key, _)) if key.copied.is_some() => None,
            Some((key, _)) => {
                let between = if is_in_brackets {
                    ", ".to_owned()
                } else {
                    format!("\n{:1$}", "", key.column - 1)
                };
                let added: String = added.iter().map(|one| format!("{one}{between}")).collect();
                Some(Edit::of(key.span.start..key.span.start, added))
            }
            None if is_in_brackets => {
                let at = around.span.start + 1;
                Some(Edit::of(at..at, added.join(", ")))
            }
            None => None,
        }
    }
}

/// A mapping in JSON's form, which is one in YAML too.
fn mapping(name: &str, texts: &BTreeMap<String, String>) -> String {
    let entries: Vec<String> = texts
        .iter()
        .map(|(value, text)| format!("\"{value}\": {{\"{ENTRY}\": \"{text}\"}}"))
        .collect();
    format!("\"{name}\": {{{}}}", entries.join(", "))
}
