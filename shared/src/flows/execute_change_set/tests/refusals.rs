//! What honest people meet: closed windows, stale plans, commits without a pull request, pipelines at work.

use super::steps::*;
use super::world::*;
use crate::domain::actions::PIPELINE_TYPE;
use crate::domain::change_set::description::{Change, ResourceChange};
use crate::domain::gate::Window;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::provenance::RecordId;
use crate::domain::retry::Retry;
use crate::flows::FlowError;

fn with_window(days: &[u8]) -> Setup {
    let mut setup = Setup::default();
    setup.gate.window = Some(Window {
        days: days.to_vec(),
        from_minute: 540,
        to_minute: 960,
        time_zone: "Europe/Berlin".to_owned(),
    });
    setup
}

#[test]
fn outside_the_window_the_action_ends_at_once_with_the_opening_and_a_note() {
    let world = World::new(&with_window(&[2]));
    insta::assert_snapshot!(
        world.refusal(),
        @"not executed: the window Tue 09:00-16:00 Europe/Berlin is closed and opens at 2026-11-24 09:00 +01:00; the stage is retried then by itself, and the approvals stay"
    );
    assert_eq!(world.claim(), None);
    let note: Retry = serde_json::from_slice(&world.evidence.bytes(&keys::retry(PIPELINE)).unwrap()).unwrap();
    assert_eq!((note.pipeline.as_str(), note.execution.as_str()), (PIPELINE, RUN));
    assert_eq!((note.version, note.stage.as_str()), (1, "Apply"));
    assert!(!note.is_due("2026-11-24T07:59:59Z".parse().unwrap()));
    assert!(note.is_due("2026-11-24T08:00:00Z".parse().unwrap()));

    world.clock.set("2026-11-24T08:00:00Z");
    waits(world.step(None));
    assert_eq!(world.executions(), 1);
}

#[test]
fn a_window_that_never_opens_says_what_to_correct_and_leaves_no_note() {
    let mut setup = with_window(&[2]);
    setup.gate.window.as_mut().unwrap().to_minute = 540;
    let world = World::new(&setup);
    assert!(world.refusal().contains("correct `window` in the catalogue"));
    setup.gate.window.as_mut().unwrap().time_zone = "Mars/Olympus".to_owned();
    let world = World::new(&setup);
    assert!(world.refusal().contains("`Mars/Olympus`"));
    assert_eq!(world.evidence.bytes(&keys::retry(PIPELINE)), None);
}

#[test]
fn what_the_history_shows_late_is_waited_for() {
    let lacks: [fn(&mut ActionExecution); 2] = [
        |action| action.output_variables.clear(),
        |action| action.status = "InProgress".to_owned(),
    ];
    for late in ["CreateChangeSet", "DescribeChangeSet", "Approve2"] {
        for lack in lacks {
            let world = World::new(&Setup::default());
            let actions = world.pipelines.actions(PIPELINE, RUN);
            world.pipelines.edit_run(PIPELINE, RUN, |run| {
                run.actions.clone_from(&actions);
                run.actions
                    .iter_mut()
                    .filter(|action| action.action == late)
                    .for_each(lack);
            });
            if late == "Approve2" && world.pipelines.actions(PIPELINE, RUN) == actions {
                continue;
            }
            let (token, summary, _) = waits(world.step(None));
            assert!(summary.contains("asking CodePipeline's history again"), "{summary}");
            world
                .pipelines
                .edit_run(PIPELINE, RUN, |run| run.actions.clone_from(&actions));
            waits(world.step(Some(&token)));
            assert_eq!(world.executions(), 1, "{late}");
        }
    }
}

#[test]
fn what_the_history_never_shows_is_refused_in_the_end_with_the_reason() {
    let world = World::new(&Setup {
        approvers: vec![ALICE],
        ..Setup::default()
    });
    let mut token: Option<String> = None;
    for _ in 0..10 {
        token = Some(waits(world.step(token.as_deref())).0);
    }
    let message = failure(world.step(token.as_deref()));
    assert!(
        message.contains("the history of this run shows 1 that was given"),
        "{message}"
    );
    assert_eq!(world.executions(), 0);
}

