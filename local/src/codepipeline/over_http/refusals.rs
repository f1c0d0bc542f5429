use axum::http::Method;
use serde_json::{Value, json};

use super::stage::{SECRET, Stage, declaration};

async fn refused(stage: &Stage, operation: &str, body: Value) -> (String, String) {
    stage.call(operation, body).await.unwrap_err()
}

#[tokio::test]
async fn only_the_front_is_answered() {
    let stage = Stage::set().await;
    for secret in ["", "guess", "only the front know"] {
        for path in ["/", "/cloudformation"] {
            let (status, answer) = stage.direct(Method::POST, path, secret, json!({})).await;
            assert_eq!(status.as_u16(), 400, "{path}");
            assert!(answer.contains("AccessDeniedException"), "{answer}");
        }
        let (status, _) = stage
            .direct(Method::PUT, "/knobs", secret, json!({ "replyLimit": 1 }))
            .await;
        assert_eq!(status.as_u16(), 403);
    }
}

#[tokio::test]
async fn a_caller_who_may_not_pass_the_role_cannot_declare_a_pipeline() {
    let stage = Stage::set().await;
    stage.deny("iam:PassRole");
    let (code, words) = refused(&stage, "CreatePipeline", json!({ "pipeline": declaration() })).await;
    assert_eq!(code, "AccessDeniedException");
    assert_eq!(
        words,
        "User: arn:aws:iam::000000000000:user/maker is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/pipeline"
    );
}

#[tokio::test]
async fn a_role_that_does_not_trust_codepipeline_cannot_run_a_pipeline() {
    let stage = Stage::set().await;
    stage.deny("sts:AssumeRole");
    let (code, words) = refused(&stage, "CreatePipeline", json!({ "pipeline": declaration() })).await;
    assert_eq!(code, "InvalidStructureException");
    assert!(
        words.starts_with(
            "CodePipeline is not authorized to perform AssumeRole on role arn:aws:iam::000000000000:role/pipeline"
        ),
        "{words}"
    );
}

#[tokio::test]
async fn an_operation_that_is_not_emulated_says_so_and_one_that_is_none_as_well() {
    let stage = Stage::set().await;
    for operation in [
        "RollbackStage",
        "DisableStageTransition",
        "PollForJobs",
        "GetJobDetails",
    ] {
        let (code, words) = refused(&stage, operation, json!({})).await;
        assert_eq!(code, "ValidationException");
        assert!(
            words.contains(&format!("the operation {operation} is not emulated")),
            "{words}"
        );
    }
    assert_eq!(
        refused(&stage, "ReleaseTheKraken", json!({})).await.0,
        "UnknownOperationException"
    );
}

#[tokio::test]
async fn every_operation_that_the_table_calls_emulated_is_answered() {
    let stage = Stage::set().await;
    for (name, operation) in crate::codepipeline::operations::operations() {
        let words = stage
            .call(name, json!({}))
            .await
            .map_or_else(|(_, words)| words, |_| String::new());
        let denied = words.contains(&format!("the operation {name} is not emulated"));
        assert_eq!(denied, !operation.emulated, "{name}: {words}");
        assert!(!words.contains("has no operation"), "{name}: {words}");
    }
}

#[tokio::test]
async fn unknown_things_have_the_codes_of_aws() {
    let stage = Stage::set().await;
    stage
        .call("CreatePipeline", json!({ "pipeline": declaration() }))
        .await
        .unwrap();
    let uuid = "00000000-0000-4000-8000-000000000000";
    for (operation, body, code) in [
        ("GetPipeline", json!({ "name": "none" }), "PipelineNotFoundException"),
        (
            "GetPipeline",
            json!({ "name": "S-network", "version": 9 }),
            "PipelineVersionNotFoundException",
        ),
        (
            "GetPipelineState",
            json!({ "name": "none" }),
            "PipelineNotFoundException",
        ),
        (
            "UpdatePipeline",
            json!({ "pipeline": { "name": "none", "roleArn": "x", "stages": [] } }),
            "PipelineNotFoundException",
        ),
        (
            "CreatePipeline",
            json!({ "pipeline": declaration() }),
            "PipelineNameInUseException",
        ),
        (
            "StartPipelineExecution",
            json!({ "name": "none" }),
            "PipelineNotFoundException",
        ),
        (
            "GetPipelineExecution",
            json!({ "pipelineName": "S-network", "pipelineExecutionId": uuid }),
            "PipelineExecutionNotFoundException",
        ),
        (
            "ListActionExecutions",
            json!({ "pipelineName": "S-network", "filter": { "pipelineExecutionId": uuid } }),
            "PipelineExecutionNotFoundException",
        ),
        (
            "ListPipelineExecutions",
            json!({ "pipelineName": "S-network", "nextToken": "abc" }),
            "InvalidNextTokenException",
        ),
        (
            "StopPipelineExecution",
            json!({ "pipelineName": "S-network", "pipelineExecutionId": uuid }),
            "PipelineExecutionNotStoppableException",
        ),
        ("PutJobSuccessResult", json!({ "jobId": uuid }), "JobNotFoundException"),
        (
            "ListTagsForResource",
            json!({ "resourceArn": "S-network" }),
            "InvalidArnException",
        ),
        (
            "TagResource",
            json!({ "resourceArn": "arn:aws:codepipeline:eu-west-1:000000000000:none", "tags": [] }),
            "ResourceNotFoundException",
        ),
    ] {
        let (found, words) = refused(&stage, operation, body).await;
        assert_eq!(found, code, "{operation}: {words}");
    }
}

