use super::*;
use crate::flows::fakes::Fault;
use crate::flows::ports::StatusState;

#[tokio::test]
async fn an_audit_mends_what_was_changed_and_deleted_and_removes_what_was_added() {
    let place = Place::settled().await;
    place
        .bucket
        .seed("TemplateSource/stacks/network/template.yaml", "tampered");
    place
        .bucket
        .seed("TemplateSource/stacks/data/orders/template.yaml.zip", "tampered");
    place
        .bucket
        .remove("TemplateSource/.configurations/production/network.json.zip");
    place
        .bucket
        .seed("TemplateSource/stacks/foreign.yaml", "who put this here");
    let mut report = place.audit().await;
    report.mended.sort();
    assert_eq!(
        report.mended,
        [
            "TemplateSource/.configurations/production/network.json.zip",
            "TemplateSource/stacks/data/orders/template.yaml.zip",
            "TemplateSource/stacks/network/template.yaml",
        ]
    );
    place.assert_mirrors_branch();
    assert_eq!(place.started().len(), 3, "mended content is no change");
    place.assert_at_rest().await;
    assert!(place.audit().await.mended.is_empty());
}

#[tokio::test]
async fn an_audit_of_a_sound_bucket_writes_nothing() {
    let place = Place::settled().await;
    let report = place.audit().await;
    assert!(report.plan.is_empty() && report.mended.is_empty());
    assert_eq!(
        place.bucket.take_calls(),
        ["GET snapshot.json", "VERSIONS TemplateSource/"]
    );
}

#[tokio::test]
async fn an_object_changed_behind_the_back_does_not_stop_a_push() {
    let place = Place::settled().await;
    place
        .bucket
        .seed("TemplateSource/stacks/network/template.yaml", "tampered");
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    place.assert_mirrors_branch();
    assert_eq!(place.started()[3..], ["cg-network"]);
}

