//! Templates and configurations that the catalogue names outside of `stacks/`.

use futures_util::FutureExt as _;

use super::*;
use crate::flows::fakes::Fault;

const CATALOGUE: &str = "changegate.yaml";

fn catalogue(entries: &str) -> String {
    format!("version: 1\nstacks:\n{entries}")
}

/// A repository that came with its own layout, synced.
async fn settled() -> Place {
    let place = Place::new();
    for pipeline in ["cg-root", "cg-network", "cg-orders", "cg-site", "cg-data"] {
        place.pipelines.with_pipeline(pipeline);
    }
    let entries = "  network: { template: infra/network.yaml, configuration: \"config/{environment}/network.json\" }\n  \
                   orders: { template: services/orders/infra/template.yaml }\n  \
                   site: { template: site.yaml, configuration: none }\n";
    place.github.push(
        "First",
        &[
            (CATALOGUE, Some(&catalogue(entries))),
            ("infra/network.yaml", Some(&template("network"))),
            ("config/production/network.json", Some(r#"{"Parameters": {"Size": 2}}"#)),
            ("config/staging/network.json", Some("{")),
            ("services/orders/infra/template.yaml", Some(&template("orders"))),
            ("services/orders/src/main.py", Some("print()")),
            ("site.yaml", Some(&template("site"))),
            ("other.yaml", Some("not synced")),
            ("stacks/data/template.yaml", Some(&template("data"))),
        ],
    );
    place.sync().await;
    place.bucket.take_calls();
    place
}

#[tokio::test]
async fn a_layout_of_its_own_is_synced_where_it_is_and_nothing_beside_it() {
    let place = settled().await;
    let mut started = place.started();
    started.sort();
    assert_eq!(started, ["cg-data", "cg-network", "cg-orders", "cg-root", "cg-site"]);
    assert_eq!(place.github.statuses(), []);
    let keys = place.bucket.keys();
    for key in [
        "TemplateSource/infra/network.yaml.zip",
        "TemplateSource/services/orders/infra/template.yaml.zip",
        "TemplateSource/site.yaml.zip",
        "TemplateSource/config/production/network.json",
    ] {
        assert!(keys.iter().any(|held| held == key), "{key}: {keys:?}");
    }
    let beside = ["src/main.py", "other.yaml", "staging"];
    assert!(
        !keys.iter().any(|key| beside.iter().any(|name| key.contains(name))),
        "{keys:?}"
    );
    place.assert_mirrors_branch();
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_change_there_starts_its_own_pipeline_and_costs_what_it_costs_below_stacks() {
    let place = settled().await;
    let mut costs = Vec::new();
    for (path, pipeline) in [
        ("stacks/data/template.yaml", "cg-data"),
        ("infra/network.yaml", "cg-network"),
        ("site.yaml", "cg-site"),
        ("services/orders/infra/template.yaml", "cg-orders"),
    ] {
        let before = (place.started().len(), place.wire.count());
        place.github.push("Change", &[(path, Some(&template("changed")))]);
        place.sync_push().await;
        assert_eq!(place.started()[before.0..], [pipeline], "{path}");
        costs.push(place.wire.count() - before.1);
        place.assert_mirrors_branch();
    }
    assert_eq!(costs[1], costs[0], "a folder at the root");
    assert_eq!(costs[2], costs[0], "a file at the root");
    // The root and the three folders on the way are read, because what stands beside them is not known.
    assert_eq!(costs[3], costs[0] + 4, "a folder in other folders");
    // What is not synced concerns nobody.
    let before = place.started().len();
    place.github.push(
        "Beside",
        &[("services/orders/src/main.py", Some("pass")), ("other.yaml", Some("x"))],
    );
    place.sync().await;
    assert_eq!(place.started().len(), before);
    place.assert_mirrors_branch();
}

#[tokio::test]
async fn a_template_may_move_with_its_entry_and_what_is_named_no_more_is_removed() {
    let place = settled().await;
    let entries = "  network: { template: cloud/network.yaml, configuration: none }\n  site: { template: site.yaml }\n";
    place.github.push(
        "Move",
        &[
            (CATALOGUE, Some(&catalogue(entries))),
            ("infra/network.yaml", None),
            ("cloud/network.yaml", Some(&template("network"))),
        ],
    );
    place.sync().await;
    place.assert_mirrors_branch();
    let keys = place.bucket.keys();
    assert!(
        keys.iter().any(|key| key == "TemplateSource/cloud/network.yaml.zip"),
        "{keys:?}"
    );
    for gone in [
        "TemplateSource/infra/network.yaml",
        "TemplateSource/services/orders/infra/template.yaml",
    ] {
        assert!(!keys.iter().any(|key| key == gone), "{gone}");
    }
    place.assert_at_rest().await;
}

#[tokio::test]
async fn a_catalogue_that_cannot_be_read_leaves_the_places_as_they_were() {
    let place = settled().await;
    place.github.push("Break", &[(CATALOGUE, Some("stacks: ["))]);
    place.sync().await;
    let snapshot = place.snapshot();
    assert!(snapshot.places.have("infra/network.yaml"));
    assert_eq!(snapshot.stacks.len(), 4);
    place
        .github
        .push("Change", &[("infra/network.yaml", Some(&template("while broken")))]);
    place.sync().await;
    assert!(
        place
            .bucket
            .keys()
            .iter()
            .any(|key| key == "TemplateSource/infra/network.yaml")
    );
    place.assert_mirrors_branch();
}

/// The catalogue with one more stack.
fn with_later(place: &Place, template: &str) -> String {
    let text = place.github.files()[CATALOGUE].1.clone();
    let text = String::from_utf8(text).unwrap();
    format!("{text}  later: {{ template: {template}, configuration: none }}\n")
}

/// The files of the stack `later` of which the record of a commit says that nobody knows who wrote them.
fn unknown(place: &Place, commit: &str) -> Vec<String> {
    let record = place.record(commit);
    assert!(record.complete, "no other stack is concerned");
    let trace = record.trace.unwrap();
    assert!(!trace.all && trace.stacks.contains_key("later"));
    let adopted = trace.stacks["later"].adopted.iter();
    adopted
        .filter(|origin| origin.record == 0)
        .map(|origin| origin.path.clone())
        .collect()
}

#[tokio::test]
async fn who_wrote_a_file_before_its_place_was_synced_is_not_known() {
    let place = settled().await;
    // The record of this commit does not name the file, which is not synced.
    let (evil, other) = (template("evil"), template("other"));
    place.github.push(
        "Prepare",
        &[
            ("later/evil.yaml", Some(&evil)),
            ("stacks/data/template.yaml", Some(&other)),
        ],
    );
    place.sync_push().await;
    let entry = with_later(&place, "later/evil.yaml");
    // Changing it on the way does not make it new.
    let changed = template("evil").replace("Size", "Length");
    let commit = place.github.push(
        "Name it",
        &[(CATALOGUE, Some(&entry)), ("later/evil.yaml", Some(&changed))],
    );
    place.sync_push().await;
    assert_eq!(unknown(&place, &commit), ["later/evil.yaml"]);
}

#[tokio::test]
async fn a_template_that_comes_with_its_entry_is_known_also_where_it_came_a_commit_before() {
    let place = settled().await;
    // No record was written for this commit, so the next one lists it too.
    let before = place
        .github
        .push("Prepare", &[("later/good.yaml", Some(&template("good")))]);
    place.sync_push().await;
    let entry = with_later(&place, "later/good.yaml");
    let commit = place.github.push("Name it", &[(CATALOGUE, Some(&entry))]);
    place.sync_push().await;
    assert_eq!(unknown(&place, &commit), [""; 0]);
    let listed = place.record(&commit).commits;
    assert!(listed.iter().any(|listed| listed.sha == before), "{listed:?}");
}

#[tokio::test]
async fn a_crash_while_places_come_and_go_is_repaired_by_the_next_sync() {
    let calls = {
        let place = settled().await;
        let before = place.wire.count();
        move_all(&place);
        place.sync().await;
        place.wire.count() - before
    };
    for number in 0..calls {
        let place = settled().await;
        move_all(&place);
        place.wire.break_call(place.wire.count() + number, Fault::KillAfter);
        assert!(place.try_sync().now_or_never().is_none(), "{number}");
        place.sync().await;
        place.assert_mirrors_branch();
        place.assert_at_rest().await;
    }
}

fn move_all(place: &Place) {
    let entries = "  network: { template: cloud/a/network.yaml, configuration: none }\n";
    place.github.push(
        "Move",
        &[
            (CATALOGUE, Some(&catalogue(entries))),
            ("cloud/a/network.yaml", Some(&template("moved"))),
        ],
    );
}
