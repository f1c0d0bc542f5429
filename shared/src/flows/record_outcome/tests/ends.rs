//! Every end of a run.

use super::world::{ALICE, COMMIT, PIPELINE, RUN, STACK, TOPIC, World};
use crate::domain::keys;
use crate::domain::outcome::End;
use crate::flows::FlowError;
use crate::flows::ports::StatusState;

#[test]
fn an_executed_run_is_recorded_with_all_that_is_known_of_it() {
    let world = World::executed();
    world.announce("SUCCEEDED");
    let outcome = world.outcome();
    assert_eq!(outcome.end, End::Executed);
    assert_eq!(outcome.summary, "executed on stack `network`: UPDATE_COMPLETE");
    assert_eq!(outcome.commit.as_deref(), Some(COMMIT));
    assert_eq!(outcome.commits[0].pull_request.as_ref().unwrap().number, 7);
    assert_eq!(outcome.review.as_ref().unwrap().digest, "d1");
    let approval = &outcome.approvals[0];
    assert_eq!(
        (approval.answer.as_str(), approval.by.as_deref()),
        ("approved", Some(ALICE))
    );
    assert_eq!(approval.words.as_deref(), Some("looks right"));
    let events: Vec<_> = outcome.stack_events.iter().map(|event| event.status.as_str()).collect();
    assert_eq!(events, ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]);
    assert_eq!(outcome.actions.len(), 6);
    assert_eq!(world.change_sets(), 1);

    let published = world.topics.published();
    assert_eq!(published.len(), 1);
    assert_eq!(
        (published[0].0.as_str(), published[0].1.as_str()),
        (
            TOPIC,
            "[production] done: network - low - executed on stack `network`: UPDATE_COMPLETE"
        )
    );
    assert!(published[0].2.contains("approved by alice"), "{}", published[0].2);
    let status = world.repository.statuses().pop().unwrap();
    assert_eq!((status.commit.as_str(), status.state), (COMMIT, StatusState::Success));
    assert_eq!(status.context, "changegate/production/network");
    let comments = world.repository.comments();
    assert_eq!((comments.len(), comments[0].0), (1, 7));
    assert!(comments[0].2.contains("executed"), "{}", comments[0].2);
}

#[test]
fn a_rejected_plan_is_recorded_with_the_words_and_its_change_set_goes() {
    let world = World::reviewed();
    world.approve(Some(ALICE), "Failed", "not on a Friday");
    world.announce("FAILED");
    let outcome = world.outcome();
    assert_eq!(outcome.end, End::Rejected);
    assert_eq!(outcome.summary, "rejected by alice: not on a Friday");
    assert_eq!(world.change_sets(), 0);
    assert_eq!(world.repository.statuses().pop().unwrap().state, StatusState::Failure);
    assert_eq!(world.wire.count_of("cloudformation:DeleteChangeSet"), 1);
}

#[test]
fn a_source_that_is_not_there_is_explained() {
    let world = World::planned("changes");
    world.act("Source", "Template", "Source", "Failed", |action| {
        action.error_message = Some("The object with key 'x.zip' does not exist.".to_owned());
    });
    world.announce("FAILED");
    let outcome = world.outcome();
    assert_eq!(outcome.end, End::Failed);
    assert!(
        outcome
            .summary
            .starts_with("The object with key 'x.zip' does not exist. (The sync writes")
            && outcome
                .summary
                .contains("the status of the commit says what to correct"),
        "{}",
        outcome.summary
    );
}

#[test]
fn an_unanswered_request_is_not_a_rejection() {
    let world = World::reviewed();
    world.approve(None, "Failed", "");
    world.announce("FAILED");
    assert_eq!(world.outcome().end, End::TimedOut);
    assert_eq!(world.outcome().approvals[0].answer, "timed-out");
}

#[test]
fn a_run_that_failed_after_its_plan_keeps_its_change_set_for_a_retry() {
    let world = World::reviewed();
    world.approve(Some(ALICE), "Succeeded", "");
    world.act("Apply", "ExecuteChangeSet", "Invoke", "Failed", |action| {
        action.error_message = Some("one approval is missing".to_owned());
    });
    world.announce("FAILED");
    let outcome = world.outcome();
    assert_eq!(
        (outcome.end, outcome.summary.as_str()),
        (End::Failed, "one approval is missing")
    );
    assert_eq!(world.change_sets(), 1);
    assert!(outcome.notes[0].contains("is kept"), "{:?}", outcome.notes);

    // The stage is retried and ends well: a second end with its own record.
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions.retain(|action| action.action != "ExecuteChangeSet");
    });
    world.act("Apply", "ExecuteChangeSet", "Invoke", "Succeeded", |action| {
        action.id = "second".to_owned();
    });
    world.announce("SUCCEEDED");
    assert_eq!(world.outcome().end, End::Failed);
    let second = world.evidence.text(&keys::further_outcome(PIPELINE, RUN, 2)).unwrap();
    assert!(second.contains(r#""end": "executed""#), "{second}");
    assert!(world.evidence.text(&keys::further_outcome(PIPELINE, RUN, 3)).is_none());
    assert_eq!(world.topics.published().len(), 2);
}

#[test]
fn a_change_that_the_guard_refused_is_told_from_one_that_failed() {
    for (begun, word) in [(false, "refused:"), (true, "failed:")] {
        let world = if begun { World::executed() } else { World::reviewed() };
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.actions.retain(|action| action.action != "ExecuteChangeSet");
        });
        world.act("Apply", "ExecuteChangeSet", "Invoke", "Failed", |action| {
            action.error_message = Some("one approval is missing".to_owned());
        });
        world.announce("FAILED");
        let (_, subject, _) = world.topics.published().pop().unwrap();
        assert_eq!(
            subject,
            format!("[production] {word} network - low - one approval is missing")
        );
    }
}

