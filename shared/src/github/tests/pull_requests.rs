//! Pull requests, reviews, rights and moves.

use wiremock::matchers::{query_param, query_param_is_missing};

use super::*;
use crate::domain::provenance::{Account, Permission};
use crate::flows::ports::ReadPullRequests;

fn account(login: &str, id: u64) -> Account {
    Account {
        login: login.to_owned(),
        id: Some(id),
    }
}

/// Serves two pages of a list; the first names the second as GitHub does, in full.
async fn two_pages(server: &MockServer, rest: &str, first: &Value, second: &Value) {
    let at = format!("/repos/acme/infrastructure{rest}");
    let next = format!(
        "<{}{at}?per_page=100&page=2>; rel=\"next\", <{0}{at}?page=2>; rel=\"last\"",
        server.uri()
    );
    Mock::given(path(at.as_str()))
        .and(query_param_is_missing("page"))
        .respond_with(ok(first).insert_header("link", next.as_str()))
        .mount(server)
        .await;
    Mock::given(path(at.as_str()))
        .and(query_param("page", "2"))
        .respond_with(ok(second))
        .mount(server)
        .await;
}

#[tokio::test]
async fn the_last_verdict_of_each_reviewer_counts_over_all_pages_with_its_commit() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let review = |login: &str, state: &str, commit: &str| {
        let id = login.bytes().fold(0, |id, byte| id * 31 + u64::from(byte));
        json!({"user": {"login": login, "id": id}, "state": state, "commit_id": commit,
               "author_association": "NONE"})
    };
    let first = json!([
        review("bob", "CHANGES_REQUESTED", "f1"),
        review("eve", "APPROVED", "f1"),
        review("carol", "APPROVED", "f1"),
        {"user": null, "state": "APPROVED", "commit_id": "f2"},
    ]);
    let second = json!([
        review("bob", "APPROVED", "f2"),
        review("bob", "COMMENTED", "f3"),
        review("eve", "DISMISSED", "f1"),
        {"user": {"login": "Carol", "id": 1}, "state": "PENDING", "commit_id": null},
    ]);
    two_pages(&server, "/pulls/7/reviews", &first, &second).await;
    let verdicts = repository(&server, &vault).reviews_of(7).await.unwrap();
    let verdicts: Vec<_> = verdicts
        .iter()
        .map(|verdict| {
            let login = verdict.reviewer.login.as_str();
            (login, verdict.state.as_str(), verdict.commit.as_deref())
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("bob", "APPROVED", Some("f2")),
            ("eve", "DISMISSED", Some("f1")),
            ("carol", "APPROVED", Some("f1")),
        ]
    );
}

#[tokio::test]
async fn the_last_time_that_somebody_changed_the_base_branch_is_found_over_all_pages() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let event = |event: &str, time: &str| json!({"event": event, "created_at": time, "actor": {"login": "mallory"}});
    let first = json!([
        {"event": "committed", "sha": "f1", "author": {"name": "a", "date": "2026-11-23T08:00:00Z"}},
        event("labeled", "2026-11-23T09:00:00Z"),
        event("base_ref_changed", "2026-11-23T10:00:00Z"),
    ]);
    let second = json!([
        event("base_ref_changed", "2026-11-23T11:00:00Z"),
        event("automatic_base_change_succeeded", "2026-11-23T12:00:00Z"),
        event("merged", "2026-11-23T13:00:00Z"),
    ]);
    two_pages(&server, "/issues/7/timeline", &first, &second).await;
    answers(
        &server,
        "/issues/8/timeline",
        ok(&json!([event("merged", "2026-11-23T13:00:00Z")])),
    )
    .await;
    let repository = repository(&server, &vault);
    let changed = repository.base_changed(7).await.unwrap();
    assert_eq!(changed.as_deref(), Some("2026-11-23T11:00:00Z"));
    assert_eq!(repository.base_changed(8).await.unwrap(), None);
}

#[tokio::test]
async fn a_further_page_that_lies_elsewhere_is_an_error_and_not_the_end_of_the_list() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let elsewhere = "<https://elsewhere.example/x?page=2>; rel=\"next\"";
    answers(
        &server,
        "/pulls/7/reviews",
        ok(&json!([])).insert_header("link", elsewhere),
    )
    .await;
    let error = repository(&server, &vault).reviews_of(7).await.unwrap_err();
    assert!(error.to_string().contains("the next page lies outside"), "{error}");
}

