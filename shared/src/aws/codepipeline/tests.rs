//! Against answers as CodePipeline gives them.

use std::collections::BTreeMap;

use aws_sdk_codepipeline::config::retry::RetryConfig;
use aws_sdk_codepipeline::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::test_util::StaticReplayClient;
use serde_json::{Value, json};

use super::*;
use crate::aws::recorded::{all_sent, answers};
use crate::domain::job::{FailureKind, JobOutcome};
use crate::flows::ports::{ControlPipelines, PortErrorKind, ReadPipelines, ReportJobs, StartExecution};

const JOB: &str = "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6";

fn codepipeline<'a>(recorded: impl IntoIterator<Item = (u16, &'a str)>) -> (CodePipeline, StaticReplayClient) {
    let replay = answers(recorded);
    let config = aws_sdk_codepipeline::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(replay.clone())
        .build();
    (CodePipeline::from_client(Client::from_conf(config)), replay)
}

fn error(code: &str) -> String {
    json!({"__type": code, "message": format!("{code} was thrown")}).to_string()
}

fn sent(replay: &StaticReplayClient) -> Value {
    serde_json::from_str(&all_sent(replay).remove(0)).unwrap()
}

#[tokio::test]
async fn a_success_carries_variables_and_a_continuation_does_not() {
    let (pipelines, replay) = codepipeline([(200, "{}")]);
    let outcome = JobOutcome::Succeeded {
        variables: BTreeMap::from([("Outcome".to_owned(), "changes".to_owned())]),
        summary: "planned".to_owned(),
        external_execution_id: Some("arn:set".to_owned()),
    };
    pipelines.report(JOB, &outcome).await.unwrap();
    let body = sent(&replay);
    assert_eq!(body["outputVariables"]["Outcome"], "changes");
    assert_eq!(body["executionDetails"]["externalExecutionId"], "arn:set");
    assert_eq!(body.get("continuationToken"), None);

    let (pipelines, replay) = codepipeline([(200, "{}")]);
    let outcome = JobOutcome::Continue {
        token: "1:0:made".to_owned(),
        summary: "waits".to_owned(),
        percent: Some(30),
    };
    pipelines.report(JOB, &outcome).await.unwrap();
    let body = sent(&replay);
    assert_eq!(body["continuationToken"], "1:0:made");
    assert_eq!(body["executionDetails"]["percentComplete"], 30);
    assert_eq!(body.get("outputVariables"), None);
}

#[tokio::test]
async fn a_failure_carries_its_type_and_words() {
    for (kind, expected) in [
        (FailureKind::JobFailed, "JobFailed"),
        (FailureKind::Configuration, "ConfigurationError"),
        (FailureKind::Permission, "PermissionError"),
        (FailureKind::RevisionOutOfSync, "RevisionOutOfSync"),
        (FailureKind::Unavailable, "SystemUnavailable"),
    ] {
        let (pipelines, replay) = codepipeline([(200, "{}")]);
        let outcome = JobOutcome::Failed {
            kind,
            message: "no".to_owned(),
            external_execution_id: None,
        };
        pipelines.report(JOB, &outcome).await.unwrap();
        assert_eq!(
            sent(&replay)["failureDetails"],
            json!({"type": expected, "message": "no"})
        );
    }
}

#[tokio::test]
async fn a_closed_and_an_unknown_job_are_told_apart_and_never_named() {
    let outcome = JobOutcome::Failed {
        kind: FailureKind::JobFailed,
        message: "no".to_owned(),
        external_execution_id: None,
    };
    for (code, kind) in [
        ("InvalidJobStateException", PortErrorKind::Conflict),
        ("JobNotFoundException", PortErrorKind::NotFound),
        ("ValidationException", PortErrorKind::Refused),
        ("ThrottlingException", PortErrorKind::Throttled),
    ] {
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        let error = pipelines.report(JOB, &outcome).await.unwrap_err();
        assert_eq!(error.kind, kind);
        assert!(!error.to_string().contains(JOB), "{error}");
    }
}

#[tokio::test]
async fn the_history_of_a_run_is_read_over_all_pages() {
    let action = |name: &str| {
        json!({
            "actionExecutionId": name, "actionName": name, "stageName": "Apply", "status": "Succeeded",
            "startTime": 1_795_000_000.5, "updatedBy": "arn:aws:iam::111122223333:user/alice",
            "input": {
                "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
                "resolvedConfiguration": {"CustomData": "read this"}
            },
            "output": {
                "outputVariables": {"VersionId": "v1"},
                "executionResult": {"externalExecutionSummary": "fine", "externalExecutionId": ""}
            }
        })
    };
    let first = json!({"actionExecutionDetails": [action("A")], "nextToken": "more"}).to_string();
    let second = json!({"actionExecutionDetails": [action("B")]}).to_string();
    let (pipelines, replay) = codepipeline([(200, first.as_str()), (200, second.as_str())]);
    let actions = pipelines.action_executions("changegate-network", "run").await.unwrap();
    assert_eq!(actions.len(), 2);
    let action = &actions[0];
    assert_eq!(
        (action.category.as_str(), action.status.as_str()),
        ("Approval", "Succeeded")
    );
    assert_eq!(
        action.updated_by.as_deref(),
        Some("arn:aws:iam::111122223333:user/alice")
    );
    assert_eq!(action.resolved_configuration["CustomData"], "read this");
    assert_eq!(action.output_variables["VersionId"], "v1");
    assert_eq!(action.summary.as_deref(), Some("fine"));
    assert_eq!(action.external_execution_id, None);
    assert!(action.started.as_deref().unwrap().ends_with('Z'));
    assert_eq!(sent(&replay)["filter"]["pipelineExecutionId"], "run");
}

