//! What an end leaves to be started.

use super::world::{PIPELINE, RUN, World};
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::outcome::End;

/// A note that the pipeline `changegate-app` waits for the export `vpc-id`.
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
}

#[test]
fn what_an_update_of_the_pipelines_cancelled_is_started_again_once() {
    let world = World::reviewed();
    world.announce("CANCELED");
    assert_eq!(world.outcome().end, End::Cancelled);
    let started = world.pipelines.started();
    assert_eq!(started.len(), 1);
    assert_eq!(started[0].pipeline, PIPELINE);
    assert!(started[0].source_versions.is_empty(), "the current sources count");
    assert_eq!(world.change_sets(), 0);
}

#[test]
fn a_cancelled_run_that_a_newer_one_follows_is_not_started_again() {
    let world = World::reviewed();
    world.pipelines.with_run(PIPELINE, "newer");
    world.announce("CANCELED");
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn a_run_that_waits_for_an_export_is_started_when_it_exists() {
    let world = World::executed();
    with_waiting(&world);
    world.announce("SUCCEEDED");
    assert!(world.pipelines.started().is_empty());
    assert!(world.evidence.text(&keys::waiting("changegate-app")).is_some());

    world.cloudformation.with_export("vpc-id", "network");
    world.announce_rest("UPDATE_COMPLETE");
    let started = world.pipelines.started();
    assert_eq!((started.len(), started[0].pipeline.as_str()), (1, "changegate-app"));
    assert!(world.evidence.text(&keys::waiting("changegate-app")).is_none());
}

#[test]
fn an_export_that_came_while_the_run_ended_is_not_missed() {
    let world = World::planned("blocked");
    world.evidence.seed(
        &keys::waiting(PIPELINE),
        format!(
            r#"{{"version": 1, "pipeline": "{PIPELINE}", "execution": "{RUN}", "stack": "network",
            "commit": "0123456", "export": "vpc-id"}}"#
        ),
    );
    world.cloudformation.with_export("vpc-id", "base");
    world.announce("SUCCEEDED");
    assert_eq!(world.pipelines.started().len(), 1);
}

#[test]
fn a_note_that_a_newer_run_made_moot_is_forgotten() {
    let world = World::executed();
    with_waiting(&world);
    world.cloudformation.with_export("vpc-id", "network");
    world.pipelines.with_run("changegate-app", "newer");
    world.announce("SUCCEEDED");
    assert!(world.pipelines.started().is_empty());
    assert!(world.evidence.text(&keys::waiting("changegate-app")).is_none());
}

#[test]
fn a_pipeline_that_was_removed_is_not_waited_for() {
    let world = World::executed();
    with_waiting(&world);
    world.pipelines.take_runs("changegate-app");
    world.announce("SUCCEEDED");
    assert!(world.evidence.text(&keys::waiting("changegate-app")).is_none());
}

/// A run of the root pipeline that was executed, and whose review, at its second attempt, says these differences.
fn executed_root(differences: &str) -> World {
    const ROOT: &str = "changegate-root";
    let world = World::executed();
    world.pipelines.with_run(ROOT, "root-run");
    world.pipelines.edit_run(ROOT, "root-run", |run| {
        run.execution.status = "Succeeded".to_owned();
    });
    let executed = ActionExecution {
        stage: "Apply".to_owned(),
        action: "ExecuteChangeSet".to_owned(),
        category: "Invoke".to_owned(),
        status: "Succeeded".to_owned(),
        output_variables: [("Result".to_owned(), "executed".to_owned())].into(),
        ..ActionExecution::default()
    };
    world.pipelines.with_action(ROOT, "root-run", executed);
    let outdated = r#"{"gates": [{"stack": "outdated", "field": "stack_policy", "isWeakened": true}]}"#;
    world
        .evidence
        .seed(&keys::review(ROOT, "root-run", 1, "review.json"), outdated);
    let gates = format!(r#"{{"version": 1, "gates": {differences}}}"#);
    world
        .evidence
        .seed(&keys::review(ROOT, "root-run", 2, "review.json"), gates);
    for _ in 0..2 {
        let announced = world.try_announce_of(ROOT, "root-run", "SUCCEEDED");
        announced.expect("the process lives on").unwrap();
    }
    world
}

#[test]
fn a_changed_stack_policy_starts_its_pipeline_and_no_other_gate_does() {
    let world = executed_root(
        r#"[
            {"stack": "network", "field": "stack_policy", "before": "none", "after": "set (0123456789ab)",
             "isWeakened": false},
            {"stack": "data", "field": "approvals", "before": "2", "after": "1", "isWeakened": true},
            {"stack": "new", "field": "pipeline", "after": "production-new, by new", "isWeakened": false},
            {"stack": "new", "field": "stack_policy", "before": "none", "after": "set (0123456789ab)",
             "isWeakened": false}
        ]"#,
    );
    let started = world.pipelines.started();
    let pipelines: Vec<&str> = started.iter().map(|start| start.pipeline.as_str()).collect();
    assert_eq!(
        pipelines,
        ["changegate-network"],
        "once, although it was announced twice"
    );
}

#[test]
fn a_run_of_the_root_pipeline_that_changes_no_policy_starts_nothing() {
    assert!(executed_root("[]").pipelines.started().is_empty());
}
