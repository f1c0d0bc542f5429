//! What each function is given, and how the services answer it.
//!
//! An invoke action is given a job that CodePipeline's history does not confirm: the function reads the job, asks
//! CodePipeline and CloudFormation over TLS, and reports the failure. That is the shortest whole invocation that every
//! invoke action shares, so the figures compare what the binaries cost, not what the services take.

use axum::body::Body;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::endpoints::{Answer, Request};

/// One function under measurement.
pub(in crate::bench) struct Scenario {
    /// Name of the function, and of its binary.
    pub(in crate::bench) function: &'static str,
    /// The event of every invocation.
    pub(in crate::bench) event: fn() -> Vec<u8>,
    /// How the services answer.
    pub(in crate::bench) answer: Answer,
    /// Module in `local/bench/` that answers the same event in Python.
    pub(in crate::bench) python: Option<&'static str>,
}

/// All functions, in the order of the flow.
pub(in crate::bench) const SCENARIOS: [Scenario; 7] = [
    Scenario {
        function: "github-webhook",
        event: push,
        answer: services,
        python: Some("github_webhook"),
    },
    Scenario {
        function: "source-sync",
        event: queued_push,
        answer: services,
        python: None,
    },
    Scenario {
        function: "pipelines-provision",
        event: job,
        answer: services,
        python: Some("invoke_action"),
    },
    Scenario {
        function: "changeset-create",
        event: job,
        answer: services,
        python: Some("invoke_action"),
    },
    Scenario {
        function: "changeset-describe",
        event: job,
        answer: services,
        python: Some("invoke_action"),
    },
    Scenario {
        function: "changeset-execute",
        event: job,
        answer: services,
        python: Some("invoke_action"),
    },
    Scenario {
        function: "outcome-record",
        event: other_pipeline,
        answer: services,
        python: None,
    },
];

/// The secret that [`push`] is signed with.
const WEBHOOK_SECRET: &str = "a-secret-for-the-benchmark-only";

/// Every variable that a function may read.
pub(in crate::bench) fn variables(endpoint: &str) -> Vec<(&'static str, String)> {
    let arn = |service: &str, rest: &str| format!("arn:aws:{service}:eu-west-1:000000000000:{rest}");
    let role = |name: &str| format!("arn:aws:iam::000000000000:role/changegate/deployers/{name}");
    let root_gate = json!({
        "version": 1, "stack": "root", "stackName": "changegate-pipelines", "template": "changegate.yaml",
        "configuration": null, "approvals": 1, "release": false, "authorMayApprove": true,
        "requirePullRequest": false, "window": null, "stackPolicy": null, "deployer": role("pipelines"),
        "capabilities": [], "notify": null, "notificationArns": [], "firstRun": "plan", "people": {},
        "sessionNameRoles": [],
    });
    let floor = json!({
        "minimumApprovals": 1, "authorMayApprove": true, "stackNamePattern": "*",
        "deployerPrefix": "arn:aws:iam::000000000000:role/changegate/deployers/", "reservedStackNames": [],
    });
    vec![
        ("CHANGEGATE_ENVIRONMENT", "production".to_owned()),
        ("CHANGEGATE_SOURCE_BUCKET", "bench-source".to_owned()),
        ("CHANGEGATE_EVIDENCE_BUCKET", "bench-evidence".to_owned()),
        ("CHANGEGATE_ARTIFACT_BUCKET", "bench-artifacts".to_owned()),
        ("CHANGEGATE_PIPELINE_PREFIX", "changegate-".to_owned()),
        ("CHANGEGATE_ROOT_PIPELINE", "changegate-root".to_owned()),
        ("CHANGEGATE_PIPELINES_STACK", "changegate-pipelines".to_owned()),
        ("CHANGEGATE_ROOT_GATE", root_gate.to_string()),
        ("CHANGEGATE_FLOOR", floor.to_string()),
        ("CHANGEGATE_PIPELINE_ROLE_ARN", role("pipeline")),
        ("CHANGEGATE_DEPLOYER_ROLE_ARN", role("stacks")),
        ("CHANGEGATE_CREATE_FUNCTION", "changegate-changeset-create".to_owned()),
        (
            "CHANGEGATE_DESCRIBE_FUNCTION",
            "changegate-changeset-describe".to_owned(),
        ),
        ("CHANGEGATE_EXECUTE_FUNCTION", "changegate-changeset-execute".to_owned()),
        ("CHANGEGATE_TOPIC_ARN", arn("sns", "bench")),
        ("CHANGEGATE_QUEUE_URL", format!("{endpoint}/000000000000/bench.fifo")),
        ("CHANGEGATE_GITHUB_REPOSITORY", "octo/infrastructure".to_owned()),
        ("CHANGEGATE_GITHUB_BRANCH", "main".to_owned()),
        ("CHANGEGATE_GITHUB_API_URL", endpoint.to_owned()),
        ("CHANGEGATE_GITHUB_WEB_URL", endpoint.to_owned()),
        (
            "CHANGEGATE_GITHUB_CREDENTIAL_ARN",
            arn("secretsmanager", "secret:github"),
        ),
        ("CHANGEGATE_WEBHOOK_SECRET_ARN", arn("secretsmanager", "secret:webhook")),
        ("CHANGEGATE_REVIEW_URL", "https://example.com/".to_owned()),
    ]
}

