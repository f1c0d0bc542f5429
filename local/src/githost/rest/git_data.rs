//! The Git database: references, commits, trees, blobs.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::repository::Names;
use super::{Answer, Refusal, shapes};
use crate::githost::Host;

/// GitHub truncates longer recursive listings.
///
/// Source: <https://docs.github.com/en/rest/git/trees#get-a-tree>
const MOST_ENTRIES: usize = 100_000;

pub(super) async fn reference(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let full = format!("refs/{name}");
    let refs = host.repository.refs().await?;
    let (_, sha) = refs
        .iter()
        .find(|(each, _)| *each == full)
        .ok_or_else(Refusal::not_found)?;
    let kind = if host.repository.object(&full, "tag").await.as_ref() == Some(sha) {
        "tag"
    } else {
        "commit"
    };
    Ok(Json(json!({ "ref": full, "object": { "type": kind, "sha": sha } })).into_response())
}

pub(super) async fn commit(State(host): State<Arc<Host>>, Path((_, _, sha)): Names<String>) -> Answer {
    let sha = host.repository.resolve(&sha).await.ok_or_else(Refusal::not_found)?;
    let commit = host.repository.commit(&sha).await?.ok_or_else(Refusal::not_found)?;
    Ok(Json(shapes::git_commit(&host, &commit)).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct TreeOf {
    /// Any value, even `0`, asks for all levels.
    recursive: Option<String>,
}

pub(super) async fn tree(
    State(host): State<Arc<Host>>,
    Path((_, _, name)): Names<String>,
    Query(wanted): Query<TreeOf>,
) -> Answer {
    let sha = host
        .repository
        .object(&name, "tree")
        .await
        .ok_or_else(Refusal::not_found)?;
    let mut entries = host.repository.tree(&sha, wanted.recursive.is_some()).await?;
    let truncated = entries.len() > MOST_ENTRIES;
    entries.truncate(MOST_ENTRIES);
    let shown: Vec<Value> = entries
        .iter()
        .map(|entry| {
            let mut shape = json!({ "path": entry.path, "mode": entry.mode, "type": entry.kind, "sha": entry.sha });
            if let Some(size) = entry.size {
                shape["size"] = json!(size);
            }
            shape
        })
        .collect();
    Ok(Json(json!({ "sha": sha, "tree": shown, "truncated": truncated })).into_response())
}

pub(super) async fn blob(
    State(host): State<Arc<Host>>,
    Path((_, _, name)): Names<String>,
    headers: HeaderMap,
) -> Answer {
    let (sha, bytes) = host.repository.find_blob(&name).await.ok_or_else(Refusal::not_found)?;
    let wanted = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if wanted.contains("raw") {
        return Ok((
            [(header::CONTENT_TYPE, "application/vnd.github.raw+json; charset=utf-8")],
            bytes,
        )
            .into_response());
    }
    let body = json!({
        "sha": sha, "size": bytes.len(), "encoding": "base64", "content": STANDARD.encode(&bytes),
    });
    Ok(Json(body).into_response())
}
