//! The Rust SDK, unmodified.

use aws_sdk_codepipeline::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_codepipeline::error::ProvideErrorMetadata;
use aws_sdk_codepipeline::types::{
    ActionExecutionFilter, ActionExecutionStatus, ApprovalResult, ApprovalStatus, ExecutionDetails,
    PipelineDeclaration, PipelineExecutionStatus, SourceRevisionOverride, SourceRevisionType, StageExecutionStatus,
    StageRetryMode, Tag, TriggerType,
};
use aws_sdk_codepipeline::{Client, Config, types};
use serde_json::Value;

use super::stage::{Stage, declaration};

fn client(stage: &Stage, user: &str) -> Client {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(&stage.front)
        .credentials_provider(Credentials::new(user, "secret", None, None, "test"))
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// The declaration of these tests, as the SDK's builders spell it.
fn declared() -> PipelineDeclaration {
    let value = declaration();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let artifacts = |list: &Value| -> Vec<String> {
        list.as_array()
            .map(|items| items.iter().map(|item| text(&item["name"])).collect())
            .unwrap_or_default()
    };
    let mut stages = Vec::new();
    for stage in value["stages"].as_array().unwrap() {
        let mut builder = types::StageDeclaration::builder().name(text(&stage["name"]));
        for action in stage["actions"].as_array().unwrap() {
            let id = &action["actionTypeId"];
            let id = types::ActionTypeId::builder()
                .category(types::ActionCategory::from(id["category"].as_str().unwrap()))
                .owner(types::ActionOwner::Aws)
                .provider(text(&id["provider"]))
                .version("1")
                .build()
                .unwrap();
            let mut built = types::ActionDeclaration::builder()
                .name(text(&action["name"]))
                .action_type_id(id);
            for (key, value) in action["configuration"].as_object().unwrap() {
                built = built.configuration(key, text(value));
            }
            for name in artifacts(&action["inputArtifacts"]) {
                built = built.input_artifacts(types::InputArtifact::builder().name(name).build().unwrap());
            }
            for name in artifacts(&action["outputArtifacts"]) {
                built = built.output_artifacts(types::OutputArtifact::builder().name(name).build().unwrap());
            }
            let order = action["runOrder"].as_i64().map(|order| i32::try_from(order).unwrap());
            let namespace = action["namespace"].as_str().map(str::to_owned);
            builder = builder.actions(built.set_run_order(order).set_namespace(namespace).build().unwrap());
        }
        stages.push(builder.build().unwrap());
    }
    let store = types::ArtifactStore::builder()
        .r#type(types::ArtifactStoreType::S3)
        .location("artifacts")
        .build()
        .unwrap();
    PipelineDeclaration::builder()
        .name("S-network")
        .role_arn(super::stage::ROLE)
        .artifact_store(store)
        .pipeline_type(types::PipelineType::V2)
        .set_stages(Some(stages))
        .build()
        .unwrap()
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, told in the order in which it happens")]
async fn the_rust_sdk_follows_a_run_from_start_to_approval() {
    let stage = Stage::set().await;
    let first = stage.put("source/a b/t.zip", b"one", Some("first commit"));
    stage.put("source/a b/t.zip", b"two", None);
    let maker = client(&stage, "maker");
    let tag = Tag::builder().key("team").value("a").build().unwrap();
    let made = maker
        .create_pipeline()
        .pipeline(declared())
        .tags(tag)
        .send()
        .await
        .unwrap();
    assert_eq!(made.pipeline().unwrap().version(), Some(1));
    assert_eq!(made.tags()[0].key(), "team");

    // Creation started a run with the newest object; it fails, and the next pins the first version.
    let (_, event) = stage.job().await;
    let id = event["CodePipeline.job"]["id"].as_str().unwrap().to_owned();
    let failure = types::FailureDetails::builder()
        .r#type(types::FailureType::JobFailed)
        .message("no")
        .build()
        .unwrap();
    maker
        .put_job_failure_result()
        .job_id(id)
        .failure_details(failure)
        .send()
        .await
        .unwrap();
    stage.event("Pipeline", "FAILED").await;
    let pin = SourceRevisionOverride::builder()
        .action_name("Template")
        .revision_type(SourceRevisionType::S3ObjectVersionId)
        .revision_value(&first)
        .build()
        .unwrap();
    let start = || {
        maker
            .start_pipeline_execution()
            .name("S-network")
            .client_request_token("t-1")
            .source_revisions(pin.clone())
    };
    let run = start().send().await.unwrap().pipeline_execution_id.unwrap();
    assert_eq!(start().send().await.unwrap().pipeline_execution_id.as_ref(), Some(&run));

    // The job asks to be called again, then succeeds.
    let (_, event) = stage.job().await;
    let job = event["CodePipeline.job"]["id"].as_str().unwrap().to_owned();
    maker
        .put_job_success_result()
        .job_id(&job)
        .continuation_token("wait")
        .send()
        .await
        .unwrap();
    let (_, event) = stage.job().await;
    assert_eq!(event["CodePipeline.job"]["data"]["continuationToken"], "wait");
    let next = event["CodePipeline.job"]["id"].as_str().unwrap().to_owned();
    let details = ExecutionDetails::builder()
        .summary("done")
        .external_execution_id("arn:x")
        .percent_complete(100)
        .build();
    maker
        .put_job_success_result()
        .job_id(&next)
        .execution_details(details)
        .output_variables("Summary", "two changes")
        .send()
        .await
        .unwrap();
    let again = maker.put_job_success_result().job_id(&next).send().await.unwrap_err();
    assert_eq!(again.into_service_error().code(), Some("InvalidJobStateException"));

    // The approval is open; somebody else answers it.
    let state = maker.get_pipeline_state().name("S-network").send().await.unwrap();
    let work = &state.stage_states()[1];
    assert_eq!(
        work.latest_execution().unwrap().status(),
        &StageExecutionStatus::InProgress
    );
    let ask = work
        .action_states()
        .iter()
        .find(|action| action.action_name() == Some("Ask"))
        .unwrap();
    let token = ask.latest_execution().unwrap().token().unwrap();
    let answer = |token: &str| {
        client(&stage, "bob")
            .put_approval_result()
            .pipeline_name("S-network")
            .stage_name("Work")
            .action_name("Ask")
            .token(token)
            .result(
                ApprovalResult::builder()
                    .status(ApprovalStatus::Approved)
                    .summary("fine")
                    .build()
                    .unwrap(),
            )
            .send()
    };
    let wrong = answer("00000000-0000-4000-8000-000000000000").await.unwrap_err();
    assert!(wrong.into_service_error().is_invalid_approval_token_exception());
    assert!(answer(token).await.unwrap().approved_at().is_some());
    stage.event("Pipeline", "SUCCEEDED").await;

    let execution = maker
        .get_pipeline_execution()
        .pipeline_name("S-network")
        .pipeline_execution_id(&run)
        .send()
        .await
        .unwrap();
    let execution = execution.pipeline_execution().unwrap();
    assert_eq!(execution.status(), Some(&PipelineExecutionStatus::Succeeded));
    assert_eq!(
        execution.trigger().unwrap().trigger_type(),
        Some(&TriggerType::StartPipelineExecution)
    );
    assert_eq!(
        execution.artifact_revisions()[0].revision_summary(),
        Some("first commit")
    );

    let filter = ActionExecutionFilter::builder().pipeline_execution_id(&run).build();
    let history: Vec<_> = maker
        .list_action_executions()
        .pipeline_name("S-network")
        .filter(filter)
        .max_results(1)
        .into_paginator()
        .items()
        .send()
        .collect::<Result<_, _>>()
        .await
        .unwrap();
    let names: Vec<&str> = history.iter().map(|entry| entry.action_name().unwrap()).collect();
    assert_eq!(names, ["Ask", "Go", "Template"], "newest first, one a page");
    assert!(
        history
            .iter()
            .all(|entry| entry.status() == Some(&ActionExecutionStatus::Succeeded))
    );
    let ask = &history[0];
    assert_eq!(ask.updated_by(), Some("arn:aws:iam::000000000000:user/bob"));
    assert_eq!(
        ask.input().unwrap().resolved_configuration().unwrap()["CustomData"],
        "two changes"
    );
    assert_eq!(
        ask.output()
            .unwrap()
            .execution_result()
            .unwrap()
            .external_execution_summary(),
        Some("fine")
    );
    let go = history[1].output().unwrap();
    assert_eq!(go.output_variables().unwrap()["Summary"], "two changes");
    assert_eq!(go.execution_result().unwrap().external_execution_id(), Some("arn:x"));
    assert_eq!(
        history[2].output().unwrap().output_variables().unwrap()["VersionId"],
        first
    );

    let runs = maker
        .list_pipeline_executions()
        .pipeline_name("S-network")
        .max_results(1)
        .send()
        .await
        .unwrap();
    let newest = &runs.pipeline_execution_summaries()[0];
    assert_eq!(
        (
            newest.pipeline_execution_id(),
            newest.source_revisions()[0].revision_id()
        ),
        (Some(run.as_str()), Some(first.as_str()))
    );
    let token = runs.next_token().unwrap();
    let rest = maker
        .list_pipeline_executions()
        .pipeline_name("S-network")
        .next_token(token)
        .send()
        .await
        .unwrap();
    assert_eq!(
        rest.pipeline_execution_summaries()[0].status(),
        Some(&PipelineExecutionStatus::Failed)
    );
    assert_eq!(rest.next_token(), None);
}

#[tokio::test]
async fn the_rust_sdk_stops_retries_updates_tags_and_deletes() {
    let stage = Stage::set().await;
    stage.put("source/a b/t.zip", b"one", None);
    let maker = client(&stage, "maker");
    maker.create_pipeline().pipeline(declared()).send().await.unwrap();
    stage.job().await;
    let listed = maker
        .list_pipeline_executions()
        .pipeline_name("S-network")
        .send()
        .await
        .unwrap();
    let run = listed.pipeline_execution_summaries()[0]
        .pipeline_execution_id()
        .unwrap()
        .to_owned();
    let stop = |abandon: bool| {
        let request = maker
            .stop_pipeline_execution()
            .pipeline_name("S-network")
            .pipeline_execution_id(&run);
        request.abandon(abandon).reason("a newer run came").send()
    };
    stop(false).await.unwrap();
    assert!(
        stop(false)
            .await
            .unwrap_err()
            .into_service_error()
            .is_duplicated_stop_request_exception()
    );
    stop(true).await.unwrap();
    assert!(
        stop(true)
            .await
            .unwrap_err()
            .into_service_error()
            .is_pipeline_execution_not_stoppable_exception()
    );
    let listed = maker
        .list_pipeline_executions()
        .pipeline_name("S-network")
        .send()
        .await
        .unwrap();
    let summary = &listed.pipeline_execution_summaries()[0];
    assert_eq!(summary.status(), Some(&PipelineExecutionStatus::Stopped));
    assert_eq!(summary.stop_trigger().unwrap().reason(), Some("a newer run came"));

    let retry = maker
        .retry_stage_execution()
        .pipeline_name("S-network")
        .stage_name("Work")
        .pipeline_execution_id(&run)
        .retry_mode(StageRetryMode::FailedActions);
    assert_eq!(retry.send().await.unwrap().pipeline_execution_id(), Some(run.as_str()));
    stage.job().await;

    let found = maker.get_pipeline().name("S-network").send().await.unwrap();
    let arn = found.metadata().unwrap().pipeline_arn().unwrap().to_owned();
    let updated = maker
        .update_pipeline()
        .pipeline(found.pipeline().unwrap().clone())
        .send()
        .await
        .unwrap();
    assert_eq!(updated.pipeline().unwrap().version(), Some(2));

    let tag = Tag::builder().key("team").value("b").build().unwrap();
    maker.tag_resource().resource_arn(&arn).tags(tag).send().await.unwrap();
    let tags = maker.list_tags_for_resource().resource_arn(&arn).send().await.unwrap();
    assert_eq!(tags.tags()[0].value(), "b");
    maker
        .untag_resource()
        .resource_arn(&arn)
        .tag_keys("team")
        .send()
        .await
        .unwrap();
    assert!(
        maker
            .list_tags_for_resource()
            .resource_arn(&arn)
            .send()
            .await
            .unwrap()
            .tags()
            .is_empty()
    );

    assert_eq!(
        maker.list_pipelines().send().await.unwrap().pipelines()[0].name(),
        Some("S-network")
    );
    maker.delete_pipeline().name("S-network").send().await.unwrap();
    let gone = maker.get_pipeline().name("S-network").send().await.unwrap_err();
    assert!(gone.into_service_error().is_pipeline_not_found_exception());
}
