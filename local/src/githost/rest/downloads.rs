//! Archives: the interface redirects to a download, which needs no credential but a link that nobody guesses.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::repository::Names;
use super::{Answer, Refusal, commits};
use crate::githost::{Host, hooks};

/// The routes, at the root.
pub fn router() -> Router<Arc<Host>> {
    Router::new().route("/_downloads/{sha}/{ticket}", get(download))
}

pub(super) async fn redirect(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let sha = commits::resolve(&host, &name).await.ok_or_else(Refusal::not_found)?;
    let location = format!("{}/_downloads/{sha}/{}", host.url, ticket(&host, &sha));
    Ok((StatusCode::FOUND, [(header::LOCATION, location)]).into_response())
}

async fn download(State(host): State<Arc<Host>>, Path((sha, given)): Path<(String, String)>) -> Answer {
    if given != ticket(&host, &sha) {
        return Err(Refusal::not_found());
    }
    let bytes = host.repository.archive(&sha).await?;
    Ok(([(header::CONTENT_TYPE, "application/x-gzip")], bytes).into_response())
}

fn ticket(host: &Host, sha: &str) -> String {
    let signed = hooks::signature(&host.tokens.functions, sha.as_bytes());
    signed.trim_start_matches("sha256=").to_owned()
}