#[tokio::test]
async fn runs_and_pipelines_that_do_not_exist_are_absent_and_a_throttle_is_not() {
    for code in ["PipelineNotFoundException", "PipelineExecutionNotFoundException"] {
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        assert_eq!(pipelines.pipeline_execution("p", "run").await.unwrap(), None);
    }
    let (pipelines, _) = codepipeline([(400, error("PipelineNotFoundException").as_str())]);
    assert!(pipelines.pipeline_executions("p", 1).await.unwrap().is_empty());
    let (pipelines, _) = codepipeline([(400, error("PipelineNotFoundException").as_str())]);
    assert!(
        pipelines
            .action_executions("p", "run")
            .await
            .unwrap_err()
            .is_not_found()
    );
    let (pipelines, _) = codepipeline([(400, error("ThrottlingException").as_str())]);
    assert!(
        pipelines
            .pipeline_execution("p", "run")
            .await
            .unwrap_err()
            .is_transient()
    );
}

#[tokio::test]
async fn the_latest_runs_tell_their_trigger_and_sources() {
    let body = json!({"pipelineExecutionSummaries": [{
        "pipelineExecutionId": "run", "status": "Stopped", "startTime": 1_795_000_000,
        "trigger": {"triggerType": "CreatePipeline", "triggerDetail": "arn:aws:iam::1:user/a"},
        "sourceRevisions": [{"actionName": "Template", "revisionId": "v1"}],
        "stopTrigger": {"reason": "superseded by run x"}
    }]});
    let (pipelines, _) = codepipeline([(200, body.to_string().as_str())]);
    let runs = pipelines.pipeline_executions("p", 10).await.unwrap();
    assert_eq!(runs[0].trigger_type.as_deref(), Some("CreatePipeline"));
    assert_eq!(runs[0].source_revisions["Template"], "v1");
    assert_eq!(runs[0].stop_reason.as_deref(), Some("superseded by run x"));
}

#[tokio::test]
async fn a_start_pins_its_sources() {
    let (pipelines, replay) = codepipeline([(200, r#"{"pipelineExecutionId": "run"}"#)]);
    let start = StartExecution {
        pipeline: "changegate-network".to_owned(),
        source_versions: BTreeMap::from([("Template".to_owned(), "v1".to_owned())]),
        variables: BTreeMap::from([("Commit".to_owned(), "c0ffee".to_owned())]),
        token: "t-1".to_owned(),
    };
    assert_eq!(pipelines.start(start).await.unwrap(), "run");
    assert_eq!(
        sent(&replay),
        json!({
            "name": "changegate-network", "clientRequestToken": "t-1",
            "sourceRevisions": [{"actionName": "Template", "revisionType": "S3_OBJECT_VERSION_ID", "revisionValue": "v1"}],
            "variables": [{"name": "Commit", "value": "c0ffee"}]
        })
    );
}

#[tokio::test]
async fn a_stop_abandons_and_a_run_that_ended_is_a_conflict() {
    let (pipelines, replay) = codepipeline([(200, r#"{"pipelineExecutionId": "run"}"#)]);
    pipelines.stop("p", "run", &"x".repeat(300)).await.unwrap();
    let body = sent(&replay);
    assert_eq!(body["abandon"], true);
    assert_eq!(body["reason"].as_str().unwrap().len(), 200);
    let (pipelines, _) = codepipeline([(400, error("PipelineExecutionNotStoppableException").as_str())]);
    let error = pipelines.stop("p", "run", "x").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
}

#[tokio::test]
async fn a_stage_is_retried_with_its_failed_actions() {
    let (pipelines, replay) = codepipeline([(200, "{}")]);
    pipelines.retry_failed_actions("p", "Apply", "run").await.unwrap();
    assert_eq!(sent(&replay)["retryMode"], "FAILED_ACTIONS");
}

#[tokio::test]
async fn a_pipeline_that_is_busy_asks_to_be_called_later() {
    let start = || StartExecution {
        pipeline: "p".to_owned(),
        source_versions: BTreeMap::new(),
        variables: BTreeMap::new(),
        token: "t-1".to_owned(),
    };
    for code in [
        "ConflictException",
        "ConcurrentPipelineExecutionsLimitExceededException",
        "ConcurrentModificationException",
    ] {
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        assert!(pipelines.start(start()).await.unwrap_err().is_transient(), "{code}");
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        assert!(
            pipelines.stop("p", "run", "x").await.unwrap_err().is_transient(),
            "{code}"
        );
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        let retried = pipelines.retry_failed_actions("p", "Apply", "run").await;
        assert!(retried.unwrap_err().is_transient(), "{code}");
    }
    for code in ["StageNotRetryableException", "NotLatestPipelineExecutionException"] {
        let (pipelines, _) = codepipeline([(400, error(code).as_str())]);
        let refused = pipelines.retry_failed_actions("p", "Apply", "run").await.unwrap_err();
        assert_eq!(refused.kind, PortErrorKind::Conflict, "{code}");
    }
}
