//! Templates that are made of more than one file.

use super::*;

/// A template that includes a snippet, and one whose code is a folder.
fn with_parts() -> [(&'static str, Option<&'static str>); 5] {
    [
        (
            "stacks/network/template.yaml",
            Some(
                "Resources:\n  A:\n    Fn::Transform: {Name: AWS::Include, Parameters: {Location: ../shared/a.yaml}}\n",
            ),
        ),
        ("stacks/network/production.json", None),
        ("stacks/shared/a.yaml", Some("Type: AWS::SNS::Topic\n")),
        (
            "stacks/data/orders/template.yaml",
            Some("Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src\n"),
        ),
        ("stacks/data/orders/src/index.js", Some("1")),
    ]
}

#[tokio::test]
async fn a_changed_part_starts_exactly_the_pipelines_whose_effective_template_changed() {
    let place = Place::settled().await;
    place.github.push("Parts", &with_parts());
    place.sync().await;
    let template = place.unzipped("TemplateSource/stacks/network/template.yaml.zip");
    let package = keys::package(Sha256::of("Type: AWS::SNS::Topic\n"), "yaml");
    assert!(
        template.contains(&format!("Location: s3://source/{package}}}")),
        "{template}"
    );
    assert_eq!(place.bucket.text(&package).as_deref(), Some("Type: AWS::SNS::Topic\n"));
    assert_eq!(
        place
            .bucket
            .text("TemplateSource/stacks/network/template.yaml")
            .unwrap(),
        with_parts()[0].1.unwrap(),
        "the raw object is the file"
    );
    let before = place.started().len();

    place
        .github
        .push("Snippet", &[("stacks/shared/a.yaml", Some("Type: AWS::SQS::Queue\n"))]);
    place.sync().await;
    assert_eq!(place.started()[before..], ["cg-network"]);
    place
        .github
        .push("Code", &[("stacks/data/orders/src/more.js", Some("2"))]);
    place.sync().await;
    assert_eq!(place.started()[before + 1..], ["cg-data-orders"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_part_that_is_missing_holds_back_its_stack_until_it_comes() {
    let place = Place::settled().await;
    let mut parts = with_parts();
    parts[2].1 = None;
    place.github.push("Forgotten", &parts);
    place.sync().await;
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(status.context, "changegate/network");
    assert!(
        status
            .description
            .contains("template.yaml:3:64: `../shared/a.yaml` is not there"),
        "{}",
        status.description
    );
    let before = place.started().len();
    place
        .github
        .push("Found", &[("stacks/shared/a.yaml", Some("Type: AWS::SNS::Topic\n"))]);
    place.sync().await;
    assert_eq!(place.started()[before..], ["cg-network"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_package_that_vanished_is_made_again_by_the_audit() {
    let place = Place::settled().await;
    place.github.push("Parts", &with_parts());
    place.sync().await;
    let package = keys::package(Sha256::of("Type: AWS::SNS::Topic\n"), "yaml");
    place.bucket.remove(&package);
    let before = place.started().len();
    place.audit().await;
    assert!(place.bucket.bytes(&package).is_some());
    assert_eq!(place.started().len(), before);
    place.assert_at_rest().await;
}
