//! Heads, comparisons, trees, blobs, reviews.

use wiremock::matchers::{header, query_param};

use super::*;
use crate::domain::sync::git;
use crate::flows::ports::{EntryKind, Relation};

#[tokio::test]
async fn the_head_is_asked_for_by_its_full_name_and_remembered_by_its_entity_tag() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    Mock::given(method("GET"))
        .and(header("if-none-match", "\"e1\""))
        .respond_with(ResponseTemplate::new(304))
        .with_priority(1)
        .expect(1)
        .mount(&server)
        .await;
    Mock::given(method("GET"))
        .respond_with(ok(&commit("c1")).insert_header("etag", "\"e1\""))
        .mount(&server)
        .await;
    let repository = repository(&server, &vault);
    let first = repository.branch_head("release/2026 +ü").await.unwrap().unwrap();
    assert_eq!((first.sha.as_str(), first.tree.as_str()), ("c1", "t1"));
    assert_eq!(
        first.author_login.clone().map(|account| account.login).as_deref(),
        Some("octocat")
    );
    assert_eq!(first.author_text, "Monalisa Octocat <mona@github.com>");
    assert_eq!(repository.branch_head("release/2026 +ü").await.unwrap().unwrap(), first);
    let requests = server.received_requests().await.unwrap();
    assert_eq!(
        requests[0].url.path(),
        "/repos/acme/infrastructure/commits/heads%2Frelease%2F2026%20%2B%C3%BC"
    );
}

#[tokio::test]
async fn no_branch_an_empty_repository_and_no_repository_are_told_apart() {
    let head = "/commits/heads%2Fmain";
    for (status, message) in [
        (422, "No commit found for SHA: heads/main"),
        (409, "Git Repository is empty."),
    ] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        answers(&server, head, said(status, message)).await;
        assert_eq!(repository(&server, &vault).branch_head("main").await.unwrap(), None);
    }
    let (server, vault) = (MockServer::start().await, vault("t"));
    answers(&server, head, said(404, "Not Found")).await;
    let error = repository(&server, &vault).branch_head("main").await.unwrap_err();
    assert!(error.is_not_found());
    assert!(error.to_string().contains("or the token may not see it"), "{error}");
    answers(
        &server,
        "",
        ok(&json!({"private": true, "full_name": "acme/infrastructure"})),
    )
    .await;
    assert_eq!(repository(&server, &vault).branch_head("main").await.unwrap(), None);
}

#[tokio::test]
async fn a_renamed_repository_is_followed() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let moved = ResponseTemplate::new(301)
        .insert_header(
            "location",
            format!("{}/repositories/1/commits/x", server.uri()).as_str(),
        )
        .set_body_json(json!({"message": "Moved Permanently"}));
    answers(&server, "/commits/heads%2Fmain", moved).await;
    Mock::given(path("/repositories/1/commits/x"))
        .and(header("authorization", "Bearer t"))
        .respond_with(ok(&commit("c1")))
        .mount(&server)
        .await;
    let head = repository(&server, &vault).branch_head("main").await.unwrap().unwrap();
    assert_eq!(head.sha, "c1");
}

#[tokio::test]
async fn commits_whose_accounts_are_gone_have_no_login() {
    for nobody in [json!(null), json!({})] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        let mut orphan = commit("c1");
        orphan["author"] = nobody;
        orphan["commit"]["verification"] = json!(null);
        answers(&server, "/commits/heads%2Fmain", ok(&orphan)).await;
        let head = repository(&server, &vault).branch_head("main").await.unwrap().unwrap();
        assert_eq!(head.author_login, None);
    }
}

#[tokio::test]
async fn a_comparison_is_read_over_all_pages() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let files = json!([
        {"filename": "a", "status": "modified", "sha": "b1"},
        {"filename": "new", "previous_filename": "old", "status": "renamed", "sha": "b2"},
        {"filename": "gone", "status": "removed", "sha": "b3"},
        {"filename": "copy", "previous_filename": "a", "status": "copied", "sha": "b4"},
        {"filename": "submodule", "status": "added", "sha": null},
    ]);
    for (page, commits) in [(1, vec![commit("c1"), commit("c2")]), (2, vec![commit("c3")])] {
        let body = json!({"status": "ahead", "total_commits": 3, "commits": commits, "files": files});
        Mock::given(path("/repos/acme/infrastructure/compare/c0...main"))
            .and(query_param("page", page.to_string()))
            .respond_with(ok(&body))
            .mount(&server)
            .await;
    }
    let comparison = repository(&server, &vault)
        .compare("c0", "main")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(comparison.relation, Relation::Ahead);
    assert!(comparison.is_complete);
    let shas: Vec<_> = comparison.commits.iter().map(|commit| commit.sha.as_str()).collect();
    assert_eq!(shas, ["c1", "c2", "c3"]);
    let files: Vec<_> = comparison
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.previous_path.as_deref(), file.blob.as_deref()))
        .collect();
    assert_eq!(
        files,
        [
            ("a", None, Some("b1")),
            ("new", Some("old"), Some("b2")),
            ("gone", None, None),
            ("copy", None, Some("b4")),
            ("submodule", None, None),
        ]
    );
}

