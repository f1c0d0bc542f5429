//! Pull requests: opened, reviewed and merged by people, read by Changegate.

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
use crate::githost::board::{Merge, Pull, Review};
use crate::githost::push::{self, Moved};

#[derive(Debug, Deserialize)]
pub(super) struct NewPull {
    title: String,
    #[serde(default)]
    body: String,
    head: String,
    base: String,
}

fn only_people(caller: &Caller) -> Result<(), Refusal> {
    if caller.may_push {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "Resource not accessible by personal access token",
    ))
}

pub(super) async fn open(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Json(new): Json<NewPull>,
) -> Answer {
    only_people(&caller)?;
    let missing = |branch: &str| Refusal::unprocessable(format!("Validation Failed: there is no branch {branch}"));
    let branch = async |name: &str| host.repository.resolve(&format!("refs/heads/{name}")).await;
    let head = branch(&new.head).await.ok_or_else(|| missing(&new.head))?;
    let base = branch(&new.base).await.ok_or_else(|| missing(&new.base))?;
    if host.repository.count(&format!("{base}..{head}")).await? == 0 {
        return Err(Refusal::unprocessable(format!(
            "Validation Failed: No commits between {} and {}",
            new.base, new.head
        )));
    }
    let pull = Pull {
        title: new.title,
        body: new.body,
        login: caller.login,
        head: (new.head, head),
        base: (new.base, base),
        created: Timestamp::now(),
        merged: None,
        reviews: Vec::new(),
    };
    let mut board = host.board();
    let number = board.id();
    board.pulls.insert(number, pull.clone());
    drop(board);
    Ok((StatusCode::CREATED, Json(shape(&host, number, &pull))).into_response())
}

pub(super) async fn list(State(host): State<Arc<Host>>, Query(page): Query<Page>) -> Answer {
    let all: Vec<Value> = host
        .board()
        .pulls
        .iter()
        .rev()
        .map(|(id, pull)| shape(&host, *id, pull))
        .collect();
    Ok(page.of(
        all,
        &format!("{}/api/v3/repos/{}/pulls", host.url, host.repository.full_name),
    ))
}

pub(super) async fn show(State(host): State<Arc<Host>>, Path((_, _, number)): Names<u64>) -> Answer {
    let pull = find(&host, number)?;
    Ok(Json(shape(&host, number, &pull)).into_response())
}

fn find(host: &Host, number: u64) -> Result<Pull, Refusal> {
    host.board().pulls.get(&number).cloned().ok_or_else(Refusal::not_found)
}

/// The pull requests that a commit came through: those whose merge it is, and those that brought it.
pub(super) async fn of_commit(
    State(host): State<Arc<Host>>,
    Path((_, _, name)): Names<String>,
    Query(page): Query<Page>,
) -> Answer {
    let sha = commits::resolve(&host, &name)
        .await
        .ok_or_else(|| Refusal::unprocessable(format!("No commit found for SHA: {name}")))?;
    let pulls: Vec<(u64, Pull)> = host
        .board()
        .pulls
        .iter()
        .map(|(id, pull)| (*id, pull.clone()))
        .collect();
    let mut found = Vec::new();
    for (number, pull) in pulls {
        let is_merge = pull.merged.as_ref().is_some_and(|merge| merge.sha == sha);
        if is_merge
            || host
                .repository
                .ids(&format!("{}..{}", pull.base.1, pull.head.1))
                .await?
                .contains(&sha)
        {
            found.push(shape(&host, number, &pull));
        }
    }
    Ok(page.of(
        found,
        &format!(
            "{}/api/v3/repos/{}/commits/{sha}/pulls",
            host.url, host.repository.full_name
        ),
    ))
}

/// GitHub lists no more commits of a pull request.
///
/// Source: <https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request>
const MOST_COMMITS: usize = 250;

