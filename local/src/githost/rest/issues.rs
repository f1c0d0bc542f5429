//! Comments on pull requests.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::repository::Names;
use super::{Answer, Page, Refusal, shapes};
use crate::githost::Host;
use crate::githost::access::Caller;
use crate::githost::board::Comment;

/// Longest comment, in characters.
const MOST_CHARACTERS: usize = 65_536;

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    body: String,
}

fn checked(new: Body) -> Result<String, Refusal> {
    match new.body.chars().count() {
        0 => Err(Refusal::unprocessable("Validation Failed: body cannot be blank")),
        1..=MOST_CHARACTERS => Ok(new.body),
        _ => Err(Refusal::unprocessable(
            "Validation Failed: body is too long (maximum is 65536 characters)",
        )),
    }
}

pub(super) async fn create(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, pull)): Names<u64>,
    Json(new): Json<Body>,
) -> Answer {
    let body = checked(new)?;
    let mut board = host.board();
    if !board.pulls.contains_key(&pull) {
        return Err(Refusal::not_found());
    }
    let now = Timestamp::now();
    let comment = Comment {
        pull,
        body,
        login: caller.login,
        created: now,
        updated: now,
    };
    let id = board.id();
    board.comments.insert(id, comment.clone());
    drop(board);
    Ok((StatusCode::CREATED, Json(shape(&host, id, &comment))).into_response())
}

pub(super) async fn list(
    State(host): State<Arc<Host>>,
    Path((_, _, pull)): Names<u64>,
    Query(page): Query<Page>,
) -> Answer {
    let board = host.board();
    if !board.pulls.contains_key(&pull) {
        return Err(Refusal::not_found());
    }
    let all: Vec<Value> = board
        .comments
        .iter()
        .filter(|(_, comment)| comment.pull == pull)
        .map(|(id, comment)| shape(&host, *id, comment))
        .collect();
    Ok(page.of(
        all,
        &format!(
            "{}/api/v3/repos/{}/issues/{pull}/comments",
            host.url, host.repository.full_name
        ),
    ))
}

pub(super) async fn change(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, id)): Names<u64>,
    Json(new): Json<Body>,
) -> Answer {
    let body = checked(new)?;
    let mut board = host.board();
    let comment = board.comments.get_mut(&id).ok_or_else(Refusal::not_found)?;
    if comment.login != caller.login {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Must have admin rights to Repository.",
        ));
    }
    comment.body = body;
    comment.updated = Timestamp::now();
    let comment = comment.clone();
    drop(board);
    Ok(Json(shape(&host, id, &comment)).into_response())
}

fn shape(host: &Host, id: u64, comment: &Comment) -> Value {
    json!({
        "id": id,
        "node_id": format!("IC_{id}"),
        "body": comment.body,
        "user": shapes::user(host, &comment.login),
        "html_url": format!("{}/{}/pull/{}#issuecomment-{id}", host.url, host.repository.full_name, comment.pull),
        "created_at": comment.created.to_string(),
        "updated_at": comment.updated.to_string(),
    })
}