#[tokio::test]
async fn a_bucket_that_the_articles_script_filled_is_adopted() {
    let place = Place::new();
    let network = template("network");
    place.github.push(
        "First",
        &[
            ("stacks/network.json", Some("{\"Resources\": {}}")),
            ("stacks/network.configuration.json", Some("{}")),
            ("stacks/data.configuration.json", Some("{}")),
            ("stacks/data.yaml", Some(&network)),
        ],
    );
    place
        .bucket
        .seed("TemplateSource/stacks/network.json", "{\"Resources\": {}}");
    // The script's packer puts other times into the archive.
    let zipped = archive::pack("network.json", b"{\"Resources\": {}}").unwrap();
    place.bucket.seed("TemplateSource/stacks/network.json.zip", zipped);
    place
        .bucket
        .seed("TemplateSource/stacks/network.configuration.json.zip", "the script's");
    place.bucket.seed("TemplateSource/stacks/data.yaml", "older");
    place.bucket.seed(
        "TemplateSource/stacks/data.yaml.zip",
        archive::pack("data.yaml", b"older").unwrap(),
    );
    place.sync().await;
    assert_eq!(place.bucket.version_count("TemplateSource/stacks/network.json"), 1);
    assert_eq!(place.bucket.version_count("TemplateSource/stacks/network.json.zip"), 1);
    assert_eq!(
        place
            .bucket
            .version_count("TemplateSource/stacks/network.configuration.json.zip"),
        1
    );
    assert_eq!(place.bucket.version_count("TemplateSource/stacks/data.yaml"), 2);
    assert_eq!(place.bucket.version_count("TemplateSource/stacks/data.yaml.zip"), 2);
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_damaged_or_missing_snapshot_is_rebuilt_without_a_write_or_a_run() {
    for damage in [Some("{\"version\":1,\"files\":"), None] {
        let place = Place::settled().await;
        match damage {
            Some(text) => {
                place.bucket.seed(keys::SNAPSHOT, text);
            }
            None => place.bucket.remove(keys::SNAPSHOT),
        }
        place.bucket.take_calls();
        place.sync().await;
        let writes = place
            .bucket
            .take_calls()
            .into_iter()
            .filter(|call| call.starts_with("PUT TemplateSource") || call.starts_with("DELETE"));
        assert_eq!(writes.count(), 0);
        assert_eq!(place.started().len(), 3, "all versions are in runs already");
        place.assert_mirrors_branch();
        place.assert_at_rest().await;
    }
}

#[tokio::test]
async fn a_throttled_start_stays_owed_and_is_made_once() {
    let place = Place::settled().await;
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place
        .wire
        .break_next("codepipeline:StartPipelineExecution", Fault::Throttle);
    let report = place.sync().await;
    assert!(report.owed.is_some());
    assert!(place.snapshot().owed.contains_key("cg-network"));
    let report = place.sync().await;
    assert_eq!(report.started, ["cg-network"]);
    place.assert_mirrors_branch();
    assert_eq!(place.started()[3..], ["cg-network"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_found_and_not_made_again() {
    let place = Place::settled().await;
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place
        .wire
        .break_next("codepipeline:StartPipelineExecution", Fault::LostAnswer);
    assert!(place.sync().await.owed.is_some());
    let before = place.wire.count_of("codepipeline:StartPipelineExecution");
    assert!(place.sync().await.started.is_empty());
    assert_eq!(place.wire.count_of("codepipeline:StartPipelineExecution"), before);
    assert_eq!(place.started()[3..], ["cg-network"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn an_owed_start_gives_way_to_a_newer_change_of_the_same_stack() {
    let place = Place::settled().await;
    place
        .github
        .push("One", &[("stacks/network/template.yaml", Some(&template("1")))]);
    place
        .wire
        .break_next("codepipeline:StartPipelineExecution", Fault::Outage);
    place.sync().await;
    place
        .github
        .push("Two", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    let starts = place.pipelines.started();
    assert_eq!(starts.len(), 4);
    let version = place
        .bucket
        .latest("TemplateSource/stacks/network/template.yaml.zip")
        .unwrap()
        .head
        .version;
    assert_eq!(starts[3].source_versions["Template"], version);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_start_that_is_refused_is_told_and_not_tried_for_ever() {
    let place = Place::settled().await;
    place.pipelines.refusing("cg-network");
    let commit = place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    let status = place.github.statuses().pop().unwrap();
    assert_eq!(
        (status.context.as_str(), status.commit),
        ("changegate/production/network", commit)
    );
    assert_eq!(status.state, StatusState::Error);
    assert!(
        status.description.contains("the start is not valid"),
        "{}",
        status.description
    );
    assert_eq!(place.started().len(), 3);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_pipeline_that_declares_other_variables_is_started_without_any() {
    let place = Place::settled().await;
    place.pipelines.without_variables("cg-network");
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    assert_eq!(place.started()[3..], ["cg-network"]);
    assert!(place.pipelines.started()[3].variables.is_empty());
    place.assert_at_rest().await;
}

#[tokio::test]
async fn another_deployer_makes_another_catalogue_and_starts_the_root_pipeline() {
    let place = Place::settled().await;
    let other = SyncSettings {
        environment: Environment {
            default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/other".to_owned(),
            ..place.settings.environment.clone()
        },
        ..place.settings.clone()
    };
    // Another deployer makes other gates and another catalogue, and starts the root pipeline.
    sync_source(place.world(), &other, SyncReason::Look).await.unwrap();
    assert_eq!(place.started()[3..], ["cg-root"]);
}

#[tokio::test]
async fn a_mark_is_short_and_the_snapshot_behind_it_is_read_after_a_crash() {
    let place = Place::settled().await;
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    let before = place.bucket.latest(keys::SNAPSHOT).unwrap();
    let snapshot = place.snapshot();
    let mark = snapshot.mark("c9", snapshot.sequence, Some(&before.head.version));
    place.bucket.seed(keys::SNAPSHOT, mark.to_json());
    place.bucket.take_calls();
    place.sync().await;
    let reads = place.bucket.take_calls();
    let reads = reads.iter().filter(|call| *call == "GET snapshot.json").count();
    assert_eq!(reads, 2, "the mark, and the version that it names");
    place.assert_mirrors_branch();
    assert_eq!(place.started()[3..], ["cg-network"]);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_mark_whose_snapshot_is_gone_is_repaired_from_the_bucket() {
    let place = Place::settled().await;
    let snapshot = place.snapshot();
    let mark = snapshot.mark("c9", snapshot.sequence, Some("gone"));
    place.bucket.seed(keys::SNAPSHOT, mark.to_json());
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("2")))]);
    place.sync().await;
    place.assert_mirrors_branch();
    assert_eq!(
        place.started()[3..],
        ["cg-network"],
        "what runs already is not started again"
    );
    place.assert_at_rest().await;
}
