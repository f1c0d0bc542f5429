//! What a push delivers to the webhook, and what is done when a delivery was lost.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::world::{REPOSITORY, world};
use crate::githost::hooks::signature;
use crate::githost::push::ZEROS;

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
    assert_eq!(event["before"], ZEROS);
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