#[test]
fn a_run_that_waits_for_its_window_stays_open_and_keeps_its_change_set() {
    let world = World::reviewed();
    world.act("Apply", "ExecuteChangeSet", "Invoke", "Failed", |action| {
        action.error_message = Some("the window opens at 09:00".to_owned());
    });
    world.evidence.seed(
        &keys::retry(PIPELINE),
        format!(
            r#"{{"version": 1, "pipeline": "{PIPELINE}", "stage": "Apply", "execution": "{RUN}",
            "opens": "2026-11-24T09:00:00Z"}}"#
        ),
    );
    world.announce("FAILED");
    assert_eq!(world.outcome().end, End::Waiting);
    assert_eq!(world.repository.statuses().pop().unwrap().state, StatusState::Pending);
    assert_eq!(world.change_sets(), 1);
}

#[test]
fn skipped_runs_say_why() {
    for (plan, end, state) in [
        ("no-changes", End::NoChanges, StatusState::Success),
        ("held", End::Held, StatusState::Success),
        ("blocked", End::Blocked, StatusState::Pending),
    ] {
        let world = World::planned(plan);
        world.announce("SUCCEEDED");
        assert_eq!(world.outcome().end, end);
        let status = world.repository.statuses().pop().unwrap();
        assert_eq!(status.state, state);
        let page = format!("/codepipeline/pipelines/{PIPELINE}/executions/{RUN}/");
        assert!(
            status.url.is_some_and(|url| url.contains(&page)),
            "every status has a link"
        );
        assert_eq!(world.change_sets(), 0, "{plan}");
        assert!(
            world.repository.comments().is_empty(),
            "there is no review to bring up to date"
        );
    }
}

#[test]
fn a_run_that_a_newer_one_took_over_is_superseded_and_not_stopped() {
    let world = World::reviewed();
    world.evidence.seed(
        &keys::claim(PIPELINE, RUN),
        r#"{"claim":"superseded","by":"the-newer-run"}"#,
    );
    world.announce("STOPPED");
    let outcome = world.outcome();
    assert_eq!(outcome.end, End::Superseded);
    assert!(outcome.summary.contains("the-newer-run"), "{}", outcome.summary);
    assert_eq!(world.change_sets(), 0);
    assert!(world.topics.published().is_empty(), "nobody waits for it");
}

#[test]
fn a_stopped_run_is_recorded_with_the_words_of_who_stopped_it() {
    let world = World::reviewed();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.stop_reason = Some("wrong account".to_owned());
    });
    world.announce("STOPPED");
    assert_eq!(
        world.outcome().summary,
        "stopped: wrong account; stack `network` was not changed"
    );
}

#[test]
fn the_rest_of_a_stack_whose_run_was_stopped_in_the_middle_is_recorded_later() {
    let world = World::executed();
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.actions[0].status = "Abandoned".to_owned());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_IN_PROGRESS".to_owned();
        held.change_sets[0].description.execution_status = "EXECUTE_IN_PROGRESS".to_owned();
    });
    world.announce("STOPPED");
    assert!(
        world.outcome().summary.contains("goes on without it"),
        "{}",
        world.outcome().summary
    );
    assert_eq!(world.change_sets(), 1);

    world.source.seed(
        &keys::catalogue("production"),
        r#"{"version": 1, "environment": "production", "stacks": [{"name": "network", "stackName": "network",
        "gate": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "template": "t",
        "templateKey": "t", "configurationKey": "c"}]}"#,
    );
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_ROLLBACK_COMPLETE".to_owned();
        held.events
            .retain(|event| event.client_request_token.as_deref() == Some(&format!("cg-{RUN}")));
    });
    world.announce_rest("UPDATE_ROLLBACK_COMPLETE");
    let record = world.evidence.text(&keys::stack_end(PIPELINE, RUN)).unwrap();
    assert!(record.contains(r#""status": "UPDATE_ROLLBACK_COMPLETE""#), "{record}");
    let subjects: Vec<_> = world
        .topics
        .published()
        .into_iter()
        .map(|(_, subject, _)| subject)
        .collect();
    assert_eq!(
        subjects,
        [
            "[production] stopped: network - low - stopped; the execution on stack `network` had begun and go...",
            "[production] came to rest: network - UPDATE_ROLLBACK_COMPLETE"
        ]
    );
}

#[test]
fn the_shell_of_a_stack_that_was_never_created_is_reported_and_left() {
    let world = World::reviewed();
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = "REVIEW_IN_PROGRESS".to_owned());
    world.approve(Some(ALICE), "Failed", "no");
    world.announce("FAILED");
    let notes = world.outcome().notes;
    assert!(
        notes[0].contains("aws cloudformation delete-stack --stack-name network"),
        "{notes:?}"
    );
    assert!(world.cloudformation.look(STACK).is_some());
}