/// What CloudFormation answers before it answers what was reviewed, newest last.
fn with_answers(count: usize, world: &World) {
    world.cloudformation.edit(STACK, |held| {
        let set = &mut held.change_sets[0];
        set.answers_before = (0..count)
            .map(|number| {
                let mut answer = set.description.clone();
                answer.capabilities = vec![format!("CAPABILITY_{number}")];
                answer
            })
            .collect();
        // The first is for the look at the change set itself.
        set.answers_before.push(set.description.clone());
    });
}

#[test]
fn an_answer_that_differs_once_is_asked_for_again() {
    for differing in 1..4 {
        let world = World::new(&Setup::default());
        with_answers(differing, &world);
        waits(world.step(None));
        assert_eq!(world.executions(), 1, "{differing}");
    }
}

#[test]
fn answers_that_never_agree_execute_nothing() {
    let world = World::new(&Setup::default());
    with_answers(5, &world);
    let unsteady = world.deliver(None).unwrap();
    assert!(matches!(unsteady, Err(FlowError::NotYet(_))), "{unsteady:?}");
    assert_eq!(world.executions(), 0);
}

#[test]
fn a_change_set_that_is_gone_or_obsolete_is_planned_anew() {
    let gone = World::new(&Setup::default());
    gone.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert!(gone.refusal().contains("its change set is gone"));
    assert_eq!(gone.pipelines.started().len(), 1);

    let obsolete = World::new(&Setup::default());
    obsolete.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "OBSOLETE".to_owned();
    });
    assert!(obsolete.refusal().contains("CREATE_COMPLETE and OBSOLETE"));
}

#[test]
fn a_stack_that_is_gone_made_anew_or_at_work_is_planned_anew() {
    type Edit = fn(&mut crate::flows::ports::Stack);
    let cases: [(Edit, &str); 2] = [
        (
            |stack| stack.status = "UPDATE_IN_PROGRESS".to_owned(),
            "the stack is UPDATE_IN_PROGRESS",
        ),
        (
            |stack| stack.created = Some("2026-11-23T09:45:00Z".to_owned()),
            "the stack last changed at",
        ),
    ];
    for (edit, expected) in cases {
        let world = World::new(&Setup::default());
        world.cloudformation.edit(STACK, |held| edit(&mut held.stack));
        let message = world.refusal();
        assert!(message.contains(expected), "{message}");
        assert!(message.contains("plans the change anew"), "{message}");
    }
}

