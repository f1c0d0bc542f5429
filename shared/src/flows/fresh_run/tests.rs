use futures_util::FutureExt as _;

use super::*;
use crate::flows::fakes::{FakeBucket, FakeCodePipeline, Fault, Wire};

struct World {
    wire: Wire,
    evidence: FakeBucket,
    pipelines: FakeCodePipeline,
}

impl World {
    fn new() -> Self {
        let wire = Wire::default();
        let world = Self {
            evidence: FakeBucket::on(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            wire,
        };
        world.pipelines.with_run("network", "stale");
        world
    }

    fn start(&self, execution: &str) -> Option<Result<FreshRun, FlowError>> {
        start_fresh_run(&self.pipelines, &self.evidence, "network", execution).now_or_never()
    }
}

#[test]
fn the_newest_run_is_followed_by_one_that_reads_what_is_current() {
    let world = World::new();
    let fresh = world.start("stale").unwrap().unwrap();
    assert_eq!(fresh, FreshRun::Started("started-fresh-stale".to_owned()));
    assert_eq!(world.start("stale").unwrap().unwrap(), fresh);
    let started = world.pipelines.started();
    assert_eq!(started.len(), 1);
    assert!(started[0].source_versions.is_empty());
}

#[test]
fn a_run_that_was_started_this_way_starts_no_other() {
    let world = World::new();
    let Ok(FreshRun::Started(fresh)) = world.start("stale").unwrap() else {
        panic!("not started");
    };
    let again = world.start(&fresh).unwrap().unwrap();
    assert_eq!(
        again,
        FreshRun::Refused {
            started_for: "stale".to_owned()
        }
    );
    assert_eq!(world.pipelines.started().len(), 1);
}

#[test]
fn an_older_run_starts_none() {
    let world = World::new();
    world.pipelines.with_run("network", "newer");
    assert_eq!(
        world.start("stale").unwrap().unwrap(),
        FreshRun::Newer("newer".to_owned())
    );
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn whatever_breaks_one_run_is_started_and_known_as_such() {
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::LostAnswer] {
        for number in 0.. {
            let world = World::new();
            world.wire.break_call(number, fault);
            let first = world.start("stale");
            let is_over = world.wire.count() <= number;
            let answer = match first {
                Some(Ok(answer)) => answer,
                _ => world.start("stale").unwrap().unwrap(),
            };
            assert_eq!(
                world.pipelines.started().len(),
                1,
                "{fault:?} {number}\n{}",
                world.wire.log()
            );
            let fresh = world.pipelines.started()[0].clone();
            assert!(
                matches!(&answer, FreshRun::Started(id) | FreshRun::Newer(id) if id.ends_with(&fresh.token)),
                "{answer:?}"
            );
            if is_over {
                break;
            }
        }
    }
}
