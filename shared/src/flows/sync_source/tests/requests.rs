//! What a sync may cost, in requests. These numbers are exact: a change that makes it dearer has to change them here.

use super::*;
use crate::domain::provenance::{Permission, PullRequestReview};
use crate::flows::ports::PullRequestFacts;

/// A repository of so many stacks beside other directories, synced.
async fn large(stacks: usize) -> Place {
    let place = Place::new();
    let mut files: Vec<(String, String)> = (0..stacks)
        .flat_map(|number| {
            let folder = format!("stacks/team-{}/stack-{number}", number % 7);
            [
                (format!("{folder}/template.yaml"), template(&number.to_string())),
                (
                    format!("{folder}/production.json"),
                    format!(r#"{{"Parameters": {{"Size": {number}}}}}"#),
                ),
            ]
        })
        .collect();
    files.push(("services/web/src/main.rs".to_owned(), "fn main() {}".to_owned()));
    files.push(("README.md".to_owned(), "hello".to_owned()));
    let files: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), Some(text.as_str())))
        .collect();
    place.github.push("First", &files);
    place.pipelines.with_pipeline("cg-team-3-stack-3");
    place.sync().await;
    place.github.forget_archive();
    place
}

/// Says that a reviewed pull request brought the commit.
fn merged(place: &Place, commit: &str) {
    let pull = PullRequestFacts {
        number: 7,
        is_merged: true,
        base_branch: "main".to_owned(),
        merge_commit: Some(commit.to_owned()),
        head_branch: "feature".to_owned(),
        head: commit.to_owned(),
        ..PullRequestFacts::default()
    };
    let approved = PullRequestReview {
        reviewer: "bob".into(),
        state: "APPROVED".to_owned(),
        commit: Some(commit.to_owned()),
        ..PullRequestReview::default()
    };
    place.github.with_pull(commit, pull, vec![approved]);
    place.github.with_pull_commits(7, &[commit], true);
    place.github.permit("bob", Permission::Write);
    let before = &place.github.facts(commit).parents[0];
    place.github.tell_move("feature", before, commit, "push", "alice");
}

#[tokio::test]
async fn a_large_file_that_comes_by_itself_is_asked_for_once_more_and_one_from_the_archive_is_not() {
    let place = large(10).await;
    let big = "x".repeat(5 * 1024 * 1024);
    place
        .github
        .push("Image", &[("stacks/team-3/stack-3/disk.img", Some(big.as_str()))]);
    let (_, github) = cost(&place).await;
    let blobs = github.iter().filter(|call| call.contains("GET blobs"));
    assert_eq!(blobs.count(), 2, "{github:#?}");

    let mut files: Vec<(String, &str)> = (0..60)
        .map(|number| (format!("stacks/team-3/more/{number}"), "small"))
        .collect();
    let other = "y".repeat(5 * 1024 * 1024);
    files.push(("stacks/team-3/more/disk.img".to_owned(), other.as_str()));
    let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), Some(*text))).collect();
    place.github.push("Images", &files);
    let (_, github) = cost(&place).await;
    assert_eq!(
        github.iter().filter(|call| call.contains("GET blobs")).count(),
        0,
        "{github:#?}"
    );
}

/// Calls to S3 and to GitHub that the sync of the pushed head makes.
async fn cost(place: &Place) -> (Vec<String>, Vec<String>) {
    let before = place.wire.count();
    place.sync_push().await;
    place.assert_mirrors_branch();
    let log = place.wire.log();
    let calls = log.lines().skip(before).map(str::to_owned);
    let calls = calls.filter(|call| !call.starts_with("codepipeline:"));
    calls.partition(|call| call.starts_with("s3:"))
}

const STACK: &str = "stacks/team-3/stack-3/template.yaml";

#[tokio::test]
async fn nothing_changed_costs_one_request_each() {
    let place = large(100).await;
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (1, 1), "{github:?}");
}

#[tokio::test]
async fn a_schedule_that_finds_nothing_costs_one_request_each() {
    let place = large(100).await;
    place.assert_at_rest().await;
}

#[tokio::test]
async fn one_changed_template_costs_six_and_nine() {
    for stacks in [10, 1_000] {
        let place = large(stacks).await;
        let merge = place.github.push("Change", &[(STACK, Some(&template("new")))]);
        merged(&place, &merge);
        let (s3, github) = cost(&place).await;
        assert_eq!((s3.len(), github.len()), (6, 9), "{s3:#?} {github:#?}");
        assert_eq!(place.started(), ["cg-team-3-stack-3"; 2]);
    }
}

#[tokio::test]
async fn one_changed_template_of_very_many_costs_one_more_and_little_is_read_and_written() {
    let place = large(2_000).await;
    let whole = place.snapshot().to_json().len();
    let merge = place.github.push("Change", &[(STACK, Some(&template("new")))]);
    merged(&place, &merge);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (7, 9), "{s3:#?} {github:#?}");
    assert_eq!(place.started(), ["cg-team-3-stack-3"; 2]);
    let size = place.bucket.bytes(keys::SNAPSHOT).unwrap().len();
    assert!(size * 5 < whole, "{size} of {whole}");
    // What changed once is at hand from then on.
    let merge = place.github.push("Again", &[(STACK, Some(&template("newer")))]);
    merged(&place, &merge);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (6, 9), "{s3:#?} {github:#?}");
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_template_whose_parameters_take_other_values_costs_the_same() {
    for stacks in [100, 2_000] {
        let place = large(stacks).await;
        let other = template("new").replace("Default: 1", "MinValue: 0");
        let merge = place.github.push("Change", &[(STACK, Some(&other))]);
        merged(&place, &merge);
        let (s3, github) = cost(&place).await;
        let folder = usize::from(stacks == 2_000);
        assert_eq!((s3.len(), github.len()), (6 + folder, 9), "{s3:#?} {github:#?}");
    }
}

