//! The process that holds the environment.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use uuid::Uuid;

use super::control::{self, Control};
use super::ministack::{ACCOUNT, MiniStack, MiniStackError, REGION, ROOT_KEY};
use super::{READY, STAY, ports};
use crate::aws::Aws;
use crate::codepipeline;
use crate::deploy::STACK;
use crate::githost::access::Tokens;
use crate::githost::repository::RepositoryError;
use crate::githost::{self, Settings};
use crate::places::Places;
use crate::python::Venv;
use crate::state::{self, State, StateError};

/// The repository that the Git host holds.
pub const REPOSITORY: &str = "octo-org/infrastructure";
/// The branch that is watched.
pub const BRANCH: &str = "main";
/// The login in the printed push URL; any other works too.
pub const LOGIN: &str = "octocat";

const GRACE: Duration = Duration::from_secs(2);

/// Why a part did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// No port on loopback.
    #[error("finding a free port on 127.0.0.1")]
    Port(#[source] io::Error),
    /// `MiniStack`.
    #[error(transparent)]
    MiniStack(#[from] MiniStackError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] codepipeline::StartError),
    /// The Git host.
    #[error(transparent)]
    GitHost(#[from] RepositoryError),
    /// The record.
    #[error(transparent)]
    State(#[from] StateError),
    /// Signals.
    #[error("listening for signals")]
    Signals(#[source] io::Error),
    /// `MiniStack` ended by itself.
    #[error("MiniStack ended by itself; see {}", .0.display())]
    Lost(PathBuf),
}

/// Runs everything until standard input closes (unless the word to stay came first), a signal comes, or somebody asks
/// to end.
///
/// # Errors
///
/// When a part does not start, or `MiniStack` ends by itself.
pub async fn serve(places: &Places, venv: &Venv) -> Result<(), ServerError> {
    let mut terminate = signal(SignalKind::terminate()).map_err(ServerError::Signals)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(ServerError::Signals)?;
    let engine_listener = ports::listen(ports::ENGINE).await.map_err(ServerError::Port)?;
    let git_listener = ports::listen(ports::GIT).await.map_err(ServerError::Port)?;
    // MiniStack listens by itself and later, so two that start at once could choose the same port, and one would talk
    // to the other's. The engine's usual port is held already, by one of them: only that one takes the usual port.
    let is_first = engine_listener.local_addr().map_err(ServerError::Port)?.port() == ports::ENGINE;
    let port = ports::free(if is_first { ports::AWS } else { 0 }).map_err(ServerError::Port)?;
    let endpoint = format!("http://127.0.0.1:{port}");
    let secret = Uuid::new_v4().to_string();

    let engine_url = url(&engine_listener)?;
    let mut ministack = MiniStack::start(places, venv, port, &engine_url, &secret).await?;
    let engine = codepipeline::serve(
        engine_listener,
        codepipeline::Config {
            listen: ([127, 0, 0, 1], 0).into(),
            ministack: endpoint.clone(),
            front_secret: secret,
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            pace: codepipeline::Pace::default(),
            rough: places.rough(),
        },
    )?;
    let git_url = url(&git_listener)?;
    let tokens = Tokens {
        people: token("people"),
        functions: token("functions"),
    };
    let state = record(places, &endpoint, &git_url, &tokens);
    let (_, router) = githost::host(
        Settings {
            root: places.git(),
            repository: REPOSITORY.to_owned(),
            branch: BRANCH.to_owned(),
            tokens,
            function_urls: endpoint.clone(),
        },
        &git_url,
    )
    .await?;
    let control = Arc::new(Control {
        instance: state.instance.clone(),
        stop: tokio::sync::Notify::new(),
        aws: Aws::root(&endpoint),
        engine: engine.turner(),
    });
    let router = control::router(Arc::clone(&control)).merge(router);
    let git = tokio::spawn(githost::serve(git_listener, router, std::future::pending()));
    state::write(places, &state)?;
    let schedule = places.rough().map(|_| tokio::spawn(schedule_often(endpoint.clone())));
    println!("{READY}");

    let lost = tokio::select! {
        () = until_released() => false,
        _ = terminate.recv() => false,
        _ = interrupt.recv() => false,
        () = control.stop.notified() => false,
        () = ministack.ended() => true,
    };
    // Whoever asked to end gets an answer first.
    tokio::time::sleep(Duration::from_millis(50)).await;
    ministack.stop().await;
    drop(tokio::time::timeout(GRACE, engine.stop()).await);
    // While the Git host still answers: whoever finds it gone may start the next environment in this place.
    let removed = state::remove(places);
    if let Some(schedule) = schedule {
        schedule.abort();
    }
    git.abort();
    removed?;
    if lost {
        Err(ServerError::Lost(places.logs().join("ministack.log")))
    } else {
        Ok(())
    }
}

/// How often what got lost is looked for where events get lost; deployed, it is every five minutes.
const OFTEN: Duration = Duration::from_secs(10);

/// Does what the schedule does, more often, so that nobody waits for it.
async fn schedule_often(endpoint: String) {
    let url = format!("{endpoint}/2015-03-31/functions/{STACK}-outcome-record/invocations");
    // MiniStack does not check the signature of the root user.
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential={ROOT_KEY}/20260101/{REGION}/lambda/aws4_request, SignedHeaders=host, Signature=0"
    );
    let client = crate::http::client();
    loop {
        tokio::time::sleep(OFTEN).await;
        let request = client.post(&url).header("authorization", &signed);
        let request = request
            .header("x-amz-invocation-type", "Event")
            .header("content-type", "application/json");
        let asked = request
            .body(r#"{"source":"changegate.schedule","detail-type":"Retry Due"}"#)
            .send()
            .await;
        if let Err(error) = asked {
            tracing::warn!(%error, "the schedule of outcome-record was not brought forward");
        }
    }
}

fn url(listener: &TcpListener) -> Result<String, ServerError> {
    let port = listener.local_addr().map_err(ServerError::Port)?.port();
    Ok(format!("http://127.0.0.1:{port}"))
}

/// A token that nobody guesses and that a scan of the logs finds.
fn token(kind: &str) -> String {
    format!("local-{kind}-{}", Uuid::new_v4().simple())
}

fn record(places: &Places, endpoint: &str, git_url: &str, tokens: &Tokens) -> State {
    State {
        instance: Uuid::new_v4().to_string(),
        pid: std::process::id(),
        endpoint: endpoint.to_owned(),
        git_host: git_url.to_owned(),
        repository: REPOSITORY.to_owned(),
        branch: BRANCH.to_owned(),
        push_url: git_url.replacen("http://", &format!("http://{LOGIN}:{}@", tokens.people), 1)
            + &format!("/{REPOSITORY}.git"),
        people_token: tokens.people.clone(),
        functions_token: tokens.functions.clone(),
        webhook_secret: token("webhook"),
        logs: places.logs(),
        mail: places.mail(),
    }
}

/// Ends when standard input does, and never once the word to stay has come.
///
/// A thread of its own reads: nothing could end a read that a runtime waits for.
async fn until_released() {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let stays = io::stdin()
            .lines()
            .map_while(Result::ok)
            .any(|line| line.trim() == STAY);
        // Nobody listens any more when the environment ended for another reason.
        let _ = sender.send(stays);
    });
    if !matches!(receiver.await, Ok(false)) {
        std::future::pending::<()>().await;
    }
}
