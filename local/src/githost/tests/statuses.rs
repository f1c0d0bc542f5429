//! Statuses of commits.

use reqwest::StatusCode;
use serde_json::json;

use super::world::world;

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