fn push() -> Vec<u8> {
    let body = json!({
        "ref": "refs/heads/main",
        "before": "1111111111111111111111111111111111111111",
        "after": "2222222222222222222222222222222222222222",
        "created": false,
        "deleted": false,
        "forced": false,
        "repository": {"id": 1, "name": "infrastructure", "full_name": "octo/infrastructure", "fork": false},
        "commits": [],
    })
    .to_string();
    json!({
        "version": "2.0",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {
            "content-type": "application/json",
            "x-github-event": "push",
            "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
            "x-hub-signature-256": signature(&body),
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "bench",
            "domainName": "bench.lambda-url.eu-west-1.on.aws",
            "http": {
                "method": "POST",
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "GitHub-Hookshot/bench",
            },
            "requestId": "bench",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1_767_225_600_000_u64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
    .to_string()
    .into_bytes()
}

fn signature(body: &str) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(WEBHOOK_SECRET.as_bytes()).unwrap_or_else(|_| {
        // HMAC takes keys of every length.
        unreachable!()
    });
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn queued_push() -> Vec<u8> {
    json!({"Records": [{
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "bench",
        "body": json!({"kind": "schedule"}).to_string(),
        "attributes": {"ApproximateReceiveCount": "1", "MessageGroupId": "octo/infrastructure/main"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:000000000000:bench.fifo",
        "awsRegion": "eu-west-1",
    }]})
    .to_string()
    .into_bytes()
}

fn job() -> Vec<u8> {
    let parameters = json!({
        "pipeline": "changegate-root",
        "execution": "0e1a2b3c-0000-4000-8000-000000000000",
        "gate": "root",
    });
    json!({"CodePipeline.job": {
        "id": "11111111-2222-3333-4444-555555555555",
        "accountId": "000000000000",
        "data": {
            "actionConfiguration": {"configuration": {
                "FunctionName": "bench",
                "UserParameters": parameters.to_string(),
            }},
            "inputArtifacts": [],
            "outputArtifacts": [],
            "artifactCredentials": {"accessKeyId": "AKIDJOB", "secretAccessKey": "job", "sessionToken": "job"},
        },
    }})
    .to_string()
    .into_bytes()
}

fn other_pipeline() -> Vec<u8> {
    json!({
        "version": "0",
        "id": "bench",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": "000000000000",
        "time": "2026-01-01T00:00:00Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:codepipeline:eu-west-1:000000000000:somebody-else"],
        "detail": {
            "pipeline": "somebody-else",
            "execution-id": "0e1a2b3c-0000-4000-8000-000000000000",
            "state": "SUCCEEDED",
            "version": "1",
        },
    })
    .to_string()
    .into_bytes()
}

/// Answers as Secrets Manager, SQS, S3, GitHub, CodePipeline and CloudFormation would.
fn services(request: &Request<'_>) -> Response {
    let target = request
        .headers
        .get("x-amz-target")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match target {
        "secretsmanager.GetSecretValue" => json_answer(&json!({
            "ARN": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:bench",
            "Name": "bench",
            "SecretString": WEBHOOK_SECRET,
            "VersionId": "bench",
        })),
        "AmazonSQS.SendMessage" => json_answer(&json!({
            "MessageId": "5fea7756-0ea4-451a-a703-a558b933e274",
            "SequenceNumber": "18849496460467696128",
        })),
        "CodePipeline_20150709.ListActionExecutions" => json_answer(&json!({"actionExecutionDetails": []})),
        _ if target.starts_with("CodePipeline_20150709.") => json_answer(&json!({})),
        _ => not_found(request),
    }
}

fn json_answer(body: &serde_json::Value) -> Response {
    ([("content-type", "application/x-amz-json-1.1")], body.to_string()).into_response()
}

/// S3 has no such object, and GitHub no such thing: a first look that finds nothing.
fn not_found(request: &Request<'_>) -> Response {
    let body = if request.uri.path().starts_with("/repos/") {
        json!({"message": "Not Found"}).to_string()
    } else {
        "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>".to_owned()
    };
    let body = if request.method == axum::http::Method::HEAD {
        Body::empty()
    } else {
        Body::from(body)
    };
    (StatusCode::NOT_FOUND, body).into_response()
}
