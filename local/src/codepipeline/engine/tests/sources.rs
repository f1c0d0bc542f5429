use std::collections::BTreeSet;

use super::bench::{Bench, changegate};
use crate::codepipeline::engine::control::Start;
use crate::codepipeline::engine::effects::{Effect, Failure, FetchSource};

fn fetches(bench: &Bench) -> Vec<&FetchSource> {
    bench
        .open
        .iter()
        .filter_map(|effect| {
            if let Effect::FetchSource(fetch) = effect {
                Some(fetch)
            } else {
                None
            }
        })
        .collect()
}

fn pinned(action: &str, version: &str) -> (String, String, String) {
    (action.into(), "S3_OBJECT_VERSION_ID".into(), version.into())
}

#[test]
fn creating_a_pipeline_starts_a_run() {
    let bench = Bench::new(&changegate());
    let run = bench.run(0);
    assert_eq!((run.trigger.kind, run.status.word()), ("CreatePipeline", "InProgress"));
    assert_eq!(
        run.trigger.detail.as_deref(),
        Some("arn:aws:iam::000000000000:user/maker")
    );
    assert_eq!(fetches(&bench).len(), 2);
}

#[test]
fn a_source_revision_pins_the_version_of_its_action() {
    let mut bench = Bench::idle(&changegate());
    let revisions = vec![pinned("Template", "v7"), pinned("Configuration", "v3")];
    let run = bench
        .start_with(Start {
            revisions,
            ..Start::default()
        })
        .unwrap();
    let versions: Vec<Option<&str>> = fetches(&bench).iter().map(|fetch| fetch.version.as_deref()).collect();
    assert_eq!(versions, [Some("v7"), Some("v3")]);
    bench.fetch_all();
    let action = bench.action(&run, "Template");
    assert_eq!(
        (
            action.variables["VersionId"].as_str(),
            action.variables["ETag"].as_str()
        ),
        ("v7", "etag")
    );
    let revision = action.revision.as_ref().unwrap();
    assert_eq!(
        (revision.id.as_str(), revision.summary.as_deref()),
        ("v7", Some("a commit"))
    );
}

#[test]
fn a_source_without_a_revision_takes_the_newest_object() {
    let mut bench = Bench::idle(&changegate());
    bench
        .start_with(Start {
            revisions: vec![pinned("Template", "v7")],
            ..Start::default()
        })
        .unwrap();
    assert_eq!(
        fetches(&bench)
            .iter()
            .map(|fetch| fetch.version.as_deref())
            .collect::<Vec<_>>(),
        [Some("v7"), None]
    );
}

#[test]
fn a_revision_of_an_unknown_action_or_of_another_type_is_refused() {
    let mut bench = Bench::idle(&changegate());
    for (revision, word) in [
        (pinned("Nothing", "v1"), "S3 source action"),
        (pinned("CreateChangeSet", "v1"), "S3 source action"),
        (
            ("Template".into(), "S3_OBJECT_KEY".into(), "other.zip".into()),
            "not emulated",
        ),
    ] {
        let refused = bench
            .start_with(Start {
                revisions: vec![revision],
                ..Start::default()
            })
            .unwrap_err();
        assert_eq!(refused.code, "ValidationException");
        assert!(refused.message.contains(word), "{}", refused.message);
    }
}

#[test]
fn an_artifact_lies_under_the_cut_names_of_pipeline_and_artifact() {
    let mut bench = Bench::idle(&changegate());
    bench.start();
    let keys: Vec<Vec<String>> = fetches(&bench)
        .iter()
        .map(|fetch| fetch.into.key.split('/').map(str::to_owned).collect())
        .collect();
    assert_eq!(keys[0][..2], ["changegate-network", "Template"]);
    assert_eq!(keys[1][..2], ["changegate-network", "Configurat"]);
    assert!(keys.iter().all(|parts| parts.len() == 3 && parts[2].len() == 7));
    assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), 2);
}

#[test]
fn a_source_that_cannot_be_had_fails_its_stage() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    let id = bench.action(&run, "Template").id.clone();
    let failure = Failure::new("PermissionError", "Insufficient permissions");
    bench.engine.source_fetched(super::bench::NAME, &id, Err(failure));
    // The other source action still runs: the stage waits for it.
    assert_eq!(bench.stage_word(&run, "Source"), "InProgress");
    bench.fetch_all();
    assert_eq!(
        (bench.stage_word(&run, "Source"), bench.by_id(&run).status.word()),
        ("Failed", "Failed")
    );
    assert_eq!(
        bench.action(&run, "Template").error.as_ref().unwrap().0,
        "PermissionError"
    );
}
