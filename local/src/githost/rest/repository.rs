//! The repository itself, its branches, and what moved them.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, Page, Refusal, shapes};
use crate::githost::Host;
use crate::githost::access::Caller;
use crate::githost::board::Permission;

/// Owner and name, which the routes above this have compared already, and what follows.
pub(super) type Names<T> = Path<(String, String, T)>;

pub(super) async fn show(State(host): State<Arc<Host>>) -> Json<Value> {
    Json(shapes::repository(&host))
}

pub(super) async fn branch(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let missing = || Refusal::new(StatusCode::NOT_FOUND, "Branch not found");
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
    let query = full.as_ref().map(|name| format!("?ref={name}")).unwrap_or_default();
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
        &format!(
            "{}/api/v3/repos/{}/activity{query}",
            host.url, host.repository.full_name
        ),
    ))
}

/// Who asks.
pub(super) async fn user(State(host): State<Arc<Host>>, Extension(caller): Extension<Caller>) -> Json<Value> {
    Json(shapes::user(&host, &caller.login))
}

/// What an account may do: its own right and those of its teams together.
pub(super) async fn permission(State(host): State<Arc<Host>>, Path((_, _, login)): Names<String>) -> Json<Value> {
    let permission = host.board().permission_of(&login).as_str();
    Json(json!({ "permission": permission, "role_name": permission, "user": shapes::user(&host, &login) }))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct NewCollaborator {
    permission: Option<String>,
}

/// Gives an account a right: `pull`, `push` or `admin`.
pub(super) async fn permit(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, login)): Names<String>,
    Json(new): Json<NewCollaborator>,
) -> Answer {
    if !caller.may_push {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Must have admin rights to Repository.",
        ));
    }
    let permission = match new.permission.as_deref() {
        Some("pull" | "triage") => Permission::Read,
        None | Some("push" | "maintain") => Permission::Write,
        Some("admin") => Permission::Admin,
        Some(other) => {
            return Err(Refusal::unprocessable(format!(
                "Validation Failed: permission {other} is not included in the list"
            )));
        }
    };
    host.board().permissions.insert(login.to_lowercase(), permission);
    Ok(StatusCode::NO_CONTENT.into_response())
}
