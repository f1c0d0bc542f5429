//! Commits and comparisons.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};

use super::repository::Names;
use super::{Answer, Page, Refusal, shapes};
use crate::githost::Host;
use crate::githost::repository::FileChange;

/// GitHub lists no more files in a comparison.
///
/// Source: <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
const MOST_FILES: usize = 300;

#[derive(Debug, Deserialize)]
pub(super) struct ListOf {
    sha: Option<String>,
    path: Option<String>,
}

pub(super) async fn list(
    State(host): State<Arc<Host>>,
    Query(wanted): Query<ListOf>,
    Query(page): Query<Page>,
) -> Answer {
    let start = wanted.sha.unwrap_or_else(|| host.repository.branch.clone());
    let sha = resolve(&host, &start).await.ok_or_else(|| {
        Refusal::new(
            StatusCode::CONFLICT,
            "Git Repository is empty, or it has no such branch or commit.",
        )
    })?;
    let mut range = vec![sha.as_str(), "--"];
    range.extend(wanted.path.as_deref());
    let mut listed = host.repository.commits(&range, page.skipped(), page.size() + 1).await?;
    let more = listed.len() > page.size();
    listed.truncate(page.size());
    let shown: Vec<Value> = listed.iter().map(|commit| shapes::commit(&host, commit)).collect();
    let path = format!(
        "{}/api/v3/repos/{}/commits?sha={start}",
        host.url, host.repository.full_name
    );
    Ok(page.linked(Json(shown).into_response(), more, &path))
}

pub(super) async fn show(State(host): State<Arc<Host>>, Path((_, _, name)): Names<String>) -> Answer {
    let missing = || Refusal::unprocessable(format!("No commit found for SHA: {name}"));
    let sha = resolve(&host, &name).await.ok_or_else(missing)?;
    let commit = host.repository.commit(&sha).await?.ok_or_else(missing)?;
    Ok(Json(shapes::commit(&host, &commit)).into_response())
}

/// A branch goes before a tag, and both before an id, as on GitHub.
pub(super) async fn resolve(host: &Host, name: &str) -> Option<String> {
    for prefix in ["refs/heads/", "refs/tags/", ""] {
        let found = host
            .repository
            .resolve(&format!("{prefix}{}", name.trim_start_matches("heads/")))
            .await;
        if found.is_some() {
            return found;
        }
    }
    None
}

pub(super) async fn compare(
    State(host): State<Arc<Host>>,
    Path((_, _, range)): Names<String>,
    Query(page): Query<Page>,
) -> Answer {
    let (base, head) = range.split_once("...").ok_or_else(Refusal::not_found)?;
    let base = resolve(&host, base).await.ok_or_else(Refusal::not_found)?;
    let head = resolve(&host, head).await.ok_or_else(Refusal::not_found)?;
    let repository = &host.repository;
    let (behind, ahead) = repository.apart(&base, &head).await?;
    let common = match behind {
        0 => Some(base.clone()),
        _ => repository.merge_base(&base, &head).await,
    };
    let common =
        common.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "No common ancestor between the two commits."))?;
    let status = match (ahead, behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let between = format!("{base}..{head}");
    let between = [between.as_str(), "--"];
    let parents = ["--no-walk", &base, &common, "--"];
    let (mut listed, parents, changes) = tokio::try_join!(
        repository.commits(&between, 0, ahead.max(1)),
        repository.commits(&parents, 0, 2),
        async {
            // Files come with the first page only.
            match page.skipped() {
                0 => repository.changes(&common, &head).await,
                _ => Ok(Vec::new()),
            }
        },
    )?;
    // Oldest first, as GitHub lists the commits of a comparison.
    listed.reverse();
    let shown: Vec<Value> = listed
        .iter()
        .skip(page.skipped())
        .take(page.size())
        .map(|commit| shapes::commit(&host, commit))
        .collect();
    let files: Vec<Value> = changes.iter().take(MOST_FILES).map(file).collect();
    let more = ahead > page.skipped() + page.size();
    let shape_of = |id: &str| {
        let commit = parents.iter().find(|commit| commit.sha == id);
        commit.map_or(Value::Null, |commit| shapes::commit(&host, commit))
    };
    let body = json!({
        "status": status,
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "base_commit": shape_of(&base),
        "merge_base_commit": shape_of(&common),
        "commits": shown,
        "files": files,
    });
    let path = format!(
        "{}/api/v3/repos/{}/compare/{range}",
        host.url, host.repository.full_name
    );
    Ok(page.linked(Json(body).into_response(), more, &path))
}

fn file(change: &FileChange) -> Value {
    let mut shape = json!({ "sha": change.sha, "filename": change.path, "status": change.status });
    if let Some(previous) = &change.previous {
        shape["previous_filename"] = json!(previous);
    }
    shape
}
