//! Comments that are Changegate's own, and writes that go nowhere else.

use wiremock::matchers::query_param;

use super::*;
use crate::flows::ports::ReadTold as _;

const MARKER: &str = "<!-- changegate:production:changegate-network -->";

async fn comments(server: &MockServer, comments: &Value) {
    Mock::given(method("GET"))
        .and(path("/repositories/1/issues/7/comments"))
        .respond_with(ok(comments))
        .mount(server)
        .await;
    for verb in ["POST", "PATCH"] {
        Mock::given(method(verb))
            .respond_with(ok(&json!({"id": 9})))
            .with_priority(9)
            .mount(server)
            .await;
    }
}

/// The methods and paths of what was written.
async fn written(server: &MockServer) -> Vec<String> {
    let requests = server.received_requests().await.unwrap();
    let written = requests.iter().filter(|request| request.method.as_str() != "GET");
    written
        .map(|request| format!("{} {}", request.method, request.url.path()))
        .filter(|line| !line.contains("access_tokens"))
        .collect()
}

fn comment(id: u64, login: &str, user: u64, app: &Value) -> Value {
    json!({"id": id, "body": format!("{MARKER}\nold"), "user": {"login": login, "id": user},
           "performed_via_github_app": app})
}

#[tokio::test]
async fn only_the_own_comment_is_edited_and_anothers_with_the_same_marker_is_left_alone() {
    for (held, expected) in [
        (
            json!([
                comment(1, "mallory", 66, &json!(null)),
                comment(2, "changegate", 5, &json!(null))
            ]),
            "PATCH /repositories/1/issues/comments/2",
        ),
        (
            // Somebody took the login over.
            json!([comment(1, "changegate", 66, &json!(null))]),
            "POST /repositories/1/issues/7/comments",
        ),
        (json!([]), "POST /repositories/1/issues/7/comments"),
    ] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        Mock::given(path("/user"))
            .respond_with(ok(&json!({"login": "changegate", "id": 5})))
            .mount(&server)
            .await;
        comments(&server, &held).await;
        let repository = repository(&server, &vault);
        repository
            .upsert_comment(RepositoryId(1), 7, MARKER, "new")
            .await
            .unwrap();
        assert_eq!(written(&server).await, [expected]);
    }
}

#[tokio::test]
async fn an_app_knows_its_comment_by_its_own_number_or_client_id() {
    for id in ["12345", "Iv1.abc"] {
        let server = MockServer::start().await;
        let key = include_str!("app-key.pem");
        let secret = json!({"appId": id, "installationId": "678", "privateKey": key}).to_string();
        let vault = vault(&secret);
        let expires = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
        Mock::given(path("/app/installations/678/access_tokens"))
            .respond_with(ResponseTemplate::new(201).set_body_json(json!({"token": "ghs_1", "expires_at": expires})))
            .mount(&server)
            .await;
        let own = json!({"id": 12345, "client_id": "Iv1.abc", "slug": "changegate"});
        let other = json!({"id": 6, "client_id": "Iv1.other", "slug": "changegate"});
        let held = json!([
            comment(1, "changegate[bot]", 7, &other),
            comment(2, "mallory", 66, &json!(null)),
            comment(3, "changegate[bot]", 8, &own),
        ]);
        comments(&server, &held).await;
        let repository = repository(&server, &vault);
        repository
            .upsert_comment(RepositoryId(1), 7, MARKER, "new")
            .await
            .unwrap();
        assert_eq!(written(&server).await, ["PATCH /repositories/1/issues/comments/3"]);
    }
}

#[tokio::test]
async fn nothing_is_written_while_the_own_account_is_not_known() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    Mock::given(path("/user"))
        .respond_with(said(403, "Resource not accessible"))
        .mount(&server)
        .await;
    comments(&server, &json!([comment(1, "mallory", 66, &json!(null))])).await;
    let repository = repository(&server, &vault);
    repository
        .upsert_comment(RepositoryId(1), 7, MARKER, "new")
        .await
        .unwrap_err();
    assert!(written(&server).await.is_empty());
}

