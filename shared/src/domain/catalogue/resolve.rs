//! From the files of a repository to its stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::candidates::Candidate;
use super::discover::in_file;
use super::environments::blocks;
use super::gates::{self, People, Stack};
use super::pattern::matches;
use super::problem::{Problem, ProblemKind};
use super::schema::{At, CatalogueFile, Settings};
use super::settings::{Lookup, Used, of_stack};
use super::{
    CATALOGUE_FILE, Environment, FormerStack, MAX_PIPELINE_NAME, RESERVED_NAMES, RepositoryFiles, Resolution, read,
};
use crate::domain::gate::Gate;

/// How many problems of one stack's settings are told; the rest is counted. A setting that all stacks share makes its
/// problems those of each.
const MOST_PROBLEMS: usize = 20;

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

/// What resolving goes by, and the problems found so far.
pub(super) struct Resolver<'c> {
    pub(super) files: &'c RepositoryFiles<'c>,
    pub(super) environment: &'c Environment,
    pub(super) catalogue: &'c CatalogueFile,
    pub(super) lookup: Lookup<'c>,
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

    pub(super) fn is_included(&self, settings: &Settings) -> bool {
        settings
            .environments
            .as_ref()
            .is_none_or(|names| names.iter().any(|name| matches(&name.value, &self.environment.name)))
    }

    fn gates(&mut self, candidates: &BTreeMap<String, Candidate<'c>>, people: &People) -> Vec<Gate> {
        let catalogue = self.catalogue;
        let mut used = Used::default();
        let mut gates = Vec::with_capacity(candidates.len());
        // Thousands of stacks may have the same policy.
        let mut policies: BTreeSet<Arc<str>> = BTreeSet::new();
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
            let (mut refused, mut more) = (Vec::new(), 0);
            let mut gate = gates::gate(
                &stack,
                &settings,
                people,
                self.environment,
                self.files,
                &mut |place, kind| {
                    if refused.len() < MOST_PROBLEMS {
                        refused.push((place, kind));
                    } else {
                        more += 1;
                    }
                },
            );
            if more > 0 {
                let stack = name.clone();
                self.refuse_stack(name, candidate, ProblemKind::More { stack, more });
            }
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
            if let Some(policy) = &mut gate.stack_policy {
                match policies.get(policy) {
                    Some(known) => *policy = Arc::clone(known),
                    None => _ = policies.insert(Arc::clone(policy)),
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
        if RESERVED_NAMES
            .iter()
            .any(|reserved| reserved.eq_ignore_ascii_case(name))
        {
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
