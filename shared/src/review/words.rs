//! Words that several renderings share.

use crate::domain::change_set::hooks::InvokedHook;
use crate::domain::change_set::review::{ACTIONS, Counts, Replacement, ResourceReview, Review, ValueSource};
use crate::domain::change_set::values::{Cause, PropertyChange, Recreation};
use crate::domain::risk::{Finding, Kind, Level};
use crate::domain::secrecy::{Masked, masked};

/// A sign for what happens to a resource: `+`, `-`, `-/+`, `~`.
pub(super) fn sign(resource: &ResourceReview) -> &'static str {
    match (resource.action.among(&ACTIONS), resource.replacement) {
        (Some("Add"), _) => "+",
        (Some("Remove"), _) => "-",
        (Some("Import"), _) => "<-",
        (_, Replacement::Always) => "-/+",
        (_, Replacement::Maybe) => "~/+",
        _ => "~",
    }
}

/// What happens to a resource, in words: `REPLACED, the old one is deleted`.
pub(super) fn verb(resource: &ResourceReview) -> Masked {
    let fate = fate(resource).map(|fate| masked![", ", fate]);
    masked![deed(resource), fate]
}

/// What becomes of a resource that goes, or of the old one of one that is replaced.
pub(super) fn fate(resource: &ResourceReview) -> Option<Masked> {
    resource.policy_action.as_ref().map(policy_words)
}

/// What happens to a resource, in a word.
pub(super) fn deed(resource: &ResourceReview) -> Masked {
    let word = match (resource.action.among(&ACTIONS), resource.replacement) {
        (Some("Add"), _) => "added",
        (Some("Remove"), _) => "removed",
        (Some("Import"), _) => "imported",
        (Some("SyncWithActual"), _) => "recorded as is (drift)",
        (Some("Dynamic"), _) => "decided at execution",
        (Some("Modify"), Replacement::Always) => "REPLACED",
        (Some("Modify"), Replacement::Maybe) => "MAY BE REPLACED",
        (Some("Modify"), _) => "changed",
        _ => "",
    };
    if word.is_empty() {
        resource.action.clone()
    } else {
        Masked::ours(word)
    }
}

fn policy_words(policy: &Masked) -> Masked {
    const WORDS: [(&str, &str); 6] = [
        ("Delete", "the resource is deleted"),
        ("Retain", "the resource stays in the account"),
        ("Snapshot", "deleted after a snapshot"),
        ("ReplaceAndDelete", "the old one is deleted"),
        ("ReplaceAndRetain", "the old one stays in the account"),
        ("ReplaceAndSnapshot", "the old one is deleted after a snapshot"),
    ];
    WORDS
        .into_iter()
        .find(|(word, _)| policy.is(word))
        .map_or_else(|| policy.clone(), |(_, words)| Masked::ours(words))
}

/// Remarks about one property change: whether it replaces, what causes it.
pub(super) fn remarks(change: &PropertyChange) -> Masked {
    let mut remarks = Vec::new();
    match change.recreation {
        Recreation::Always => remarks.push(Masked::ours("forces replacement")),
        Recreation::Conditionally => remarks.push(Masked::ours("may force replacement")),
        Recreation::Unknown | Recreation::Never => {}
    }
    if !change.causes.is_empty() && change.causes != [Cause::Template] {
        let causes = Masked::joined(change.causes.iter().map(Cause::words), ", ");
        remarks.push(masked!["because of ", causes]);
    }
    if change
        .change_type
        .as_ref()
        .is_some_and(|word| word.is("SyncWithActual"))
    {
        remarks.push(Masked::ours("only recorded as is, not changed"));
    }
    if let Some(from) = &change.before_from {
        remarks.push(match from.among(&["ACTUAL_STATE", "PREVIOUS_DEPLOYMENT_STATE"]) {
            Some("ACTUAL_STATE") => Masked::ours("before is the actual value"),
            Some(_) => Masked::ours("before is the last deployed value"),
            None => masked!["before comes from ", from],
        });
    }
    if let Some(deployed) = &change.deployed {
        remarks.push(masked!["last deployed as ", super::lines::words(deployed)]);
    }
    if let Some(actual) = &change.actual {
        remarks.push(masked!["actual value ", super::lines::words(actual)]);
    }
    if let Some(seen) = &change.drift_seen {
        remarks.push(masked!["seen at ", seen]);
    }
    Masked::joined(remarks, "; ")
}

