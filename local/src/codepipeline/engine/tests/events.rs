use serde_json::json;

use super::bench::{Bench, changegate, lambda, two_stages};
use crate::codepipeline::engine::control::{RetryMode, Start};

#[test]
fn every_change_of_state_is_an_event_in_its_order() {
    let mut bench = Bench::idle(&two_stages(&[lambda("Go", 1, "x")]));
    bench.start();
    bench.fetch_all();
    let job = bench.take("Go").job;
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(
        bench.event_words(),
        [
            "Pipeline STARTED",
            "Stage Source STARTED",
            "Action Template STARTED",
            "Action Template SUCCEEDED",
            "Stage Source SUCCEEDED",
            "Stage Work STARTED",
            "Action Go STARTED",
            "Action Go SUCCEEDED",
            "Stage Work SUCCEEDED",
            "Pipeline SUCCEEDED",
        ]
    );
}

#[test]
fn failing_stopping_retrying_superseding_and_cancelling_are_events() {
    let mut bench = Bench::idle(&changegate());
    let first = bench.start();
    bench.plan("changes");
    bench.start();
    bench.plan("changes");
    bench.events.clear();
    bench.start();
    bench.plan("changes");
    assert!(bench.event_words().contains(&"Pipeline SUPERSEDED".to_owned()));

    bench.events.clear();
    bench.stop(&first, true).unwrap();
    let words = bench.event_words();
    assert_eq!(
        words[..5],
        [
            "Pipeline STOPPING",
            "Stage Apply STOPPING",
            "Action DescribeChangeSet ABANDONED",
            "Stage Apply STOPPED",
            "Pipeline STOPPED"
        ]
    );

    bench.events.clear();
    // The first is the job of the run that was stopped.
    let third = bench.run(3).id.clone();
    bench.take("DescribeChangeSet");
    let job = bench.take("DescribeChangeSet").job;
    bench.fail(&job);
    assert_eq!(
        bench.event_words(),
        [
            "Action DescribeChangeSet FAILED",
            "Stage Apply FAILED",
            "Pipeline FAILED"
        ]
    );

    bench.events.clear();
    bench.retry("Apply", &third, RetryMode::FailedActions).unwrap();
    assert_eq!(
        bench.event_words(),
        [
            "Pipeline RESUMED",
            "Stage Apply RESUMED",
            "Action DescribeChangeSet STARTED"
        ]
    );
    assert_eq!(bench.events[0].detail["pipeline-execution-attempt"], 2);

    bench.events.clear();
    let job = bench.take("DescribeChangeSet").job;
    let mut changed = changegate();
    changed["variables"][0]["defaultValue"] = "other".into();
    bench.update(&changed);
    bench.succeed(&job, &[("Digest", "x")]).unwrap();
    assert_eq!(
        bench.event_words(),
        [
            "Action DescribeChangeSet SUCCEEDED",
            "Stage Apply CANCELED",
            "Pipeline CANCELED"
        ]
    );
}

#[test]
fn the_details_have_the_documented_fields() {
    let mut bench = Bench::idle(&two_stages(&[lambda("Go", 1, "x")]));
    let by = Some("arn:aws:iam::000000000000:user/bob".to_owned());
    let run = bench.start_with(Start { by, ..Start::default() }).unwrap();
    let started = &bench.events[0];
    assert_eq!(started.detail_type, "CodePipeline Pipeline Execution State Change");
    assert_eq!(
        started.resource,
        "arn:aws:codepipeline:eu-west-1:000000000000:changegate-network"
    );
    assert_eq!(
        started.detail,
        json!({
            "pipeline": "changegate-network",
            "execution-id": run,
            "state": "STARTED",
            "version": 1,
            "pipeline-execution-attempt": 1,
            "execution-trigger": {
                "trigger-type": "StartPipelineExecution",
                "trigger-detail": "arn:aws:iam::000000000000:user/bob",
            },
        })
    );
    bench.fetch_all();
    let job = bench.take("Go").job;
    bench.fail(&job);
    let failed = bench
        .events
        .iter()
        .find(|change| change.detail["state"] == "FAILED")
        .unwrap();
    assert_eq!(failed.detail_type, "CodePipeline Action Execution State Change");
    assert_eq!(
        failed.detail["type"],
        json!({ "owner": "AWS", "provider": "Lambda", "category": "Invoke", "version": "1" })
    );
    assert_eq!(
        failed.detail["execution-result"],
        json!({ "external-execution-summary": "it broke", "error-code": "JobFailed" })
    );
    assert_eq!(
        (failed.detail["stage"].as_str(), failed.detail["region"].as_str()),
        (Some("Work"), Some("eu-west-1"))
    );
}

#[test]
fn a_stop_carries_its_words() {
    let mut bench = Bench::idle(&two_stages(&[lambda("Go", 1, "x")]));
    let run = bench.start();
    bench.events.clear();
    bench.stop(&run, true).unwrap();
    assert_eq!(bench.events[0].detail["stop-execution-comments"], "because");
}
