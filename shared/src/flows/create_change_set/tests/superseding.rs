//! A newer run and an older one on the same stack.

use super::world::{PIPELINE, RUN, STACK, World, template, variables};
use crate::domain::job::JobOutcome;
use crate::domain::keys;

const OLDER: &str = "aaaaaaaa-0000-4000-8000-000000000000";

/// A world in which an older run of the pipeline is under way.
fn world() -> World {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_COMPLETE", &template("old"));
    let newer = world.pipelines.take_runs(PIPELINE);
    world.pipelines.with_run(PIPELINE, OLDER);
    world.pipelines.put_runs(PIPELINE, newer);
    world
}

#[test]
fn an_older_run_that_only_waits_is_claimed_and_stopped() {
    let world = world();
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
    assert_eq!(world.pipelines.status(PIPELINE, OLDER), "Stopped");
    let claim = world.evidence.text(&keys::claim(PIPELINE, OLDER)).unwrap();
    assert_eq!(claim, format!(r#"{{"claim":"superseded","by":"{RUN}"}}"#));
    let log = world.wire.log();
    let claimed = log.find("s3:PutObject runs/").unwrap();
    assert!(
        claimed < log.find("codepipeline:StopPipelineExecution").unwrap(),
        "{log}"
    );
    world.deliver().unwrap();
    assert_eq!(world.wire.count_of("codepipeline:StopPipelineExecution"), 1);
}

#[test]
fn an_older_run_that_executes_is_waited_for() {
    let world = world();
    let claim = keys::claim(PIPELINE, OLDER);
    world.evidence.seed(&claim, r#"{"claim":"executing"}"#);
    let JobOutcome::Continue { token, summary, .. } = world.deliver().unwrap() else {
        panic!("it waits");
    };
    assert!(summary.contains(OLDER) && summary.contains("executes"), "{summary}");
    assert_eq!(world.wire.count_of("codepipeline:StopPipelineExecution"), 0);
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
    world.continue_with(&token);
    world
        .pipelines
        .edit_run(PIPELINE, OLDER, |run| run.execution.status = "Succeeded".to_owned());
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}

#[test]
fn a_claim_whose_stop_was_lost_is_followed_by_the_stop() {
    let world = world();
    let claim = keys::claim(PIPELINE, OLDER);
    world
        .evidence
        .seed(&claim, format!(r#"{{"claim":"superseded","by":"{RUN}"}}"#));
    world.deliver().unwrap();
    assert_eq!(world.pipelines.status(PIPELINE, OLDER), "Stopped");
}

#[test]
fn a_superseded_run_never_plans_again() {
    let world = world();
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"superseded","by":"newest"}"#);
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("superseded by run newest"), "{error}");
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
}

#[test]
fn leftovers_of_this_pipeline_go_and_nobody_elses() {
    let world = world();
    let foreign = ["release-7", "cg-7654321-bbbbbbbb-0000-4000-8000-000000000000"];
    let old = format!("cg-7654321-{OLDER}");
    world
        .pipelines
        .edit_run(PIPELINE, OLDER, |run| run.execution.status = "Failed".to_owned());
    world.cloudformation.edit(STACK, |held| {
        for name in foreign.into_iter().chain([old.as_str()]) {
            held.change_sets.push(crate::flows::fakes::FakeChangeSet {
                description: crate::domain::change_set::description::ChangeSetDescription {
                    change_set_name: name.to_owned(),
                    change_set_id: format!("arn:{name}"),
                    status: "CREATE_COMPLETE".to_owned(),
                    execution_status: "AVAILABLE".to_owned(),
                    ..Default::default()
                },
                ..Default::default()
            });
        }
    });
    world.deliver().unwrap();
    let held = world.cloudformation.look(STACK).unwrap();
    let names: Vec<_> = held
        .change_sets
        .iter()
        .map(|set| set.description.change_set_name.as_str())
        .collect();
    assert_eq!(names[..2], foreign);
    assert!(!names.contains(&old.as_str()), "{names:?}");
}

#[test]
fn a_run_that_the_list_of_runs_does_not_show_yet_is_not_planned() {
    let world = world();
    let runs = world.pipelines.take_runs(PIPELINE);
    world.pipelines.put_runs(PIPELINE, runs.clone());
    let hundred: Vec<_> = (0..100)
        .map(|number| {
            let mut run = crate::flows::fakes::FakeRun::default();
            run.execution.id = format!("newer-{number}");
            run.execution.status = "Succeeded".to_owned();
            run
        })
        .collect();
    world.pipelines.put_runs(PIPELINE, hundred);
    let error = world.deliver().unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("do not show run"),
        "{error}"
    );
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
    world.pipelines.take_runs(PIPELINE);
    world.pipelines.put_runs(PIPELINE, runs);
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}
