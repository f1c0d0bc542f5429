//! The stacks of a repository, before it is known which of them an environment has.

use std::collections::{BTreeMap, BTreeSet};

use super::CATALOGUE_FILE;
use super::discover::{configuration_beside, discover, has_extension, is_template_name};
use super::problem::{Problem, ProblemKind, nearest};
use super::resolve::Resolver;
use super::schema::{At, Entry};
use super::settings::{Used, of_stack};
use crate::domain::sync::places::is_nameable;

/// A stack of the repository, before it is known whether the environment has it.
pub(super) struct Candidate<'c> {
    pub(super) template: String,
    pub(super) configuration: Option<String>,
    /// Its own entry in the catalogue, where it has one.
    pub(super) entry: Option<(&'c At<String>, &'c Entry)>,
}

impl<'c> Resolver<'c> {
    /// All stacks of the repository by name: those with an entry, and those that the names of files make.
    pub(super) fn candidates(&mut self) -> BTreeMap<String, Candidate<'c>> {
        let catalogue = self.catalogue;
        let environment = self.environment.name.as_str();
        let named: BTreeMap<&str, (&At<String>, &Entry)> = catalogue
            .stacks
            .iter()
            .filter(|(name, _)| !name.value.contains('*'))
            .map(|(name, entry)| (name.value.as_str(), (name, entry)))
            .collect();
        let claimed: BTreeSet<&str> = named
            .values()
            .filter_map(|(_, entry)| entry.template.as_ref())
            .map(|template| template.value.as_str())
            .collect();
        let mut found = discover(self.files.blobs, environment, &mut self.problems);
        // A template that an entry claims is that entry's stack, not another one named after its folder.
        found.retain(|name, stack| {
            named
                .get(name.as_str())
                .map_or(!claimed.contains(stack.template.as_str()), |(_, entry)| {
                    entry.template.is_none()
                })
        });
        let dropped = |problem: &Problem| problem.file != CATALOGUE_FILE && claimed.contains(problem.file.as_str());
        self.problems.retain(|problem| !dropped(problem));
        let known: Vec<String> = found.keys().cloned().collect();
        let mut candidates = BTreeMap::new();
        for (name, (key, entry)) in named {
            let template = match (&entry.template, found.remove(name)) {
                (Some(template), _) => self
                    .entry_template(name, template)
                    .then(|| (template.value.clone(), None)),
                (None, Some(found)) => Some((found.template, found.configuration)),
                (None, None) => {
                    let kind = ProblemKind::NoTemplate {
                        stack: name.to_owned(),
                        nearest: nearest(name, known.iter().map(String::as_str)),
                    };
                    self.refuse_at(key, Some(name), kind);
                    None
                }
            };
            let Some((template, beside)) = template else {
                continue;
            };
            let configuration = self.entry_configuration(name, entry, &template, beside);
            candidates.insert(
                name.to_owned(),
                Candidate {
                    template,
                    configuration,
                    entry: Some((key, entry)),
                },
            );
        }
        for (name, found) in found {
            candidates.insert(
                name,
                Candidate {
                    template: found.template,
                    configuration: found.configuration,
                    entry: None,
                },
            );
        }
        candidates
    }

    fn entry_template(&mut self, stack: &str, template: &At<String>) -> bool {
        let path = template.value.as_str();
        let setting = "template";
        let kind = if !is_nameable(path) || !is_template_name(path) {
            ProblemKind::BadPath {
                setting,
                path: path.to_owned(),
                allowed: "that ends in `.yaml`, `.yml`, `.json` or `.template`",
            }
        } else if path.contains("#{") {
            ProblemKind::FilledIn {
                setting,
                path: path.to_owned(),
            }
        } else if self.files.blobs.contains_key(path) {
            return true;
        } else {
            self.missing_file(setting, path)
        };
        self.refuse_at(template, Some(stack), kind);
        false
    }

    fn missing_file(&self, setting: &'static str, path: &str) -> ProblemKind {
        ProblemKind::MissingFile {
            setting,
            path: path.to_owned(),
            nearest: nearest(path, self.files.blobs.keys().map(String::as_str)),
        }
    }

    fn entry_configuration(
        &mut self,
        stack: &str,
        entry: &Entry,
        template: &str,
        beside: Option<String>,
    ) -> Option<String> {
        let Some(written) = &entry.configuration else {
            if entry.template.is_none() {
                return beside;
            }
            return match configuration_beside(self.files.blobs, template, &self.environment.name) {
                Ok(configuration) => configuration,
                Err(mut problem) => {
                    problem.stack = Some(stack.to_owned());
                    self.problems.push(problem);
                    None
                }
            };
        };
        let path = configuration_path(&written.value, &self.environment.name)?;
        let setting = "configuration";
        if !is_nameable(&path) || !has_extension(&path) {
            let allowed = "that ends in `.yaml`, `.yml` or `.json`";
            self.refuse_at(written, Some(stack), ProblemKind::BadPath { setting, path, allowed });
            return None;
        }
        if !self.files.blobs.contains_key(&path) && self.has_stack(stack, template) {
            let kind = self.missing_file(setting, &path);
            self.refuse_at(written, Some(stack), kind);
            return None;
        }
        Some(path)
    }

    /// Whether the environment has the stack.
    fn has_stack(&self, name: &str, template: &str) -> bool {
        let settings = of_stack(
            &self.lookup,
            name,
            template,
            &self.environment.name,
            &mut Used::default(),
            |_, _| {},
        );
        self.is_included(&settings)
    }
}

/// The path of a configuration in an environment; `None` where the catalogue says that there is none.
pub(super) fn configuration_path(written: &str, environment: &str) -> Option<String> {
    (written != "none").then(|| written.replace("{environment}", environment))
}
