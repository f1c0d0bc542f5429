//! The client against recorded answers of GitHub's.

mod archives;
mod limits;
mod pull_requests;
mod reading;
mod telling;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::connection::{Connection, GitHubSettings};
use super::repository::Repository;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{
    CommitStatus, PortError, PortErrorKind, ReadRepository, ReadSecrets, Secret, StatusState, TellRepository,
};

/// One secret that may be replaced, and counts how often it is read.
struct Vault {
    text: Mutex<String>,
    reads: AtomicUsize,
}

impl ReadSecrets for &Vault {
    async fn read_secret(&self, _: &str) -> Result<Secret, PortError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        Ok(Secret::new(self.text.lock().unwrap().as_str()))
    }
}

fn vault(text: &str) -> Vault {
    Vault {
        text: Mutex::new(text.to_owned()),
        reads: AtomicUsize::new(0),
    }
}

fn repository<'v>(server: &MockServer, vault: &'v Vault) -> Repository<&'v Vault> {
    at(server.uri(), vault)
}

fn at(api_url: String, vault: &Vault) -> Repository<&Vault> {
    let settings = GitHubSettings {
        api_url,
        credential_arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github".to_owned(),
    };
    Repository::new(Connection::new(settings, vault).unwrap(), "acme/infrastructure")
}

/// What GitHub answers to a GET of `rest` below the repository.
async fn answers(server: &MockServer, rest: &str, answer: ResponseTemplate) {
    Mock::given(method("GET"))
        .and(path(format!("/repos/acme/infrastructure{rest}")))
        .respond_with(answer)
        .mount(server)
        .await;
}

/// The commit of GitHub's own example.
fn commit(sha: &str) -> Value {
    json!({
        "url": "https://api.github.com/repos/octocat/Hello-World/commits/6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "sha": sha,
        "node_id": "MDY6Q29tbWl0NmRjYjA5YjViNTc4NzVmMzM0ZjYxYWViZWQ2OTVlMmU0MTkzZGI1ZQ==",
        "html_url": "https://github.com/octocat/Hello-World/commit/6dcb09b5b57875f334f61aebed695e2e4193db5e",
        "commit": {
            "author": {"name": "Monalisa Octocat", "email": "mona@github.com", "date": "2011-04-14T16:00:49Z"},
            "committer": {"name": "Monalisa Octocat", "email": "mona@github.com", "date": "2011-04-14T16:00:49Z"},
            "message": "Fix all the bugs",
            "tree": {"url": "https://api.github.com/x", "sha": "t1"},
            "comment_count": 0,
            "verification": {"verified": false, "reason": "unsigned", "signature": null, "payload": null},
        },
        "author": {"login": "octocat", "id": 1, "type": "User", "site_admin": false},
        "committer": {"login": "octocat", "id": 1},
        "parents": [{"url": "https://api.github.com/x", "sha": "p1"}],
        "stats": {"additions": 104, "deletions": 4, "total": 108},
        "files": [],
    })
}

fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

fn said(status: u16, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status)
        .set_body_json(json!({"message": message, "documentation_url": "https://docs.github.com/rest"}))
}

#[tokio::test]
async fn a_personal_token_is_sent_and_the_secret_is_read_once() {
    let (server, vault) = (MockServer::start().await, vault(" github_pat_1\n"));
    answers(
        &server,
        "/git/trees/t1",
        ok(&json!({"sha": "t1", "tree": [], "truncated": false})),
    )
    .await;
    let repository = repository(&server, &vault);
    for _ in 0..2 {
        repository.tree("t1").await.unwrap();
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].headers["authorization"], "Bearer github_pat_1");
    assert_eq!(requests[0].headers["x-github-api-version"], "2022-11-28");
    assert_eq!(requests[0].headers["accept"], "application/vnd.github+json");
    assert_eq!(vault.reads.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_token_that_github_refuses_is_read_anew_for_the_next_call() {
    let (server, vault) = (MockServer::start().await, vault("expired"));
    answers(&server, "/git/trees/t1", said(401, "Bad credentials")).await;
    let repository = repository(&server, &vault);
    let error = repository.tree("t1").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.to_string().contains("put a new one into the secret"), "{error}");
    assert!(!format!("{error:?}").contains("expired\""), "no error shows the token");
    *vault.text.lock().unwrap() = "fresh".to_owned();
    repository.tree("t1").await.unwrap_err();
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[1].headers["authorization"], "Bearer fresh");
}

