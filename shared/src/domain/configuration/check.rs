//! From a configuration file and the template to the effective configuration.

use std::collections::{HashMap, HashSet};

use super::constraints::{is_dynamic_reference, refusal};
use super::problem::{ConfigurationProblem as Problem, ConfigurationProblemKind as Kind};
use super::template::{self, Parameter, parameters};
use super::{EffectiveConfiguration, File, ParameterValue};
use crate::domain::catalogue::nearest;
use crate::domain::document::{Document, Node, ScalarKind, Value};
use crate::domain::limits::{self, Budget};
use crate::domain::template::read_file;

const KEYS: &[&str] = &["Parameters", "Tags"];
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_PARAMETERS: usize = 200;
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
const MAX_TAGS: usize = 50;

/// The effective configuration of a stack, checked against its template; `configuration` is `None` for a stack that
/// has none.
///
/// # Errors
///
/// Everything that is wrong, each with its place.
pub fn effective(configuration: Option<File<'_>>, template: File<'_>) -> Result<EffectiveConfiguration, Vec<Problem>> {
    let mut checker = Checker {
        file: configuration.map_or(template.path, |file| file.path),
        problems: Vec::new(),
        effective: EffectiveConfiguration::default(),
        patterns: Budget::of(limits::PATTERN_STEPS),
    };
    let configuration = configuration.map(|file| parse(file));
    let template_document = parse(template);
    let (configuration, template_document) = match (configuration.transpose(), template_document) {
        (Ok(configuration), Ok(template)) => (configuration, template),
        (configuration, template) => {
            return Err([configuration.err(), template.err()].into_iter().flatten().collect());
        }
    };
    checker.check(
        configuration.as_ref().map(|document| &document.root),
        &template_document.root,
        template.path,
    );
    if checker.problems.is_empty() {
        Ok(checker.effective)
    } else {
        checker.problems.sort_by_key(|problem| (problem.line, problem.column));
        Err(checker.problems)
    }
}

fn parse(file: File<'_>) -> Result<Document, Problem> {
    read_file(file.path, file.bytes).map_err(|error| Problem {
        file: file.path.to_owned(),
        line: error.line,
        column: error.column,
        kind: Kind::Syntax(error.message),
    })
}

struct Checker<'f> {
    file: &'f str,
    problems: Vec<Problem>,
    effective: EffectiveConfiguration,
    /// What is left of the work for patterns.
    patterns: Budget,
}

