//! Every call of every end breaks in every way; what is announced again afterwards ends as if nothing had happened.

use futures_util::FutureExt as _;

use super::world::{ALICE, PIPELINE, RUN, STACK, World};
use crate::domain::keys;
use crate::flows::fakes::Fault;
use crate::flows::ports::CommitStatus;

const FAULTS: [Fault; 5] = [
    Fault::Throttle,
    Fault::Outage,
    Fault::LostAnswer,
    Fault::KillBefore,
    Fault::KillAfter,
];

/// Another pipeline waits for an export that exists.
fn with_waiting(world: &World) {
    world.pipelines.with_run("changegate-app", "app-run");
    world.pipelines.edit_run("changegate-app", "app-run", |run| {
        run.execution.status = "Succeeded".to_owned();
    });
    world.evidence.seed(
        &keys::waiting("changegate-app"),
        r#"{"version": 1, "pipeline": "changegate-app", "execution": "app-run", "stack": "app", "commit": "0123456",
        "export": "vpc-id"}"#,
    );
    world.cloudformation.with_export("vpc-id", "base");
}

fn ended(world: World, status: &str) -> World {
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.execution.status = status.to_owned());
    world
}

fn rejected() -> World {
    let world = World::reviewed();
    world.approve(Some(ALICE), "Failed", "no");
    with_waiting(&world);
    ended(world, "Failed")
}

fn executed() -> World {
    let world = World::executed();
    with_waiting(&world);
    ended(world, "Succeeded")
}

fn failed() -> World {
    let world = World::reviewed();
    world.act("Apply", "ExecuteChangeSet", "Invoke", "Failed", |action| {
        action.error_message = Some("one approval is missing".to_owned());
    });
    ended(world, "Failed")
}

fn cancelled() -> World {
    ended(World::reviewed(), "Cancelled")
}

fn stopped() -> World {
    ended(World::reviewed(), "Stopped")
}

fn superseded() -> World {
    let world = World::reviewed();
    let claim = r#"{"claim":"superseded","by":"newer"}"#;
    world.evidence.seed(&keys::claim(PIPELINE, RUN), claim);
    ended(world, "Stopped")
}

fn no_changes() -> World {
    ended(World::planned("no-changes"), "Succeeded")
}

fn blocked() -> World {
    let world = World::planned("blocked");
    world.evidence.seed(
        &keys::waiting(PIPELINE),
        format!(
            r#"{{"version": 1, "pipeline": "{PIPELINE}", "execution": "{RUN}", "stack": "network",
            "commit": "0123456", "export": "vpc-id"}}"#
        ),
    );
    world.cloudformation.with_export("vpc-id", "base");
    ended(world, "Succeeded")
}

/// What an end leaves behind: change sets, pipelines started, and whether people are told.
struct Left {
    change_sets: usize,
    started: usize,
    is_told: bool,
}

/// An end: its name, its world, the announced state, what it leaves.
type Case = (&'static str, fn() -> World, &'static str, Left);

/// Every end.
const ENDS: [Case; 8] = [
    ("rejected", rejected, "FAILED", left(0, 1, true)),
    ("executed", executed, "SUCCEEDED", left(1, 1, true)),
    ("failed", failed, "FAILED", left(1, 0, true)),
    ("cancelled", cancelled, "CANCELED", left(0, 1, true)),
    ("stopped", stopped, "STOPPED", left(0, 0, true)),
    ("superseded", superseded, "STOPPED", left(0, 0, false)),
    ("no changes", no_changes, "SUCCEEDED", left(0, 0, false)),
    ("blocked", blocked, "SUCCEEDED", left(0, 1, true)),
];

const fn left(change_sets: usize, started: usize, is_told: bool) -> Left {
    Left {
        change_sets,
        started,
        is_told,
    }
}

/// Announces as Lambda does: again after a kill or an error, three times at most.
fn announce_to_the_end(world: &World, state: &str) {
    for _ in 0..3 {
        if let Some(Ok(())) = world.try_announce(state) {
            return;
        }
    }
    panic!("it ends");
}

/// What must hold after an end, whatever went wrong on the way.
fn check(world: &World, left: &Left, most_mails: usize, context: &str) {
    let second = keys::further_outcome(PIPELINE, RUN, 2);
    assert!(world.evidence.text(&second).is_none(), "recorded twice: {context}");
    assert_eq!(world.change_sets(), left.change_sets, "{context}");
    assert_eq!(world.pipelines.started().len(), left.started, "{context}");
    let mails = world.topics.published().len();
    let expected = if left.is_told { 1..=most_mails } else { 0..=0 };
    assert!(expected.contains(&mails), "{mails} mails; {context}");
    for pipeline in ["changegate-app", PIPELINE] {
        let note = world.evidence.text(&keys::waiting(pipeline));
        assert!(note.is_none(), "the note of `{pipeline}` is left; {context}");
    }
}

