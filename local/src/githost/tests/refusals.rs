//! Who is turned away, and what is not served.

use reqwest::StatusCode;
use serde_json::Value;

use super::world::world;
use crate::http;

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
