//! Which settings a stack has, from everything in the catalogue that speaks about it.

use std::collections::{BTreeMap, BTreeSet};

use super::pattern::{is_below, matches, weight};
use super::problem::ProblemKind;
use super::schema::{At, CatalogueFile, Entry, Settings};

/// Which patterns of the catalogue matched a stack.
#[derive(Default)]
pub(super) struct Used {
    paths: BTreeSet<usize>,
    entries: BTreeSet<usize>,
}

/// The catalogue, as settings are looked up in it: each full name is found at once, however many there are.
pub(super) struct Lookup<'c> {
    catalogue: &'c CatalogueFile,
    exact: BTreeMap<&'c str, &'c Entry>,
    patterns: Vec<(usize, &'c At<String>, &'c Entry)>,
}

impl<'c> Lookup<'c> {
    pub(super) fn of(catalogue: &'c CatalogueFile) -> Self {
        let mut lookup = Self {
            catalogue,
            exact: BTreeMap::new(),
            patterns: Vec::new(),
        };
        for (index, (name, entry)) in catalogue.stacks.iter().enumerate() {
            if name.value.contains('*') {
                lookup.patterns.push((index, name, entry));
            } else {
                lookup.exact.insert(&name.value, entry);
            }
        }
        lookup
    }
}

/// Settings of the stack `name`, whose template is at `template`: defaults, then paths, then patterns, then its own
/// entry; what comes later wins. Patterns of equal weight that contradict each other are problems.
pub(super) fn of_stack<'c>(
    lookup: &Lookup<'c>,
    name: &str,
    template: &str,
    environment: &str,
    used: &mut Used,
    mut refuse: impl FnMut(&'c At<String>, ProblemKind),
) -> Settings {
    let catalogue = lookup.catalogue;
    let mut settings = Settings::default();
    apply(&mut settings, &catalogue.defaults, environment);

    let mut blocks: Vec<(&At<String>, &Settings)> = Vec::new();
    for (index, (path, block)) in catalogue.paths.iter().enumerate() {
        if is_below(&path.value, template) {
            used.paths.insert(index);
            blocks.push((path, block));
        }
    }
    apply_all(&mut settings, blocks, name, environment, &mut refuse);

    let mut blocks = Vec::new();
    for (index, pattern, entry) in &lookup.patterns {
        if matches(&pattern.value, name) {
            used.entries.insert(*index);
            blocks.push((*pattern, &entry.settings));
        }
    }
    apply_all(&mut settings, blocks, name, environment, &mut refuse);
    if let Some(Entry { settings: block, .. }) = lookup.exact.get(name) {
        apply(&mut settings, block, environment);
    }
    settings
}

impl Used {
    /// The patterns that matched no stack.
    pub(super) fn unused<'c>(&self, catalogue: &'c CatalogueFile) -> impl Iterator<Item = &'c At<String>> {
        let paths = catalogue.paths.iter().enumerate();
        let paths: Vec<_> = paths
            .filter(|(index, _)| !self.paths.contains(index))
            .map(|(_, (path, _))| path)
            .collect();
        let entries = catalogue.stacks.iter().enumerate();
        let entries: Vec<_> = entries
            .filter(|(index, (pattern, _))| pattern.value.contains('*') && !self.entries.contains(index))
            .map(|(_, (pattern, _))| pattern)
            .collect();
        paths.into_iter().chain(entries)
    }
}

/// Applies blocks, the most exact last; two of equal weight must not contradict each other.
fn apply_all<'c>(
    settings: &mut Settings,
    mut blocks: Vec<(&'c At<String>, &'c Settings)>,
    stack: &str,
    environment: &str,
    refuse: &mut impl FnMut(&'c At<String>, ProblemKind),
) {
    blocks
        .sort_by(|(left, _), (right, _)| (weight(&left.value), &left.value).cmp(&(weight(&right.value), &right.value)));
    for pair in blocks.windows(2) {
        let [(other, first), (pattern, second)] = pair else {
            continue;
        };
        if weight(&other.value) == weight(&pattern.value) {
            let (mut forth, mut back) = (Settings::default(), Settings::default());
            apply(&mut forth, first, environment);
            apply(&mut forth, second, environment);
            apply(&mut back, second, environment);
            apply(&mut back, first, environment);
            if forth != back {
                refuse(
                    pattern,
                    ProblemKind::Ambiguous {
                        pattern: pattern.value.clone(),
                        other: other.value.clone(),
                        stack: stack.to_owned(),
                    },
                );
            }
        }
    }
    for (_, block) in blocks {
        apply(settings, block, environment);
    }
}

/// Lays a block over the settings, then its own settings for the environment.
fn apply(settings: &mut Settings, block: &Settings, environment: &str) {
    lay_over(settings, block);
    let mut exact: Vec<_> = block
        .per_environment
        .iter()
        .filter(|(pattern, _)| matches(&pattern.value, environment))
        .collect();
    exact.sort_by(|(left, _), (right, _)| {
        let key = |pattern: &str| (!pattern.contains('*'), weight(pattern), pattern.to_owned());
        key(&left.value).cmp(&key(&right.value))
    });
    for (_, block) in exact {
        lay_over(settings, block);
    }
}

fn lay_over(settings: &mut Settings, block: &Settings) {
    fn over<T: Clone>(setting: &mut Option<T>, value: Option<&T>) {
        if let Some(value) = value {
            *setting = Some(value.clone());
        }
    }
    // Taken apart, so that a new setting cannot be forgotten here.
    let Settings {
        stack_name,
        environments,
        approvals,
        approvers,
        author_may_approve,
        require_pull_request,
        release,
        window,
        stack_policy,
        deployer,
        capabilities,
        notify,
        notification_arns,
        first_run,
        per_environment: _,
    } = block;
    over(&mut settings.stack_name, stack_name.as_ref());
    over(&mut settings.environments, environments.as_ref());
    over(&mut settings.approvals, approvals.as_ref());
    over(&mut settings.approvers, approvers.as_ref());
    over(&mut settings.author_may_approve, author_may_approve.as_ref());
    over(&mut settings.require_pull_request, require_pull_request.as_ref());
    over(&mut settings.release, release.as_ref());
    over(&mut settings.window, window.as_ref());
    over(&mut settings.stack_policy, stack_policy.as_ref());
    over(&mut settings.deployer, deployer.as_ref());
    over(&mut settings.capabilities, capabilities.as_ref());
    over(&mut settings.notify, notify.as_ref());
    over(&mut settings.notification_arns, notification_arns.as_ref());
    over(&mut settings.first_run, first_run.as_ref());
}
