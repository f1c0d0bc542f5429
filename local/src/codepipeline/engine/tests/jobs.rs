use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::bench::{Bench, changegate, lambda, two_stages};
use crate::codepipeline::engine::effects::Failure;
use crate::codepipeline::engine::jobs::Report;

fn working() -> (Bench, String, String) {
    let mut bench = Bench::idle(&two_stages(&[lambda("Go", 1, "x")]));
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("Go").job;
    (bench, run, job)
}

fn again(token: &str) -> Report {
    Report {
        continuation: Some(token.into()),
        summary: Some("waiting".into()),
        percent: Some(40),
        ..Report::default()
    }
}

#[test]
fn a_job_event_has_the_documented_shape_and_neither_pipeline_nor_run() {
    let mut bench = Bench::idle(&changegate());
    bench.start();
    bench.fetch_all();
    let invocation = bench.take("CreateChangeSet");
    let job = &invocation.event["CodePipeline.job"];
    assert_eq!(
        (job["id"].as_str(), job["accountId"].as_str()),
        (Some(invocation.job.as_str()), Some("000000000000"))
    );
    let data = &job["data"];
    assert_eq!(
        data["actionConfiguration"]["configuration"]["FunctionName"],
        "fn-CreateChangeSet"
    );
    let input = &data["inputArtifacts"][0];
    assert_eq!(
        (input["name"].as_str(), input["revision"].as_str()),
        (Some("Template"), Some("newest"))
    );
    assert_eq!(
        (
            input["location"]["type"].as_str(),
            input["location"]["s3Location"]["bucketName"].as_str()
        ),
        (Some("S3"), Some("artifacts"))
    );
    let output = &data["outputArtifacts"][0];
    assert_eq!(
        (output["name"].as_str(), output["revision"].is_null()),
        (Some("PlannedChange"), true)
    );
    assert!(
        output["location"]["s3Location"]["objectKey"]
            .as_str()
            .unwrap()
            .starts_with("changegate-network/PlannedCha/")
    );
    assert!(
        data.get("continuationToken").is_none()
            && data.get("pipelineContext").is_none()
            && data.get("actionTypeId").is_none()
    );
}

#[test]
fn an_encryption_key_of_the_store_is_in_the_event() {
    let mut declaration = two_stages(&[lambda("Go", 1, "x")]);
    declaration["artifactStore"]["encryptionKey"] = json!({ "id": "alias/a", "type": "KMS" });
    let mut bench = Bench::idle(&declaration);
    bench.start();
    bench.fetch_all();
    let event = bench.take("Go").event;
    assert_eq!(
        event["CodePipeline.job"]["data"]["encryptionKey"],
        json!({ "id": "alias/a", "type": "KMS" })
    );
}

#[test]
fn success_ends_the_action_with_its_variables() {
    let (mut bench, run, job) = working();
    let report = Report {
        variables: BTreeMap::from([("K".into(), "V".into())]),
        summary: Some("done".into()),
        external_id: Some("arn:x".into()),
        ..Report::default()
    };
    bench.report(&job, report).unwrap();
    let action = bench.action(&run, "Go");
    assert_eq!(
        (action.status.word(), action.variables["K"].as_str()),
        ("Succeeded", "V")
    );
    assert_eq!(
        (action.summary.as_deref(), action.external_id.as_deref()),
        (Some("done"), Some("arn:x"))
    );
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
}

#[test]
fn a_continuation_is_a_new_job_with_the_token_after_the_interval() {
    let (mut bench, run, job) = working();
    bench.report(&job, again("step 2")).unwrap();
    assert!(bench.invocations().is_empty(), "the interval has not passed");
    let action = bench.action(&run, "Go");
    assert_eq!(
        (action.status.word(), action.percent, action.summary.as_deref()),
        ("InProgress", Some(40), Some("waiting"))
    );

    bench.wait(Duration::from_millis(500));
    let next = bench.take("Go");
    assert_ne!(next.job, job);
    assert_eq!(next.event["CodePipeline.job"]["data"]["continuationToken"], "step 2");
    bench.succeed(&next.job, &[]).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
}

#[test]
fn a_continued_job_writes_to_the_same_output_artifact() {
    let mut bench = Bench::idle(&changegate());
    bench.start();
    bench.fetch_all();
    let first = bench.take("CreateChangeSet");
    bench.report(&first.job, again("t")).unwrap();
    bench.wait(Duration::from_secs(1));
    let second = bench.take("CreateChangeSet");
    let outputs = |event: &serde_json::Value| event["CodePipeline.job"]["data"]["outputArtifacts"].clone();
    assert_eq!(outputs(&first.event), outputs(&second.event));
}

#[test]
fn output_variables_are_refused_beside_a_continuation_token() {
    let (mut bench, run, job) = working();
    let report = Report {
        variables: BTreeMap::from([("K".into(), "V".into())]),
        ..again("t")
    };
    assert_eq!(bench.report(&job, report).unwrap_err().code, "ValidationException");
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(
        bench.by_id(&run).status.word(),
        "Succeeded",
        "the refused report changed nothing"
    );
}

