use axum::http::Method;
use serde_json::{Value, json};

use super::stage::{SECRET, Stage, declaration};

async fn created(stage: &Stage) {
    stage
        .call("CreatePipeline", json!({ "pipeline": declaration() }))
        .await
        .unwrap();
}

async fn failure(stage: &Stage, action: &str) -> (String, String) {
    let failed = stage.event("Action", "FAILED").await;
    assert_eq!(failed["detail"]["action"], action);
    let result = &failed["detail"]["execution-result"];
    let part = |key: &str| result[key].as_str().unwrap().to_owned();
    (part("error-code"), part("external-execution-summary"))
}

#[tokio::test]
async fn a_source_object_is_copied_as_the_pipelines_role_into_the_artifact_bucket() {
    let stage = Stage::set().await;
    let version = stage.put("source/a b/t.zip", b"the template", Some("a commit"));
    created(&stage).await;
    let (function, event) = stage.job().await;
    let data = &event["CodePipeline.job"]["data"];
    let place = &data["inputArtifacts"][0]["location"]["s3Location"];
    assert_eq!(function, "worker");
    assert_eq!(
        data["actionConfiguration"]["configuration"]["UserParameters"],
        version.as_str()
    );
    let key = place["objectKey"].as_str().unwrap();
    assert!(key.starts_with("S-network/Template/"), "{key}");
    assert_eq!(stage.bytes("artifacts", key), b"the template");
    let memory = stage.outside.memory.lock().unwrap();
    let authorization = memory.signed["s3"]["authorization"].to_str().unwrap();
    assert!(authorization.contains("/eu-west-1/s3/aws4_request"), "{authorization}");
    assert!(
        memory.signed["s3"]["x-amz-security-token"]
            .to_str()
            .unwrap()
            .starts_with("token of ASIA")
    );
}

#[tokio::test]
async fn a_job_carries_credentials_for_the_artifact_bucket_alone() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    created(&stage).await;
    let (_, event) = stage.job().await;
    let credentials = &event["CodePipeline.job"]["data"]["artifactCredentials"];
    let key = credentials["accessKeyId"].as_str().unwrap();
    assert_eq!(credentials["sessionToken"], format!("token of {key}"));
    assert!(credentials["expirationTime"].as_i64().unwrap() > jiff::Timestamp::now().as_millisecond());
    let policy = stage.outside.memory.lock().unwrap().sessions[key].clone().unwrap();
    let policy: Value = serde_json::from_str(&policy).unwrap();
    let statement = &policy["Statement"][0];
    assert_eq!(statement["Resource"], "arn:aws:s3:::artifacts/*");
    assert_eq!(
        statement["Action"],
        json!(["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"])
    );
}

#[tokio::test]
async fn a_role_that_may_not_read_the_source_fails_the_action_with_a_permission_error() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage.deny("s3:GetObject");
    created(&stage).await;
    let (code, words) = failure(&stage, "Template").await;
    assert_eq!(code, "PermissionError");
    assert!(
        words.contains("doesn't have the permissions required to access the Amazon S3 bucket named source"),
        "{words}"
    );
}

#[tokio::test]
async fn a_role_that_may_not_write_artifacts_fails_the_action_with_a_permission_error() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage.deny("s3:PutObject");
    created(&stage).await;
    let (code, words) = failure(&stage, "Template").await;
    assert_eq!(code, "PermissionError");
    assert!(words.contains("Amazon S3 bucket named artifacts"), "{words}");
}

#[tokio::test]
async fn a_role_that_may_not_invoke_fails_the_action_with_a_permission_error() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage.deny("lambda:InvokeFunction");
    created(&stage).await;
    let (code, words) = failure(&stage, "Go").await;
    assert_eq!(code, "PermissionError");
    assert!(
        words.contains("lambda:InvokeFunction") && words.contains("role/pipeline"),
        "{words}"
    );
}

#[tokio::test]
async fn a_function_that_does_not_exist_is_a_configuration_error() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage.outside.memory.lock().unwrap().missing.insert("worker".into());
    created(&stage).await;
    let (code, words) = failure(&stage, "Go").await;
    assert_eq!(
        (code.as_str(), words.contains("Function not found: worker")),
        ("ConfigurationError", true)
    );
}

#[tokio::test]
async fn a_source_object_that_does_not_exist_is_unavailable() {
    let stage = Stage::set().await;
    created(&stage).await;
    let (code, words) = failure(&stage, "Template").await;
    assert_eq!(code, "RevisionUnavailable");
    assert!(
        words.contains("s3://source/a b/t.zip") && words.contains("does not exist"),
        "{words}"
    );
}

