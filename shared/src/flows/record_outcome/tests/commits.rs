//! Whose commits an outcome lists.

use super::world::{ALICE, COMMIT, PIPELINE, RUN, World, gate};
use crate::domain::executed::Executed;
use crate::domain::keys;
use crate::domain::provenance::{Account, Commit};
use crate::flows::fakes::{self, FakeSource};

const BROKEN: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const EARLIER: &str = "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee";

fn commit(sha: &str, pusher: &str) -> Commit {
    Commit {
        sha: sha.to_owned(),
        subject: format!("pushed by {pusher}"),
        pusher: Some(Account::from(pusher)),
        ..Commit::default()
    }
}

/// Mallory's commit broke the template, so that no run began; octocat's mends it and is what the run reads. Before both,
/// record 4 was executed.
fn broken_and_mended(world: &World) -> Executed {
    let source = |commit, sequence| FakeSource {
        content: "zip",
        commit,
        sequence,
    };
    let (template, configuration) = fakes::seed_sources(&world.source, &gate(), source(COMMIT, 6), source(EARLIER, 4));
    world.pipelines.with_source(PIPELINE, RUN, "Template", &template);
    world
        .pipelines
        .with_source(PIPELINE, RUN, "Configuration", &configuration);
    for (sequence, commit) in [(5, commit(BROKEN, "mallory")), (6, commit(COMMIT, "octocat"))] {
        let mut record = fakes::record(sequence, &gate(), ("zip", "zip"), EARLIER, vec![commit]);
        let trace = record.trace.as_mut().unwrap();
        trace.stacks.get_mut("network").unwrap().before = Some(sequence - 1);
        fakes::seed_record(&world.source, &record);
    }
    Executed {
        version: 1,
        commit: EARLIER.to_owned(),
        sequence: Some(4),
        execution: "earlier".to_owned(),
        change_set_arn: None,
        source_versions: [("Configuration".to_owned(), configuration)].into(),
        stack_last_changed: None,
        executed_at: "2026-11-01T00:00:00Z".to_owned(),
        before: None,
    }
}

fn seed_executed(world: &World, executed: &Executed) {
    let bytes = serde_json::to_vec(executed).unwrap();
    world.evidence.seed(&keys::executed(PIPELINE), bytes);
}

fn listed(world: &World) -> Vec<String> {
    let outcome = world.outcome();
    assert_eq!(outcome.commit.as_deref(), Some(COMMIT));
    assert_eq!(outcome.notes, [""; 0]);
    outcome.commits.into_iter().map(|commit| commit.sha).collect()
}

#[test]
fn who_broke_a_template_stands_in_the_outcome_of_the_run_that_mended_it() {
    let world = World::executed();
    let earlier = broken_and_mended(&world);
    let executed = Executed {
        commit: COMMIT.to_owned(),
        sequence: Some(6),
        execution: RUN.to_owned(),
        before: Some(earlier.clone().into_before()),
        ..earlier
    };
    seed_executed(&world, &executed);
    world.announce("SUCCEEDED");
    assert_eq!(listed(&world), [BROKEN, COMMIT]);
    let mail = world.topics.published().remove(0).2;
    assert!(mail.contains("pushed by mallory"), "{mail}");
}

#[test]
fn who_broke_a_template_stands_in_the_outcome_of_a_run_that_was_rejected() {
    let world = World::reviewed();
    let earlier = broken_and_mended(&world);
    seed_executed(&world, &earlier);
    world.approve(Some(ALICE), "Failed", "no");
    world.announce("FAILED");
    assert_eq!(listed(&world), [BROKEN, COMMIT]);
}

#[test]
fn an_outcome_says_why_commits_may_be_missing() {
    let world = World::executed();
    let earlier = broken_and_mended(&world);
    seed_executed(&world, &earlier);
    let gone = keys::provenance(&crate::domain::provenance::RecordId::Sequence(5));
    world.source.remove(&gone);
    world.announce("SUCCEEDED");
    let outcome = world.outcome();
    assert_eq!(outcome.commits.len(), 1);
    assert!(
        outcome.notes[0].contains("these may not be all commits"),
        "{:?}",
        outcome.notes
    );
}
