//! Announcements that come late, twice, out of order, and at the same time.

use super::world::{ALICE, COMMIT, PIPELINE, RUN, World};
use crate::domain::keys;
use crate::domain::outcome::End;
use crate::flows::ports::StatusState;
use crate::flows::record_outcome::EndedRun;

/// When the run ended first, and when the end after its retry was announced.
const FIRST: &str = "2026-11-23T10:05:00Z";
const SECOND: &str = "2026-11-23T11:05:00Z";

/// A run whose plan failed at first, and whose stage was retried: its second plan waits for approval.
fn retried() -> World {
    let world = World::reviewed();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for action in &mut run.actions {
            if action.stage != "Source" {
                action.started = Some("2026-11-23T11:00:00Z".to_owned());
            }
        }
        let mut failed = run
            .actions
            .iter()
            .find(|action| action.action == "CreateChangeSet")
            .unwrap()
            .clone();
        failed.id = "first-attempt".to_owned();
        failed.status = "Failed".to_owned();
        failed.error_message = Some("a name is wrong".to_owned());
        failed.started = Some("2026-11-23T10:00:00Z".to_owned());
        failed.output_variables.clear();
        let place = run.actions.iter().position(|action| action.stage == "Source").unwrap();
        run.actions.insert(place, failed);
    });
    world
}

#[test]
fn a_late_announcement_of_an_end_before_a_retry_harms_nothing() {
    for times in 1..3 {
        let world = retried();
        for _ in 0..times {
            world.announce_at("FAILED", FIRST);
        }
        let outcome = world.outcome();
        assert_eq!(
            (outcome.end, outcome.summary.as_str()),
            (End::Failed, "a name is wrong")
        );
        assert!(outcome.review.is_none(), "the review came after that end");
        assert_eq!(world.change_sets(), 1, "the change set under review stays");
        assert!(world.repository.statuses().is_empty(), "the run goes on");
        assert!(world.topics.published().is_empty(), "the run goes on");
    }
}

#[test]
fn ends_of_one_run_are_recorded_once_each_in_whatever_order_they_are_announced() {
    let orders: [&[(&str, &str)]; 4] = [
        &[("FAILED", FIRST), ("SUCCEEDED", SECOND)],
        &[("SUCCEEDED", SECOND), ("FAILED", FIRST)],
        &[
            ("FAILED", FIRST),
            ("SUCCEEDED", SECOND),
            ("FAILED", FIRST),
            ("SUCCEEDED", SECOND),
        ],
        &[
            ("SUCCEEDED", SECOND),
            ("SUCCEEDED", SECOND),
            ("FAILED", FIRST),
            ("FAILED", FIRST),
        ],
    ];
    for order in orders {
        let world = retried();
        world.act("Apply", "ExecuteChangeSet", "Invoke", "Succeeded", |action| {
            action.started = Some("2026-11-23T11:03:00Z".to_owned());
        });
        world
            .pipelines
            .edit_run(PIPELINE, RUN, |run| run.execution.status = "Succeeded".to_owned());
        for (state, time) in order {
            world.announce_at(state, time);
        }
        let mut ends: Vec<_> = (1..4)
            .filter_map(|number| world.evidence.text(&super::super::key_of(PIPELINE, RUN, number)))
            .map(|text| {
                serde_json::from_str::<crate::domain::outcome::Outcome>(&text)
                    .unwrap()
                    .end
            })
            .collect();
        ends.sort_by_key(|end| format!("{end:?}"));
        assert_eq!(ends, [End::Executed, End::Failed], "{order:?}");
        assert_eq!(
            world.repository.statuses().pop().unwrap().state,
            StatusState::Success,
            "the last end counts: {order:?}"
        );
        let subjects: Vec<_> = world
            .topics
            .published()
            .into_iter()
            .map(|(_, subject, _)| subject)
            .collect();
        assert_eq!(
            subjects,
            ["[production] done: network - low - executed on stack `network`"],
            "{order:?}"
        );
    }
}