#[tokio::test]
async fn a_configuration_that_its_template_takes_no_longer_is_told() {
    let place = large(100).await;
    let other = template("new").replace("Default: 1", "MinValue: 0");
    place.github.push("Change", &[(STACK, Some(&other))]);
    place.sync_push().await;
    let stricter = other.replace("Type: Number", "Type: Number\n    MaxValue: 2");
    place.github.push("Too strict", &[(STACK, Some(&stricter))]);
    place.sync_push().await;
    let status = place.github.statuses().pop().unwrap();
    assert!(
        status.description.contains("more than the `MaxValue` 2"),
        "{}",
        status.description
    );
}

#[tokio::test]
async fn another_default_or_description_costs_no_configuration() {
    let place = large(100).await;
    let other = template("new").replace("Default: 1", "Default: 2\n    Description: other");
    place.github.push("Change", &[(STACK, Some(&other))]);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (6, 5), "{s3:#?} {github:#?}");
}

#[tokio::test]
async fn one_changed_configuration_costs_six_and_nine() {
    let place = large(100).await;
    let path = "stacks/team-3/stack-3/production.json";
    let merge = place
        .github
        .push("Change", &[(path, Some(r#"{"Parameters": {"Size": 99}}"#))]);
    merged(&place, &merge);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (6, 9), "{s3:#?} {github:#?}");
    assert_eq!(place.started(), ["cg-team-3-stack-3"; 2]);
}

#[tokio::test]
async fn a_wrong_configuration_is_told_with_the_place_in_the_template() {
    let place = large(100).await;
    let path = "stacks/team-3/stack-3/production.json";
    place
        .github
        .push("Forget", &[(path, Some(r#"{"Parameters": {"Sise": 1}}"#))]);
    place.sync_push().await;
    let status = place.github.statuses().pop().unwrap();
    assert!(
        status.description.contains(STACK) && status.description.contains("`Size`"),
        "{}",
        status.description
    );
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_push_that_touches_no_stack_of_a_monorepo_costs_two_and_two() {
    let place = large(100).await;
    place
        .github
        .push("Code", &[("services/web/src/main.rs", Some("fn main() { todo() }"))]);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (2, 3), "{s3:#?} {github:#?}");
    // The next one finds the last record behind the head, and asks for the head itself.
    place.github.push("Code", &[("services/web/src/lib.rs", Some(""))]);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (2, 3), "{s3:#?} {github:#?}");
}

#[tokio::test]
async fn a_root_file_that_is_not_synced_costs_no_tree() {
    let place = large(10).await;
    place.github.push("Docs", &[("README.md", Some("new"))]);
    let (s3, github) = cost(&place).await;
    assert_eq!((s3.len(), github.len()), (2, 2), "{s3:#?} {github:#?}");
}

#[tokio::test]
async fn a_comparison_that_github_cut_short_is_not_believed() {
    let place = large(20).await;
    place.github.limit_comparisons(1);
    place.github.push(
        "Two",
        &[
            (STACK, Some(&template("new"))),
            ("stacks/team-4/stack-4/template.yaml", Some(&template("new"))),
            ("stacks/team-5/stack-5/template.yaml", None),
        ],
    );
    place.sync_push().await;
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn a_delivery_that_names_another_commit_than_the_head_is_only_a_hint() {
    let place = large(10).await;
    let stale = place.github.push("One", &[(STACK, Some(&template("one")))]);
    place.github.push("Two", &[(STACK, Some(&template("two")))]);
    sync_source(place.world(), &place.settings, SyncReason::Push(stale.clone()))
        .await
        .unwrap();
    place.assert_mirrors_branch();
    sync_source(place.world(), &place.settings, SyncReason::Push(stale))
        .await
        .unwrap();
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn renames_modes_and_new_directories_are_seen_through_a_comparison() {
    let place = large(10).await;
    let text = String::from_utf8(place.github.files()[STACK].1.clone()).unwrap();
    place
        .github
        .push("Move", &[(STACK, None), ("stacks/moved/template.yaml", Some(&text))]);
    place.sync_push().await;
    assert!(place.snapshot().files.contains_key("stacks/moved/template.yaml"));
    let mut files = place.github.files();
    files.get_mut("stacks/moved/template.yaml").unwrap().0 = "100755".to_owned();
    files.insert("policies/new.json".to_owned(), ("100755".to_owned(), b"{}".to_vec()));
    place.github.push_files("Modes", files);
    place.sync_push().await;
    let snapshot = place.snapshot();
    assert_eq!(snapshot.files["stacks/moved/template.yaml"].entry.mode, "100755");
    assert_eq!(snapshot.files["policies/new.json"].entry.mode, "100755");
    assert_eq!(snapshot.commit, place.github.head());
    let mut files = place.github.files();
    files.retain(|path, _| !path.starts_with("policies/"));
    place.github.push_files("Directory gone", files);
    place.sync_push().await;
    assert_eq!(place.snapshot().commit, place.github.head());
    assert!(!place.snapshot().root.contains_key("policies"));
}
