use super::*;
use crate::domain::provenance::{COMMIT_METADATA, PullRequestReview, SUMMARY_METADATA};
use crate::flows::ports::PullRequestFacts;

#[tokio::test]
async fn a_first_sync_fills_the_bucket_and_a_second_does_nothing() {
    let place = Place::settled().await;
    assert_eq!(
        place
            .bucket
            .keys()
            .into_iter()
            .filter(|key| !key.starts_with("gates/") && !key.starts_with("provenance/"))
            .collect::<Vec<_>>(),
        [
            "TemplateSource/.catalogue/production.json",
            "TemplateSource/.catalogue/production.json.zip",
            "TemplateSource/.configurations/production/data-orders.json.zip",
            "TemplateSource/.configurations/production/network.json.zip",
            "TemplateSource/stacks/data/orders/template.yaml",
            "TemplateSource/stacks/data/orders/template.yaml.zip",
            "TemplateSource/stacks/network/production.json",
            "TemplateSource/stacks/network/template.yaml",
            "TemplateSource/stacks/network/template.yaml.zip",
            "snapshot.json",
        ]
    );
    place.assert_mirrors_branch();
    assert_eq!(
        place.unzipped("TemplateSource/.configurations/production/network.json.zip"),
        "{\n  \"Parameters\": {\n    \"Size\": \"2\"\n  }\n}\n"
    );
    assert_eq!(
        place.unzipped("TemplateSource/.configurations/production/data-orders.json.zip"),
        "{}\n"
    );
    assert_eq!(place.started(), ["cg-data-orders", "cg-network", "cg-root"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn every_gate_of_the_catalogue_is_there_under_its_hash() {
    let place = Place::settled().await;
    let catalogue = place.bucket.bytes("TemplateSource/.catalogue/production.json").unwrap();
    let catalogue = crate::domain::catalogue::ResolvedCatalogue::from_json(&catalogue).unwrap();
    assert_eq!(catalogue.stacks.len(), 2);
    for stack in catalogue.stacks {
        let gate = place.bucket.bytes(&keys::gate(stack.gate)).unwrap();
        assert_eq!(Sha256::of(gate), stack.gate);
    }
}

#[tokio::test]
async fn a_changed_template_starts_its_pipeline_once_with_both_versions() {
    let place = Place::settled().await;
    let commit = place.github.push(
        "Widen the network\n\nfor good",
        &[("stacks/network/template.yaml", Some(&template("wider")))],
    );
    let report = place.sync().await;
    assert_eq!(
        report.plan.to_string(),
        "write stacks/network/template.yaml; write templates of network"
    );
    let starts = place.pipelines.started();
    assert_eq!(starts.len(), 4);
    let start = &starts[3];
    assert_eq!(start.pipeline, "cg-network");
    let version = |key: &str| place.bucket.latest(key).unwrap().head.version;
    assert_eq!(
        start.source_versions["Template"],
        version("TemplateSource/stacks/network/template.yaml.zip")
    );
    assert_eq!(
        start.source_versions["Configuration"],
        version("TemplateSource/.configurations/production/network.json.zip")
    );
    assert_eq!(start.variables["Commit"], commit);
    assert_eq!(start.variables["Subject"], "Widen the network");
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_template_and_its_configuration_changed_together_are_one_start() {
    let place = Place::settled().await;
    place.github.push(
        "Both",
        &[
            ("stacks/network/template.yaml", Some(&template("wider"))),
            ("stacks/network/production.json", Some(r#"{"Parameters": {"Size": 3}}"#)),
        ],
    );
    place.sync().await;
    assert_eq!(place.started()[3..], ["cg-network"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_configuration_that_means_the_same_starts_nothing() {
    let place = Place::settled().await;
    place.github.push(
        "Format",
        &[(
            "stacks/network/production.json",
            Some(r#"{ "Parameters": { "Size": "2" } }"#),
        )],
    );
    let report = place.sync().await;
    assert_eq!(report.plan.to_string(), "write stacks/network/production.json");
    assert_eq!(place.started().len(), 3);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_push_that_touches_nothing_synced_moves_only_the_snapshot() {
    let place = Place::settled().await;
    place.github.push(
        "Docs",
        &[("README.md", Some("new")), ("src/main.rs", Some("fn main() {}"))],
    );
    place.sync().await;
    assert_eq!(place.bucket.take_calls(), ["GET snapshot.json", "PUT snapshot.json"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn going_back_to_old_content_is_a_run_of_its_own() {
    let place = Place::settled().await;
    for note in ["b", "network", "b", "network"] {
        place
            .github
            .push(note, &[("stacks/network/template.yaml", Some(&template(note)))]);
        place.sync().await;
    }
    assert_eq!(place.started()[3..], ["cg-network"; 4]);
}

#[tokio::test]
async fn objects_carry_the_commit_and_a_summary_that_codepipeline_shows() {
    let place = Place::settled().await;
    let commit = place.github.push(
        "Größer — schneller\nbody",
        &[("stacks/network/template.yaml", Some(&template("wider")))],
    );
    place.sync().await;
    let zip = place
        .bucket
        .latest("TemplateSource/stacks/network/template.yaml.zip")
        .unwrap();
    assert_eq!(zip.head.metadata[COMMIT_METADATA], commit);
    assert_eq!(
        zip.head.metadata[SUMMARY_METADATA],
        format!("{} Gr??er ? schneller", &commit[..7])
    );
}

#[tokio::test]
async fn the_records_of_all_syncs_form_a_chain_over_pushes_that_needed_none() {
    let place = Place::settled().await;
    let first = place.github.head();
    place.github.push("Docs", &[("README.md", Some("new"))]);
    place.sync().await;
    let side = place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    let pull = PullRequestFacts {
        number: 7,
        title: "Change it".to_owned(),
        author: "alice".into(),
        is_merged: true,
        base_branch: "main".to_owned(),
        merge_commit: Some(side.clone()),
        head: side.clone(),
        ..PullRequestFacts::default()
    };
    let approved = PullRequestReview {
        reviewer: "bob".into(),
        state: "APPROVED".to_owned(),
        ..PullRequestReview::default()
    };
    place.github.with_pull(&side, pull, vec![approved]);
    place.sync().await;
    let record = place.record(&side);
    assert_eq!(record.previous, Some(first));
    assert_eq!(record.stacks, ["network"]);
    assert!(record.complete);
    let subjects: Vec<&str> = record.commits.iter().map(|commit| commit.subject.as_str()).collect();
    assert_eq!(subjects, ["Docs", "Change"]);
    let pull = record.commits[1].pull_request.as_ref().unwrap();
    assert_eq!((pull.number, pull.author.login.as_str()), (7, "alice"));
    assert_eq!(pull.reviews[0].reviewer.login, "bob");
    assert_eq!(record.commits[0].pusher, Some("pusher".into()));
}

#[tokio::test]
async fn odd_names_and_empty_files_are_mirrored() {
    let place = Place::settled().await;
    let names = [
        "stacks/network/with space.json",
        "stacks/network/größe+%41.txt",
        "stacks/network/.hidden",
        "stacks/network/a?b#c&d=e;f.txt",
        "policies/日本語.json",
    ];
    let changes: Vec<(&str, Option<&str>)> = names.iter().map(|name| (*name, Some(""))).collect();
    place.github.push("Odd", &changes);
    place.sync().await;
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_new_stacks_pipeline_is_not_owed_a_start_and_the_root_pipeline_is_started() {
    let place = Place::settled().await;
    place
        .github
        .push("New", &[("stacks/web/template.yaml", Some(&template("web")))]);
    place.sync().await;
    assert_eq!(place.started()[3..], ["cg-root"]);
    assert!(place.snapshot().owed.is_empty());
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_removed_stack_keeps_what_its_pipeline_reads_until_the_pipeline_is_gone() {
    let place = Place::settled().await;
    place
        .github
        .push("Retire", &[("stacks/data/orders/template.yaml", None)]);
    place.sync().await;
    let zip = "TemplateSource/stacks/data/orders/template.yaml.zip";
    assert!(place.bucket.bytes(zip).is_some());
    assert!(
        place
            .bucket
            .bytes("TemplateSource/stacks/data/orders/template.yaml")
            .is_none()
    );
    assert_eq!(place.started()[3..], ["cg-root"]);
    place.assert_at_rest().await;

    let without = Place {
        pipelines: FakeCodePipeline::new(&place.wire),
        ..place
    };
    without.audit().await;
    assert!(without.bucket.bytes(zip).is_none());
    assert!(without.snapshot().retired.is_empty());
}

#[tokio::test]
async fn a_force_push_is_followed() {
    let place = Place::settled().await;
    let first = place.github.head();
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    let rewritten = {
        place.github.move_to(&first, "force_push", "mallory");
        place
            .github
            .push("Other", &[("stacks/data/orders/template.yaml", Some(&template("3")))])
    };
    place.sync().await;
    place.assert_mirrors_branch();
    assert_eq!(place.started()[4..], ["cg-data-orders", "cg-network"]);
    assert!(!place.record(&rewritten).complete, "the rewritten part is unknown");
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_deleted_branch_leaves_the_bucket_alone_and_a_vanished_repository_is_an_error() {
    let place = Place::settled().await;
    let keys = place.bucket.keys();
    place.github.delete_branch();
    let report = place.sync().await;
    assert_eq!(report.commit, None);
    assert_eq!(place.bucket.keys(), keys);
    place.github.vanish();
    let error = place.try_sync().await.unwrap_err();
    assert!(!error.is_transient());
}

#[tokio::test]
async fn many_files_come_by_one_archive() {
    let place = Place::new();
    let texts: Vec<(String, String)> = (0..60)
        .map(|number| (format!("stacks/s{number}/template.yaml"), template(&number.to_string())))
        .collect();
    let changes: Vec<_> = texts
        .iter()
        .map(|(path, text)| (path.as_str(), Some(text.as_str())))
        .collect();
    place.github.push("Many", &changes);
    place.sync().await;
    assert_eq!(place.wire.count_of("GET tarball"), 1);
    assert_eq!(place.wire.count_of("GET blobs"), 0);
    assert_eq!(
        place.wire.count_of("GET trees") + place.wire.count_of("GET whole tree"),
        2
    );
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn trees_that_github_cuts_short_are_walked() {
    let place = Place::new();
    place.github.push(
        "First",
        &[
            ("stacks/a/template.yaml", Some(&template("a"))),
            ("stacks/b/c/template.yaml", Some(&template("bc"))),
        ],
    );
    let stacks = place.github.files();
    let entries: crate::domain::sync::files::Files = stacks
        .iter()
        .map(|(path, (mode, content))| {
            let id = crate::domain::sync::git::blob_id(content);
            let mode = mode.clone();
            (path.clone(), crate::domain::sync::files::FileEntry { mode, id })
        })
        .collect();
    let ids = crate::domain::sync::files::directory_ids(&entries, "stacks");
    place.github.truncate(&ids["stacks"]);
    place.sync().await;
    place.assert_mirrors_branch();
}
