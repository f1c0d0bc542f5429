//! The host over HTTP, with real git on both sides.

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

use super::access::Tokens;
use super::hooks::signature;
use super::{Settings, host, serve};
use crate::http;

const REPOSITORY: &str = "octo-org/infrastructure";

/// A running host, a clone of its repository, and whatever its webhooks deliver.
struct World {
    url: String,
    api: String,
    clone: TempDir,
    deliveries: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    _root: TempDir,
}

async fn world() -> World {
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
    fn remote(&self, credential: &str) -> String {
        self.url.replacen("http://", &format!("http://{credential}@"), 1) + &format!("/{REPOSITORY}.git")
    }

    fn try_git(&self, arguments: &[&str]) -> Result<String, String> {
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

    fn git(&self, arguments: &[&str]) -> String {
        self.try_git(arguments).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.clone.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn commit(&self, subject: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", subject]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Pushes off the runtime's threads: the host answers on them.
    fn push(&self, arguments: &[&str]) -> Result<String, String> {
        let mut all = vec!["push".to_owned(), "-q".to_owned()];
        all.extend(arguments.iter().map(|each| (*each).to_owned()));
        tokio::task::block_in_place(|| self.try_git(&all.iter().map(String::as_str).collect::<Vec<_>>()))
    }

    async fn delivered(&mut self) -> (HeaderMap, Value, Bytes) {
        let (headers, body) = tokio::time::timeout(Duration::from_secs(20), self.deliveries.recv())
            .await
            .unwrap()
            .unwrap();
        (headers, serde_json::from_slice(&body).unwrap(), body)
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let answer = http::client()
            .get(format!("{}{path}", self.api))
            .bearer_auth("functions")
            .send()
            .await
            .unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn post(&self, path: &str, login: &str, body: &Value) -> (StatusCode, Value) {
        let request = http::client()
            .post(format!("{}{path}", self.api))
            .basic_auth(login, Some("people"));
        let answer = request.json(body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or(Value::Null))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_is_delivered_signed_with_what_it_changed() {
    let mut world = world().await;
    world.write("stacks/network/template.yaml", "Resources: {}\n");
    let first = world.commit("Add the network");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let (headers, event, body) = world.delivered().await;
    assert_eq!(headers["x-github-event"], "push");
    assert_eq!(headers["x-hub-signature-256"], signature("s3cr3t", &body));
    assert!(!headers["x-github-delivery"].is_empty());
    assert_eq!(event["ref"], "refs/heads/main");
    assert_eq!(event["before"], super::push::ZEROS);
    assert_eq!((&event["after"], &event["created"]), (&json!(first), &json!(true)));
    assert_eq!(event["pusher"]["name"], "ada");
    assert_eq!(event["repository"]["full_name"], REPOSITORY);
    assert_eq!(event["head_commit"]["added"], json!(["stacks/network/template.yaml"]));

    world.write("stacks/network/template.yaml", "Resources: {A: {}}\n");
    let second = world.commit("Change it");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let (_, event, _) = world.delivered().await;
    assert_eq!((&event["before"], &event["after"]), (&json!(first), &json!(second)));
    assert_eq!(event["forced"], false);
    assert_eq!(event["commits"][0]["modified"], json!(["stacks/network/template.yaml"]));
    let (_, activity) = world.get("/activity?ref=main").await;
    assert_eq!(activity[0]["activity_type"], "push");
    assert_eq!(activity[0]["actor"]["login"], "ada");

    world.git(&["commit", "-q", "--amend", "-m", "Rewrite it"]);
    world.push(&["--force", &world.remote("bob:people"), "main"]).unwrap();
    let (_, event, _) = world.delivered().await;
    assert_eq!(event["forced"], true);
    world
        .push(&[&world.remote("bob:people"), "HEAD:refs/heads/side"])
        .unwrap();
    world.delivered().await;
    world.push(&[&world.remote("bob:people"), ":refs/heads/side"]).unwrap();
    let (_, event, _) = world.delivered().await;
    assert_eq!((&event["deleted"], &event["head_commit"]), (&json!(true), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_people_push_and_only_with_the_token() {
    let world = world().await;
    world.write("a", "a");
    world.commit("a");
    assert!(world.push(&[&world.remote("ada:wrong"), "main"]).is_err());
    assert!(
        world
            .push(&[&world.remote("x:functions"), "main"])
            .unwrap_err()
            .contains("403")
    );
    let answer = http::client()
        .get(format!("{}/commits", world.api))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        answer.json::<Value>().await.unwrap()["message"],
        "Requires authentication"
    );
    let answer = http::client()
        .get(&world.api)
        .bearer_auth("other")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap()["message"], "Bad credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn trees_blobs_and_archives_are_those_of_git() {
    let world = world().await;
    world.write("stacks/with space/ünïcode.yaml", "a: 1\n");
    world.write("README.md", "");
    let sha = world.commit("Files");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();

    let (_, commit) = world.get("/commits/main").await;
    assert_eq!(commit["sha"], json!(sha));
    assert_eq!(commit["author"]["login"], "octocat");
    let tree = commit["commit"]["tree"]["sha"].as_str().unwrap();
    let (_, listed) = world.get(&format!("/git/trees/{tree}?recursive=1")).await;
    let paths: Vec<&str> = listed["tree"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "README.md",
            "stacks",
            "stacks/with space",
            "stacks/with space/ünïcode.yaml"
        ]
    );
    assert_eq!(listed["truncated"], false);
    let blob = listed["tree"][3]["sha"].as_str().unwrap();
    let (_, shown) = world.get(&format!("/git/blobs/{blob}")).await;
    assert_eq!(
        (&shown["encoding"], &shown["content"]),
        (&json!("base64"), &json!("YTogMQo="))
    );
    let raw = http::client()
        .get(format!("{}/git/blobs/{blob}", world.api))
        .header("Accept", "application/vnd.github.raw+json")
        .bearer_auth("functions")
        .send()
        .await
        .unwrap();
    assert_eq!(raw.text().await.unwrap(), "a: 1\n");
    // The client follows the redirect, without the credential.
    let archive = http::client()
        .get(format!("{}/tarball/{sha}", world.api))
        .bearer_auth("functions")
        .send()
        .await
        .unwrap();
    let bytes = archive.bytes().await.unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&bytes[..]));
    let names: Vec<String> = archive
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    let file = format!("octo-org-infrastructure-{}/README.md", &sha[..7]);
    assert!(names.contains(&file), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_names_files_and_commits_since_the_common_ancestor() {
    let world = world().await;
    world.write("a", "1\n2\n3\n4\n5\n6\n");
    world.write("gone", "x");
    let base = world.commit("One");
    world.git(&["mv", "a", "b"]);
    world.git(&["rm", "-q", "gone"]);
    world.write("new", "n");
    let head = world.commit("Two");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let (_, compared) = world.get(&format!("/compare/{base}...main")).await;
    assert_eq!(compared["status"], "ahead");
    assert_eq!(compared["commits"][0]["sha"], json!(head));
    let files: Vec<String> = compared["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| format!("{} {} {}", file["status"], file["previous_filename"], file["filename"]))
        .collect();
    assert_eq!(
        files,
        [
            "\"renamed\" \"a\" \"b\"",
            "\"removed\" null \"gone\"",
            "\"added\" null \"new\""
        ]
    );
    let (status, same) = world.get(&format!("/compare/{head}...{head}")).await;
    assert_eq!((status, &same["status"]), (StatusCode::OK, &json!("identical")));
    assert_eq!(world.get("/compare/nothing...main").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_already_is_not_sent_again() {
    let world = world().await;
    world.write("a", "a");
    world.commit("a");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let url = format!("{}/commits/main", world.api);
    let first = http::client().get(&url).bearer_auth("functions").send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    assert_eq!(first.headers()["x-ratelimit-limit"], "5000");
    let again = http::client()
        .get(&url)
        .bearer_auth("functions")
        .header("If-None-Match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    world.write("a", "b");
    world.commit("b");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let other = http::client()
        .get(&url)
        .bearer_auth("functions")
        .header("If-None-Match", &tag)
        .send()
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn statuses_are_kept_and_checked() {
    let world = world().await;
    world.write("a", "a");
    let sha = world.commit("a");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let path = format!("/statuses/{sha}");
    for state in ["pending", "success"] {
        let body = json!({ "state": state, "context": "changegate/a", "description": "d" });
        assert_eq!(world.post(&path, "ada", &body).await.0, StatusCode::CREATED);
    }
    let (_, combined) = world.get("/commits/main/status").await;
    assert_eq!(
        (&combined["state"], &combined["total_count"]),
        (&json!("success"), &json!(1))
    );
    let (_, all) = world.get(&format!("/commits/{sha}/statuses")).await;
    assert_eq!(all.as_array().unwrap().len(), 2);
    for bad in [
        json!({ "state": "good" }),
        json!({ "state": "success", "description": "x".repeat(141) }),
        json!({ "state": "success", "target_url": "ftp://x" }),
    ] {
        assert_eq!(
            world.post(&path, "ada", &bad).await.0,
            StatusCode::UNPROCESSABLE_ENTITY,
            "{bad}"
        );
    }
    let missing = format!("/statuses/{}", "0".repeat(40));
    assert_eq!(
        world.post(&missing, "ada", &json!({ "state": "success" })).await.0,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_request_is_reviewed_merged_and_found_by_its_commits() {
    let mut world = world().await;
    world.write("a", "a");
    world.commit("a");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    world.delivered().await;
    world.write("b", "b");
    let change = world.commit("b");
    world
        .push(&[&world.remote("ada:people"), "HEAD:refs/heads/change"])
        .unwrap();
    world.delivered().await;
    let new = json!({ "title": "Add b", "head": "change", "base": "main" });
    let (status, pull) = world.post("/pulls", "ada", &new).await;
    assert_eq!(status, StatusCode::CREATED, "{pull}");
    let number = pull["number"].as_u64().unwrap();
    let approve = json!({ "event": "APPROVE", "body": "good" });
    let own = world.post(&format!("/pulls/{number}/reviews"), "ada", &approve).await;
    assert_eq!(own.0, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(
        world.post(&format!("/pulls/{number}/reviews"), "bob", &approve).await.0,
        StatusCode::OK
    );
    let merged = http::client()
        .put(format!("{}/pulls/{number}/merge", world.api))
        .basic_auth("bob", Some("people"))
        .json(&json!({ "merge_method": "squash" }))
        .send()
        .await
        .unwrap();
    assert_eq!(merged.status(), StatusCode::OK);
    let (_, event, _) = world.delivered().await;
    assert_eq!(
        (&event["ref"], &event["pusher"]["name"]),
        (&json!("refs/heads/main"), &json!("bob"))
    );
    let merge = event["after"].as_str().unwrap().to_owned();
    for commit in [&change, &merge] {
        let (_, found) = world.get(&format!("/commits/{commit}/pulls")).await;
        assert_eq!(found[0]["number"], json!(number));
    }
    let (_, shown) = world.get(&format!("/pulls/{number}")).await;
    assert_eq!(
        (&shown["merged"], &shown["merged_by"]["login"]),
        (&json!(true), &json!("bob"))
    );
    let (_, reviews) = world.get(&format!("/pulls/{number}/reviews")).await;
    assert_eq!(
        (&reviews[0]["state"], &reviews[0]["user"]["login"]),
        (&json!("APPROVED"), &json!("bob"))
    );
    let comments = format!("/issues/{number}/comments");
    let (_, comment) = world.post(&comments, "ada", &json!({ "body": "first" })).await;
    let id = comment["id"].as_u64().unwrap();
    let change = |login: &'static str| {
        let request = http::client().patch(format!("{}/issues/comments/{id}", world.api));
        request
            .basic_auth(login, Some("people"))
            .json(&json!({ "body": "second" }))
            .send()
    };
    assert_eq!(change("bob").await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(change("ada").await.unwrap().status(), StatusCode::OK);
    assert_eq!(world.get(&comments).await.1[0]["body"], "second");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_is_refused_by_name() {
    let world = world().await;
    let (status, answer) = world.get("/actions/runs").await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert!(
        answer["message"].as_str().unwrap().contains("/actions/runs"),
        "{answer}"
    );
    let other = http::client()
        .get(format!("{}/api/v3/repos/o/other", world.url))
        .bearer_auth("functions");
    assert_eq!(other.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let page = http::client()
        .get(format!("{}/o/other.git/info/refs", world.url))
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_was_lost_is_listed_and_can_be_repeated() {
    let mut world = world().await;
    world.write("a", "a");
    world.commit("a");
    world.push(&[&world.remote("ada:people"), "main"]).unwrap();
    let (headers, _, _) = world.delivered().await;
    let guid = headers["x-github-delivery"].clone();
    let (_, hooks) = world.get("/hooks").await;
    let hook = hooks[0]["id"].as_u64().unwrap();
    assert_eq!(hooks[0]["config"]["secret"], "********");
    let path = format!("/hooks/{hook}/deliveries");
    // The record is written once the answer is there, which is after the delivery was received.
    let mut listed = Value::Null;
    for _ in 0..100 {
        listed = world.get(&path).await.1;
        if listed[0]["event"] == "push" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        (&listed[0]["status_code"], &listed[0]["redelivery"]),
        (&json!(200), &json!(false))
    );
    let id = listed[0]["id"].as_u64().unwrap();
    assert_eq!(
        world
            .post(&format!("{path}/{id}/attempts"), "ada", &Value::Null)
            .await
            .0,
        StatusCode::ACCEPTED
    );
    assert_eq!(world.delivered().await.0["x-github-delivery"], guid);
}