#[test]
fn a_fault_at_any_call_of_any_end_loses_nothing_and_doubles_nothing() {
    for (name, world, state, left) in &ENDS {
        let untouched = world();
        announce_to_the_end(&untouched, state);
        let expected = untouched.outcome();
        check(&untouched, left, 1, name);
        let (told, comments) = (untouched.repository.statuses(), untouched.repository.comments().len());
        assert_eq!(told.len(), 1, "{name}");
        for fault in FAULTS {
            for call in 0..untouched.wire.count() {
                let world = world();
                world.wire.break_call(call, fault);
                announce_to_the_end(&world, state);
                world.tell_again();
                let context = format!("{name}: {fault:?} at call {call}\n{}", world.wire.log());
                let outcome = world.outcome();
                assert_eq!(
                    (outcome.end, &outcome.fingerprint, &outcome.approvals),
                    (expected.end, &expected.fingerprint, &expected.approvals),
                    "{context}"
                );
                check(&world, left, 2, &context);
                // What GitHub shows in the end is what it shows when nothing goes wrong, but for the words: where it
                // cannot be asked whether the world reads along, they are fewer.
                let shown = |told: &[CommitStatus]| {
                    let last = told.last().expect("a status");
                    (last.commit.clone(), last.context.clone(), last.state)
                };
                assert_eq!(shown(&world.repository.statuses()), shown(&told), "{context}");
                assert_eq!(world.repository.comments().len(), comments, "{context}");
            }
        }
    }
}

#[test]
fn an_end_that_is_announced_again_later_changes_nothing() {
    for (name, world, state, left) in &ENDS {
        let world = world();
        announce_to_the_end(&world, state);
        let (first, starts) = (world.outcome(), world.pipelines.started().len());
        announce_to_the_end(&world, state);
        assert_eq!(world.outcome(), first, "{name}");
        assert_eq!(world.pipelines.started().len(), starts, "{name}");
        check(&world, left, 1, name);
    }
}

/// The rest of a stack whose run was stopped while CloudFormation worked.
fn at_rest() -> World {
    let world = ended(World::executed(), "Stopped");
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.actions[0].status = "Abandoned".to_owned());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_IN_PROGRESS".to_owned();
        held.change_sets[0].description.execution_status = "EXECUTE_IN_PROGRESS".to_owned();
        held.events
            .retain(|event| event.client_request_token.as_deref() == Some(&format!("cg-{RUN}")));
    });
    announce_to_the_end(&world, "STOPPED");
    world.source.seed(
        &keys::catalogue("production"),
        r#"{"version": 1, "environment": "production", "stacks": [{"name": "network", "stackName": "network",
        "gate": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "template": "t",
        "templateKey": "t", "configurationKey": "c"}]}"#,
    );
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = "UPDATE_COMPLETE".to_owned());
    with_waiting(&world);
    world
}

#[test]
fn a_fault_at_any_call_loses_no_rest_of_a_stack() {
    let (first, last) = {
        let world = at_rest();
        let first = world.wire.count();
        world.try_announce_rest("UPDATE_COMPLETE").unwrap().unwrap();
        (first, world.wire.count())
    };
    for fault in FAULTS {
        for call in first..last {
            let world = at_rest();
            world.wire.break_call(call, fault);
            let ends = (0..3).any(|_| matches!(world.try_announce_rest("UPDATE_COMPLETE"), Some(Ok(()))));
            let context = format!("{fault:?} at call {call}\n{}", world.wire.log());
            assert!(ends, "{context}");
            let record = world.evidence.text(&keys::stack_end(PIPELINE, RUN)).expect(&context);
            assert!(record.contains(r#""status": "UPDATE_COMPLETE""#), "{context}");
            assert_eq!(world.pipelines.started().len(), 1, "{context}");
        }
    }
}

#[test]
fn a_lost_delivery_is_reported_once_whatever_breaks() {
    use crate::flows::record_outcome::{LostDelivery, report_lost_delivery};
    let lost = LostDelivery {
        function: "changegate-changeset-create".to_owned(),
        condition: "RetriesExhausted".to_owned(),
        error: String::new(),
    };
    for fault in FAULTS {
        let world = World::planned("changes");
        world.wire.break_next("codepipeline:PutJobFailureResult", fault);
        let ends = (0..3).any(|_| {
            let done = report_lost_delivery(&world.pipelines, "job", &lost).now_or_never();
            matches!(done, Some(Ok(())))
        });
        assert!(ends, "{fault:?}");
        assert_eq!(world.pipelines.reports().len(), 1, "{fault:?}");
    }
}

#[test]
fn what_github_or_a_topic_refuses_for_good_stands_in_the_outcome_with_its_reason() {
    for (operation, what) in [
        (
            "POST /repositories/{id}/statuses/{sha}",
            "the commit status was not told: ",
        ),
        (
            "POST /repositories/{id}/issues/{number}/comments",
            "the comment on #7 was not told: ",
        ),
        ("sns:Publish", "the mail was not told: "),
    ] {
        let world = rejected();
        world.wire.break_next(operation, Fault::Refusal);
        announce_to_the_end(&world, "FAILED");
        let notes = world.outcome().notes;
        let note = notes.iter().find(|note| note.starts_with(what));
        assert!(
            note.is_some_and(|note| note.contains("ValidationException")),
            "{notes:?}"
        );
        world.tell_again();
        assert!(world.evidence.keys().iter().all(|key| !key.starts_with("outbox/")));
    }
}

#[test]
fn a_repository_that_took_the_place_of_the_pinned_one_hears_of_no_outcome() {
    let world = rejected();
    world.repository.replace();
    announce_to_the_end(&world, "FAILED");
    let notes = world.outcome().notes;
    for what in ["the commit status was not told: ", "the comment on #7 was not told: "] {
        assert!(notes.iter().any(|note| note.starts_with(what)), "{notes:?}");
    }
    assert_eq!(world.repository.statuses(), []);
    assert_eq!(world.repository.comments(), []);
}
