//! Reads the catalogue file into its types; every problem is collected, none stops the reading.

use super::keys::{ENTRY_KEYS, NOT_SUPPORTED, SETTING_KEYS, TOP_KEYS};
use super::problem::{Problem, ProblemKind, nearest};
use super::schema::{At, CatalogueFile, Entry, Settings};
use super::window;
use crate::domain::document::{Document, Format, Node, ScalarKind, Value};
use crate::domain::gate::FirstRun;

/// Reads the file.
pub(super) fn read(file: &str, text: &[u8], problems: &mut Vec<Problem>) -> Option<CatalogueFile> {
    let document = match Document::parse_bytes(text, Format::Yaml).and_then(Document::with_each_key_once) {
        Ok(document) => document,
        Err(error) => {
            problems.push(Problem {
                file: file.to_owned(),
                line: error.line,
                column: error.column,
                stack: None,
                kind: ProblemKind::Syntax(error.message),
            });
            return None;
        }
    };
    let mut reader = Reader {
        file,
        problems,
        stack: None,
    };
    reader.catalogue(&document.root)
}

pub(super) struct Reader<'r> {
    file: &'r str,
    problems: &'r mut Vec<Problem>,
    /// The named stack whose entry is being read.
    stack: Option<String>,
}

impl Reader<'_> {
    pub(super) fn refuse(&mut self, node: &Node, kind: ProblemKind) {
        self.problems.push(Problem {
            file: self.file.to_owned(),
            line: node.line,
            column: node.column,
            stack: self.stack.clone(),
            kind,
        });
    }

    pub(super) fn wrong_type<T>(&mut self, node: &Node, setting: &str, expected: &str) -> Option<T> {
        let found = match &node.tag {
            Some(tag) => format!("a value with the tag `{tag}`"),
            None => match node.as_text() {
                Some(text) if !node.is_null() => format!("{} `{text}`", node.in_words().replacen("a ", "the ", 1)),
                _ => node.in_words().to_owned(),
            },
        };
        self.refuse(
            node,
            ProblemKind::WrongType {
                setting: setting.to_owned(),
                expected: expected.to_owned(),
                found,
            },
        );
        None
    }

    /// The entries of a mapping, in which an absent value means an empty one.
    fn mapping<'n>(&mut self, node: &'n Node, setting: &str, expected: &str) -> Option<&'n [(Node, Node)]> {
        if node.is_null() && node.tag.is_none() {
            return Some(&[]);
        }
        match &node.value {
            Value::Mapping(entries) if node.tag.is_none() => Some(entries),
            _ => self.wrong_type(node, setting, expected),
        }
    }

    fn catalogue(&mut self, root: &Node) -> Option<CatalogueFile> {
        let entries = self.mapping(root, "changegate.yaml", "a mapping that begins with `version: 1`")?;
        let mut catalogue = CatalogueFile::default();
        for (key, value) in entries {
            let name = key.as_text().unwrap_or_default();
            match name {
                "version" => catalogue.version = self.version(value),
                "environments" => {
                    catalogue.environments = self.texts(value, name, "a list of names, such as `[production]`");
                }
                "defaults" => catalogue.defaults = self.settings(value, name, &[]),
                "paths" => catalogue.paths = self.settings_by(value, name, "a mapping from folders to settings"),
                "stacks" => catalogue.stacks = self.entries(value),
                "people" => catalogue.people = self.people(value),
                "session_name_roles" => {
                    catalogue.session_name_roles = self.texts(value, name, "a list of role ARNs");
                }
                _ => self.unknown(key, name, TOP_KEYS),
            }
        }
        if root.get("version").is_none() {
            self.refuse(root, ProblemKind::Version);
        }
        Some(catalogue)
    }

    fn version(&mut self, node: &Node) -> Option<At<u32>> {
        if node.as_text() == Some("1") {
            return Some(at(node, 1));
        }
        self.refuse(node, ProblemKind::Version);
        None
    }

    fn unknown(&mut self, key: &Node, name: &str, known: &[&str]) {
        let kind = match NOT_SUPPORTED.iter().find(|(not, _)| *not == name) {
            Some((_, instead)) => ProblemKind::NotSupported {
                key: name.to_owned(),
                instead,
            },
            None => ProblemKind::UnknownKey {
                key: name.to_owned(),
                nearest: nearest(name, known.iter().copied()),
            },
        };
        self.refuse(key, kind);
    }

    fn entries(&mut self, node: &Node) -> Vec<(At<String>, Entry)> {
        let Some(entries) = self.mapping(node, "stacks", "a mapping from names of stacks to settings") else {
            return Vec::new();
        };
        let mut read = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = key.as_text().unwrap_or_default();
            self.stack = (!name.contains('*')).then(|| name.to_owned());
            read.push((at(key, name.to_owned()), self.entry(value, name)));
            self.stack = None;
        }
        read
    }

    fn entry(&mut self, node: &Node, name: &str) -> Entry {
        let mut entry = Entry {
            settings: self.settings(node, name, ENTRY_KEYS),
            ..Entry::default()
        };
        for (key, value) in node.entries() {
            let is_pattern = name.contains('*');
            let field = match key.as_text() {
                Some("template") => (
                    &mut entry.template,
                    "template",
                    "a path, such as `stacks/network/template.yaml`",
                ),
                Some("configuration") => (&mut entry.configuration, "configuration", "a path, or `none`"),
                Some("moved_from") => (&mut entry.moved_from, "moved_from", "the former name of the stack"),
                _ => continue,
            };
            if is_pattern {
                self.refuse(
                    key,
                    ProblemKind::Misplaced {
                        setting: field.1,
                        instead: "a pattern stands for several stacks; write an entry with the stack's full name",
                    },
                );
            }
            *field.0 = self.text(value, field.1, field.2);
        }
        entry
    }

    fn settings_by(&mut self, node: &Node, setting: &str, expected: &str) -> Vec<(At<String>, Settings)> {
        let Some(entries) = self.mapping(node, setting, expected) else {
            return Vec::new();
        };
        let mut read = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let name = key.as_text().unwrap_or_default();
            read.push((at(key, name.to_owned()), self.settings(value, name, &[])));
        }
        read
    }

    /// Reads settings; `others` are keys of the same mapping that somebody else reads.
    fn settings(&mut self, node: &Node, place: &str, others: &[&str]) -> Settings {
        let mut settings = Settings::default();
        let Some(entries) = self.mapping(node, place, "a mapping of settings, such as `approvals: 2`") else {
            return settings;
        };
        for (key, value) in entries {
            let name = key.as_text().unwrap_or_default();
            match name {
                "stack_name" => {
                    settings.stack_name = self.text(value, name, "a name, such as `\"{environment}-network\"`");
                }
                "environments" => {
                    settings.environments = self.texts(value, name, "a list of names, such as `[production]`");
                }
                "approvals" => settings.approvals = self.approvals(value),
                "approvers" => settings.approvers = self.approvers(value),
                "author_may_approve" => settings.author_may_approve = self.boolean(value, name),
                "require_pull_request" => settings.require_pull_request = self.boolean(value, name),
                "release" => settings.release = self.release(value),
                "window" => settings.window = window::read(self, value),
                "stack_policy" => {
                    settings.stack_policy =
                        self.text(value, name, "a path, such as `policies/network.json`, or `none`");
                }
                "deployer" => settings.deployer = self.text(value, name, "the name of a role"),
                "capabilities" => {
                    settings.capabilities = self.texts(value, name, "a list, such as `[CAPABILITY_NAMED_IAM]`");
                }
                "notify" => settings.notify = self.text(value, name, "the ARN of an SNS topic"),
                "notification_arns" => {
                    settings.notification_arns = self.texts(value, name, "a list of ARNs of SNS topics");
                }
                "first_run" => settings.first_run = self.first_run(value),
                "per_environment" => {
                    settings.per_environment =
                        self.settings_by(value, name, "a mapping from names of environments to settings");
                    self.refuse_nested(value);
                }
                _ if others.contains(&name) => {}
                _ => {
                    let known: Vec<&str> = SETTING_KEYS.iter().chain(others).copied().collect();
                    if ENTRY_KEYS.contains(&name) {
                        self.refuse(
                            key,
                            ProblemKind::Misplaced {
                                setting: ENTRY_KEYS
                                    .iter()
                                    .find(|entry| **entry == name)
                                    .copied()
                                    .unwrap_or_default(),
                                instead: "it belongs into an entry below `stacks:` with the stack's full name",
                            },
                        );
                    } else {
                        self.unknown(key, name, &known);
                    }
                }
            }
        }
        settings
    }

    fn refuse_nested(&mut self, per_environment: &Node) {
        for (_, settings) in per_environment.entries() {
            for setting in ["per_environment", "environments"] {
                if let Some((key, _)) = settings.entry(setting) {
                    let instead = "these settings are for one environment already";
                    self.refuse(key, ProblemKind::Misplaced { setting, instead });
                }
            }
        }
    }

    fn people(&mut self, node: &Node) -> Vec<(At<String>, Vec<At<String>>)> {
        let Some(entries) = self.mapping(node, "people", "a mapping from GitHub logins to lists of ARNs") else {
            return Vec::new();
        };
        let mut people = Vec::with_capacity(entries.len());
        for (key, value) in entries {
            let login = key.as_text().unwrap_or_default();
            let principals = self.texts(
                value,
                login,
                "a list of ARNs, such as `[\"arn:aws:iam::111122223333:user/octocat\"]`",
            );
            people.push((at(key, login.to_owned()), principals.unwrap_or_default()));
        }
        people
    }

    pub(super) fn text(&mut self, node: &Node, setting: &str, expected: &str) -> Option<At<String>> {
        match node.scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Text && node.tag.is_none() && !scalar.text.is_empty() => {
                Some(at(node, scalar.text.clone()))
            }
            _ => self.wrong_type(node, setting, expected),
        }
    }

    fn texts(&mut self, node: &Node, setting: &str, expected: &str) -> Option<Vec<At<String>>> {
        match &node.value {
            Value::Sequence(items) if node.tag.is_none() => Some(
                items
                    .iter()
                    .filter_map(|item| self.text(item, setting, expected))
                    .collect(),
            ),
            _ => self.wrong_type(node, setting, expected),
        }
    }

    fn boolean(&mut self, node: &Node, setting: &str) -> Option<At<bool>> {
        match node.scalar() {
            Some(scalar) if scalar.kind == ScalarKind::Boolean && node.tag.is_none() => {
                Some(at(node, scalar.text.eq_ignore_ascii_case("true")))
            }
            _ => self.wrong_type(node, setting, "`true` or `false`"),
        }
    }

    fn approvals(&mut self, node: &Node) -> Option<At<u8>> {
        match (node.scalar(), node.as_text()) {
            (Some(scalar), Some(text @ ("0" | "1" | "2"))) if scalar.kind == ScalarKind::Number => {
                Some(at(node, text.parse().unwrap_or(2)))
            }
            _ => self.wrong_type(node, "approvals", "0, 1 or 2"),
        }
    }

    /// The inner `None` is `any`.
    fn approvers(&mut self, node: &Node) -> Option<At<Option<Vec<At<String>>>>> {
        let expected = "a list with at least one principal, such as `[permission-set/Operators]`, or `any`";
        if node.as_text() == Some("any") && node.tag.is_none() {
            return Some(at(node, None));
        }
        if node.items().is_empty() {
            return self.wrong_type(node, "approvers", expected);
        }
        let listed = self.texts(node, "approvers", expected)?;
        Some(at(node, Some(listed)))
    }

    fn release(&mut self, node: &Node) -> Option<At<bool>> {
        match node.as_text() {
            Some("manual") => Some(at(node, true)),
            Some("automatic") => Some(at(node, false)),
            _ => self.wrong_type(node, "release", "`manual` or `automatic`"),
        }
    }

    fn first_run(&mut self, node: &Node) -> Option<At<FirstRun>> {
        match node.as_text() {
            Some("plan") => Some(at(node, FirstRun::Plan)),
            Some("hold") => Some(at(node, FirstRun::Hold)),
            _ => self.wrong_type(node, "first_run", "`plan` or `hold`"),
        }
    }
}

pub(super) fn at<T>(node: &Node, value: T) -> At<T> {
    At {
        value,
        line: node.line,
        column: node.column,
    }
}
