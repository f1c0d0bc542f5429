//! The part of GitHub's REST interface that Changegate and people here need.
//!
//! Source: <https://docs.github.com/en/rest>

mod answers;
mod commits;
pub mod downloads;
mod git_data;
mod hooks;
mod issues;
mod pulls;
mod repository;
pub mod shapes;
mod statuses;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::uri::PathAndQuery;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, patch, post, put};

pub use answers::{Answer, Page, Refusal};

use super::Host;
use super::access::Unknown;

/// The routes, below `/api/v3`.
pub fn router(host: Arc<Host>) -> Router<Arc<Host>> {
    let repository = Router::new()
        .route("/", get(repository::show))
        .route("/activity", get(repository::activity))
        .route("/branches/{*branch}", get(repository::branch))
        .route("/collaborators/{login}", put(repository::permit))
        .route("/collaborators/{login}/permission", get(repository::permission))
        .route("/commits", get(commits::list))
        .route("/commits/{reference}", get(commits::show))
        .route("/commits/{reference}/pulls", get(pulls::of_commit))
        .route("/commits/{reference}/status", get(statuses::combined))
        .route("/commits/{reference}/statuses", get(statuses::list))
        .route("/compare/{*range}", get(commits::compare))
        .route("/git/blobs/{sha}", get(git_data::blob))
        .route("/git/commits/{sha}", get(git_data::commit))
        .route("/git/ref/{*reference}", get(git_data::reference))
        .route("/git/trees/{sha}", get(git_data::tree))
        .route("/hooks", get(hooks::list).post(hooks::create))
        .route("/hooks/{id}", get(hooks::show).delete(hooks::delete))
        .route("/hooks/{id}/deliveries", get(hooks::deliveries))
        .route("/hooks/{id}/deliveries/{delivery}/attempts", post(hooks::redeliver))
        .route("/issues/comments/{id}", patch(issues::change))
        .route("/issues/{number}/timeline", get(pulls::timeline))
        .route("/issues/{number}/comments", get(issues::list).post(issues::create))
        .route("/pulls", get(pulls::list).post(pulls::open))
        .route("/pulls/{number}", get(pulls::show))
        .route("/pulls/{number}/commits", get(pulls::commits_of))
        .route("/pulls/{number}/merge", put(pulls::merge))
        .route("/pulls/{number}/reviews", get(pulls::reviews).post(pulls::review))
        .route("/statuses/{sha}", post(statuses::set))
        .route("/tarball/{*reference}", get(downloads::redirect))
        .layer(middleware::from_fn_with_state(Arc::clone(&host), only_this_repository));
    Router::new()
        .route("/rate_limit", get(answers::rate_limit))
        .route("/user", get(repository::user))
        .nest("/repos/{owner}/{name}", repository)
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(host, authenticated))
        .layer(middleware::from_fn(answers::conditional))
}

/// Serves the addresses by the repository's number like those by its name.
///
/// # Errors
///
/// 404 for any other number, as GitHub answers.
pub async fn by_number(State(host): State<Arc<Host>>, mut request: Request, next: Next) -> Result<Response, Refusal> {
    let asked = request.uri().path_and_query().map_or("", PathAndQuery::as_str);
    if let Some(asked) = asked.strip_prefix("/api/v3/repositories/") {
        let end = asked.find(['/', '?']).unwrap_or(asked.len());
        let (number, rest) = asked.split_at(end);
        if number != shapes::repository_number(&host).to_string() {
            return Err(Refusal::not_found());
        }
        let named = format!("/api/v3/repos/{}{rest}", host.repository.full_name);
        *request.uri_mut() = named.parse().map_err(|_| Refusal::not_found())?;
    }
    Ok(next.run(request).await)
}

/// Whatever is not served is refused by name, so that nobody takes it for an answer of GitHub.
async fn unknown(request: Request) -> Refusal {
    Refusal::new(
        StatusCode::NOT_IMPLEMENTED,
        format!(
            "this Git host does not serve {} {}",
            request.method(),
            request.uri().path()
        ),
    )
}

async fn authenticated(State(host): State<Arc<Host>>, mut request: Request, next: Next) -> Result<Response, Refusal> {
    match host.tokens.caller(request.headers()) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            Ok(next.run(request).await)
        }
        Err(Unknown::Missing) => Err(Refusal::new(StatusCode::UNAUTHORIZED, "Requires authentication")),
        Err(Unknown::Wrong) => Err(Refusal::new(StatusCode::UNAUTHORIZED, "Bad credentials")),
    }
}

async fn only_this_repository(
    State(host): State<Arc<Host>>,
    Path(names): Path<std::collections::HashMap<String, String>>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    let part = |name: &str| names.get(name).map(String::as_str).unwrap_or_default();
    let asked = format!("{}/{}", part("owner"), part("name"));
    if asked.eq_ignore_ascii_case(&host.repository.full_name) {
        Ok(next.run(request).await)
    } else {
        Err(Refusal::not_found())
    }
}