#[tokio::test]
async fn a_pull_request_of_a_commit_tells_its_head_and_whether_it_comes_from_a_fork() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let pull = |number: u64, head_repository: Value| {
        json!({"number": number, "title": "Widen", "user": {"login": "alice", "id": 3},
               "merged_at": "2026-11-23T10:00:00Z", "merge_commit_sha": "m",
               "base": {"ref": "main", "sha": "b", "repo": {"id": 1}},
               "head": {"ref": "feature", "sha": "f2", "repo": head_repository}})
    };
    let list = json!([
        pull(7, json!({"id": 1})),
        pull(8, json!({"id": 2})),
        pull(9, json!(null))
    ]);
    two_pages(
        &server,
        "/commits/f2/pulls",
        &list,
        &json!([pull(10, json!({"id": 1}))]),
    )
    .await;
    let pulls = repository(&server, &vault).pull_requests_of("f2").await.unwrap();
    let forks: Vec<_> = pulls.iter().map(|pull| (pull.number, pull.is_from_fork)).collect();
    assert_eq!(forks, [(7, false), (8, true), (9, true), (10, false)]);
    assert_eq!(
        (pulls[0].head.as_str(), pulls[0].head_branch.as_str()),
        ("f2", "feature")
    );
    assert_eq!(pulls[0].author, account("alice", 3));
}

#[tokio::test]
async fn an_app_whose_login_does_not_say_so_is_no_person_wherever_github_names_it() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let copilot = json!({"login": "Copilot", "id": 198_982_749, "type": "Bot"});
    let alice = json!({"login": "alice", "id": 3, "type": "User"});
    let pull = json!([{"number": 7, "title": "Widen", "user": copilot, "merged_at": "2026-11-23T10:00:00Z",
                       "merge_commit_sha": "m", "base": {"ref": "main", "sha": "b", "repo": {"id": 1}},
                       "head": {"ref": "copilot/x", "sha": "f2", "repo": {"id": 1}}}]);
    let commit = json!({"sha": "f2", "parents": [], "author": copilot, "committer": alice,
                        "commit": {"message": "", "author": null, "tree": {"sha": "t"}}});
    let step = json!([{"before": "b", "after": "f2", "ref": "refs/heads/copilot/x", "activity_type": "push",
                       "actor": copilot}]);
    let review = json!([{"user": copilot, "state": "APPROVED", "commit_id": "f2"}]);
    for (at, answer) in [
        ("/commits/f2/pulls", &pull),
        ("/pulls/7/commits", &json!([commit])),
        ("/activity", &step),
        ("/pulls/7/reviews", &review),
    ] {
        answers(&server, at, ok(answer)).await;
    }
    let repository = repository(&server, &vault);
    let opener = repository.pull_requests_of("f2").await.unwrap().remove(0).author;
    let commit = repository.commits_of(7).await.unwrap().0.remove(0);
    let pusher = repository.activity(None).await.unwrap().moves.remove(0).actor.unwrap();
    let reviewer = repository.reviews_of(7).await.unwrap().remove(0).reviewer;
    for account in [&opener, commit.author_login.as_ref().unwrap(), &pusher, &reviewer] {
        assert!(account.is_app() && !account.is_person(), "{account}");
        assert_eq!(account, &opener, "one app is one account");
    }
    assert!(commit.committer.unwrap().is_person());
}

#[tokio::test]
async fn the_commits_of_a_pull_request_are_whole_below_what_github_lists() {
    for (count, expected) in [(249, true), (250, false)] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        let commits: Vec<Value> = (0..count).map(|number| commit(&format!("f{number}"))).collect();
        two_pages(
            &server,
            "/pulls/7/commits",
            &json!(commits[..100]),
            &json!(commits[100..]),
        )
        .await;
        let (commits, is_whole) = repository(&server, &vault).commits_of(7).await.unwrap();
        assert_eq!((commits.len(), is_whole), (count, expected));
        assert_eq!(commits[0].committer, Some(account("octocat", 1)));
    }
}

