//! Webhooks of the repository, and their deliveries.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::repository::Names;
use super::{Answer, Page, Refusal, shapes};
use crate::githost::access::Caller;
use crate::githost::board::Hook;
use crate::githost::{Host, hooks};

#[derive(Debug, Deserialize)]
pub(super) struct NewHook {
    #[serde(default = "only_push")]
    events: Vec<String>,
    config: Config,
}

#[derive(Debug, Deserialize)]
pub(super) struct Config {
    url: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    content_type: String,
}

fn only_push() -> Vec<String> {
    vec!["push".to_owned()]
}

fn only_people(caller: &Caller) -> Result<(), Refusal> {
    if caller.may_push {
        Ok(())
    } else {
        Err(Refusal::not_found())
    }
}

pub(super) async fn create(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Json(new): Json<NewHook>,
) -> Answer {
    only_people(&caller)?;
    if new.config.content_type != "json" {
        return Err(Refusal::new(
            StatusCode::NOT_IMPLEMENTED,
            "this Git host delivers content_type json only",
        ));
    }
    let hook = Hook {
        url: new.config.url,
        secret: new.config.secret,
        events: new.events,
    };
    let id = {
        let mut board = host.board();
        let id = board.id();
        board.hooks.insert(id, hook.clone());
        id
    };
    let ping = json!({
        "zen": "Design for failure.",
        "hook_id": id,
        "hook": shape(id, &hook),
        "repository": shapes::repository(&host),
        "sender": shapes::user(&host, &caller.login),
    });
    // GitHub pings a new webhook, and does not wait for the answer.
    let (pinging, to) = (Arc::clone(&host), hook.clone());
    tokio::spawn(async move { hooks::deliver(&pinging, id, &to, "ping", ping, None).await });
    Ok((StatusCode::CREATED, Json(shape(id, &hook))).into_response())
}

pub(super) async fn list(State(host): State<Arc<Host>>, Query(page): Query<Page>) -> Answer {
    let all: Vec<Value> = host.board().hooks.iter().map(|(id, hook)| shape(*id, hook)).collect();
    Ok(page.of(
        all,
        &format!("{}/api/v3/repos/{}/hooks", host.url, host.repository.full_name),
    ))
}

pub(super) async fn show(State(host): State<Arc<Host>>, Path((_, _, id)): Names<u64>) -> Answer {
    let board = host.board();
    let hook = board.hooks.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(shape(id, hook)).into_response())
}

pub(super) async fn delete(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, id)): Names<u64>,
) -> Answer {
    only_people(&caller)?;
    host.board().hooks.remove(&id).ok_or_else(Refusal::not_found)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn deliveries(
    State(host): State<Arc<Host>>,
    Path((_, _, id)): Names<u64>,
    Query(page): Query<Page>,
) -> Answer {
    let all: Vec<Value> = host
        .board()
        .deliveries
        .iter()
        .rev()
        .filter(|delivery| delivery.hook_id == id)
        .map(|delivery| json!(delivery))
        .collect();
    Ok(page.of(
        all,
        &format!(
            "{}/api/v3/repos/{}/hooks/{id}/deliveries",
            host.url, host.repository.full_name
        ),
    ))
}

/// Delivers once more what was delivered, with the same guid.
pub(super) async fn redeliver(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, id, delivery)): Path<(String, String, u64, u64)>,
) -> Answer {
    only_people(&caller)?;
    let (hook, former) = {
        let board = host.board();
        let hook = board.hooks.get(&id).cloned().ok_or_else(Refusal::not_found)?;
        let former = board.deliveries.iter().find(|each| each.id == delivery).cloned();
        (hook, former.ok_or_else(Refusal::not_found)?)
    };
    tokio::spawn(async move {
        hooks::deliver(&host, id, &hook, &former.event, former.payload, Some(former.guid)).await;
    });
    Ok(StatusCode::ACCEPTED.into_response())
}

fn shape(id: u64, hook: &Hook) -> Value {
    json!({
        "type": "Repository",
        "id": id,
        "name": "web",
        "active": true,
        "events": hook.events,
        "config": { "url": hook.url, "content_type": "json", "insecure_ssl": "0", "secret": "********" },
    })
}