/// Remarks about a resource besides its properties.
pub(super) fn notes(resource: &ResourceReview) -> Vec<Masked> {
    let mut notes = resource.notes.clone();
    if let Some(drift) = &resource.drift {
        notes.push(match drift.among(&["IN_SYNC", "MODIFIED", "DELETED"]) {
            Some("IN_SYNC") => Masked::ours("unchanged since the last deployment (IN_SYNC)"),
            Some(_) => masked!["it differs from what was last deployed: ", drift],
            None => masked!["whether it differs from what was last deployed is unknown: ", drift],
        });
    }
    if let Some(module) = &resource.module {
        notes.push(masked!["it comes from the module ", module]);
    }
    if let Some(hooks) = resource.hooks {
        notes.push(masked!["hooks invoked for it: ", hooks]);
    }
    notes.extend(resource.invoked_hooks.iter().map(hook));
    if resource.changes.is_empty() {
        notes.push(match resource.values {
            ValueSource::Nowhere => Masked::ours("CloudFormation gives no values for it"),
            _ if resource.scope.is_empty() => Masked::ours("no property changes"),
            _ => masked!["what changes: ", Masked::joined(&resource.scope, ", ")],
        });
    } else if resource.values == ValueSource::Templates {
        notes.push(Masked::ours("values computed from the two templates"));
    }
    let untold = untold(resource);
    if !resource.changes.is_empty() && !untold.is_empty() {
        notes.push(masked!["also changes, values unknown: ", Masked::joined(untold, ", "),]);
    }
    notes
}

/// Parts of a resource that CloudFormation says change and of which no change is shown.
fn untold(resource: &ResourceReview) -> Vec<&Masked> {
    let is_shown = |part: &Masked| {
        resource
            .changes
            .iter()
            .filter_map(|change| change.pointer.as_ref())
            .any(|pointer| pointer.is_in(part) || (part.is("Tags") && pointer.starts_with("/Properties/Tags")))
    };
    resource.scope.iter().filter(|part| !is_shown(part)).collect()
}

/// A hook in words.
fn hook(hook: &InvokedHook) -> Masked {
    let failure = match &hook.failure_mode {
        Some(mode) => match mode.among(&["FAIL", "WARN"]) {
            Some("FAIL") => Masked::ours("a failure stops the execution (FAIL)"),
            Some(_) => Masked::ours("a failure is only a warning (WARN)"),
            None => masked!["failure mode ", mode],
        },
        None => Masked::ours("failure mode unknown"),
    };
    let details = [
        hook.invocation_point.clone(),
        hook.action.clone(),
        hook.version.as_ref().map(|version| masked!["version ", version]),
        hook.configuration
            .as_ref()
            .map(|configuration| masked!["configuration ", configuration]),
    ];
    let details = details.into_iter().flatten();
    Masked::joined(
        [masked!["hook ", hook.hook_type, ": ", failure]]
            .into_iter()
            .chain(details),
        ", ",
    )
}