#[test]
fn output_variables_over_the_limit_are_refused() {
    let (mut bench, _, job) = working();
    let most = "x".repeat(122_880 - 1);
    assert_eq!(
        bench.succeed(&job, &[("KK", &most)]).unwrap_err().code,
        "OutputVariablesSizeExceededException"
    );
    bench.succeed(&job, &[("K", &most)]).unwrap();
}

#[test]
fn a_job_takes_one_answer() {
    let (mut bench, _, job) = working();
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(bench.succeed(&job, &[]).unwrap_err().code, "InvalidJobStateException");
    let late = bench.engine.job_failed(&job, &Failure::new("JobFailed", "x"), None);
    assert_eq!(late.unwrap_err().code, "InvalidJobStateException");
}

#[test]
fn an_unknown_job_is_not_found() {
    let (mut bench, _, _) = working();
    let unknown = "00000000-0000-4000-8000-999999999999";
    assert_eq!(bench.succeed(unknown, &[]).unwrap_err().code, "JobNotFoundException");
}

#[test]
fn failure_fails_the_action_with_its_type_and_words() {
    let (mut bench, run, job) = working();
    let failure = Failure::new("PermissionError", "may not");
    bench.engine.job_failed(&job, &failure, Some("arn:x".into())).unwrap();
    let action = bench.action(&run, "Go");
    assert_eq!(action.error, Some(("PermissionError".into(), "may not".into())));
    assert_eq!(action.external_id.as_deref(), Some("arn:x"));
    assert_eq!(bench.by_id(&run).status.word(), "Failed");
}

#[test]
fn a_job_that_never_answers_fails_its_action_after_twenty_minutes() {
    let (mut bench, run, job) = working();
    bench.wait(Duration::from_secs(20 * 60 - 1));
    assert_eq!(bench.action(&run, "Go").status.word(), "InProgress");
    bench.wait(Duration::from_secs(1));
    let action = bench.action(&run, "Go");
    assert_eq!(action.status.word(), "Failed");
    assert!(action.error.as_ref().unwrap().1.contains("did not report a result"));
    assert_eq!(bench.succeed(&job, &[]).unwrap_err().code, "InvalidJobStateException");
}

#[test]
fn each_continuation_restarts_the_twenty_minutes() {
    let (mut bench, run, mut job) = working();
    for _ in 0..5 {
        bench.wait(Duration::from_mins(19));
        bench.report(&job, again("t")).unwrap();
        bench.wait(Duration::from_secs(1));
        job = bench.take("Go").job;
    }
    assert_eq!(bench.action(&run, "Go").status.word(), "InProgress");
}

#[test]
fn an_invoke_action_that_continues_for_a_day_fails() {
    let (mut bench, run, mut job) = working();
    for _ in 0..(24 * 4) {
        if bench.action(&run, "Go").status.word() != "InProgress" {
            break;
        }
        bench.report(&job, again("t")).unwrap();
        bench.wait(Duration::from_mins(15));
        if let Some(next) = bench.invocations().first().map(|next| next.job.clone()) {
            job = next;
            bench.open.clear();
        }
    }
    let error = bench.action(&run, "Go").error.clone().unwrap();
    assert!(error.1.contains("did not succeed within 86400s"), "{}", error.1);
    assert_eq!(bench.by_id(&run).status.word(), "Failed");
}

#[test]
fn a_job_that_cannot_be_delivered_fails_its_action() {
    let (mut bench, run, job) = working();
    bench
        .engine
        .delivered(&job, Err(Failure::new("PermissionError", "no lambda:InvokeFunction")));
    assert_eq!(bench.action(&run, "Go").error.as_ref().unwrap().0, "PermissionError");
}

#[test]
fn a_job_is_delivered_twice_on_demand() {
    let mut bench = Bench::idle(&two_stages(&[lambda("Go", 1, "x")]));
    bench.engine.world.duplicates = 1;
    bench.start();
    bench.fetch_all();
    assert_eq!(bench.take("Go").deliveries, 2);
    bench.start();
    bench.fetch_all();
    assert_eq!(bench.engine.world.duplicates, 0);
}

#[test]
fn actions_of_one_run_order_run_side_by_side_and_the_next_order_waits_for_all() {
    let actions = [lambda("A", 1, "x"), lambda("B", 1, "x"), lambda("C", 2, "x")];
    let mut bench = Bench::idle(&two_stages(&actions));
    let run = bench.start();
    bench.fetch_all();
    let (a, b) = (bench.take("A").job, bench.take("B").job);
    bench.succeed(&b, &[]).unwrap();
    assert!(bench.invocations().is_empty());
    bench.succeed(&a, &[]).unwrap();
    let c = bench.take("C").job;
    bench.succeed(&c, &[]).unwrap();
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
}

#[test]
fn when_one_of_two_parallel_actions_fails_the_other_continues_its_work() {
    let mut bench = Bench::idle(&two_stages(&[
        lambda("A", 1, "x"),
        lambda("B", 1, "x"),
        lambda("C", 2, "x"),
    ]));
    let run = bench.start();
    bench.fetch_all();
    let (a, b) = (bench.take("A").job, bench.take("B").job);
    bench.fail(&a);
    assert_eq!(bench.stage_word(&run, "Work"), "InProgress");
    bench.succeed(&b, &[]).unwrap();
    assert_eq!(bench.stage_word(&run, "Work"), "Failed");
    assert!(bench.invocations().is_empty(), "the next run order does not start");
}
