//! From the files of a repository to its stacks.

use std::collections::{BTreeMap, BTreeSet};

use super::discover::{configuration_beside, discover, has_extension, in_file};
use super::environments::blocks;
use super::gates::{self, People, Stack};
use super::pattern::matches;
use super::problem::{Problem, ProblemKind, nearest};
use super::schema::{At, CatalogueFile, Entry, Settings};
use super::settings::{Lookup, Used, of_stack};
use super::{
    CATALOGUE_FILE, Environment, FormerStack, MAX_PIPELINE_NAME, RESERVED_NAMES, RepositoryFiles, Resolution, read,
};
use crate::domain::gate::Gate;

/// Names under which people look for the catalogue.
const MISNAMED: &[&str] = &["changegate.yml", "changegate.json"];

/// Paths of the files whose content [`resolve`] still needs: `changegate.yaml`, then, once that is there, the stack
/// policies that it names. Call it until it answers with none; it needs two rounds at most.
pub fn files_needed(files: &RepositoryFiles<'_>) -> Vec<String> {
    if !files.blobs.contains_key(CATALOGUE_FILE) {
        return Vec::new();
    }
    let Some(text) = files.contents.get(CATALOGUE_FILE) else {
        return vec![CATALOGUE_FILE.to_owned()];
    };
    let Some(catalogue) = read::read(CATALOGUE_FILE, text, &mut Vec::new()) else {
        return Vec::new();
    };
    let needed: BTreeSet<&String> = blocks(&catalogue)
        .flat_map(|block| std::iter::once(block).chain(block.per_environment.iter().map(|(_, settings)| settings)))
        .filter_map(|settings| settings.stack_policy.as_ref())
        .map(|path| &path.value)
        .filter(|path| files.blobs.contains_key(*path) && !files.contents.contains_key(*path))
        .collect();
    needed.into_iter().cloned().collect()
}

/// Resolves the catalogue of a repository for one environment.
///
/// It needs the names and blob ids of all files below `stacks/` and `policies/`, and the contents that
/// [`files_needed`] asks for; no template and no configuration is read. `former` are the stacks of the last sync.
/// The answer depends on nothing else, and not on the order of entries.
pub fn resolve(files: &RepositoryFiles<'_>, environment: &Environment, former: &[FormerStack]) -> Resolution {
    let mut problems = Vec::new();
    for path in MISNAMED {
        if files.blobs.contains_key(*path) {
            problems.push(in_file(path, None, ProblemKind::MisnamedCatalogue));
        }
    }
    let catalogue = match (
        files.blobs.contains_key(CATALOGUE_FILE),
        files.contents.get(CATALOGUE_FILE),
    ) {
        (false, _) => Some(CatalogueFile::default()),
        (true, Some(text)) => read::read(CATALOGUE_FILE, text, &mut problems),
        (true, None) => {
            let kind = ProblemKind::NotRead(CATALOGUE_FILE.to_owned());
            problems.push(in_file(CATALOGUE_FILE, None, kind));
            None
        }
    };
    let Some(catalogue) = catalogue else {
        return Resolution {
            problems,
            ..Resolution::default()
        };
    };
    let mut resolver = Resolver {
        files,
        environment,
        catalogue: &catalogue,
        lookup: Lookup::of(&catalogue),
        problems,
    };
    resolver.check_environments();
    let people = resolver.people();
    let candidates = resolver.candidates();
    let mut stacks = resolver.gates(&candidates, &people);
    resolver.refuse_shared_stack_names(&stacks);
    resolver.refuse_renames(&candidates, &stacks, former);

    let mut problems = resolver.problems;
    let broken: BTreeSet<&str> = problems.iter().filter_map(|problem| problem.stack.as_deref()).collect();
    stacks.retain(|gate| !broken.contains(gate.stack.as_str()));
    problems.sort_by_key(|problem| {
        (
            problem.file.clone(),
            problem.line,
            problem.column,
            problem.kind.to_string(),
        )
    });
    problems.dedup();
    Resolution {
        stacks,
        problems,
        is_readable: true,
    }
}

/// A stack of the repository, before it is known whether the environment has it.
pub(super) struct Candidate<'c> {
    template: String,
    configuration: Option<String>,
    /// Its own entry in the catalogue, where it has one.
    pub(super) entry: Option<(&'c At<String>, &'c Entry)>,
}

/// What resolving goes by, and the problems found so far.
pub(super) struct Resolver<'c> {
    pub(super) files: &'c RepositoryFiles<'c>,
    pub(super) environment: &'c Environment,
    pub(super) catalogue: &'c CatalogueFile,
    lookup: Lookup<'c>,
    pub(super) problems: Vec<Problem>,
}

