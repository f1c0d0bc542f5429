//! The repository itself, its branches, and what moved them.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Page, Refusal, shapes};
use crate::githost::Host;

/// Owner and name, which the routes above this have compared already, and what follows.
pub(super) type Names<T> = Path<(String, String, T)>;

pub(super) async fn show(State(host): State<Arc<Host>>) -> Json<Value> {
    Json(shapes::repository(&host))
}

pub(super) async fn branch(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let missing = || Refusal::new(axum::http::StatusCode::NOT_FOUND, "Branch not found");
    let sha = host
        .repository
        .resolve(&format!("refs/heads/{name}"))
        .await
        .ok_or_else(missing)?;
    let commit = host.repository.commit(&sha).await?.ok_or_else(missing)?;
    Ok(Json(json!({ "name": name, "commit": shapes::commit(&host, &commit), "protected": false })).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct ActivityOf {
    #[serde(rename = "ref")]
    reference: Option<String>,
    actor: Option<String>,
    activity_type: Option<String>,
}

pub(super) async fn activity(
    State(host): State<Arc<Host>>,
    Query(wanted): Query<ActivityOf>,
    Query(page): Query<Page>,
) -> Answer {
    let full = wanted.reference.map(|name| {
        if name.starts_with("refs/") {
            name
        } else {
            format!("refs/heads/{name}")
        }
    });
    let entries: Vec<Value> = host
        .board()
        .activity
        .iter()
        .rev()
        .filter(|each| full.as_ref().is_none_or(|reference| *reference == each.reference))
        .filter(|each| wanted.actor.as_ref().is_none_or(|login| *login == each.login))
        .filter(|each| wanted.activity_type.as_ref().is_none_or(|kind| kind == each.kind))
        .map(|each| {
            json!({
                "id": each.id,
                "node_id": format!("PSH_{}", each.id),
                "before": each.before,
                "after": each.after,
                "ref": each.reference,
                "timestamp": each.at.to_string(),
                "activity_type": each.kind,
                "actor": shapes::user(&host, &each.login),
            })
        })
        .collect();
    Ok(page.of(
        entries,
        &format!("{}/api/v3/repos/{}/activity", host.url, host.repository.full_name),
    ))
}