#[tokio::test]
async fn rights_are_read_as_github_folds_them_and_an_unknown_account_has_none() {
    for (answer, expected) in [
        (
            ok(&json!({"permission": "admin", "role_name": "admin"})),
            Permission::Admin,
        ),
        (
            ok(&json!({"permission": "write", "role_name": "maintain"})),
            Permission::Write,
        ),
        (
            ok(&json!({"permission": "read", "role_name": "triage"})),
            Permission::Read,
        ),
        (ok(&json!({"permission": "none", "role_name": ""})), Permission::None),
        (said(404, "bob is not a user"), Permission::None),
    ] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        answers(&server, "/collaborators/bob/permission", answer).await;
        assert_eq!(
            repository(&server, &vault).permission_of("bob").await.unwrap(),
            expected
        );
    }
    let (server, vault) = (MockServer::start().await, vault("t"));
    let refused = said(403, "Must have push access to view collaborator permission.");
    answers(&server, "/collaborators/bob/permission", refused).await;
    let error = repository(&server, &vault).permission_of("bob").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
}

fn moves(steps: &[(&str, &str)]) -> Value {
    steps
        .iter()
        .map(|(before, after)| {
            json!({"id": 1, "before": before, "after": after, "ref": "refs/heads/release/2026",
                   "timestamp": "2026-11-23T10:00:00Z", "activity_type": "push", "actor": {"login": "bob", "id": 2}})
        })
        .collect()
}

#[tokio::test]
async fn the_moves_of_a_branch_are_read_back_to_the_commit_that_is_looked_for() {
    let rest = "/activity";
    for (end, expected) in [(Some("c1"), 1), (Some("c0"), 2), (Some("gone"), 2), (None, 1)] {
        let (server, vault) = (MockServer::start().await, vault("t"));
        two_pages(&server, rest, &moves(&[("c1", "c2")]), &moves(&[("c0", "c1")])).await;
        let activity = repository(&server, &vault)
            .branch_activity("release/2026", end)
            .await
            .unwrap();
        assert_eq!(activity.moves.len(), expected, "{end:?}");
        assert_eq!(activity.is_cut, expected == 1, "{end:?}");
        let step = &activity.moves[0];
        assert_eq!(step.branch, "release/2026");
        assert_eq!(step.actor, Some(account("bob", 2)));
        let request = &server.received_requests().await.unwrap()[0];
        assert_eq!(
            request.url.query(),
            Some("ref=refs%2Fheads%2Frelease%2F2026&per_page=100")
        );
    }
}

#[tokio::test]
async fn the_place_and_the_files_of_a_commit_are_told_and_absent_for_one_that_is_gone() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    answers(
        &server,
        "/git/commits/f1",
        ok(&json!({"sha": "f1", "tree": {"sha": "t1"}})),
    )
    .await;
    answers(&server, "/git/commits/gone", said(404, "Not Found")).await;
    let between = json!({"status": "diverged", "merge_base_commit": {"sha": "b1"}, "commits": []});
    answers(&server, "/compare/main...f1", ok(&between)).await;
    answers(&server, "/compare/main...gone", said(404, "Not Found")).await;
    let repository = repository(&server, &vault);
    assert_eq!(repository.tree_of("f1").await.unwrap().as_deref(), Some("t1"));
    assert_eq!(repository.tree_of("gone").await.unwrap(), None);
    assert_eq!(
        repository.merge_base("main", "f1").await.unwrap().as_deref(),
        Some("b1")
    );
    assert_eq!(repository.merge_base("main", "gone").await.unwrap(), None);
}

#[tokio::test]
async fn an_approval_of_an_account_that_github_does_not_tell_is_nobodys() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    let approval = |user: Value| json!({"user": user, "state": "APPROVED", "commit_id": "c1"});
    let reviews = json!([
        approval(json!(null)),
        approval(json!({"login": null, "id": 5})),
        approval(json!({"id": 6, "type": "User"})),
        {"state": "APPROVED", "commit_id": "c1"},
    ]);
    answers(&server, "/pulls/7/reviews", ok(&reviews)).await;
    assert_eq!(repository(&server, &vault).reviews_of(7).await.unwrap(), []);
}