#[test]
fn no_fresh_run_is_started_when_a_newer_one_exists() {
    let world = World::new(&Setup::default());
    world.pipelines.with_run(PIPELINE, "newer");
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert!(world.refusal().contains("run newer is newer and plans what is current"));
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn a_fresh_run_that_is_stale_itself_starts_no_other() {
    let world = World::new(&Setup::default());
    world
        .evidence
        .seed(&keys::started_for(PIPELINE, RUN), r#"{"execution":"first"}"#);
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    let message = world.refusal();
    assert!(message.contains("no further run was started"), "{message}");
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn every_commit_since_the_last_execution_needs_a_reviewed_pull_request() {
    let mut setup = Setup::default();
    setup.gate.require_pull_request = true;
    waits(World::new(&setup).step(None));

    let pushed = World::new(&setup);
    pushed.provenance(COMMIT, Some(OLD_COMMIT), None);
    insta::assert_snapshot!(
        pushed.refusal(),
        @r#"not executed: the stack wants every change through a reviewed pull request, and 0123456 "delay the queue": it came without a pull request; bring these changes in through a pull request that somebody else approves, or set `require_pull_request: false` through the root pipeline for this one change"#
    );

    let own = World::new(&setup);
    own.provenance(
        COMMIT,
        Some(OLD_COMMIT),
        Some(pull_request("alice", &[("alice", "APPROVED")])),
    );
    let message = own.refusal();
    assert!(message.contains("approved pull request #7"), "{message}");
    assert!(message.contains("alice is one of its authors"), "{message}");

    let unknown = World::new(&setup);
    unknown
        .source
        .remove(&keys::provenance(&RecordId::Commit(COMMIT.to_owned())));
    assert!(unknown.refusal().contains("no sync recorded commit 0123456"));
}

fn root() -> World {
    let setup = Setup {
        is_root: true,
        ..Setup::default()
    };
    World::new_with(&setup, |world| {
        world.cloudformation.edit(STACK, |held| {
            held.change_sets[0].description.changes.push(Change {
                resource_change: Some(ResourceChange {
                    action: "Modify".to_owned(),
                    logical_resource_id: "Orders".to_owned(),
                    physical_resource_id: Some("changegate-orders".to_owned()),
                    resource_type: PIPELINE_TYPE.to_owned(),
                    ..ResourceChange::default()
                }),
                ..Change::default()
            });
        });
    })
}

#[test]
fn the_root_pipeline_waits_while_a_pipeline_that_it_would_update_executes() {
    let world = root();
    world.pipelines.with_run("changegate-orders", "busy");
    world
        .evidence
        .seed(&keys::claim("changegate-orders", "busy"), r#"{"claim":"executing"}"#);
    // Newer runs that wait for approval do not hide it.
    for number in 0..19 {
        world
            .pipelines
            .with_run("changegate-orders", &format!("newer-{number}"));
    }
    let (token, summary, _) = waits(world.step(None));
    assert_eq!(token, "pipelines");
    assert!(
        summary.contains("waiting until changegate-orders has executed"),
        "{summary}"
    );
    assert_eq!((world.executions(), world.claim()), (0, None));

    world.pipelines.edit_run("changegate-orders", "busy", |run| {
        run.execution.status = "Succeeded".to_owned();
    });
    waits(world.step(Some(&token)));
    assert_eq!(world.executions(), 1);
}

#[test]
fn the_root_pipeline_does_not_wait_for_runs_that_only_await_approval() {
    let world = root();
    world.pipelines.with_run("changegate-orders", "waiting");
    waits(world.step(None));
    assert_eq!(world.executions(), 1);
}

#[test]
fn the_root_pipeline_waits_for_a_run_that_is_stopping_and_executes() {
    let world = root();
    world.pipelines.with_run("changegate-orders", "busy");
    world.pipelines.edit_run("changegate-orders", "busy", |run| {
        run.execution.status = "Stopping".to_owned();
    });
    world
        .evidence
        .seed(&keys::claim("changegate-orders", "busy"), r#"{"claim":"executing"}"#);
    let (_, summary, _) = waits(world.step(None));
    assert!(summary.contains("until changegate-orders has executed"), "{summary}");
}

#[test]
fn the_root_pipeline_waits_for_no_pipeline_that_it_does_not_touch() {
    for (action, resource_type) in [("Add", PIPELINE_TYPE), ("Modify", "AWS::SNS::Topic")] {
        let setup = Setup {
            is_root: true,
            ..Setup::default()
        };
        let world = World::new_with(&setup, |world| {
            world.cloudformation.edit(STACK, |held| {
                held.change_sets[0].description.changes.push(Change {
                    resource_change: Some(ResourceChange {
                        action: action.to_owned(),
                        logical_resource_id: "Orders".to_owned(),
                        physical_resource_id: Some("changegate-orders".to_owned()),
                        resource_type: resource_type.to_owned(),
                        ..ResourceChange::default()
                    }),
                    ..Change::default()
                });
            });
        });
        world.pipelines.with_run("changegate-orders", "busy");
        world
            .evidence
            .seed(&keys::claim("changegate-orders", "busy"), r#"{"claim":"executing"}"#);
        waits(world.step(None));
        assert_eq!(world.executions(), 1, "{action} {resource_type}");
    }
}

#[test]
fn a_commit_without_a_pull_request_is_executed_where_none_is_demanded() {
    let mut setup = Setup::default();
    setup.gate.author_may_approve = false;
    setup.gate.approvals = 1;
    let world = World::new(&setup);
    world.provenance(COMMIT, Some(OLD_COMMIT), None);
    waits(world.step(None));
    assert_eq!(world.executions(), 1);
}