impl<'c> Resolver<'c> {
    pub(super) fn refuse_at<T>(&mut self, at: &At<T>, stack: Option<&str>, kind: ProblemKind) {
        self.problems.push(Problem {
            file: CATALOGUE_FILE.to_owned(),
            line: at.line,
            column: at.column,
            stack: stack.map(str::to_owned),
            kind,
        });
    }

    /// Refuses at the stack's entry, or at its template when it has none.
    pub(super) fn refuse_stack(&mut self, name: &str, candidate: &Candidate<'_>, kind: ProblemKind) {
        match candidate.entry {
            Some((key, _)) => self.refuse_at(key, Some(name), kind),
            None => self
                .problems
                .push(in_file(&candidate.template, Some(name.to_owned()), kind)),
        }
    }

    /// All stacks of the repository by name: those with an entry, and those that the names of files make.
    fn candidates(&mut self) -> BTreeMap<String, Candidate<'c>> {
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
        let kind = if !path.starts_with("stacks/") || !has_extension(path) {
            ProblemKind::BadPath {
                setting,
                path: path.to_owned(),
                allowed: "`stacks/` that ends in `.yaml`, `.yml` or `.json`",
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
        if written.value == "none" {
            return None;
        }
        let path = written.value.replace("{environment}", &self.environment.name);
        let setting = "configuration";
        if !path.starts_with("stacks/") || !has_extension(&path) {
            let allowed = "`stacks/` that ends in `.yaml`, `.yml` or `.json`";
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

    fn is_included(&self, settings: &Settings) -> bool {
        settings
            .environments
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| matches(&name.value, &self.environment.name)))
    }

    fn gates(&mut self, candidates: &BTreeMap<String, Candidate<'c>>, people: &People) -> Vec<Gate> {
        let catalogue = self.catalogue;
        let mut used = Used::default();
        let mut gates = Vec::with_capacity(candidates.len());
        for (name, candidate) in candidates {
            let mut ambiguous = Vec::new();
            let settings = of_stack(
                &self.lookup,
                name,
                &candidate.template,
                &self.environment.name,
                &mut used,
                |at, kind| {
                    ambiguous.push((at, kind));
                },
            );
            for (at, kind) in ambiguous {
                self.refuse_at(at, Some(name), kind);
            }
            if let Some(reason) = self.bad_name(name) {
                let kind = ProblemKind::BadName {
                    name: name.clone(),
                    reason,
                };
                self.refuse_stack(name, candidate, kind);
            }
            if !self.is_included(&settings) {
                continue;
            }
            let moved_from = candidate.entry.and_then(|(_, entry)| entry.moved_from.as_ref());
            if let Some(former) = moved_from.filter(|former| candidates.contains_key(&former.value)) {
                let kind = ProblemKind::StillThere {
                    former: former.value.clone(),
                };
                self.refuse_at(former, Some(name), kind);
            }
            let stack = Stack {
                name,
                lasting_name: moved_from.map_or(name, |former| &former.value),
                template: &candidate.template,
                configuration: candidate.configuration.as_deref(),
            };
            let mut refused = Vec::new();
            let gate = gates::gate(
                &stack,
                &settings,
                people,
                self.environment,
                self.files,
                &mut |place, kind| {
                    refused.push((place, kind));
                },
            );
            for (place, kind) in refused {
                match place {
                    Some((line, column)) => self.refuse_at(
                        &At {
                            value: (),
                            line,
                            column,
                        },
                        Some(name),
                        kind,
                    ),
                    None => self.refuse_stack(name, candidate, kind),
                }
            }
            gates.push(gate);
        }
        for pattern in used.unused(catalogue) {
            let kind = ProblemKind::MatchesNothing {
                pattern: pattern.value.clone(),
            };
            self.refuse_at(pattern, None, kind);
        }
        gates
    }

    fn bad_name(&self, name: &str) -> Option<String> {
        let longest = MAX_PIPELINE_NAME.saturating_sub(self.environment.pipeline_prefix.len());
        if RESERVED_NAMES.contains(&name) {
            Some(
                "it names a pipeline of Changegate itself; write an entry with another name and `template:`".to_owned(),
            )
        } else if !name.starts_with(|first: char| first.is_ascii_alphanumeric())
            || !name
                .chars()
                .all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
        {
            let takes = "it takes letters, digits, `-`, `_` and `.`";
            Some(format!(
                "{takes}; rename the folder, or write an entry with another name and `template:`"
            ))
        } else if name.len() > longest {
            Some(format!(
                "it has more than the {longest} characters that a pipeline's name leaves it; write an entry with a shorter name and `template:`"
            ))
        } else {
            None
        }
    }
}
