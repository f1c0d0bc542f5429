//! Words that several renderings share.

use std::fmt::Write as _;

use crate::domain::change_set::description::present;
use crate::domain::change_set::hooks::InvokedHook;
use crate::domain::change_set::review::{Counts, Replacement, ResourceReview, Review, ValueSource};
use crate::domain::change_set::tree::join;
use crate::domain::change_set::values::{Cause, PropertyChange, Recreation};
use crate::domain::risk::{Finding, Kind, Level};

/// A sign for what happens to a resource: `+`, `-`, `-/+`, `~`.
pub(super) fn sign(resource: &ResourceReview) -> &'static str {
    match (resource.action.as_str(), resource.replacement) {
        ("Add", _) => "+",
        ("Remove", _) => "-",
        ("Import", _) => "<-",
        (_, Replacement::Always) => "-/+",
        (_, Replacement::Maybe) => "~/+",
        _ => "~",
    }
}

/// What happens to a resource, in words.
pub(super) fn verb(resource: &ResourceReview) -> String {
    let word = match (resource.action.as_str(), resource.replacement) {
        ("Add", _) => "added",
        ("Remove", _) => "removed",
        ("Import", _) => "imported",
        ("SyncWithActual", _) => "recorded as it is (drift)",
        ("Dynamic", _) => "decided at execution",
        ("Modify", Replacement::Always) => "REPLACED",
        ("Modify", Replacement::Maybe) => "MAY BE REPLACED",
        ("Modify", _) => "changed",
        (other, _) => other,
    };
    match resource.policy_action.as_deref() {
        Some(policy) => format!("{word}, {}", policy_words(policy)),
        None => word.to_owned(),
    }
}

fn policy_words(policy: &str) -> &str {
    match policy {
        "Delete" => "the resource is deleted",
        "Retain" => "the resource stays in the account",
        "Snapshot" => "deleted after a snapshot",
        "ReplaceAndDelete" => "the old one is deleted",
        "ReplaceAndRetain" => "the old one stays in the account",
        "ReplaceAndSnapshot" => "the old one is deleted after a snapshot",
        other => other,
    }
}

/// Remarks about one property change: whether it replaces, what causes it.
pub(super) fn remarks(change: &PropertyChange) -> String {
    let mut remarks = String::new();
    let mut add = |words: std::fmt::Arguments<'_>| {
        if !remarks.is_empty() {
            remarks.push_str("; ");
        }
        let _ = remarks.write_fmt(words);
    };
    match change.recreation {
        Recreation::Always => add(format_args!("forces replacement")),
        Recreation::Conditionally => add(format_args!("may force replacement")),
        Recreation::Unknown | Recreation::Never => {}
    }
    if !change.causes.is_empty() && change.causes != [Cause::Template] {
        let causes: Vec<_> = change.causes.iter().map(ToString::to_string).collect();
        add(format_args!("because of {}", causes.join(", ")));
    }
    if change.change_type.as_deref() == Some("SyncWithActual") {
        add(format_args!("only recorded as it is, not changed"));
    }
    match change.before_from.as_deref() {
        Some("ACTUAL_STATE") => add(format_args!("before is what it really has")),
        Some("PREVIOUS_DEPLOYMENT_STATE") => add(format_args!("before is what was deployed last")),
        Some(other) => add(format_args!("before comes from {other}")),
        None => {}
    }
    if let Some(deployed) = &change.deployed {
        add(format_args!("deployed last as {}", super::lines::words(deployed)));
    }
    if let Some(actual) = &change.actual {
        add(format_args!("in reality {}", super::lines::words(actual)));
    }
    if let Some(seen) = &change.drift_seen {
        add(format_args!("seen at {seen}"));
    }
    remarks
}

/// Remarks about a resource besides its properties.
pub(super) fn notes(resource: &ResourceReview) -> Vec<String> {
    let mut notes = resource.notes.clone();
    if let Some(drift) = &resource.drift {
        notes.push(match drift.as_str() {
            "IN_SYNC" => "it is as it was deployed last (IN_SYNC)".to_owned(),
            "MODIFIED" | "DELETED" => format!("it differs from what was deployed: {drift}"),
            _ => format!("whether it differs from what was deployed is not known: {drift}"),
        });
    }
    if let Some(module) = &resource.module {
        notes.push(format!("it comes from the module {module}"));
    }
    if let Some(hooks) = resource.hooks {
        notes.push(format!("hooks invoked for it: {hooks}"));
    }
    notes.extend(resource.invoked_hooks.iter().map(hook));
    if resource.changes.is_empty() {
        notes.push(match resource.values {
            ValueSource::Nowhere => "CloudFormation tells no values for it".to_owned(),
            _ if resource.scope.is_empty() => "no property changes".to_owned(),
            _ => format!("what changes: {}", resource.scope.join(", ")),
        });
    } else if resource.values == ValueSource::Templates {
        notes.push("values worked out from the two templates".to_owned());
    }
    let untold = untold(resource);
    if !resource.changes.is_empty() && !untold.is_empty() {
        notes.push(format!("what changes as well, without values: {}", untold.join(", ")));
    }
    notes
}