#[tokio::test]
async fn a_token_that_ends_between_two_calls_is_replaced_within_the_second() {
    let (server, vault) = (MockServer::start().await, vault("old"));
    let tree = json!({"tree": [], "truncated": false});
    for (token, answer, times) in [
        ("old", ok(&tree), 1),
        ("old", said(401, "Bad credentials"), 1),
        ("new", ok(&tree), 1),
    ] {
        Mock::given(header("authorization", format!("Bearer {token}").as_str()))
            .respond_with(answer)
            .up_to_n_times(times)
            .mount(&server)
            .await;
    }
    let repository = repository(&server, &vault);
    repository.tree("t1").await.unwrap();
    *vault.text.lock().unwrap() = "new".to_owned();
    repository.tree("t2").await.unwrap();
    assert_eq!(server.received_requests().await.unwrap().len(), 3);
    assert_eq!(vault.reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_app_proves_itself_and_its_installations_token_is_kept() {
    for key in [include_str!("app-key.pem"), include_str!("app-key-pkcs8.pem")] {
        let server = MockServer::start().await;
        let secret = json!({"appId": 12345, "installationId": "678", "privateKey": key}).to_string();
        let vault = vault(&secret);
        let expires = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
        let token = json!({"token": "ghs_16C7e42F292c6912E7710c838347Ae178B4a", "expires_at": expires.to_string(),
                           "permissions": {"contents": "read"}, "repository_selection": "selected"});
        Mock::given(method("POST"))
            .and(path("/app/installations/678/access_tokens"))
            .respond_with(ResponseTemplate::new(201).set_body_json(token))
            .expect(1)
            .mount(&server)
            .await;
        answers(&server, "/git/trees/t1", ok(&json!({"tree": [], "truncated": false}))).await;
        let repository = repository(&server, &vault);
        for _ in 0..2 {
            repository.tree("t1").await.unwrap();
        }
        let requests = server.received_requests().await.unwrap();
        assert_eq!(
            requests[2].headers["authorization"],
            "Bearer ghs_16C7e42F292c6912E7710c838347Ae178B4a"
        );
        let proof = requests[0].headers["authorization"].to_str().unwrap();
        assert_proves(proof.strip_prefix("Bearer ").unwrap(), "12345");
    }
}

/// The token is signed by the app's key and short-lived.
fn assert_proves(token: &str, app: &str) {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
    use ring::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RsaKeyPair, UnparsedPublicKey};
    let pem = include_str!("app-key.pem");
    let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let key = RsaKeyPair::from_der(&STANDARD.decode(der).unwrap()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref())
        .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap())
        .unwrap();
    let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["iss"], app);
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert!(life <= 600, "GitHub refuses more than ten minutes");
}

#[tokio::test]
async fn a_secret_that_cannot_be_used_says_what_to_put_in() {
    for (text, advice) in [
        ("", "put in a fine-grained token"),
        ("{\"appId\": 1}", "\"installationId\""),
        (
            r#"{"appId": 1, "installationId": 2, "privateKey": "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n"}"#,
            "download a new one",
        ),
        ("two words\u{7f}", "put it in again"),
    ] {
        let (server, vault) = (MockServer::start().await, vault(text));
        let error = repository(&server, &vault).tree("t1").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Denied, "{text}");
        assert!(error.to_string().contains(advice), "{error}");
        assert!(server.received_requests().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_status_is_cut_to_what_github_takes() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    Mock::given(method("POST"))
        .and(path("/repositories/1/statuses/c1"))
        .respond_with(ResponseTemplate::new(201).set_body_json(json!({"state": "failure"})))
        .mount(&server)
        .await;
    let status = CommitStatus {
        commit: "c1".to_owned(),
        context: "changegate/network".to_owned(),
        state: StatusState::Failure,
        description: "ü".repeat(200),
        url: Some("https://example.com/#L3".to_owned()),
    };
    repository(&server, &vault)
        .set_status(RepositoryId(1), status)
        .await
        .unwrap();
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    assert_eq!(sent["description"].as_str().unwrap().chars().count(), 140);
    assert_eq!(sent["state"], "failure");
    assert_eq!(sent["target_url"], "https://example.com/#L3");
}