#[tokio::test]
async fn a_comparison_with_a_commit_that_is_gone_is_none() {
    for status in [404, 422] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        answers(&server, "/compare/c0...main", said(status, "Not Found")).await;
        assert_eq!(repository(&server, &vault).compare("c0", "main").await.unwrap(), None);
    }
}

#[tokio::test]
async fn trees_tell_files_directories_links_and_submodules_and_whether_something_is_left_out() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let entry = |path: &str, mode: &str, kind: &str| json!({"path": path, "mode": mode, "type": kind, "sha": "x"});
    let body = json!({"truncated": true, "tree": [
        entry("ü +%41", "100644", "blob"), entry("run", "100755", "blob"), entry("link", "120000", "blob"),
        entry("d", "040000", "tree"), entry("m", "160000", "commit"),
    ]});
    answers(&server, "/git/trees/t1", ok(&body)).await;
    let repository = repository(&server, &vault);
    let tree = repository.tree("t1").await.unwrap();
    assert!(tree.is_truncated);
    let kinds: Vec<_> = tree
        .entries
        .iter()
        .map(|entry| (entry.name.as_str(), entry.kind))
        .collect();
    assert_eq!(
        kinds,
        [
            ("ü +%41", EntryKind::File),
            ("run", EntryKind::File),
            ("link", EntryKind::Link),
            ("d", EntryKind::Directory),
            ("m", EntryKind::Submodule),
        ]
    );
    let whole = repository.whole_tree("t1").await.unwrap();
    assert!(whole.entries.iter().all(|entry| entry.kind != EntryKind::Directory));
}

#[tokio::test]
async fn a_blob_is_taken_raw_or_in_base64_and_only_if_it_is_the_one_asked_for() {
    let content = b"Resources: {}\n";
    let id = git::blob_id(content);
    let blob = format!("/git/blobs/{id}");
    let raw = ResponseTemplate::new(200).set_body_raw(content.as_slice(), "application/vnd.github.raw+json");
    let encoded = ok(&json!({"content": "UmVzb3Vy\nY2VzOiB7fQo=\n", "encoding": "base64", "size": 14}));
    for answer in [raw, encoded] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        answers(&server, &blob, answer).await;
        assert_eq!(repository(&server, &vault).blob(&id, 100).await.unwrap(), content);
        assert_eq!(
            server.received_requests().await.unwrap()[0].headers["accept"],
            "application/vnd.github.raw+json"
        );
    }
    let (server, vault) = (MockServer::start().await, vault("t"));
    let other = ResponseTemplate::new(200).set_body_raw("other", "application/octet-stream");
    answers(&server, &blob, other).await;
    let error = repository(&server, &vault).blob(&id, 100).await.unwrap_err();
    assert!(error.to_string().contains("not the blob that was asked for"), "{error}");
}

#[tokio::test]
async fn an_empty_blob_is_a_blob() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let id = git::blob_id(b"");
    let empty = ResponseTemplate::new(200).set_body_raw("", "application/vnd.github.raw+json; charset=utf-8");
    answers(&server, &format!("/git/blobs/{id}"), empty).await;
    assert!(repository(&server, &vault).blob(&id, 100).await.unwrap().is_empty());
}

/// GitHub serves no blob over 100 MB; its refusal is no missing right.
#[tokio::test]
async fn a_blob_that_is_too_large_is_refused_as_such() {
    let id = git::blob_id(b"large");
    let too_large = ResponseTemplate::new(403).set_body_json(json!({
        "message": "This API returns blobs up to 100 MB in size. The requested blob is too large to fetch via the API, \
                    but you can always clone the repository via Git in order to obtain the blob.",
        "errors": [{"resource": "Blob", "field": "data", "code": "too_large"}],
        "documentation_url": "https://docs.github.com/rest/git/blobs#get-a-blob",
    }));
    let longer = ResponseTemplate::new(200).set_body_raw("large", "application/vnd.github.raw+json");
    for answer in [too_large, longer] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        answers(&server, &format!("/git/blobs/{id}"), answer).await;
        let error = repository(&server, &vault).blob(&id, 4).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Refused, "{error}");
    }
}