#[test]
fn a_run_that_ended_before_its_plan_still_ends_the_status_of_its_commit() {
    let world = World::planned("changes");
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions.retain(|action| action.stage == "Source");
    });
    let gate = super::world::gate();
    world.source.seed(
        &keys::catalogue("production"),
        format!(
            r#"{{"version": 1, "environment": "production", "stacks": [{{"name": "network", "stackName": "network",
            "gate": "{}", "template": "t", "templateKey": "t", "configurationKey": "c"}}]}}"#,
            gate.digest()
        ),
    );
    world.announce("SUPERSEDED");
    let outcome = world.outcome();
    assert_eq!(
        (outcome.end, outcome.commit.as_deref()),
        (End::Superseded, Some(COMMIT))
    );
    assert_eq!(world.repository.statuses().pop().unwrap().state, StatusState::Error);
}

#[test]
fn the_newer_of_two_runs_of_a_commit_has_the_last_word_about_it() {
    let world = World::reviewed();
    world.pipelines.with_run(PIPELINE, "newer");
    let revisions = {
        let mut runs = world.pipelines.take_runs(PIPELINE);
        let revisions = runs[0].execution.source_revisions.clone();
        runs[1].execution.source_revisions.clone_from(&revisions);
        world.pipelines.put_runs(PIPELINE, runs);
        revisions
    };
    assert!(!revisions.is_empty());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"superseded","by":"newer"}"#);
    world.announce("STOPPED");
    assert_eq!(world.outcome().end, End::Superseded);
    assert!(world.repository.statuses().is_empty() && world.repository.comments().is_empty());
    assert_eq!(world.change_sets(), 0);
}

#[test]
fn a_newer_run_of_other_sources_says_nothing_about_the_commit() {
    let world = World::reviewed();
    world.pipelines.with_run(PIPELINE, "newer");
    world.pipelines.edit_run(PIPELINE, "newer", |run| {
        run.execution
            .source_revisions
            .insert("Template".to_owned(), "another".to_owned());
    });
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"superseded","by":"newer"}"#);
    world.announce("STOPPED");
    assert_eq!(world.repository.statuses().pop().unwrap().state, StatusState::Error);
}

#[test]
fn a_run_that_was_stopped_while_executing_and_announced_after_its_stack_came_to_rest_says_so() {
    let world = World::executed();
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.actions[0].status = "Abandoned".to_owned());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.announce_rest("UPDATE_COMPLETE");
    world.announce("STOPPED");
    let summary = world.outcome().summary;
    assert!(
        summary.contains("had begun, and the stack is UPDATE_COMPLETE now"),
        "{summary}"
    );
}

#[test]
fn announcements_at_the_same_time_record_each_end_once() {
    let announcement = |state: &str, time: &str| EndedRun {
        pipeline: PIPELINE.to_owned(),
        execution: RUN.to_owned(),
        state: state.to_owned(),
        time: Some(time.to_owned()),
    };
    for seed in 0..100 {
        let world = retried();
        world.approve(Some(ALICE), "Failed", "no");
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.actions[0].started = Some("2026-11-23T11:04:00Z".to_owned());
            run.execution.status = "Failed".to_owned();
        });
        world.wire.interleave(seed);
        let (first, second) = (announcement("FAILED", FIRST), announcement("FAILED", SECOND));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let all = futures_util::join!(
                world.announcement(&second),
                world.announcement(&first),
                world.announcement(&second),
                world.announcement(&first),
            );
            for result in [all.0, all.1, all.2, all.3] {
                result.unwrap_or_else(|error| panic!("order {seed}: {error}\n{}", world.wire.log()));
            }
        });
        let mut ends: Vec<_> = (1..5)
            .filter_map(|number| world.evidence.text(&super::super::key_of(PIPELINE, RUN, number)))
            .map(|text| {
                serde_json::from_str::<crate::domain::outcome::Outcome>(&text)
                    .unwrap()
                    .end
            })
            .collect();
        ends.sort_by_key(|end| format!("{end:?}"));
        assert_eq!(ends, [End::Failed, End::Rejected], "order {seed}\n{}", world.wire.log());
        let mails = world.topics.published().len();
        assert!((1..=2).contains(&mails), "order {seed}: {mails} mails");
        assert_eq!(world.change_sets(), 0);
        assert_eq!(world.repository.statuses().pop().unwrap().state, StatusState::Failure);
    }
}