#[tokio::test]
async fn a_write_does_not_follow_a_repository_that_was_renamed() {
    for status in [301, 302, 307, 308] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        let elsewhere = format!("{}/repositories/2/statuses/c1", server.uri());
        let moved = ResponseTemplate::new(status).insert_header("location", elsewhere.as_str());
        Mock::given(method("POST"))
            .and(path("/repositories/1/statuses/c1"))
            .respond_with(moved)
            .mount(&server)
            .await;
        let status = CommitStatus {
            commit: "c1".to_owned(),
            context: "changegate/network".to_owned(),
            state: StatusState::Success,
            description: String::new(),
            url: None,
        };
        let error = repository(&server, &vault)
            .set_status(RepositoryId(1), status)
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Refused);
        assert!(
            error
                .to_string()
                .contains("deploy Changegate with the repository's new name"),
            "{error}"
        );
        assert_eq!(server.received_requests().await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn nothing_of_another_repository_is_read_where_a_number_leads_to_another_number() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let elsewhere = format!("{}/repositories/2", server.uri());
    Mock::given(path("/repositories/1"))
        .respond_with(ResponseTemplate::new(301).insert_header("location", elsewhere.as_str()))
        .mount(&server)
        .await;
    let error = repository(&server, &vault)
        .is_public(RepositoryId(1))
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Refused);
    assert_eq!(server.received_requests().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_credential_does_not_follow_to_another_host_and_redirects_without_end_are_an_error() {
    let (server, other, vault) = (MockServer::start().await, MockServer::start().await, vault("t"));
    let tree = json!({"sha": "t1", "tree": [], "truncated": false});
    let elsewhere = format!("{}/elsewhere", other.uri());
    answers(
        &server,
        "/git/trees/t1",
        ResponseTemplate::new(302).insert_header("location", elsewhere.as_str()),
    )
    .await;
    Mock::given(path("/elsewhere"))
        .respond_with(ok(&tree))
        .mount(&other)
        .await;
    let again = ResponseTemplate::new(302).insert_header("location", "/repos/acme/infrastructure/git/trees/t2");
    answers(&server, "/git/trees/t2", again).await;
    let repository = repository(&server, &vault);
    repository.tree("t1").await.unwrap();
    assert!(
        !other.received_requests().await.unwrap()[0]
            .headers
            .contains_key("authorization")
    );
    let error = repository.tree("t2").await.unwrap_err();
    assert!(error.to_string().contains("redirects too often"), "{error}");
}

#[tokio::test]
async fn the_newest_status_of_each_context_is_read_from_every_page() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let status = |context: &str, state: &str| json!({"context": context, "state": state, "target_url": null, "updated_at": "2026-11-23T10:00:00Z"});
    let next = format!(
        r#"<{}/repositories/1/commits/c1/status?per_page=100&page=2>; rel="next""#,
        server.uri()
    );
    Mock::given(method("GET"))
        .and(path("/repositories/1/commits/c1/status"))
        .and(query_param("page", "2"))
        .respond_with(ok(&json!({"statuses": [status("b", "pending")]})))
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .and(path("/repositories/1/commits/c1/status"))
        .respond_with(ok(&json!({"statuses": [status("a", "failure")]})).insert_header("link", next.as_str()))
        .with_priority(2)
        .mount(&server)
        .await;
    Mock::given(path("/repositories/1/commits/gone/status"))
        .respond_with(said(404, "Not Found"))
        .mount(&server)
        .await;
    let repository = repository(&server, &vault);
    let told = repository.statuses(RepositoryId(1), "c1").await.unwrap();
    let told: Vec<_> = told
        .iter()
        .map(|told| (told.context.as_str(), told.is_pending))
        .collect();
    assert_eq!(told, [("a", false), ("b", true)]);
    assert_eq!(repository.statuses(RepositoryId(1), "gone").await.unwrap(), []);
}

#[tokio::test]
async fn the_time_of_a_comment_is_that_of_the_one_with_the_marker_on_whichever_page() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let comment = |body: &str, at: &str| json!({"id": 1, "body": body, "user": null, "updated_at": at});
    let next = format!(
        r#"<{}/repositories/1/issues/7/comments?per_page=100&page=2>; rel="next""#,
        server.uri()
    );
    Mock::given(path("/repositories/1/issues/7/comments"))
        .and(query_param("page", "2"))
        .respond_with(ok(&json!([comment(
            &format!("{MARKER}\nours"),
            "2026-11-23T10:00:01Z"
        )])))
        .with_priority(1)
        .mount(&server)
        .await;
    Mock::given(path("/repositories/1/issues/7/comments"))
        .respond_with(ok(&json!([comment("theirs", "2026-11-23T10:00:00Z")])).insert_header("link", next.as_str()))
        .with_priority(2)
        .mount(&server)
        .await;
    let repository = repository(&server, &vault);
    let time = |marker| repository.comment_time(RepositoryId(1), 7, marker);
    assert_eq!(time(MARKER).await.unwrap().as_deref(), Some("2026-11-23T10:00:01Z"));
    assert_eq!(time("<!-- other -->").await.unwrap(), None);
}
