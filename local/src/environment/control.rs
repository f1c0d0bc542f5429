//! Whether an environment runs, how it is ended from outside, and the reviews that links lead to.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use tokio::sync::Notify;

use crate::aws::Aws;
use crate::codepipeline::{Knobs, Turner};
use crate::deploy;
use crate::http;
use crate::state::State;

const PATIENCE: Duration = Duration::from_secs(3);

/// What the routes need.
pub struct Control {
    /// Tells this environment from one that had the same port before.
    pub instance: String,
    /// Told when somebody asks to end.
    pub stop: Notify,
    /// Clients of the account's root user.
    pub aws: Aws,
    /// The knobs of the CodePipeline engine.
    pub engine: Turner,
}

/// The routes, beside those of the Git host.
pub fn router(control: Arc<Control>) -> Router {
    Router::new()
        .route("/_local/instance", get(instance))
        .route("/_local/stop", post(stop))
        .route("/_local/knobs", get(read_knobs).put(turn_knobs))
        .route("/_local/reviews/{*key}", get(review))
        .with_state(control)
}

async fn instance(Shared(control): Shared<Arc<Control>>) -> String {
    control.instance.clone()
}

async fn stop(Shared(control): Shared<Arc<Control>>, headers: HeaderMap) -> StatusCode {
    if !is_ours(&control, &headers) {
        return StatusCode::FORBIDDEN;
    }
    control.stop.notify_one();
    StatusCode::ACCEPTED
}

fn is_ours(control: &Control, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    given == Some(control.instance.as_str())
}

/// How the knobs of the CodePipeline engine stand.
async fn read_knobs(Shared(control): Shared<Arc<Control>>, headers: HeaderMap) -> Response {
    turn_knobs(Shared(control), headers, Json(Knobs::default())).await
}

/// Turns knobs of the CodePipeline engine, for who wants to see a time-out or a second delivery without waiting.
async fn turn_knobs(Shared(control): Shared<Arc<Control>>, headers: HeaderMap, Json(wanted): Json<Knobs>) -> Response {
    if !is_ours(&control, &headers) {
        return StatusCode::FORBIDDEN.into_response();
    }
    Json(control.engine.turn(&wanted)).into_response()
}

/// A review, as the console of S3 would show it.
async fn review(Shared(control): Shared<Arc<Control>>, Path(key): Path<String>) -> Response {
    let Ok(outputs) = deploy::stack::outputs(&control.aws).await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "Changegate is not deployed yet\n").into_response();
    };
    let bucket = outputs.get("EvidenceBucketName").cloned().unwrap_or_default();
    let Ok(object) = control.aws.s3.get_object().bucket(bucket).key(&key).send().await else {
        return (StatusCode::NOT_FOUND, format!("there is no review {key}\n")).into_response();
    };
    let content_type = object.content_type().unwrap_or("text/plain; charset=utf-8").to_owned();
    match object.body.collect().await {
        Ok(body) => ([(header::CONTENT_TYPE, content_type)], body.into_bytes()).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

/// Whether the environment of this record still runs.
pub async fn is_running(state: &State) -> bool {
    let answer = http::client()
        .get(format!("{}/_local/instance", state.git_host))
        .timeout(PATIENCE)
        .send()
        .await;
    match answer {
        Ok(answer) => answer.text().await.is_ok_and(|text| text == state.instance),
        Err(_) => false,
    }
}

/// Asks the environment of this record to end, and waits until it does. False when it still runs.
pub async fn end(state: &State) -> bool {
    let asked = http::client()
        .post(format!("{}/_local/stop", state.git_host))
        .header(header::AUTHORIZATION, &state.instance)
        .timeout(PATIENCE)
        .send()
        .await;
    if asked.is_err() {
        return !is_running(state).await;
    }
    for _ in 0..150 {
        if !is_running(state).await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}
