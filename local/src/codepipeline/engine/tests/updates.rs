use std::time::Duration;

use super::bench::{Bench, NAME, changegate, lambda, two_stages};
use crate::codepipeline::engine::control::RetryMode;
use crate::codepipeline::engine::jobs::Report;

fn changed() -> serde_json::Value {
    let mut declaration = changegate();
    declaration["variables"][0]["defaultValue"] = "other".into();
    declaration
}

#[test]
fn an_update_cancels_a_run_that_waits_for_an_approval() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    bench.describe();
    let token = bench.token(&run, "Approve1");
    bench.update(&changed());
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.stage_word(&run, "Apply")),
        ("Cancelled", "Cancelled")
    );
    assert_eq!(bench.action(&run, "Approve1").status.word(), "Abandoned");
    assert_eq!(
        bench.answer("Apply", "Approve1", &token, true).unwrap_err().code,
        "InvalidApprovalTokenException"
    );
    assert_eq!(bench.engine.pipelines[NAME].runs.len(), 2, "an update starts no run");
}

#[test]
fn an_update_lets_a_running_action_complete_and_then_cancels_the_run() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("CreateChangeSet").job;
    bench.update(&changed());
    assert_eq!(bench.by_id(&run).status.word(), "InProgress");
    bench.succeed(&job, &[("Outcome", "changes")]).unwrap();
    assert_eq!(bench.action(&run, "CreateChangeSet").status.word(), "Succeeded");
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.stage_word(&run, "Plan")),
        ("Cancelled", "Cancelled")
    );
}

#[test]
fn an_update_never_continues_an_action_that_asks_for_it() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.update(&two_stages(&[lambda("A", 1, "y")]));
    bench
        .report(
            &job,
            Report {
                continuation: Some("t".into()),
                ..Report::default()
            },
        )
        .unwrap();
    bench.wait(Duration::from_hours(1));
    assert!(bench.invocations().is_empty());
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.action(&run, "A").status.word()),
        ("Cancelled", "Abandoned")
    );
}

#[test]
fn an_update_cancels_a_run_between_two_jobs_of_an_action() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench
        .report(
            &job,
            Report {
                continuation: Some("t".into()),
                ..Report::default()
            },
        )
        .unwrap();
    bench.update(&two_stages(&[lambda("A", 1, "y")]));
    assert_eq!(bench.by_id(&run).status.word(), "Cancelled");
    bench.wait(Duration::from_hours(1));
    assert!(bench.invocations().is_empty());
}

#[test]
fn an_update_cancels_a_run_that_waits_in_front_of_a_stage() {
    let mut bench = Bench::idle(&changegate());
    bench.start();
    bench.plan("changes");
    let second = bench.start();
    bench.plan("changes");
    bench.update(&changed());
    assert_eq!(bench.by_id(&second).status.word(), "Cancelled");
    let slot = bench.slot("Apply");
    assert_eq!(
        (slot.occupant.is_some(), slot.waiting),
        (true, None),
        "the review of the first still runs"
    );
}

#[test]
fn a_stage_cannot_be_retried_after_the_structure_changed() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    let job = bench.take("DescribeChangeSet").job;
    bench.fail(&job);
    bench.update(&changed());
    let refused = bench.retry("Apply", &run, RetryMode::FailedActions).unwrap_err();
    assert_eq!(refused.code, "StageNotRetryableException");
    assert!(refused.message.contains("structure changed"), "{refused}");
}

#[test]
fn each_update_adds_one_to_the_version_and_later_runs_follow_it() {
    let mut bench = Bench::idle(&changegate());
    bench.update(&changed());
    assert_eq!(bench.engine.pipelines[NAME].version(), 2);
    let run = bench.start();
    assert_eq!(
        (
            bench.by_id(&run).declaration.version,
            bench.by_id(&run).variables["Commit"].as_str()
        ),
        (Some(2), "other")
    );
}

#[test]
fn tags_alone_leave_the_runs_of_a_resource_alone() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    let tags = [("team".to_owned(), "a".to_owned())].into();
    let declaration = super::bench::parsed(&changegate());
    bench.engine.update_resource(declaration, tags, true).unwrap();
    let pipeline = &bench.engine.pipelines[NAME];
    assert_eq!(
        (pipeline.version(), pipeline.tags["team"].as_str(), pipeline.runs.len()),
        (1, "a", 2)
    );
    assert_eq!(bench.by_id(&run).status.word(), "InProgress");
}

#[test]
fn a_resource_that_asks_for_it_is_started_again_by_an_update() {
    let mut bench = Bench::idle(&changegate());
    let declaration = super::bench::parsed(&changed());
    bench.engine.update_resource(declaration, [].into(), true).unwrap();
    assert_eq!(bench.engine.pipelines[NAME].runs.len(), 2);
}

#[test]
fn deleting_a_pipeline_forgets_its_jobs_and_deleting_it_again_is_no_error() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.engine.delete(NAME);
    bench.engine.delete(NAME);
    assert_eq!(bench.succeed(&job, &[]).unwrap_err().code, "JobNotFoundException");
    assert_eq!(
        bench.engine.pipeline(NAME).unwrap_err().code,
        "PipelineNotFoundException"
    );
    bench.wait(Duration::from_hours(48));
}

#[test]
fn a_name_is_taken_once() {
    let mut bench = Bench::idle(&changegate());
    let declaration = super::bench::parsed(&changegate());
    let refused = bench.engine.create(declaration, [].into(), None).unwrap_err();
    assert_eq!(refused.code, "PipelineNameInUseException");
}
