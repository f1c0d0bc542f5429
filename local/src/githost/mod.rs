//! A Git host in the place of GitHub, over a real repository.
//!
//! It takes pushes over HTTP, delivers signed webhooks, and serves the part of GitHub's REST interface that Changegate
//! calls, below `/api/v3` as GitHub Enterprise Server does. What it does not serve it refuses by name.
//! Everything but the repository itself is kept in memory.

pub mod access;
pub mod backend;
pub mod board;
pub mod hooks;
pub mod push;
pub mod repository;
pub mod rest;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, middleware};
use tokio::net::TcpListener;

use access::Tokens;
use board::Board;
use repository::{Repository, RepositoryError};

/// What a Git host is made of.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Directory of the bare repositories; `<owner>/<name>.git` is made below it.
    pub root: PathBuf,
    /// `owner/name` of the one repository.
    pub repository: String,
    /// Its default branch.
    pub branch: String,
    /// Who may do what.
    pub tokens: Tokens,
    /// Where function URLs (`https://….lambda-url.….on.aws`) are served, such as `http://127.0.0.1:4566`.
    pub function_urls: String,
}

/// The running host: the repository, and what GitHub keeps beside it.
pub struct Host {
    /// The repository.
    pub repository: Repository,
    /// Who may do what.
    pub tokens: Tokens,
    /// Base URL, without a final slash.
    pub url: String,
    /// Where function URLs are served.
    pub function_urls: String,
    /// One push at a time, so that what it changed can be told.
    pub pushing: tokio::sync::Mutex<()>,
    /// Sends deliveries.
    pub client: reqwest::Client,
    board: Mutex<Board>,
}

impl Host {
    /// What GitHub keeps beside the repository. Never held across an await.
    pub fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the repository where it is missing, and the routes.
///
/// # Errors
///
/// When `git` is missing or the repository cannot be made.
pub async fn host(settings: Settings, url: &str) -> Result<(Arc<Host>, Router), RepositoryError> {
    let repository = Repository::ensure(&settings.root, &settings.repository, &settings.branch).await?;
    let host = Arc::new(Host {
        repository,
        tokens: settings.tokens,
        url: url.to_owned(),
        function_urls: settings.function_urls,
        pushing: tokio::sync::Mutex::new(()),
        client: crate::http::client(),
        board: Mutex::default(),
    });
    let router = Router::new()
        .nest("/api/v3", rest::router(Arc::clone(&host)))
        .merge(rest::downloads::router())
        .fallback(backend::serve)
        .with_state(Arc::clone(&host));
    // Around all routes, because it changes the address that they go by.
    let by_number = middleware::from_fn_with_state(Arc::clone(&host), rest::by_number);
    let router = Router::new().fallback_service(router).layer(by_number);
    Ok((host, router))
}

/// Serves until `shutdown`.
///
/// # Errors
///
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(shutdown).await
}
