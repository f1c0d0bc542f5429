//! What cannot be synced is told, and the rest goes on.

use super::*;
use crate::flows::ports::StatusState;

#[tokio::test]
async fn a_broken_stack_is_told_to_the_commit_and_the_others_go_on() {
    let place = Place::settled().await;
    let before = place.unzipped("TemplateSource/stacks/network/template.yaml.zip");
    let commit = place.github.push(
        "Break one, change the other",
        &[
            (
                "stacks/network/production.json",
                Some("{\n  \"Parameters\": {\"Sice\": 2}\n}"),
            ),
            ("stacks/data/orders/template.yaml", Some(&template("orders 2"))),
        ],
    );
    let report = place.sync().await;
    assert_eq!(place.started()[3..], ["cg-data-orders"]);
    assert_eq!(
        place.unzipped("TemplateSource/stacks/network/template.yaml.zip"),
        before
    );
    let status = &place.github.statuses()[0];
    assert_eq!(status.context, "changegate/production/network");
    assert!(
        place.github.statuses().iter().all(|status| status.url.is_some()),
        "every status has a link"
    );
    assert_eq!(status.state, StatusState::Failure);
    assert_eq!(status.commit, commit);
    assert!(
        status.description.starts_with("stacks/network/production.json:2:"),
        "{}",
        status.description
    );
    assert_eq!(
        status.url.as_deref(),
        Some(
            format!("https://github.example/acme/infrastructure/blob/{commit}/stacks/network/production.json#L2")
                .as_str()
        )
    );
    assert_eq!(report.problems.len(), 1);
    place.assert_mirrors_branch();
    place.assert_at_rest().await;

    place.github.push(
        "Mend",
        &[("stacks/network/production.json", Some(r#"{"Parameters": {"Size": 4}}"#))],
    );
    place.sync().await;
    assert_eq!(place.started()[4..], ["cg-network"]);
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(
        (status.context.as_str(), status.state),
        ("changegate/production/network", StatusState::Pending)
    );
}

#[tokio::test]
async fn a_broken_catalogue_keeps_the_stacks_as_they_were_and_templates_go_on() {
    let place = Place::settled().await;
    place.github.push(
        "Break the catalogue",
        &[
            ("changegate.yaml", Some("version: 1\nstacks: [\n")),
            ("stacks/network/template.yaml", Some(&template("wider"))),
        ],
    );
    place.sync().await;
    let statuses = place.github.statuses();
    assert!(
        statuses
            .iter()
            .any(|status| status.context == "changegate/production/catalogue" && status.state == StatusState::Failure)
    );
    assert!(place.snapshot().stacks.contains_key("network"));
    assert!(place.snapshot().retired.is_empty());
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_stack_that_leaves_the_branch_while_the_catalogue_is_wrong_is_not_told_of() {
    let place = Place::settled().await;
    place.github.push(
        "Break the catalogue, and remove a stack",
        &[
            ("changegate.yaml", Some("version: 1\nstacks: [no]\n")),
            ("stacks/data/orders/template.yaml", None),
        ],
    );
    place.sync().await;
    let told: Vec<String> = place
        .github
        .statuses()
        .into_iter()
        .map(|status| status.context)
        .collect();
    assert_eq!(told, ["changegate/production/catalogue"]);
    assert!(place.snapshot().stacks["data-orders"].problems.is_empty());
    place.assert_at_rest().await;
    place
        .github
        .push("Mend the catalogue", &[("changegate.yaml", Some("version: 1\n"))]);
    place.sync().await;
    assert!(!place.snapshot().stacks.contains_key("data-orders"));
    place.assert_at_rest().await;
}

#[tokio::test]
async fn links_and_submodules_are_refused_and_the_rest_is_synced() {
    let place = Place::settled().await;
    place
        .github
        .push_entry("stacks/network/link.yaml", "120000", "../../../etc/passwd");
    place.github.push_entry("stacks/vendored", "160000", &"a".repeat(40));
    place.sync().await;
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(status.context, "changegate/production/catalogue");
    assert!(status.description.contains("2 problems"), "{}", status.description);
    assert!(
        !place
            .bucket
            .keys()
            .iter()
            .any(|key| key.contains("link.yaml") || key.contains("vendored"))
    );
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_file_that_github_does_not_serve_is_told_until_it_is_gone_and_the_rest_is_synced() {
    let place = Place::settled().await;
    place.github.make_too_large("large");
    place.github.push(
        "Large",
        &[
            ("stacks/network/disk.img", Some("large")),
            ("stacks/network/template.yaml", Some(&template("2"))),
        ],
    );
    place.sync().await;
    assert_eq!(place.started()[3..], ["cg-network"]);
    let problem = "stacks/network/disk.img:1:1: the file is larger than the 100 MB that GitHub serves";
    assert_eq!(place.snapshot().problems, [problem]);
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(
        (status.context.as_str(), status.description.as_str()),
        ("changegate/production/catalogue", problem)
    );
    place.assert_at_rest().await;
    place.github.push("Other", &[("stacks/network/x", Some("x"))]);
    place.sync().await;
    assert_eq!(place.snapshot().problems, [problem], "told once");
    place
        .github
        .push("Smaller", &[("stacks/network/disk.img", Some("small"))]);
    place.sync().await;
    assert!(place.snapshot().problems.is_empty());
    assert_eq!(place.github.statuses().pop().unwrap().state, StatusState::Success);
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_key_is_told_until_it_is_gone() {
    let place = Place::settled().await;
    let long = format!("stacks/{}/x", "long/".repeat(210));
    place.github.push("Long", &[(&long, Some("x"))]);
    place.sync().await;
    place.github.push("Other", &[("stacks/network/x", Some("x"))]);
    place.sync().await;
    let problems = place.snapshot().problems;
    assert!(problems.len() == 1 && problems[0].contains("too long"), "{problems:?}");
    place.github.push("Short", &[(&long, None)]);
    place.sync().await;
    assert!(place.snapshot().problems.is_empty());
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn a_file_in_the_place_of_an_archive_is_told_and_the_archive_stays() {
    let place = Place::settled().await;
    let zip = "stacks/network/template.yaml.zip";
    let key = keys::source(zip);
    let before = place.bucket.bytes(&key);
    place.github.push("In the way", &[(zip, Some("no archive"))]);
    place.sync().await;
    assert_eq!(place.bucket.bytes(&key), before);
    let problems = place.snapshot().problems;
    assert!(
        problems.len() == 1 && problems[0].starts_with("stacks/network/template.yaml.zip:1:1: the archive of"),
        "{problems:?}"
    );
    assert!(place.audit().await.mended.is_empty());
    place.github.push("Away", &[(zip, None)]);
    place.sync().await;
    assert_eq!(place.bucket.bytes(&key), before);
    assert!(place.snapshot().problems.is_empty());
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_file_that_is_an_archive_and_the_archive_of_a_file_take_each_others_place() {
    let place = Place::settled().await;
    let (path, zip) = ("stacks/web/template.yaml", "stacks/web/template.yaml.zip");
    place.pipelines.with_pipeline("cg-web");
    for round in 0..3 {
        let text = format!("no archive {round}");
        place.github.push("A file", &[(path, None), (zip, Some(&text))]);
        place.sync().await;
        assert_eq!(place.bucket.text(&keys::source(zip)), Some(text));
        place.assert_mirrors_branch();
        place.assert_at_rest().await;
        let text = template(&format!("web {round}"));
        place.github.push("A stack", &[(path, Some(&text)), (zip, None)]);
        place.sync().await;
        assert_eq!(place.unzipped(&keys::source(zip)), text);
        place.assert_mirrors_branch();
        place.assert_at_rest().await;
    }
    let starts = place.started();
    assert_eq!(starts.iter().filter(|started| *started == "cg-web").count(), 3);
}

#[tokio::test]
async fn a_repository_without_a_stack_is_told_to_the_commit_and_nobody_is_asked_about_nothing() {
    let place = Place::new();
    place.pipelines.with_pipeline("cg-root");
    // What looks like a template and is named otherwise makes no stack.
    let file = [
        ("stacks/network.cfn.txt", Some("Resources: {}\n")),
        ("README.md", Some("ours")),
    ];
    let commit = place.github.push("First", &file);
    place.sync().await;
    assert_eq!(place.started(), [""; 0]);
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(
        (status.context.as_str(), status.state, status.commit),
        ("changegate/production/catalogue", StatusState::Failure, commit)
    );
    assert!(status.description.contains("has no stack"), "{}", status.description);
    place.assert_at_rest().await;

    place.github.push(
        "Add one",
        &[("stacks/network/template.yaml", Some(&template("network")))],
    );
    place.sync().await;
    assert_eq!(place.started(), ["cg-root"]);
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(
        (status.context.as_str(), status.state),
        ("changegate/production/catalogue", StatusState::Pending),
        "the root pipeline's run says how it ends"
    );
}

#[tokio::test]
async fn the_last_stack_goes_through_the_root_pipeline_like_any_other() {
    let place = Place::settled().await;
    let before = place.started().len();
    place.github.push(
        "Remove all",
        &[
            ("stacks/network/template.yaml", None),
            ("stacks/network/production.json", None),
            ("stacks/data/orders/template.yaml", None),
        ],
    );
    place.sync().await;
    assert_eq!(place.started()[before..], ["cg-root"]);
    assert!(place.github.statuses().is_empty());
}
