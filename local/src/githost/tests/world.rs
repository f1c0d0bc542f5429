//! A host that runs, with a clone of its repository and a receiver of its webhooks.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use axum::routing::post;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::githost::access::Tokens;
use crate::githost::{Settings, host, serve};
use crate::http;

pub(super) const REPOSITORY: &str = "octo-org/infrastructure";

/// A running host, a clone of its repository, and whatever its webhooks deliver.
pub(super) struct World {
    pub(super) url: String,
    pub(super) api: String,
    clone: TempDir,
    deliveries: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    _root: TempDir,
}

pub(super) async fn world() -> World {
    let root = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hook_url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let settings = Settings {
        root: root.path().to_path_buf(),
        repository: REPOSITORY.to_owned(),
        branch: "main".to_owned(),
        tokens: Tokens {
            people: "people".to_owned(),
            functions: "functions".to_owned(),
        },
        function_urls: "http://127.0.0.1:1".to_owned(),
    };
    let (_, router) = host(settings, &url).await.unwrap();
    tokio::spawn(serve(listener, router, std::future::pending()));
    let (sender, deliveries) = mpsc::unbounded_channel();
    let sender = Arc::new(Mutex::new(sender));
    let hook = Router::new().route(
        "/hook",
        post(async move |headers: HeaderMap, body: Bytes| {
            sender.lock().unwrap().send((headers, body)).unwrap();
            "thanks"
        }),
    );
    tokio::spawn(async move { axum::serve(receiver, hook).await });
    let api = format!("{url}/api/v3/repos/{REPOSITORY}");
    let mut world = World {
        url,
        api,
        clone: tempfile::tempdir().unwrap(),
        deliveries,
        _root: root,
    };
    world.git(&["init", "-q", "-b", "main"]);
    let config = json!({ "url": hook_url, "content_type": "json", "secret": "s3cr3t" });
    let made = world
        .post("/hooks", "ada", &json!({ "events": ["push"], "config": config }))
        .await;
    assert_eq!(made.0, StatusCode::CREATED);
    assert_eq!(world.delivered().await.0["x-github-event"], "ping");
    world
}

impl World {
    pub(super) fn remote(&self, credential: &str) -> String {
        self.url.replacen("http://", &format!("http://{credential}@"), 1) + &format!("/{REPOSITORY}.git")
    }

    pub(super) fn try_git(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new("git")
            .current_dir(self.clone.path())
            .args([
                "-c",
                "user.name=Octo Cat",
                "-c",
                "user.email=octocat@users.noreply.github.com",
            ])
            .args(["-c", "commit.gpgsign=false", "-c", "protocol.version=2"])
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    pub(super) fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.clone.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(super) fn commit(&self, subject: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Pushes off the runtime's threads: the host answers on them.
    pub(super) fn push(&self, arguments: &[&str]) -> Result<String, String> {
        let mut all = vec!["push".to_owned(), "-q".to_owned()];
        all.extend(arguments.iter().map(|each| (*each).to_owned()));
        tokio::task::block_in_place(|| self.try_git(&all.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    pub(super) async fn delivered(&mut self) -> (HeaderMap, Value, Bytes) {
        let (headers, body) = tokio::time::timeout(Duration::from_secs(20), self.deliveries.recv())
            .await
            .unwrap()
            .unwrap();
        (headers, serde_json::from_slice(&body).unwrap(), body)
    }

    pub(super) async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = http::client()
            .get(format!("{}{path}", self.api))
            .bearer_auth("functions")
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    pub(super) async fn post(&self, path: &str, login: &str, body: &Value) -> (StatusCode, Value) {
        let request = http::client()
            .post(format!("{}{path}", self.api))
            .basic_auth(login, Some("people"));
        let answer = request.json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }
}
