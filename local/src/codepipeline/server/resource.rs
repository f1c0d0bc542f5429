//! A pipeline as a resource of a stack: what MiniStack's CloudFormation asks.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::pass_role::passable;
use crate::codepipeline::error::ApiError;
use crate::codepipeline::{cloudformation, validation, wire};

/// What MiniStack's CloudFormation asks for a resource of type `AWS::CodePipeline::Pipeline`.
#[derive(Deserialize)]
struct ResourceRequest {
    op: String,
    name: String,
    #[serde(default)]
    props: Value,
    #[serde(default)]
    region: Option<String>,
    /// ARN of the stack's service role; absent when the stack has none and root deployed it.
    #[serde(default)]
    caller: Option<String>,
}

pub(super) async fn from_cloudformation(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer_cloudformation(&shared, &headers, &body).await {
        Ok(value) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/json")],
            value.to_string(),
        )
            .into_response(),
        // The text becomes the reason of the resource's failure.
        Err(error) => (StatusCode::BAD_REQUEST, error_text(&error)).into_response(),
    }
}

fn error_text(error: &ApiError) -> String {
    format!(
        "{} (Service: AWSCodePipeline; Status Code: 400; Error Code: {})",
        error.message, error.code
    )
}

async fn answer_cloudformation(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    shared.admit(headers)?;
    let request: ResourceRequest = serde_json::from_slice(body)
        .map_err(|error| ApiError::validation(format!("the request of CloudFormation is not valid: {error}")))?;
    if request
        .region
        .as_ref()
        .is_some_and(|region| *region != shared.config.region)
    {
        return Err(ApiError::validation(format!(
            "the local CodePipeline engine is in region {}",
            shared.config.region
        )));
    }
    let name = request.name.as_str();
    match request.op.as_str() {
        "create" | "update" => {
            let wanted = cloudformation::read(name, &request.props)?;
            let tags = wire::checked_tags(wanted.tags.into_iter().collect())?;
            validation::validate(&wanted.declaration)?;
            passable(
                shared,
                request.caller.as_deref().unwrap_or(":root"),
                &json!(wanted.declaration.role_arn),
            )
            .await?;
            let create = request.op == "create";
            shared.driver.with(|engine| {
                let pipeline = if create {
                    engine.create(wanted.declaration, tags, None)?
                } else {
                    engine.update_resource(wanted.declaration, tags, wanted.restart)?
                };
                Ok(json!({ "version": pipeline.version(), "arn": pipeline.arn }))
            })
        }
        "delete" => shared.driver.with(|engine| {
            engine.delete(name);
            Ok(json!({}))
        }),
        "get" => shared
            .driver
            .with(|engine| Ok(json!({ "version": engine.pipeline(name)?.version() }))),
        other => Err(ApiError::validation(format!(
            "'{other}' is not one of create, update, delete, get"
        ))),
    }
}
