//! Commit statuses.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::repository::Names;
use super::{Answer, Page, Refusal, commits, shapes};
use crate::githost::Host;
use crate::githost::access::Caller;
use crate::githost::board::Status;

/// Longest description, in characters.
const MOST_CHARACTERS: usize = 140;
/// Most statuses of one commit and context.
///
/// Source: <https://docs.github.com/en/rest/commits/statuses#create-a-commit-status>
const MOST_STATUSES: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct NewStatus {
    state: String,
    #[serde(default = "default_context")]
    context: String,
    description: Option<String>,
    target_url: Option<String>,
}

fn default_context() -> String {
    "default".to_owned()
}

pub(super) async fn set(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, sha)): Names<String>,
    Json(new): Json<NewStatus>,
) -> Answer {
    if !["error", "failure", "pending", "success"].contains(&new.state.as_str()) {
        return Err(Refusal::unprocessable(format!(
            "Validation Failed: state {} is not included in the list",
            new.state
        )));
    }
    if new
        .description
        .as_ref()
        .is_some_and(|text| text.chars().count() > MOST_CHARACTERS)
    {
        return Err(Refusal::unprocessable(
            "Validation Failed: description is too long (maximum is 140 characters)",
        ));
    }
    if new
        .target_url
        .as_ref()
        .is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://"))
    {
        return Err(Refusal::unprocessable(
            "Validation Failed: target_url must use http(s) scheme",
        ));
    }
    let missing = || Refusal::unprocessable(format!("No commit found for SHA: {sha}"));
    let sha = host.repository.resolve(&sha).await.ok_or_else(missing)?;
    let mut board = host.board();
    let earlier = board
        .statuses
        .iter()
        .filter(|each| each.sha == sha && each.context == new.context)
        .count();
    if earlier >= MOST_STATUSES {
        return Err(Refusal::unprocessable(
            "This SHA and context has reached the maximum number of statuses.",
        ));
    }
    let status = Status {
        id: board.id(),
        sha,
        state: new.state,
        context: new.context,
        description: new.description,
        target_url: new.target_url,
        creator: caller.login,
        at: Timestamp::now(),
    };
    board.statuses.push(status.clone());
    drop(board);
    Ok((StatusCode::CREATED, Json(shape(&host, &status))).into_response())
}

pub(super) async fn list(
    State(host): State<Arc<Host>>,
    Path((_, _, name)): Names<String>,
    Query(page): Query<Page>,
) -> Answer {
    let sha = commits::resolve(&host, &name).await.ok_or_else(Refusal::not_found)?;
    let all: Vec<Value> = host
        .board()
        .statuses
        .iter()
        .rev()
        .filter(|each| each.sha == sha)
        .map(|each| shape(&host, each))
        .collect();
    Ok(page.of(
        all,
        &format!(
            "{}/api/v3/repos/{}/commits/{sha}/statuses",
            host.url, host.repository.full_name
        ),
    ))
}

/// The newest status of each context, and what they come to.
pub(super) async fn combined(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let sha = commits::resolve(&host, &name).await.ok_or_else(Refusal::not_found)?;
    let board = host.board();
    let mut contexts = BTreeSet::new();
    let newest: Vec<&Status> = board
        .statuses
        .iter()
        .rev()
        .filter(|each| each.sha == sha && contexts.insert(each.context.clone()))
        .collect();
    let has = |states: &[&str]| newest.iter().any(|each| states.contains(&each.state.as_str()));
    let state = if has(&["error", "failure"]) {
        "failure"
    } else if newest.is_empty() || has(&["pending"]) {
        "pending"
    } else {
        "success"
    };
    let statuses: Vec<Value> = newest.iter().map(|each| shape(&host, each)).collect();
    Ok(
        Json(json!({ "state": state, "sha": sha, "total_count": statuses.len(), "statuses": statuses }))
            .into_response(),
    )
}

fn shape(host: &Host, status: &Status) -> Value {
    json!({
        "id": status.id,
        "node_id": format!("SC_{}", status.id),
        "state": status.state,
        "context": status.context,
        "description": status.description,
        "target_url": status.target_url,
        "creator": shapes::user(host, &status.creator),
        "created_at": status.at.to_string(),
        "updated_at": status.at.to_string(),
    })
}