#[test]
fn other_runs_change_sets_are_left_alone() {
    let world = World::planned("no-changes");
    world.with_change_set("bbbbbbbb-0000-4000-8000-000000000002");
    world.announce("SUCCEEDED");
    assert_eq!(world.change_sets(), 1);
}

#[test]
fn a_run_whose_pipeline_is_gone_is_recorded_with_what_is_left() {
    let world = World::planned("changes");
    world
        .try_announce_of("changegate-gone", "x", "FAILED")
        .unwrap()
        .unwrap();
    let outcome = world.evidence.text(&keys::outcome("changegate-gone", "x")).unwrap();
    assert!(outcome.contains(r#""stack": "gone""#), "{outcome}");
}

#[test]
fn pipelines_of_others_are_nothing_to_us() {
    let world = World::planned("changes");
    world.try_announce_of("other", "x", "FAILED").unwrap().unwrap();
    assert_eq!(world.wire.count(), 0);
}

#[test]
fn on_a_public_repository_no_more_than_the_end_is_told() {
    let world = World::reviewed();
    world.repository.make_public();
    world.approve(Some(ALICE), "Failed", "the password is hunter2");
    world.announce("FAILED");
    let status = world.repository.statuses().pop().unwrap();
    assert_eq!(status.description, "rejected");
    let comment = &world.repository.comments()[0].2;
    assert!(
        !comment.contains("hunter2") && comment.contains("rejected"),
        "{comment}"
    );
}

#[test]
fn words_of_others_cannot_act_in_a_comment_or_a_mail() {
    let world = World::reviewed();
    world.approve(
        Some(ALICE),
        "Failed",
        "```\n@everyone ![x](http://evil) \u{202e}\u{1b}[2J",
    );
    world.announce("FAILED");
    let comment = &world.repository.comments()[0].2;
    assert_eq!(comment.matches("```").count(), 2, "{comment}");
    for text in [comment, &world.topics.published()[0].2] {
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn an_end_whose_history_still_shows_an_action_in_progress_is_recorded_when_it_shows_how_it_ended() {
    let world = World::reviewed();
    world.approve(None, "InProgress", "");
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.updated = Some("2026-11-23T10:04:30Z".to_owned());
    });
    let early = world.try_announce("FAILED").unwrap();
    assert!(matches!(early, Err(FlowError::NotYet(_))), "{early:?}");
    assert_eq!(world.change_sets(), 1);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].status = "Failed".to_owned();
        run.actions[0].updated_by = Some(ALICE.to_owned());
    });
    world.announce("FAILED");
    assert_eq!(world.outcome().end, End::Rejected);
}

#[test]
fn an_end_whose_cause_the_history_does_not_show_yet_waits_for_it() {
    for (world, state) in [(World::reviewed(), "FAILED"), (World::planned("changes"), "SUCCEEDED")] {
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.execution.updated = Some("2026-11-23T10:04:30Z".to_owned());
        });
        let early = world.try_announce(state).unwrap();
        assert!(matches!(early, Err(FlowError::NotYet(_))), "{state}: {early:?}");
        assert_eq!(world.pipelines.started(), []);
    }
    let world = World::planned("no-changes");
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.updated = Some("2026-11-23T10:04:30Z".to_owned());
    });
    world.announce("SUCCEEDED");
    assert_eq!(world.outcome().end, End::NoChanges);
}

#[test]
fn an_end_that_the_history_never_shows_is_recorded_as_it_was_announced() {
    let world = World::reviewed();
    world.approve(None, "InProgress", "");
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.updated = Some("2026-11-23T10:02:59Z".to_owned());
    });
    world.announce("FAILED");
    assert_eq!(world.outcome().end, End::Failed);
}

#[test]
fn a_run_that_an_update_of_its_pipeline_failed_is_started_anew_but_not_for_ever() {
    let world = World::reviewed();
    world.approve(None, "Abandoned", "");
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.execution.status = "Failed".to_owned());
    world.announce("FAILED");
    assert_eq!(world.outcome().end, End::Cancelled);
    assert_eq!(world.pipelines.started().len(), 1);

    let world = World::reviewed();
    world.approve(None, "Abandoned", "");
    let own = world.pipelines.take_runs(PIPELINE);
    for earlier in ["first", "second"] {
        world.pipelines.with_run(PIPELINE, earlier);
    }
    world.pipelines.put_runs(PIPELINE, own);
    for run in ["first", "second", RUN] {
        world
            .pipelines
            .edit_run(PIPELINE, run, |run| run.execution.status = "Failed".to_owned());
    }
    world.announce("FAILED");
    assert_eq!(world.pipelines.started(), []);
}
