use std::time::Duration;

use super::bench::{Bench, changegate, lambda, two_stages};
use crate::codepipeline::engine::control::{RetryMode, Start};
use crate::codepipeline::engine::jobs::Report;

fn with_token(token: &str) -> Start {
    Start {
        token: Some(token.into()),
        by: Some("arn:aws:iam::000000000000:user/bob".into()),
        ..Start::default()
    }
}

#[test]
fn a_request_token_that_was_used_gives_the_run_that_it_started() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start_with(with_token("a-1")).unwrap();
    bench.wait(Duration::from_hours(30));
    assert_eq!(bench.start_with(with_token("a-1")).unwrap(), first);
    assert_ne!(bench.start_with(with_token("a-2")).unwrap(), first);
    assert_eq!(
        bench.by_id(&first).trigger.detail.as_deref(),
        Some("arn:aws:iam::000000000000:user/bob")
    );
}

#[test]
fn a_pipeline_that_does_not_exist_cannot_be_started() {
    let mut bench = Bench::idle(&changegate());
    let refused = bench.engine.start("other", Start::default()).unwrap_err();
    assert_eq!(refused.code, "PipelineNotFoundException");
    assert_eq!(
        refused.message,
        "Account '000000000000' does not have a pipeline with name 'other'"
    );
}

#[test]
fn stop_and_wait_lets_running_actions_finish_and_starts_no_other() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x"), lambda("B", 2, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.stop(&run, false).unwrap();
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.stage_word(&run, "Work")),
        ("Stopping", "Stopping")
    );
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.stage_word(&run, "Work")),
        ("Stopped", "Stopped")
    );
    assert_eq!(bench.action(&run, "A").status.word(), "Succeeded");
    assert!(bench.invocations().is_empty());
}

#[test]
fn stop_and_wait_still_continues_an_action_that_asks_for_it() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.stop(&run, false).unwrap();
    bench
        .report(
            &job,
            Report {
                continuation: Some("t".into()),
                ..Report::default()
            },
        )
        .unwrap();
    bench.wait(Duration::from_secs(1));
    let job = bench.take("A").job;
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Stopped");
}

#[test]
fn stop_and_wait_waits_for_an_open_approval() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    bench.describe();
    bench.stop(&run, false).unwrap();
    bench.wait(Duration::from_hours(24));
    assert_eq!(bench.by_id(&run).status.word(), "Stopping");
    bench.approve(&run, "Approve1");
    assert_eq!(bench.by_id(&run).status.word(), "Stopped");
}

#[test]
fn stop_and_abandon_ends_the_run_and_closes_its_jobs() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.stop(&run, true).unwrap();
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.action(&run, "A").status.word()),
        ("Stopped", "Abandoned")
    );
    assert_eq!(bench.by_id(&run).stop_reason.as_deref(), Some("because"));
    assert_eq!(bench.succeed(&job, &[]).unwrap_err().code, "InvalidJobStateException");
}

#[test]
fn an_abandoned_action_is_not_continued() {
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
    bench.stop(&run, true).unwrap();
    bench.wait(Duration::from_hours(48));
    assert!(bench.invocations().is_empty());
}

#[test]
fn a_stop_is_asked_for_once_but_may_turn_from_waiting_to_abandoning() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    bench.stop(&run, false).unwrap();
    assert_eq!(
        bench.stop(&run, false).unwrap_err().code,
        "DuplicatedStopRequestException"
    );
    bench.stop(&run, true).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Stopped");
    assert_eq!(
        bench.stop(&run, true).unwrap_err().code,
        "PipelineExecutionNotStoppableException"
    );
}

#[test]
fn a_run_that_waits_in_front_of_a_stage_can_be_stopped() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    let second = bench.start();
    bench.plan("changes");
    bench.stop(&second, false).unwrap();
    assert_eq!(bench.by_id(&second).status.word(), "Stopped");
    assert_eq!(bench.slot("Apply").waiting, None);
    assert_eq!(bench.by_id(&first).status.word(), "InProgress");
}

