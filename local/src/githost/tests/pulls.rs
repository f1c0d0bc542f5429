//! Pull requests, their reviews and their comments.

use reqwest::StatusCode;
use serde_json::json;

use super::world::world;
use crate::http;

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
    let (_, events) = world.get(&format!("/issues/{number}/timeline")).await;
    let told: Vec<_> = events.as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(told, [&json!("merged")]);
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