#[tokio::test]
async fn a_bucket_without_versions_is_a_configuration_error() {
    let stage = Stage::set().await;
    stage
        .outside
        .memory
        .lock()
        .unwrap()
        .objects
        .insert("source/a b/t.zip".into(), vec![("null".into(), vec![1], None)]);
    created(&stage).await;
    let (code, words) = failure(&stage, "Template").await;
    assert_eq!(
        (code.as_str(), words.contains("enable versioning")),
        ("ConfigurationError", true)
    );
}

#[tokio::test]
async fn a_topic_is_told_of_an_approval_as_the_pipelines_role() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    created(&stage).await;
    let (_, event) = stage.job().await;
    let job = &event["CodePipeline.job"]["id"];
    stage
        .call(
            "PutJobSuccessResult",
            json!({ "jobId": job, "outputVariables": { "Summary": "two changes" } }),
        )
        .await
        .unwrap();
    let form = stage.notice().await;
    assert!(
        form.contains("TopicArn=arn%3Aaws%3Asns%3Aeu%2Dwest%2D1%3A000000000000%3Apeople"),
        "{form}"
    );
    assert!(form.contains("two%20changes"), "{form}");
}

#[tokio::test]
async fn events_reach_eventbridge_with_source_resource_and_time() {
    let stage = Stage::set().await;
    created(&stage).await;
    let started = stage.event("Pipeline", "STARTED").await;
    let entry = &started["entry"];
    assert_eq!(entry["Source"], "aws.codepipeline");
    assert_eq!(
        entry["Resources"],
        json!(["arn:aws:codepipeline:eu-west-1:000000000000:S-network"])
    );
    assert!(entry["Time"].as_f64().unwrap() > 1.7e9);
    let trigger = json!({ "trigger-type": "CreatePipeline", "trigger-detail": super::stage::MAKER });
    assert_eq!(started["detail"]["execution-trigger"], trigger);
}

#[tokio::test]
async fn the_same_event_is_delivered_twice_on_demand() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    let (status, _) = stage
        .direct(Method::PUT, "/knobs", SECRET, json!({ "duplicateDeliveries": 1 }))
        .await;
    assert!(status.is_success());
    created(&stage).await;
    let ((_, first), (_, second)) = (stage.job().await, stage.job().await);
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_function_that_never_answers_fails_its_action_at_the_limit_that_is_set() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"x", None);
    stage
        .direct(Method::PUT, "/knobs", SECRET, json!({ "replyLimit": 50 }))
        .await;
    created(&stage).await;
    let (code, words) = failure(&stage, "Go").await;
    assert_eq!(
        (code.as_str(), words.contains("did not report a result")),
        ("JobFailed", true)
    );
}

#[tokio::test]
async fn cloudformation_creates_updates_reads_and_deletes_a_pipeline() {
    let stage = Stage::set().await;
    let ask = |op: &str, order: u32| {
        let action = |name: &str, category: &str, provider: &str, configuration: Value| {
            json!({
                "Name": name,
                "ActionTypeId": { "Category": category, "Owner": "AWS", "Provider": provider, "Version": "1" },
                "Configuration": configuration,
            })
        };
        let object = json!({ "S3Bucket": "source", "S3ObjectKey": "k", "PollForSourceChanges": "false" });
        let mut source = action("Template", "Source", "S3", object);
        source["OutputArtifacts"] = json!([{ "Name": "Template" }]);
        let mut go = action("Go", "Invoke", "Lambda", json!({ "FunctionName": "worker" }));
        go["RunOrder"] = json!(order);
        json!({ "op": op, "name": "S-net", "region": "eu-west-1", "account": "000000000000", "props": {
            "RoleArn": super::stage::ROLE,
            "ArtifactStore": { "Type": "S3", "Location": "artifacts" },
            "PipelineType": "V2",
            "Stages": [{ "Name": "Source", "Actions": [source] }, { "Name": "Work", "Actions": [go] }],
        } })
    };
    let send = async |body: Value| stage.direct(Method::POST, "/cloudformation", SECRET, body).await;
    let version = |answer: &str| serde_json::from_str::<Value>(answer).unwrap()["version"].clone();
    let (status, answer) = send(ask("create", 1)).await;
    assert_eq!((status.as_u16(), version(&answer)), (200, json!(1)), "{answer}");
    let (_, answer) = send(ask("update", 1)).await;
    assert_eq!(version(&answer), 1, "nothing changed");
    let (_, answer) = send(ask("update", 2)).await;
    assert_eq!(version(&answer), 2);
    let (_, answer) = send(ask("get", 1)).await;
    assert_eq!(version(&answer), 2);
    let (status, answer) = send(ask("create", 1)).await;
    assert_eq!(status.as_u16(), 400);
    assert!(
        answer.ends_with("(Service: AWSCodePipeline; Status Code: 400; Error Code: PipelineNameInUseException)"),
        "{answer}"
    );
    send(ask("delete", 1)).await;
    let (status, _) = send(ask("get", 1)).await;
    assert_eq!(status.as_u16(), 400);
}
