//! The catalogue: which stacks a repository has, and how each is gated.
//!
//! [`resolve`] reads `changegate.yaml` and the names of files, for one environment, into one gate a stack.
//! Everything that is wrong is collected with its place, and a problem of one stack does not stop the others.

mod approvers;
mod candidates;
mod discover;
mod environments;
mod gates;
mod identity;
mod keys;
mod pattern;
mod people;
mod places;
mod problem;
mod read;
mod resolve;
mod resolved;
mod schema;
mod settings;
mod window;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::domain::gate::{Floor, Gate};

pub use discover::is_template_name;
pub use environments::environments;
pub use places::places;
pub(crate) use problem::nearest;
pub use problem::{Problem, ProblemKind};
pub use resolve::{files_needed, resolve};
pub use resolved::{CatalogueStack, NotACatalogue, ResolvedCatalogue};
pub use schema::json_schema;

/// Path of the catalogue in the repository.
pub const CATALOGUE_FILE: &str = "changegate.yaml";
/// Names that no stack of a catalogue can have: the pipelines of Changegate itself.
pub const RESERVED_NAMES: &[&str] = &["root", "pipelines"];
/// Greatest length of a pipeline's name.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
pub const MAX_PIPELINE_NAME: usize = 100;

/// The files of a repository, as far as the catalogue is concerned.
#[derive(Debug, Clone, Copy)]
pub struct RepositoryFiles<'f> {
    /// Path to Git blob id of every regular file below `stacks/` and `policies/`, and of `changegate.yaml` (and
    /// `changegate.yml`, `changegate.json`, which are refused). Any text that differs with the content will do as id.
    pub blobs: &'f BTreeMap<String, String>,
    /// Path to content of the files that decide; [`files_needed`] says which.
    pub contents: &'f BTreeMap<String, Vec<u8>>,
}

/// The deployment that a catalogue is resolved for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// Name of the environment: lower-case letters, digits and hyphens.
    pub name: String,
    /// What every pipeline's name starts with, such as `changegate-`.
    pub pipeline_prefix: String,
    /// What the deployment demands of every gate.
    pub floor: Floor,
    /// ARN of the deployer of stacks that name none.
    pub default_deployer: String,
}

/// A stack that the last sync knew; by these a renamed folder is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormerStack {
    /// Name in the catalogue.
    pub name: String,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Blob id of its template.
    pub template_blob: String,
}

/// A repository's catalogue, resolved for one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The stacks that are sound, in the order of their names. The [`Gate`] says name, template and configuration.
    pub stacks: Vec<Gate>,
    /// Everything that is wrong, in the order of files and lines. A stack with a problem is not in `stacks`.
    pub problems: Vec<Problem>,
    /// Whether the catalogue could be read at all. When it could not, `stacks` is empty and says nothing about which
    /// stacks there are.
    pub is_readable: bool,
}

impl Resolution {
    /// Whether nothing is wrong. Only then may a stack that is absent be taken as retired.
    pub fn is_sound(&self) -> bool {
        self.is_readable && self.problems.is_empty()
    }

    /// The problems of one stack.
    pub fn problems_of(&self, stack: &str) -> impl Iterator<Item = &Problem> {
        self.problems
            .iter()
            .filter(move |problem| problem.stack.as_deref() == Some(stack))
    }

    /// The problems that concern the whole catalogue.
    pub fn problems_of_all(&self) -> impl Iterator<Item = &Problem> {
        self.problems.iter().filter(|problem| problem.stack.is_none())
    }

    /// The problems as lines, each once: a shared setting that is wrong is a problem of every stack that has it, told
    /// with the first of them and counted for the others.
    pub fn lines(&self) -> Vec<String> {
        let mut told: HashMap<Cause<'_>, Told<'_>> = HashMap::new();
        let mut lines: Vec<(String, Cause<'_>)> = Vec::new();
        let mut known = HashSet::new();
        for problem in &self.problems {
            let cause = Cause::of(problem);
            let stack = problem.stack.as_deref();
            let group = told.entry(cause).or_default();
            if group.by.len() < cause.told_for() && !group.by.contains(&stack) {
                group.by.push(stack);
            }
            let line = problem.to_string();
            if !known.insert(line.clone()) {
                continue;
            }
            if group.by.contains(&stack) {
                lines.push((line, cause));
            } else {
                group.others.insert(stack);
            }
        }
        // What is counted stands with the last line of its cause.
        let mut last: HashSet<Cause<'_>> = HashSet::new();
        for (line, cause) in lines.iter_mut().rev() {
            if last.insert(*cause) {
                match told.get(cause).map_or(0, |told| told.others.len()) {
                    0 => {}
                    1 => line.push_str("; the same is wrong with 1 more stack"),
                    more => line.push_str(&format!("; the same is wrong with {more} more stacks")),
                }
            }
        }
        lines.into_iter().map(|(line, _)| line).collect()
    }

    /// The object that the root pipeline reads, for [`crate::domain::keys::catalogue`].
    pub fn document(&self, environment: &str) -> ResolvedCatalogue {
        ResolvedCatalogue::new(environment, self)
    }
}

/// What several problems have in common: the place and the kind, or the one CloudFormation stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Cause<'p> {
    kind: std::mem::Discriminant<ProblemKind>,
    place: Option<(&'p str, usize, usize)>,
    stack_name: Option<&'p str>,
}

impl<'p> Cause<'p> {
    fn of(problem: &'p Problem) -> Self {
        let stack_name = match &problem.kind {
            ProblemKind::DuplicateStackName { stack_name, .. } => Some(stack_name.as_str()),
            _ => None,
        };
        let place = (problem.file.as_str(), problem.line, problem.column);
        Self {
            kind: std::mem::discriminant(&problem.kind),
            // What is only counted is counted for all stacks together.
            place: Some(place).filter(|_| stack_name.is_none() && !matches!(problem.kind, ProblemKind::More { .. })),
            stack_name,
        }
    }

    /// For how many stacks it is told: both of two that are one, else the first.
    fn told_for(&self) -> usize {
        if self.stack_name.is_some() { 2 } else { 1 }
    }
}

/// For which stacks a cause is told, and for which it is counted.
#[derive(Debug, Default)]
struct Told<'p> {
    by: Vec<Option<&'p str>>,
    others: HashSet<Option<&'p str>>,
}

#[cfg(test)]
mod tests;
