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
    assert_eq!(status.context, "changegate/production/network");
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

/// What a sync of many stacks that share a snippet, each with code of its own, leaves in the bucket, and its requests.
async fn many_with_parts(kept_bytes: usize) -> (Vec<(String, Option<Vec<u8>>)>, Vec<String>) {
    let mut place = Place::new();
    place.settings.kept_bytes = kept_bytes;
    let template = "Resources:\n  A:\n    Fn::Transform: {Name: AWS::Include, Parameters: {Location: ../shared/a.yaml}}\n  \
                    F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src\n";
    let mut files = vec![("stacks/shared/a.yaml".to_owned(), "Type: AWS::SNS::Topic\n".to_owned())];
    for number in 0..60 {
        files.push((format!("stacks/s{number}/template.yaml"), template.to_owned()));
        files.push((format!("stacks/s{number}/src/index.js"), number.to_string()));
    }
    let files = files.iter().map(|(path, text)| (path.as_str(), Some(text.as_str())));
    place.github.push("First", &files.collect::<Vec<_>>());
    place.sync().await;
    let mut calls: Vec<String> = place.wire.log().lines().map(str::to_owned).collect();
    calls.sort();
    place.assert_at_rest().await;
    let objects = place.bucket.keys().into_iter();
    let objects = objects.map(|key| (key.clone(), place.bucket.bytes(&key)));
    // What the snapshot says of versions and entity tags is the fake's own.
    let objects = objects.filter(|(key, _)| key != keys::SNAPSHOT);
    (objects.collect(), calls)
}

#[tokio::test]
async fn what_has_no_room_in_memory_is_made_again_at_no_request_more() {
    let (kept, calls_kept) = many_with_parts(KEPT_BYTES).await;
    let (again, calls_again) = many_with_parts(0).await;
    let (some, calls_some) = many_with_parts(10_000).await;
    let packages = kept.iter().filter(|(key, _)| key.contains("/.packages/"));
    assert_eq!(packages.count(), 61, "a shared snippet is one package");
    let differing = |others: &[(String, Option<Vec<u8>>)]| {
        let both = kept.iter().zip(others).filter(|(one, other)| one != other);
        both.map(|(one, _)| one.0.clone()).collect::<Vec<_>>()
    };
    assert_eq!(differing(&again), Vec::<String>::new());
    assert_eq!(differing(&some), Vec::<String>::new());
    assert_eq!(calls_kept, calls_again);
    assert_eq!(calls_kept, calls_some);
}
