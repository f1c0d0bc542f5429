use super::*;
use crate::domain::provenance::{Commit, StackTrace, Trace};

fn hash(gate: &str) -> Sha256 {
    Sha256::of(gate)
}

/// A record that touched the catalogue, and the stack `network` as said: not at all, or with this gate or none.
#[expect(
    clippy::option_option,
    reason = "not touched, and touched without a gate, are two things"
)]
fn record(sequence: u64, touched: Option<Option<&str>>) -> Provenance {
    let root = StackTrace {
        before: Some(sequence - 1),
        ..StackTrace::default()
    };
    let mut stacks = std::collections::BTreeMap::from([(ROOT_STACK.to_owned(), root)]);
    if let Some(gate) = touched {
        let touched = StackTrace {
            before: Some(1),
            gate: gate.map(hash),
            ..StackTrace::default()
        };
        stacks.insert("network".to_owned(), touched);
    }
    Provenance {
        version: Provenance::VERSION,
        repository: "acme/infrastructure".to_owned(),
        repository_id: Some(crate::domain::sync::pin::RepositoryId(4)),
        branch: "main".to_owned(),
        commit: format!("c{sequence}"),
        previous: None,
        stacks: stacks.keys().cloned().collect(),
        complete: true,
        commits: vec![Commit {
            sha: format!("c{sequence}"),
            ..Commit::default()
        }],
        trace: Some(Trace {
            sequence,
            stacks,
            ..Trace::default()
        }),
    }
}

fn changed(at_sources: Option<&str>, in_force: &str, records: &[Provenance]) -> CommitRange {
    let gate = GateInForce {
        stack: "network",
        at_sources: at_sources.map(hash),
        in_force: hash(in_force),
    };
    gate.changed(records)
}

fn commits(range: &CommitRange) -> Vec<&str> {
    range.commits.iter().map(|commit| commit.sha.as_str()).collect()
}

#[test]
fn whoever_changed_the_gate_is_told_and_whoever_changed_others_or_nothing_is_not() {
    let records = [
        record(9, Some(Some("b"))),
        record(8, None),
        record(7, Some(Some("b"))),
        record(6, Some(Some("a"))),
    ];
    let range = changed(Some("a"), "b", &records);
    assert_eq!(commits(&range), ["c7"]);
    assert_eq!(range.gaps, []);
}

#[test]
fn a_gate_that_was_changed_and_changed_on_has_all_who_changed_it() {
    let records = [record(8, Some(Some("c"))), record(7, Some(Some("b")))];
    assert_eq!(commits(&changed(Some("a"), "c", &records)), ["c8", "c7"]);
}

#[test]
fn where_the_gates_in_between_are_not_known_whoever_touched_the_stack_or_the_whole_catalogue_counts() {
    let mut wrong = record(8, None);
    if let Some(trace) = &mut wrong.trace {
        trace.all = true;
    }
    wrong.complete = false;
    let records = [record(9, Some(Some("b"))), wrong, record(7, Some(None))];
    let range = changed(Some("a"), "b", &records);
    assert_eq!(commits(&range), ["c9", "c8", "c7"]);
    assert_eq!(range.gaps, [Gap::NotListed("c8".to_owned())]);
    // Where the sources do not tell either, the first that does may have changed it.
    assert_eq!(commits(&changed(None, "b", &[record(9, Some(Some("b")))])), ["c9"]);
}

#[test]
fn a_gate_that_no_record_has_is_a_gap() {
    let records = [record(7, Some(Some("b")))];
    let range = changed(Some("a"), "c", &records);
    assert_eq!(
        (commits(&range), range.gaps.as_slice()),
        (vec!["c7"], &[Gap::UnknownGate][..])
    );
    assert_eq!(changed(Some("a"), "c", &[]).gaps, [Gap::UnknownGate]);
    // Older records do not tell gates, so nothing is missing.
    assert_eq!(changed(Some("a"), "c", &[record(7, Some(None))]).gaps, []);
    assert_eq!(changed(None, "c", &[]).gaps, []);
}

#[test]
fn a_gate_that_stood_with_the_sources_is_nobodys_since() {
    let gate = |at_sources| GateInForce {
        stack: "network",
        at_sources,
        in_force: hash("a"),
    };
    assert!(gate(Some(hash("a"))).is_as_at_sources());
    assert!(!gate(Some(hash("b"))).is_as_at_sources());
    assert!(!gate(None).is_as_at_sources());
}

#[test]
fn records_of_the_catalogue_are_a_chain_and_others_are_none() {
    assert_eq!(record(7, None).catalogue_before(), Some(6));
    let mut first = record(7, None);
    if let Some(root) = first.trace.as_mut().and_then(|trace| trace.stacks.get_mut(ROOT_STACK)) {
        root.before = None;
    }
    assert_eq!(first.catalogue_before(), Some(0));
    let mut other = record(7, None);
    if let Some(trace) = &mut other.trace {
        trace.stacks.clear();
    }
    assert_eq!(other.catalogue_before(), None);
}
