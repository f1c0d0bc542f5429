//! Trees, blobs, archives and comparisons, and the tags that say that nothing is new.

use reqwest::StatusCode;
use serde_json::json;

use super::world::world;
use crate::http;

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
    let nothing = "0123456789012345678901234567890123456789";
    for name in [nothing, tree, "no-such-name"] {
        let (status, _) = world.get(&format!("/git/blobs/{name}")).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{name}");
    }
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