#[test]
fn stopping_unlocks_the_stage() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    let second = bench.start();
    bench.plan("changes");
    bench.stop(&first, true).unwrap();
    assert_eq!(bench.stage_word(&second, "Apply"), "InProgress");
}

#[test]
fn a_stopped_run_can_be_retried_where_it_stopped() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    bench.describe();
    let token = bench.token(&run, "Approve1");
    bench.stop(&run, true).unwrap();
    bench.retry("Apply", &run, RetryMode::FailedActions).unwrap();
    assert_eq!(
        (bench.by_id(&run).status.word(), bench.by_id(&run).attempt),
        ("InProgress", 2)
    );
    assert!(
        bench.invocations().is_empty(),
        "the review was made and is not made again"
    );
    assert_ne!(bench.token(&run, "Approve1"), token);
}

#[test]
fn a_run_stopped_between_actions_goes_on_with_the_next_when_it_is_retried() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x"), lambda("B", 2, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("A").job;
    bench.stop(&run, false).unwrap();
    bench.succeed(&job, &[]).unwrap();
    bench.retry("Work", &run, RetryMode::FailedActions).unwrap();
    let job = bench.take("B").job;
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
}

#[test]
fn retrying_failed_actions_leaves_those_that_succeeded_alone() {
    let mut bench = Bench::idle(&two_stages(&[
        lambda("A", 1, "x"),
        lambda("B", 1, "x"),
        lambda("C", 2, "x"),
    ]));
    let run = bench.start();
    bench.fetch_all();
    let (a, b) = (bench.take("A").job, bench.take("B").job);
    bench.succeed(&a, &[]).unwrap();
    bench.fail(&b);
    bench.retry("Work", &run, RetryMode::FailedActions).unwrap();
    assert_eq!(bench.invocations().len(), 1);
    let b = bench.take("B").job;
    bench.succeed(&b, &[]).unwrap();
    bench.take("C");
    let history: Vec<&str> = bench
        .by_id(&run)
        .actions
        .iter()
        .map(|entry| bench.by_id(&run).action(entry).name.as_str())
        .collect();
    assert_eq!(history, ["Template", "A", "B", "B", "C"]);
}

#[test]
fn retrying_all_actions_runs_the_whole_stage_again() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    bench.describe();
    bench.approve(&run, "Approve1");
    let second = bench.token(&run, "Approve2");
    bench.answer("Apply", "Approve2", &second, false).unwrap();
    bench.retry("Apply", &run, RetryMode::AllActions).unwrap();
    bench.describe();
    bench.approve(&run, "Approve1");
    assert_ne!(
        bench.token(&run, "Approve2"),
        second,
        "both approvals are asked for anew"
    );
}

#[test]
fn a_failed_action_can_be_retried_while_others_of_its_stage_run() {
    let mut bench = Bench::idle(&two_stages(&[lambda("A", 1, "x"), lambda("B", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let (a, b) = (bench.take("A").job, bench.take("B").job);
    bench.fail(&a);
    bench.retry("Work", &run, RetryMode::FailedActions).unwrap();
    let a = bench.take("A").job;
    bench.succeed(&a, &[]).unwrap();
    bench.succeed(&b, &[]).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
}

#[test]
fn only_the_latest_run_of_a_stage_can_be_retried() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    let job = bench.take("DescribeChangeSet").job;
    bench.fail(&job);
    let second = bench.start();
    bench.plan("changes");
    assert_eq!(bench.stage_word(&second, "Apply"), "InProgress");
    let refused = bench.retry("Apply", &first, RetryMode::AllActions).unwrap_err();
    assert_eq!(refused.code, "NotLatestPipelineExecutionException");
}

#[test]
fn a_stage_without_failed_actions_cannot_be_retried() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    let refused = |bench: &mut Bench, stage: &str| bench.retry(stage, &run, RetryMode::FailedActions).unwrap_err().code;
    assert_eq!(refused(&mut bench, "Plan"), "StageNotRetryableException");
    assert_eq!(refused(&mut bench, "Apply"), "StageNotRetryableException");
    assert_eq!(refused(&mut bench, "Nowhere"), "StageNotFoundException");
}