#[tokio::test]
async fn requests_that_break_a_constraint_are_refused_before_anything_happens() {
    let stage = Stage::set().await;
    stage
        .call("CreatePipeline", json!({ "pipeline": declaration() }))
        .await
        .unwrap();
    let uuid = "00000000-0000-4000-8000-000000000000";
    let approval = |summary: String, status: &str, token: &str| {
        json!({
            "pipelineName": "S-network", "stageName": "Work", "actionName": "Ask", "token": token,
            "result": { "summary": summary, "status": status },
        })
    };
    let failed =
        |message: String, kind: &str| json!({ "jobId": uuid, "failureDetails": { "type": kind, "message": message } });
    for (operation, body, words) in [
        (
            "PutApprovalResult",
            approval("x".repeat(513), "Approved", uuid),
            "result.summary",
        ),
        (
            "PutApprovalResult",
            approval(String::new(), "approved", uuid),
            "enum value set: [Approved, Rejected]",
        ),
        (
            "PutApprovalResult",
            approval(String::new(), "Approved", "token"),
            "token",
        ),
        ("PutJobSuccessResult", json!({ "jobId": "short" }), "jobId"),
        (
            "PutJobSuccessResult",
            json!({ "jobId": uuid, "continuationToken": "x".repeat(2049) }),
            "continuationToken",
        ),
        (
            "PutJobSuccessResult",
            json!({ "jobId": uuid, "outputVariables": { "a b": "c" } }),
            "outputVariables.key",
        ),
        (
            "PutJobSuccessResult",
            json!({ "jobId": uuid, "executionDetails": { "percentComplete": 101 } }),
            "percentComplete",
        ),
        (
            "PutJobFailureResult",
            failed(String::new(), "JobFailed"),
            "failureDetails.message",
        ),
        (
            "PutJobFailureResult",
            failed("x".repeat(5001), "JobFailed"),
            "failureDetails.message",
        ),
        (
            "PutJobFailureResult",
            failed("x".into(), "Broken"),
            "failureDetails.type",
        ),
        (
            "StartPipelineExecution",
            json!({ "name": "S-network", "clientRequestToken": "a b" }),
            "clientRequestToken",
        ),
        (
            "StartPipelineExecution",
            json!({ "name": "S-network", "variables": [{ "name": "v", "value": "" }] }),
            "variables.value",
        ),
        (
            "StopPipelineExecution",
            json!({ "pipelineName": "S-network", "pipelineExecutionId": uuid, "reason": "x".repeat(201) }),
            "reason",
        ),
        (
            "RetryStageExecution",
            json!({ "pipelineName": "S-network", "stageName": "Work", "pipelineExecutionId": uuid, "retryMode": "SOME" }),
            "retryMode",
        ),
        (
            "ListPipelineExecutions",
            json!({ "pipelineName": "S-network", "maxResults": 101 }),
            "maxResults",
        ),
        (
            "ListActionExecutions",
            json!({ "pipelineName": "S-network", "filter": { "latestInPipelineExecution": {} } }),
            "latestInPipelineExecution is not emulated",
        ),
        ("GetPipeline", json!({ "nom": "S-network" }), "unknown field `nom`"),
    ] {
        let (code, message) = refused(&stage, operation, body).await;
        assert_eq!(code, "ValidationException", "{operation}: {message}");
        assert!(message.contains(words), "{operation}: {message}");
    }
}

#[tokio::test]
async fn a_request_of_another_region_is_refused() {
    let stage = Stage::set().await;
    let answer = crate::http::client()
        .post(stage.engine.url())
        .header("x-changegate-front", SECRET)
        .header("x-principal-arn", "arn:aws:iam::000000000000:root")
        .header("x-region", "us-east-1")
        .header("x-amz-target", "CodePipeline_20150709.ListPipelines")
        .body("{}")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status().as_u16(), 400);
    assert!(answer.text().await.unwrap().contains("signed for us-east-1"));
}

#[tokio::test]
async fn no_error_and_no_answer_quotes_a_secret() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage
        .call("CreatePipeline", json!({ "pipeline": declaration() }))
        .await
        .unwrap();
    stage.job().await;
    let mut everything = String::new();
    for (operation, body) in [
        ("GetPipelineState", json!({ "name": "S-network" })),
        ("ListActionExecutions", json!({ "pipelineName": "S-network" })),
        ("GetPipeline", json!({ "name": "S-network" })),
    ] {
        everything += &stage.call(operation, body).await.unwrap().to_string();
    }
    assert!(everything.contains("S-network"));
    assert!(
        !everything.contains("token of ASIA") && !everything.contains(SECRET) && !everything.contains("accessKeyId")
    );
}
