//! A snapshot that is cut up: one change reads and writes what it concerns, and nothing is decided with less than that.

use futures_util::FutureExt;

use super::*;
use crate::flows::fakes::Fault;

const ALL: CutLimits = CutLimits {
    whole: 0,
    folder: 10,
    added: 4,
};

fn including(path: &str) -> String {
    format!("Resources:\n  A:\n    Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {path}}}}}\n")
}

/// Three stacks and a snippet that one of them includes, with a snapshot that leaves all of them out.
async fn settled() -> Place {
    let mut place = Place::new();
    place.settings.cut_limits = ALL;
    place.github.push(
        "First",
        &[
            ("stacks/network/template.yaml", Some(&template("network"))),
            ("stacks/network/production.json", Some(r#"{"Parameters": {"Size": 2}}"#)),
            ("stacks/data/orders/template.yaml", Some(&template("orders"))),
            ("stacks/web/template.yaml", Some(&including("../shared/a.yaml"))),
            ("stacks/shared/a.yaml", Some("Type: AWS::SNS::Topic\n")),
            ("stacks/shared/b.yaml", Some("Type: AWS::SQS::Queue\n")),
        ],
    );
    for pipeline in ["cg-network", "cg-data-orders", "cg-web", "cg-root"] {
        place.pipelines.with_pipeline(pipeline);
    }
    place.sync().await;
    place.bucket.take_calls();
    let snapshot = place.snapshot_itself();
    assert!(snapshot.stacks.is_empty() && snapshot.files.is_empty());
    place
}

/// Syncs the pushed head and answers with the pipelines that were started and the calls to the bucket.
async fn sync(place: &Place) -> (Vec<String>, Vec<String>) {
    let before = place.started().len();
    place.bucket.take_calls();
    place.sync_push().await;
    let calls = place.bucket.take_calls();
    place.assert_mirrors_branch_but(|template| template.contains("AWS::Include"));
    place.assert_at_rest().await;
    (place.started().split_off(before), calls)
}

fn packaged(place: &Place, snippet: &str) -> bool {
    let package = keys::package(Sha256::of(snippet), "yaml");
    let template = place.unzipped("TemplateSource/stacks/web/template.yaml.zip");
    template.contains(&package) && place.bucket.bytes(&package).is_some()
}

#[tokio::test]
async fn one_changed_stack_is_all_that_is_read_and_kept_at_hand() {
    let place = settled().await;
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("new")))]);
    let (started, calls) = sync(&place).await;
    assert_eq!(started, ["cg-network"]);
    assert_eq!(
        calls,
        [
            "GET snapshot.json".to_owned(),
            "GET snapshot.folders.jsonl".to_owned(),
            "PUT provenance/2.json".to_owned(),
            "PUT snapshot.json".to_owned(),
            "PUT TemplateSource/stacks/network/template.yaml".to_owned(),
            "PUT TemplateSource/stacks/network/template.yaml.zip".to_owned(),
            "PUT snapshot.json".to_owned(),
        ]
    );
    let snapshot = place.snapshot_itself();
    assert_eq!(snapshot.stacks.keys().collect::<Vec<_>>(), ["network"]);
    assert_eq!(snapshot.files.len(), 2);
}

#[tokio::test]
async fn a_changed_snippet_reaches_the_stack_that_includes_it() {
    let place = settled().await;
    let text = "Type: AWS::SNS::Topic\n# new\n";
    place.github.push("Change", &[("stacks/shared/a.yaml", Some(text))]);
    assert_eq!(sync(&place).await.0, ["cg-web"]);
    assert!(packaged(&place, text));
    // The same once both are at hand.
    let text = "Type: AWS::SNS::Topic\n# newer\n";
    place.github.push("Change", &[("stacks/shared/a.yaml", Some(text))]);
    let (started, calls) = sync(&place).await;
    assert_eq!(started, ["cg-web"]);
    assert!(packaged(&place, text));
    assert!(!calls.iter().any(|call| call.starts_with("GET snapshot.folders")));
}

#[tokio::test]
async fn neighbours_are_read_by_one_request() {
    let mut place = settled().await;
    place.settings.cut_limits.added = 100;
    let changes = ["stacks/network/template.yaml", "stacks/data/orders/template.yaml"];
    let text = template("new");
    place
        .github
        .push("Change", &changes.map(|path| (path, Some(text.as_str()))));
    let (mut started, calls) = sync(&place).await;
    started.sort();
    assert_eq!(started, ["cg-data-orders", "cg-network"]);
    assert_eq!(
        calls
            .iter()
            .filter(|call| call.starts_with("GET snapshot.folders"))
            .count(),
        1
    );
}

#[tokio::test]
async fn a_snippet_that_only_the_new_template_includes_is_found() {
    let place = settled().await;
    place.github.push(
        "Other",
        &[("stacks/web/template.yaml", Some(&including("../shared/b.yaml")))],
    );
    assert_eq!(sync(&place).await.0, ["cg-web"]);
    assert!(packaged(&place, "Type: AWS::SQS::Queue\n"));
    // And one in a folder that nobody read from before.
    place.github.push(
        "Other",
        &[(
            "stacks/web/template.yaml",
            Some(&including("../data/orders/template.yaml")),
        )],
    );
    assert_eq!(sync(&place).await.0, ["cg-web"]);
    assert!(packaged(&place, &template("orders")));
}

