//! A gate that was changed after the sources of the run were written.

use super::steps::*;
use super::world::*;
use crate::domain::executed::Executed;
use crate::domain::keys;
use crate::domain::provenance::{Commit, Provenance, ROOT_STACK, StackTrace};
use crate::domain::sha256::Sha256;
use crate::flows::fakes;

const GATE_COMMIT: &str = "bbbbbbb000000000000000000000000000000000";

/// Bob alone approves what Alice wrote.
fn setup() -> Setup {
    let mut setup = Setup {
        approvers: vec![BOB],
        is_numbered: true,
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    setup
}

/// The record of a commit of Bob's that touched the catalogue, after which the stack has this gate.
fn touches_gate(sequence: u64, gate: Sha256) -> Provenance {
    let commit = Commit {
        sha: GATE_COMMIT.to_owned(),
        pull_request: Some(pull_request("bob", &[("alice", "APPROVED")])),
        ..Commit::default()
    };
    let mut record = fakes::record(sequence, &setup().gate, ("later", "later"), COMMIT, vec![commit]);
    if let Some(trace) = &mut record.trace {
        let root = StackTrace {
            before: Some(1),
            ..StackTrace::default()
        };
        trace.stacks.insert(ROOT_STACK.to_owned(), root);
        for touched in trace.stacks.values_mut() {
            touched.gate = Some(gate);
        }
    }
    record
}

/// Has the record of the run's sources say that the stack had this gate.
fn had_gate(world: &World, gate: Sha256) {
    let key = keys::provenance(&crate::domain::provenance::RecordId::Sequence(2));
    let mut record: Provenance = serde_json::from_slice(&world.source.bytes(&key).unwrap()).unwrap();
    for touched in record.trace.iter_mut().flat_map(|trace| trace.stacks.values_mut()) {
        touched.gate = Some(gate);
    }
    fakes::seed_record(&world.source, &record);
}

/// The root pipeline applied the catalogue of this record last.
fn applied(world: &World, sequence: u64) {
    let executed = Executed {
        version: 1,
        commit: GATE_COMMIT.to_owned(),
        sequence: Some(sequence),
        execution: "root".to_owned(),
        change_set_arn: None,
        source_versions: std::collections::BTreeMap::new(),
        stack_last_changed: None,
        executed_at: "2026-11-02T00:00:00Z".to_owned(),
        before: None,
    };
    let key = keys::executed("changegate-root");
    world.evidence.seed(&key, serde_json::to_vec(&executed).unwrap());
}

#[test]
fn whoever_changed_the_gate_that_is_in_force_is_an_author_of_an_older_run() {
    let gate = setup().gate.digest();
    let world = World::new(&setup());
    waits(world.step(None));

    let world = World::new(&setup());
    had_gate(&world, Sha256::of("the gate before"));
    fakes::seed_record(&world.source, &touches_gate(5, gate));
    applied(&world, 5);
    let message = world.refusal();
    assert!(message.contains("only bob approved, who made"), "{message}");
    assert_eq!(world.refusal(), message, "twice the same");
}

#[test]
fn whoever_changed_a_gate_that_is_not_in_force_yet_is_no_author_of_the_run() {
    let world = World::new(&setup());
    had_gate(&world, Sha256::of("the next gate"));
    waits(world.step(None));
    // The gate that is in force stood at an earlier commit, and was applied.
    let gate = setup().gate.digest();
    let world = World::new(&setup());
    let mut record = touches_gate(2, Sha256::of("the next gate"));
    if let Some(trace) = &mut record.trace {
        for touched in trace.stacks.values_mut() {
            touched.before = Some(1);
        }
    }
    record.commits[0].pull_request = Some(pull_request("alice", &[("bob", "APPROVED")]));
    fakes::seed_record(&world.source, &touches_gate(1, gate));
    applied(&world, 1);
    let mut read = record.clone();
    if let Some(touched) = read.trace.as_mut().and_then(|trace| trace.stacks.get_mut("network")) {
        touched.reads = fakes::record(2, &setup().gate, (AFTER, "{}"), OLD_COMMIT, Vec::new())
            .trace
            .and_then(|trace| trace.stacks["network"].reads);
    }
    fakes::seed_record(&world.source, &read);
    waits(world.step(None));
}

#[test]
fn a_gate_that_no_record_tells_of_demands_one_approver_more() {
    for applied_at in [1, 5] {
        let world = World::new(&setup());
        had_gate(&world, Sha256::of("the gate before"));
        for (sequence, gate) in [(5, "another gate"), (1, "the gate before")] {
            let mut record = touches_gate(sequence, Sha256::of(gate));
            record.commits.clear();
            fakes::seed_record(&world.source, &record);
        }
        applied(&world, applied_at);
        let key = keys::provenance(&crate::domain::provenance::RecordId::Sequence(2));
        let mut record: Provenance = serde_json::from_slice(&world.source.bytes(&key).unwrap()).unwrap();
        for touched in record.trace.iter_mut().flat_map(|trace| trace.stacks.values_mut()) {
            touched.before = Some(1);
        }
        fakes::seed_record(&world.source, &record);
        let message = world.refusal();
        assert!(
            message.contains("no record tells who made the gate that is in force"),
            "{applied_at}: {message}"
        );
    }
}

#[test]
fn a_missing_record_of_the_catalogue_demands_one_approver_more() {
    let world = World::new(&setup());
    had_gate(&world, Sha256::of("the gate before"));
    applied(&world, 5);
    let message = world.refusal();
    assert!(
        message.contains("record 5 of the sync is missing or damaged"),
        "{message}"
    );
}