/// The commits of a pull request, oldest first.
pub(super) async fn commits_of(
    State(host): State<Arc<Host>>,
    Path((_, _, number)): Names<u64>,
    Query(page): Query<Page>,
) -> Answer {
    let pull = find(&host, number)?;
    let base = match pull.merged {
        Some(_) => None,
        None => host.repository.resolve(&format!("refs/heads/{}", pull.base.0)).await,
    };
    let range = format!("{}..{}", base.as_ref().unwrap_or(&pull.base.1), pull.head.1);
    let count = host.repository.count(&range).await?;
    let mut listed = host.repository.commits(&[&range, "--"], 0, count.max(1)).await?;
    listed.reverse();
    let shown = listed
        .iter()
        .take(MOST_COMMITS)
        .map(|commit| shapes::commit(&host, commit));
    Ok(page.of(
        shown.collect(),
        &format!(
            "{}/api/v3/repos/{}/pulls/{number}/commits",
            host.url, host.repository.full_name
        ),
    ))
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct HowToMerge {
    commit_title: Option<String>,
    merge_method: Option<String>,
}

/// Merges with a merge commit or by squashing, and announces it as GitHub does: as a push to the base branch.
pub(super) async fn merge(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, number)): Names<u64>,
    Json(how): Json<HowToMerge>,
) -> Answer {
    only_people(&caller)?;
    let pull = find(&host, number)?;
    let refuse = |message: String| Refusal::new(StatusCode::METHOD_NOT_ALLOWED, message);
    if pull.merged.is_some() {
        return Err(refuse("Pull Request is not mergeable: it is merged".to_owned()));
    }
    let method = how.merge_method.as_deref().unwrap_or("merge");
    let one_at_a_time = host.pushing.lock().await;
    let repository = &host.repository;
    let base = repository
        .resolve(&format!("refs/heads/{}", pull.base.0))
        .await
        .ok_or_else(Refusal::not_found)?;
    let head = repository
        .resolve(&format!("refs/heads/{}", pull.head.0))
        .await
        .unwrap_or(pull.head.1.clone());
    let tree = repository
        .merged_tree(&base, &head)
        .await
        .map_err(|error| refuse(format!("Pull Request is not mergeable: {error}")))?;
    let (title, parents): (String, Vec<&str>) = match method {
        "merge" => (
            format!("Merge pull request #{number} from {}", pull.head.0),
            vec![&base, &head],
        ),
        "squash" => (format!("{} (#{number})", pull.title), vec![&base]),
        other => {
            return Err(Refusal::new(
                StatusCode::NOT_IMPLEMENTED,
                format!("this Git host merges with merge or squash, not {other}"),
            ));
        }
    };
    let message = how.commit_title.unwrap_or(title);
    let sha = repository
        .write_commit(&tree, &parents, &message, &caller.login)
        .await?;
    repository.move_branch(&pull.base.0, &sha, &base).await?;
    {
        let mut board = host.board();
        if let Some(pull) = board.pulls.get_mut(&number) {
            pull.head.1.clone_from(&head);
            pull.base.1.clone_from(&base);
            pull.merged = Some(Merge {
                sha: sha.clone(),
                login: caller.login.clone(),
                at: Timestamp::now(),
            });
        }
    }
    let moved = Moved {
        reference: format!("refs/heads/{}", pull.base.0),
        before: base,
        after: sha.clone(),
    };
    push::announce_one(&host, &caller.login, &moved, Some("pr_merge")).await;
    drop(one_at_a_time);
    Ok(Json(json!({ "sha": sha, "merged": true, "message": "Pull Request successfully merged" })).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct NewReview {
    event: String,
    #[serde(default)]
    body: String,
}

pub(super) async fn review(
    State(host): State<Arc<Host>>,
    Extension(caller): Extension<Caller>,
    Path((_, _, number)): Names<u64>,
    Json(new): Json<NewReview>,
) -> Answer {
    only_people(&caller)?;
    let state = match new.event.as_str() {
        "APPROVE" => "APPROVED",
        "REQUEST_CHANGES" => "CHANGES_REQUESTED",
        "COMMENT" => "COMMENTED",
        other => {
            return Err(Refusal::unprocessable(format!(
                "Validation Failed: event {other} is not included in the list"
            )));
        }
    };
    let mut board = host.board();
    let id = board.id();
    let pull = board.pulls.get_mut(&number).ok_or_else(Refusal::not_found)?;
    if state != "COMMENTED" && pull.login == caller.login {
        return Err(Refusal::unprocessable(
            "Unprocessable Entity: Can not approve your own pull request",
        ));
    }
    let review = Review {
        id,
        login: caller.login,
        state,
        body: new.body,
        commit: pull.head.1.clone(),
        at: Timestamp::now(),
    };
    pull.reviews.push(review.clone());
    drop(board);
    Ok(Json(shape_of_review(&host, &review)).into_response())
}

pub(super) async fn reviews(
    State(host): State<Arc<Host>>,
    Path((_, _, number)): Names<u64>,
    Query(page): Query<Page>,
) -> Answer {
    let pull = find(&host, number)?;
    let all: Vec<Value> = pull
        .reviews
        .iter()
        .map(|review| shape_of_review(&host, review))
        .collect();
    Ok(page.of(
        all,
        &format!(
            "{}/api/v3/repos/{}/pulls/{number}/reviews",
            host.url, host.repository.full_name
        ),
    ))
}

/// What happened to a pull request. Its base branch cannot be changed here, so nothing tells of that.
pub(super) async fn timeline(
    State(host): State<Arc<Host>>,
    Path((_, _, number)): Names<u64>,
    Query(page): Query<Page>,
) -> Answer {
    let pull = find(&host, number)?;
    let all: Vec<Value> = pull
        .merged
        .iter()
        .map(|merge| {
            json!({
                "event": "merged",
                "actor": shapes::user(&host, &merge.login),
                "commit_id": merge.sha,
                "created_at": merge.at.to_string(),
            })
        })
        .collect();
    Ok(page.of(
        all,
        &format!(
            "{}/api/v3/repos/{}/issues/{number}/timeline",
            host.url, host.repository.full_name
        ),
    ))
}

fn shape_of_review(host: &Host, review: &Review) -> Value {
    json!({
        "id": review.id,
        "user": shapes::user(host, &review.login),
        "body": review.body,
        "state": review.state,
        "commit_id": review.commit,
        "submitted_at": review.at.to_string(),
    })
}

fn shape(host: &Host, number: u64, pull: &Pull) -> Value {
    let merged_at = pull.merged.as_ref().map(|merge| merge.at.to_string());
    json!({
        "id": number,
        "number": number,
        "state": if pull.merged.is_some() { "closed" } else { "open" },
        "title": pull.title,
        "body": pull.body,
        "user": shapes::user(host, &pull.login),
        "html_url": format!("{}/{}/pull/{number}", host.url, host.repository.full_name),
        "created_at": pull.created.to_string(),
        "merged_at": merged_at,
        "merged": pull.merged.is_some(),
        "merged_by": pull.merged.as_ref().map(|merge| shapes::user(host, &merge.login)),
        "merge_commit_sha": pull.merged.as_ref().map(|merge| merge.sha.clone()),
        "draft": false,
        "head": { "ref": pull.head.0, "sha": pull.head.1, "repo": shapes::repository(host) },
        "base": { "ref": pull.base.0, "sha": pull.base.1, "repo": shapes::repository(host) },
    })
}
