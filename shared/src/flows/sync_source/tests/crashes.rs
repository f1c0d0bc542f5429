//! The sync killed at every call, broken at every call, and run twice at once: at the end the bucket is the branch,
//! and every change was started once.

use futures_util::FutureExt;

use super::*;
use crate::flows::fakes::Fault;

/// A push that writes, retires, removes and starts.
fn push(place: &Place) {
    place.github.push(
        "Everything",
        &[
            ("stacks/network/template.yaml", Some(&template("2"))),
            ("stacks/network/production.json", Some(r#"{"Parameters": {"Size": 5}}"#)),
            ("stacks/data/orders/template.yaml", None),
            ("stacks/web/template.yaml", Some(&template("web"))),
            ("policies/web.json", Some("{}")),
        ],
    );
}

/// How many calls a sync of the push makes that nothing disturbs.
async fn calls() -> usize {
    let place = Place::settled().await;
    push(&place);
    let before = place.wire.count();
    place.sync().await;
    place.wire.count() - before
}

/// Runs the sync until it says that all is done.
async fn settle(place: &Place) {
    for _ in 0..10 {
        if let Ok(report) = place.try_sync().await
            && report.owed.is_none()
        {
            return;
        }
    }
    panic!("the sync does not come to rest:\n{}", place.wire.log());
}

#[tokio::test]
async fn killed_at_any_call_the_next_sync_completes_the_work_and_starts_everything_once() {
    let calls = calls().await;
    assert!(calls > 15, "{calls}");
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for call in 0..calls {
            let place = Place::settled().await;
            push(&place);
            place.wire.break_call(place.wire.count() + call, fault);
            assert!(place.try_sync().now_or_never().is_none(), "{fault:?} at {call}");
            settle(&place).await;
            place.assert_mirrors_branch();
            let mut started = place.started()[3..].to_vec();
            started.sort();
            assert_eq!(
                started,
                ["cg-network", "cg-root"],
                "{fault:?} at {call}:\n{}",
                place.wire.log()
            );
            place.assert_at_rest().await;
        }
    }
}

#[tokio::test]
async fn broken_at_any_call_the_next_sync_completes_the_work_and_starts_everything_once() {
    let calls = calls().await;
    for fault in [Fault::Outage, Fault::Throttle, Fault::LostAnswer] {
        for call in 0..calls {
            let place = Place::settled().await;
            push(&place);
            place.wire.break_call(place.wire.count() + call, fault);
            let _ = place.try_sync().await;
            settle(&place).await;
            place.assert_mirrors_branch();
            let mut started = place.started()[3..].to_vec();
            started.sort();
            assert_eq!(
                started,
                ["cg-network", "cg-root"],
                "{fault:?} at {call}:\n{}",
                place.wire.log()
            );
        }
    }
}

#[tokio::test]
async fn killed_before_a_revert_the_bucket_comes_back_too() {
    let calls = calls().await;
    for fault in [Fault::KillBefore, Fault::KillAfter] {
        for call in 0..calls {
            let place = Place::settled().await;
            let first = place.github.files();
            push(&place);
            place.wire.break_call(place.wire.count() + call, fault);
            let _ = place.try_sync().now_or_never();
            place.github.push_files("Revert", first);
            settle(&place).await;
            place.assert_mirrors_branch();
            // Whatever the killed sync had started, the newest run takes what the bucket now holds.
            let newest = place
                .pipelines
                .started()
                .into_iter()
                .rev()
                .find(|start| start.pipeline == "cg-network")
                .unwrap();
            let latest = place
                .bucket
                .latest("TemplateSource/stacks/network/template.yaml.zip")
                .unwrap();
            assert_eq!(
                newest.source_versions["Template"], latest.head.version,
                "{fault:?} at {call}"
            );
            place.assert_at_rest().await;
        }
    }
}

#[tokio::test]
async fn two_syncs_at_once_end_as_one() {
    for seed in 0..200 {
        let place = Place::settled().await;
        push(&place);
        place.wire.interleave(seed);
        let (first, second) = tokio::join!(place.try_sync(), place.try_sync());
        assert!(first.is_ok() && second.is_ok(), "{seed}: {first:?} {second:?}");
        settle(&place).await;
        place.assert_mirrors_branch();
        let mut started = place.started()[3..].to_vec();
        started.sort();
        assert_eq!(started, ["cg-network", "cg-root"], "{seed}:\n{}", place.wire.log());
    }
}