/// Parts of a resource that CloudFormation says change and of which no change is shown.
fn untold(resource: &ResourceReview) -> Vec<&str> {
    let is_shown = |part: &str| {
        resource
            .changes
            .iter()
            .filter_map(|change| change.pointer.as_deref()?.strip_prefix('/'))
            .any(|pointer| {
                let pointer = match part {
                    "Tags" => pointer.strip_prefix("Properties/").unwrap_or(pointer),
                    _ => pointer,
                };
                pointer
                    .strip_prefix(part)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    };
    let parts = resource.scope.iter().map(String::as_str);
    parts.filter(|part| !is_shown(part)).collect()
}

/// A hook in words.
fn hook(hook: &InvokedHook) -> String {
    let failure = match hook.failure_mode.as_deref() {
        Some("FAIL") => "when it fails, the execution fails (FAIL)".to_owned(),
        Some("WARN") => "when it fails, that is a warning only (WARN)".to_owned(),
        Some(other) => format!("failure mode {other}"),
        None => "failure mode not told".to_owned(),
    };
    let labelled = |label: &str, text: &Option<String>| text.as_ref().map(|text| format!("{label}{text}"));
    let details: Vec<_> = [
        hook.invocation_point.clone(),
        hook.action.clone(),
        labelled("version ", &hook.version),
        labelled("configuration ", &hook.configuration),
    ]
    .into_iter()
    .flatten()
    .collect();
    let details = if details.is_empty() {
        String::new()
    } else {
        format!(", {}", details.join(", "))
    };
    format!("hook {}: {failure}{details}", hook.hook_type)
}

/// What is known of the stack and the change set, by name.
pub(super) fn stack_facts(review: &Review) -> Vec<(&'static str, &str)> {
    let stack = &review.stack;
    [
        ("Stack id", present(Some(&stack.id))),
        ("Status", stack.status.as_deref()),
        ("Drift", stack.drift.as_deref()),
        ("Change set", stack.change_set.as_deref()),
        ("Made", stack.created.as_deref()),
        ("Description", stack.description.as_deref()),
        ("State", stack.change_set_status.as_deref()),
        ("Reason", stack.status_reason.as_deref()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

/// How many values of a resource are known besides those that change; `None` when there are none.
pub(super) fn kept(resource: &ResourceReview) -> Option<String> {
    let count = resource.kept.len();
    let (word, verb) = if count == 1 {
        ("value", "stays")
    } else {
        ("values", "stay")
    };
    match (count, resource.action.as_str()) {
        (0, _) => None,
        (_, "Modify") => Some(format!(
            "{count} further {word} {verb} as {}",
            if count == 1 { "it is" } else { "they are" }
        )),
        _ => Some(format!("{count} further {word} known")),
    }
}

/// Where a resource stands: `Network/Subnet`.
pub(super) fn place(resource: &ResourceReview) -> String {
    join(&resource.path, &resource.logical_id)
}

/// `1 replaced, 2 changed`; `nothing but settings` when no resource changes.
pub(super) fn counts(counts: &Counts) -> String {
    let parts: Vec<_> = [
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
    .map(|(count, word)| format!("{count} {word}"))
    .collect();
    if parts.is_empty() {
        "no resource changes".to_owned()
    } else {
        parts.join(", ")
    }
}

/// The proof that nothing is missing.
pub(super) fn shown(counts: &Counts) -> String {
    format!("{} of {} resources shown", counts.shown, counts.total)
}

/// The loudest finding of each kind, for one line: `DATA LOSS: Orders`.
pub(super) fn alarms(findings: &[Finding]) -> Vec<String> {
    let mut alarms = Vec::new();
    for kind in [
        Kind::GateWeakened,
        Kind::DataLoss,
        Kind::SecurityWidened,
        Kind::ProtectionRemoved,
    ] {
        let mut subjects: Vec<_> = findings
            .iter()
            .filter(|finding| finding.kind == kind && finding.level == Level::High)
            .map(|finding| finding.subject.as_str())
            .collect();
        subjects.dedup();
        let more = subjects.len().saturating_sub(3);
        subjects.truncate(3);
        if !subjects.is_empty() {
            let rest = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            alarms.push(format!("{}: {}{rest}", kind.name().to_uppercase(), subjects.join(", ")));
        }
    }
    alarms
}

/// Findings that say the same of several subjects, as one: the first finding of each, and all its subjects.
pub(super) fn grouped(findings: &[Finding]) -> Vec<(&Finding, Vec<&str>)> {
    let mut groups: Vec<(&Finding, Vec<&str>)> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for finding in findings {
        let place = *places
            .entry((finding.level, finding.kind, finding.because.as_str()))
            .or_insert_with(|| {
                groups.push((finding, Vec::new()));
                groups.len() - 1
            });
        groups[place].1.push(&finding.subject);
    }
    groups
}

/// How much was hidden, as a sentence; `None` when nothing was.
pub(super) fn hidden(review: &Review) -> Option<String> {
    (review.hidden > 0).then(|| {
        format!(
            "{} {} hidden because {} like secrets.",
            review.hidden,
            if review.hidden == 1 { "value is" } else { "values are" },
            if review.hidden == 1 { "it looks" } else { "they look" },
        )
    })
}

/// Whom a change comes from: logins that GitHub authenticated, else the author text.
pub(super) fn authors(review: &Review) -> Vec<&str> {
    let mut authors = Vec::new();
    for commit in review.run.iter().flat_map(|run| &run.commits) {
        if commit.authenticated.is_empty() {
            authors.push(commit.author_text.as_str());
        }
        authors.extend(commit.authenticated.iter().map(String::as_str));
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