#[tokio::test]
async fn a_broken_stack_is_told_stays_at_hand_and_is_mended() {
    let place = settled().await;
    place
        .github
        .push("Break", &[("stacks/network/template.yaml", Some("Resources: [\n"))]);
    let report = place.sync_push().await;
    assert_eq!(report.problems.len(), 1, "{:?}", report.problems);
    place.github.push("Else", &[("README.md", Some("hello"))]);
    assert_eq!(place.sync_push().await.problems.len(), 1);
    place
        .github
        .push("Mend", &[("stacks/network/template.yaml", Some(&template("mended")))]);
    assert_eq!(sync(&place).await.0, ["cg-network"]);
    let told = place.github.statuses().pop().unwrap();
    assert_eq!(
        (told.context.as_str(), told.description.as_str()),
        (
            "changegate/production/network",
            "in order again; its pipeline is started"
        )
    );
}

#[tokio::test]
async fn added_and_removed_stacks_are_seen() {
    let place = settled().await;
    place
        .github
        .push("Add", &[("stacks/young/template.yaml", Some(&template("young")))]);
    assert_eq!(sync(&place).await.0, ["cg-root"]);
    place
        .github
        .push("Remove", &[("stacks/data/orders/template.yaml", None)]);
    assert_eq!(sync(&place).await.0, ["cg-root"]);
    let stacks = place.snapshot().stacks;
    assert_eq!(stacks.keys().collect::<Vec<_>>(), ["network", "web", "young"]);
}

#[tokio::test]
async fn when_much_was_added_all_is_cut_anew() {
    let place = settled().await;
    for note in ["1", "2", "3"] {
        let changes = ["stacks/network/template.yaml", "stacks/data/orders/template.yaml"];
        let text = template(note);
        place
            .github
            .push("Change", &changes.map(|path| (path, Some(text.as_str()))));
        place.sync_push().await;
        place.assert_mirrors_branch_but(|template| template.contains("AWS::Include"));
    }
    assert_eq!(place.bucket.version_count(keys::SNAPSHOT_FOLDERS), 4);
    assert!(place.snapshot_itself().stacks.is_empty());
}

#[tokio::test]
async fn folders_that_are_gone_or_damaged_are_found_in_the_bucket_again() {
    for is_gone in [true, false] {
        let place = settled().await;
        let starts = place.started().len();
        let mut snapshot = place.snapshot_itself();
        let written = place.bucket.seed(keys::SNAPSHOT_FOLDERS, "{}\n");
        let version = if is_gone { "gone".to_owned() } else { written.version };
        snapshot.cut.as_mut().unwrap().version = version;
        place.bucket.seed(keys::SNAPSHOT, snapshot.to_json());
        place.bucket.take_calls();
        place.audit().await;
        // Packages are named by their content, so writing one again changes nothing.
        let calls = place.bucket.take_calls().into_iter();
        let writes = calls.filter(|call| call.starts_with("PUT TemplateSource/stacks") || call.starts_with("DELETE"));
        assert_eq!(writes.collect::<Vec<_>>(), [""; 0]);
        place.assert_mirrors_branch_but(|template| template.contains("AWS::Include"));
        assert_eq!(place.started().len(), starts, "nothing changed");
        place.assert_at_rest().await;
    }
}

#[tokio::test]
async fn a_push_that_finds_the_folders_damaged_is_synced_all_the_same() {
    let place = settled().await;
    let mut snapshot = place.snapshot_itself();
    snapshot.cut.as_mut().unwrap().version = place.bucket.seed(keys::SNAPSHOT_FOLDERS, "{}\n").version;
    place.bucket.seed(keys::SNAPSHOT, snapshot.to_json());
    place
        .github
        .push("Change", &[("stacks/network/template.yaml", Some(&template("new")))]);
    assert_eq!(sync(&place).await.0, ["cg-network"]);
}

#[tokio::test]
async fn killed_at_any_call_the_next_sync_completes_the_work_and_starts_it_once() {
    let push = |place: &Place| {
        place
            .github
            .push("Change", &[("stacks/network/template.yaml", Some(&template("new")))]);
    };
    let undisturbed = settled().await;
    push(&undisturbed);
    let before = undisturbed.wire.count();
    undisturbed.sync_push().await;
    let calls = undisturbed.wire.count() - before;
    assert!(calls > 10, "{calls}");
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::LostAnswer, Fault::Outage] {
        for call in 0..calls {
            let place = settled().await;
            let starts = place.started().len();
            push(&place);
            place.wire.break_call(place.wire.count() + call, fault);
            let reason = SyncReason::Push(place.github.head());
            let _ = sync_source(place.world(), &place.settings, reason).now_or_never();
            let mut attempts = 0;
            while place.try_sync().await.map_or(true, |report| report.owed.is_some()) {
                attempts += 1;
                assert!(attempts < 10, "{fault:?} at {call} does not come to rest");
            }
            place.assert_mirrors_branch_but(|template| template.contains("AWS::Include"));
            assert_eq!(place.started().split_off(starts), ["cg-network"], "{fault:?} at {call}");
            place.assert_at_rest().await;
        }
    }
}

#[tokio::test]
async fn a_bucket_without_versions_keeps_the_snapshot_whole() {
    let mut place = Place::new();
    place.settings.cut_limits = ALL;
    place.bucket.forget_versions();
    place
        .github
        .push("First", &[("stacks/network/template.yaml", Some(&template("network")))]);
    place.sync().await;
    assert!(place.snapshot_itself().cut.is_none());
    assert_eq!(place.snapshot_itself().stacks.len(), 1);
    place.assert_at_rest().await;
}
