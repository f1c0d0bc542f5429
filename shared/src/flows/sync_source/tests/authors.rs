//! Random histories with broken commits: whoever Git shows for what a stack is made of, and differs from what was
//! executed last, is an author of the run.

mod oracle;
mod story;

use self::story::{Story, Weather};
use super::random::STACKS;
use super::*;
use crate::domain::provenance::SourceFacts;
use crate::flows::fakes::Fault;
use crate::flows::run_sources::written_from;

async fn tell(seed: u64, weather: Weather) -> usize {
    let mut story = Story::new(seed, weather);
    let mut checked = 0;
    for _ in 0..25 {
        let batch = if weather.batches { story.random.below(3) } else { 0 };
        for _ in 0..=batch {
            story.commit();
        }
        story.sync().await;
        for stack in STACKS {
            checked += story.check(stack).await;
        }
    }
    checked
}

async fn tell_all(seeds: std::ops::Range<u64>, weather: Weather) {
    let mut checked = 0;
    for seed in seeds {
        checked += tell(seed, weather).await;
    }
    assert!(checked > 100, "{checked} runs are no test");
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_also_through_broken_commits() {
    tell_all(0..40, Weather::default()).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_through_several_pushes_and_merges() {
    let weather = Weather {
        batches: true,
        merges: true,
        ..Weather::default()
    };
    tell_all(100..140, weather).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_through_syncs_that_die() {
    let weather = Weather {
        batches: true,
        crashes: true,
        ..Weather::default()
    };
    tell_all(200..230, weather).await;
}

#[tokio::test(start_paused = true)]
async fn an_author_is_known_or_missed_through_rewritten_branches_and_lost_snapshots() {
    let weather = Weather {
        batches: true,
        crashes: true,
        merges: true,
        force: true,
        losses: true,
    };
    tell_all(300..330, weather).await;
}

/// Everything that a person who pushes a broken commit and one who mends it do.
#[tokio::test]
async fn who_broke_a_template_and_who_mended_it_both_made_the_change() {
    let place = Place::settled().await;
    let path = "stacks/network/template.yaml";
    let more = template("network").replace("Resources:", "Resources:\n  Planted:\n    Type: AWS::SNS::Topic");
    let mallory = place.github.push("Plant", &[(path, Some(&format!("{more}  [\n")))]);
    place.sync_push().await;
    assert_eq!(place.started().len(), 3, "nothing is started");
    let octocat = place.github.push("Mend", &[(path, Some(&more))]);
    place.sync_push().await;
    assert_eq!(place.started()[3..], ["cg-network"]);
    let broken = place.record(&mallory);
    assert_eq!(broken.stacks, ["network"]);
    let mended = place.record(&octocat);
    let trace = mended.trace.unwrap();
    assert_eq!(trace.stacks["network"].before, broken.trace.map(|trace| trace.sequence));
}

/// The sequence of what the sync wrote, however much lies between.
#[tokio::test(start_paused = true)]
async fn the_commit_of_a_run_is_the_last_one_however_many_lie_between() {
    let place = Place::settled().await;
    let (template_path, other) = ("stacks/network/template.yaml", "stacks/data/orders/template.yaml");
    let configuration = keys::zipped(&keys::configuration("production", "network"));
    let written = place.bucket.latest(&configuration).unwrap().head.version;
    let mut between = 0;
    for gap in [1, 99, 100, 101, 1_000] {
        while between < gap {
            between += 1;
            place
                .github
                .push("Between", &[(other, Some(&template(&format!("{between}"))))]);
            if between % 7 == 0 {
                let wire = &place.wire;
                wire.break_call(wire.count() + between % 11, Fault::KillAfter);
                let sync = sync_source(place.world(), &place.settings, SyncReason::Look);
                let _ = tokio::time::timeout(std::time::Duration::from_mins(10), sync).await;
                place.wire.heal();
            }
            place.sync_push().await;
        }
        let changed = place
            .github
            .push("Change", &[(template_path, Some(&template(&format!("now {gap}"))))]);
        place.sync_push().await;
        let zip = keys::zipped(&keys::source(template_path));
        let version = place.bucket.latest(&zip).unwrap().head.version;
        let before = place.wire.count();
        let mut sources = Vec::new();
        for (key, version) in [(&zip, &version), (&configuration, &written)] {
            sources.extend(written_from(&place.bucket, key, version).await.unwrap());
        }
        assert_eq!(place.wire.count() - before, 2);
        for sources in [sources.clone(), sources.into_iter().rev().collect()] {
            assert_eq!(SourceFacts::newest(&sources).unwrap().commit, changed, "{gap} between");
        }
        assert_eq!(place.started().last().map(String::as_str), Some("cg-network"));
    }
}
