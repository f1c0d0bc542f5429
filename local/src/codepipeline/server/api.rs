//! The API of CodePipeline, as the front forwards it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::pass_role::passable;
use super::{PRINCIPAL_HEADER, REGION_HEADER, Shared};
use crate::codepipeline::driver::lock;
use crate::codepipeline::error::ApiError;
use crate::codepipeline::rough::Rough;
use crate::codepipeline::wire;

/// The code of a failure inside a service, which carries the status 500.
const INTERNAL: &str = "InternalFailure";

pub(super) async fn api(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = answer_api(&shared, &headers, &body).await;
    let (status, body) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err(error) if error.code == INTERNAL => (StatusCode::INTERNAL_SERVER_ERROR, error.body()),
        Err(error) => (StatusCode::BAD_REQUEST, error.body()),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
        (
            header::HeaderName::from_static("x-amzn-requestid"),
            uuid::Uuid::new_v4().to_string(),
        ),
    ];
    (status, headers, body.to_string()).into_response()
}

async fn answer_api(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    shared.admit(headers)?;
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let operation = text("x-amz-target")
        .strip_prefix("CodePipeline_20150709.")
        .ok_or_else(|| {
            ApiError::new(
                "UnknownOperationException",
                "The header x-amz-target names no operation of CodePipeline",
            )
        })?;
    let caller = text(PRINCIPAL_HEADER);
    if caller.is_empty() {
        return Err(ApiError::new(
            "MissingAuthenticationToken",
            "The front named no caller in x-principal-arn",
        ));
    }
    let rough = shared.rough.as_ref().filter(|_| Rough::concerns(caller));
    if let Some(refusal) = rough.and_then(|rough| lock(rough).throttle()) {
        return Err(refusal);
    }
    let region = text(REGION_HEADER);
    if !region.is_empty() && region != shared.config.region {
        return Err(ApiError::validation(format!(
            "The local CodePipeline engine is in region {}; the request was signed for {region}",
            shared.config.region
        )));
    }
    let request: Value = match body {
        b"" => json!({}),
        body => serde_json::from_slice(body)
            .map_err(|error| ApiError::new("SerializationException", format!("The request is no JSON: {error}")))?,
    };
    if matches!(operation, "CreatePipeline" | "UpdatePipeline") {
        passable(shared, caller, &request["pipeline"]["roleArn"]).await?;
    }
    let mut answer = shared
        .driver
        .with(|engine| wire::answer(engine, operation, caller, &request))?;
    if let Some(rough) = rough {
        let mut rough = lock(rough);
        rough.history(operation, &mut answer, Timestamp::now());
        if rough.loses_answer(operation) {
            return Err(ApiError::new(
                INTERNAL,
                "The answer got lost: what was asked for was done",
            ));
        }
    }
    Ok(answer)
}