impl Checker<'_> {
    fn refuse(&mut self, node: &Node, kind: Kind) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: node.line,
            column: node.column,
            kind,
        });
    }

    fn wrong_type<T>(&mut self, node: &Node, name: &str, expected: &str) -> Option<T> {
        let found = node.tag.as_ref().map_or_else(
            || node.in_words().to_owned(),
            |tag| format!("a value with the tag `{tag}`, which only templates have"),
        );
        let kind = Kind::WrongType {
            name: name.to_owned(),
            expected: expected.to_owned(),
            found,
        };
        self.refuse(node, kind);
        None
    }

    fn check(&mut self, configuration: Option<&Node>, template: &Node, template_path: &str) {
        if template.entries().is_empty() {
            self.problems.push(Problem {
                file: template_path.to_owned(),
                line: template.line,
                column: template.column,
                kind: Kind::Shape("this is not a template: a template is a mapping with `Resources`".to_owned()),
            });
            return;
        }
        let declared = parameters(template);
        let mut place = None;
        if let Some(root) = configuration.filter(|root| !root.is_null()) {
            let Value::Mapping(entries) = &root.value else {
                let shape = if root.items().iter().any(|item| item.get("ParameterKey").is_some()) {
                    "a configuration is a mapping, `{\"Parameters\": {\"Key\": \"value\"}}`, not a list of `ParameterKey` and `ParameterValue`"
                } else {
                    "a configuration is a mapping, such as `{\"Parameters\": {\"Key\": \"value\"}, \"Tags\": {}}`"
                };
                self.refuse(root, Kind::Shape(shape.to_owned()));
                return;
            };
            for (key, value) in entries {
                match key.as_text().unwrap_or_default() {
                    "Parameters" => {
                        place = Some(key);
                        self.parameters(value, &declared, template_path);
                    }
                    "Tags" => self.tags(value),
                    "StackPolicy" => self.refuse(key, Kind::StackPolicy),
                    other => {
                        let kind = Kind::UnknownKey {
                            key: other.to_owned(),
                            nearest: nearest(other, KEYS.iter().copied()),
                        };
                        self.refuse(key, kind);
                    }
                }
            }
            place = place.or(Some(root));
        }
        self.missing(configuration, place, &declared, template_path);
    }

    fn missing(
        &mut self,
        configuration: Option<&Node>,
        place: Option<&Node>,
        declared: &[Parameter<'_>],
        template_path: &str,
    ) {
        let given = configuration.and_then(|root| root.get("Parameters"));
        let given: HashSet<_> = given
            .into_iter()
            .flat_map(Node::entries)
            .filter_map(|(key, _)| key.as_text())
            .collect();
        for parameter in declared {
            let is_given = given.contains(parameter.name);
            if parameter.has_default || is_given {
                continue;
            }
            let kind = Kind::MissingParameter {
                parameter: parameter.name.to_owned(),
                template: template_path.to_owned(),
                line: parameter.line,
                column: parameter.column,
                configuration: configuration.is_none().then(|| beside(template_path)),
            };
            let (line, column) = match (place, configuration) {
                (Some(node), _) | (None, Some(node)) => (node.line, node.column),
                (None, None) => (parameter.line, parameter.column),
            };
            self.problems.push(Problem {
                file: self.file.to_owned(),
                line,
                column,
                kind,
            });
        }
    }

    /// The entries of a mapping that may be left empty.
    fn mapping<'n>(&mut self, node: &'n Node, name: &str) -> &'n [(Node, Node)] {
        if !matches!(node.value, Value::Mapping(_)) && !node.is_null() || node.tag.is_some() {
            self.wrong_type::<()>(node, name, "a mapping from keys to values");
            return &[];
        }
        node.entries()
    }

    fn parameters(&mut self, node: &Node, declared: &[Parameter<'_>], template_path: &str) {
        let entries = self.mapping(node, "Parameters");
        if entries.len() > MAX_PARAMETERS {
            let kind = Kind::TooMany {
                what: "parameters",
                count: entries.len(),
                most: MAX_PARAMETERS,
            };
            self.refuse(node, kind);
            return;
        }
        let by_name: HashMap<_, _> = declared
            .iter()
            .rev()
            .map(|parameter| (parameter.name, parameter))
            .collect();
        for (key, value) in entries {
            let name = key.as_text().unwrap_or_default();
            let Some(parameter) = by_name.get(name).copied() else {
                let kind = Kind::UnknownParameter {
                    parameter: name.to_owned(),
                    template: template_path.to_owned(),
                    nearest: nearest(name, declared.iter().map(|parameter| parameter.name)),
                };
                self.refuse(key, kind);
                continue;
            };
            if let Some(value) = self.parameter(value, parameter) {
                self.effective.parameters.insert(name.to_owned(), value);
            }
        }
    }

    fn parameter(&mut self, node: &Node, parameter: &Parameter<'_>) -> Option<ParameterValue> {
        if let [(key, value)] = node.entries() {
            let is_used = key.as_text() == Some("UsePreviousValue")
                && value.scalar().is_some_and(|scalar| {
                    scalar.kind == ScalarKind::Boolean && scalar.text.eq_ignore_ascii_case("true")
                });
            if is_used {
                return Some(ParameterValue::UsePrevious);
            }
        }
        let text = match &node.value {
            Value::Sequence(items) if node.tag.is_none() && matches!(parameter.kind, template::Kind::List(_)) => {
                self.joined(items, parameter)?
            }
            _ => {
                let expected = match parameter.kind {
                    template::Kind::List(_) => "a list, or a text with commas",
                    _ => "one value, or `{\"UsePreviousValue\": true}`",
                };
                self.scalar(node, parameter.name, expected)?
            }
        };
        if parameter.is_secret && !is_dynamic_reference(&text) {
            self.refuse(node, Kind::LiteralSecret(parameter.name.to_owned()));
            return None;
        }
        if let Some(reason) = refusal(parameter, &text, &self.patterns) {
            let kind = Kind::NotAllowed {
                parameter: parameter.name.to_owned(),
                reason,
            };
            self.refuse(node, kind);
            return None;
        }
        Some(ParameterValue::Text(text))
    }

    /// The items of a list as CloudFormation takes them.
    fn joined(&mut self, items: &[Node], parameter: &Parameter<'_>) -> Option<String> {
        let mut texts = Vec::with_capacity(items.len());
        for item in items {
            let text = self.scalar(item, parameter.name, "a list of single values")?;
            if text.contains(',') {
                let kind = Kind::NotAllowed {
                    parameter: parameter.name.to_owned(),
                    reason: "has an item with a comma, which CloudFormation takes for two items".to_owned(),
                };
                self.refuse(item, kind);
                return None;
            }
            texts.push(text);
        }
        Some(texts.join(","))
    }

    /// A scalar's text, exactly as written.
    fn scalar(&mut self, node: &Node, name: &str, expected: &str) -> Option<String> {
        match node.scalar() {
            Some(scalar) if scalar.kind != ScalarKind::Null && node.tag.is_none() => Some(scalar.text.clone()),
            Some(scalar) if scalar.kind == ScalarKind::Null && node.tag.is_none() => {
                self.wrong_type(node, name, &format!("{expected} (an empty text is `\"\"`)"))
            }
            _ => self.wrong_type(node, name, expected),
        }
    }

    fn tags(&mut self, node: &Node) {
        let entries = self.mapping(node, "Tags");
        if entries.len() > MAX_TAGS {
            let kind = Kind::TooMany {
                what: "tags",
                count: entries.len(),
                most: MAX_TAGS,
            };
            self.refuse(node, kind);
            return;
        }
        for (key, value) in entries {
            let tag = key.as_text().unwrap_or_default();
            let Some(text) = self.scalar(value, tag, "one value") else {
                continue;
            };
            let reason = if tag.is_empty() || tag.chars().count() > 128 {
                Some("must have 1 to 128 characters")
            } else if text.chars().count() > 256 {
                Some("has a value of more than 256 characters")
            } else if tag.to_ascii_lowercase().starts_with("aws:") {
                Some("begins with `aws:`, which is reserved for AWS")
            } else {
                None
            };
            match reason {
                Some(reason) => {
                    let kind = Kind::BadTag {
                        tag: tag.to_owned(),
                        reason: reason.to_owned(),
                    };
                    self.refuse(key, kind);
                }
                None => {
                    self.effective.tags.insert(tag.to_owned(), text);
                }
            }
        }
    }
}

/// The configuration file that a template would find beside it.
fn beside(template: &str) -> String {
    let (stem, _) = template.rsplit_once('.').unwrap_or((template, ""));
    match stem.strip_suffix("/template") {
        Some(folder) => format!("{folder}/configuration.json"),
        None => format!("{stem}.configuration.json"),
    }
}