/// What is known of the stack and the change set, by name.
pub(super) fn stack_facts(review: &Review) -> Vec<(&'static str, &Masked)> {
    let stack = &review.stack;
    [
        ("Stack id", Some(&stack.id).filter(|id| !id.is_empty())),
        ("Status", stack.status.as_ref()),
        ("Drift", stack.drift.as_ref()),
        ("Change set", stack.change_set.as_ref()),
        ("Planned", stack.created.as_ref()),
        ("Description", stack.description.as_ref()),
        ("State", stack.change_set_status.as_ref()),
        ("Reason", stack.status_reason.as_ref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// How many values of a resource are known besides those that change; `None` when there are none.
pub(super) fn kept(resource: &ResourceReview) -> Option<Masked> {
    let count = resource.kept.len();
    match (count, resource.action.is("Modify")) {
        (0, _) => None,
        (1, true) => Some(Masked::ours("1 other value stays the same")),
        (_, true) => Some(masked![count, " other values stay the same"]),
        (1, false) => Some(Masked::ours("1 other value known")),
        (_, false) => Some(masked![count, " other values known"]),
    }
}

/// `1 replaced, 2 changed`; `no resource changes` when none does.
pub(super) fn counts(counts: &Counts) -> Masked {
    let parts = count_parts(counts);
    if parts.is_empty() {
        return Masked::ours("no resource changes");
    }
    Masked::joined(parts.into_iter().map(|(count, word)| masked![count, " ", word]), ", ")
}

/// How many resources there are of each kind of which there are any.
pub(super) fn count_parts(counts: &Counts) -> Vec<(usize, &'static str)> {
    [
        (counts.replaced, "replaced"),
        (counts.removed, "removed"),
        (counts.maybe_replaced, "may be replaced"),
        (counts.changed, "changed"),
        (counts.added, "added"),
        (counts.imported, "imported"),
        (counts.other, "decided at execution or synced"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .collect()
}

/// The proof that nothing is missing.
pub(super) fn shown(counts: &Counts) -> Masked {
    masked![counts.shown, " of ", counts.total, " resources shown"]
}

/// The loudest finding of each kind, for one line: `DATA LOSS: Orders`.
pub(super) fn alarms(findings: &[Finding]) -> Vec<Masked> {
    let mut alarms = Vec::new();
    for kind in [
        Kind::Unknown,
        Kind::GateWeakened,
        Kind::DataLoss,
        Kind::SecurityWidened,
        Kind::ProtectionRemoved,
    ] {
        let mut subjects: Vec<_> = findings
            .iter()
            .filter(|finding| finding.kind == kind && finding.level == Level::High)
            .map(|finding| &finding.subject)
            .collect();
        subjects.dedup();
        let more = subjects.len().saturating_sub(3);
        subjects.truncate(3);
        if !subjects.is_empty() {
            let rest = (more > 0).then(|| masked![" and ", more, " more"]);
            alarms.push(masked![kind.loud_name(), ": ", Masked::joined(subjects, ", "), rest]);
        }
    }
    alarms
}

/// Findings that say the same of several subjects, as one: the first finding of each, and all its subjects.
pub(super) fn grouped(findings: &[Finding]) -> Vec<(&Finding, Vec<&Masked>)> {
    let mut groups: Vec<(&Finding, Vec<&Masked>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for finding in findings {
        let place = *places
            .entry((finding.level, finding.kind, &finding.because))
            .or_insert_with(|| {
                groups.push((finding, Vec::new()));
                groups.len() - 1
            });
        groups[place].1.push(&finding.subject);
    }
    groups
}

/// How much was hidden and why, as a sentence; `None` when nothing was.
pub(super) fn hidden(review: &Review) -> Option<Masked> {
    let kinds = review
        .hidden_because
        .iter()
        .map(|hidden| masked![hidden.count, " ", hidden.kind.words()]);
    (review.hidden > 0).then(|| {
        masked![
            review.hidden,
            if review.hidden == 1 { " value is" } else { " values are" },
            " hidden: ",
            Masked::joined(kinds, ", "),
            ".",
        ]
    })
}

/// Whom a change comes from: logins that GitHub authenticated, else the author text.
pub(super) fn authors(review: &Review) -> Vec<&Masked> {
    let mut authors = Vec::new();
    for commit in review.run.iter().flat_map(|run| &run.commits) {
        if commit.authenticated.is_empty() {
            authors.push(&commit.author_text);
        }
        authors.extend(&commit.authenticated);
    }
    let mut seen = std::collections::HashSet::new();
    authors.retain(|author| seen.insert(*author));
    authors
}

/// Numbers of the pull requests that the change comes from, ascending.
pub fn pull_requests(review: &Review) -> Vec<u64> {
    let mut numbers: Vec<_> = review
        .run
        .iter()
        .flat_map(|run| &run.commits)
        .filter_map(|commit| Some(commit.pull_request.as_ref()?.number))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}
