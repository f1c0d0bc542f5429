//! Functions that run other code than was deployed, over fakes; each check is made twice.

use futures_util::FutureExt as _;

use super::*;
use crate::flows::fakes::{FakeBucket, FakeClock, FakeFunctions, FakeTopics, Fault, Wire};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:changegate-notifications";

struct World {
    wire: Wire,
    functions: FakeFunctions,
    evidence: FakeBucket,
    topics: FakeTopics,
    clock: FakeClock,
    settings: ReleaseSettings,
}

impl World {
    /// Two functions that run what was deployed.
    fn new() -> Self {
        let wire = Wire::default();
        let functions = FakeFunctions::new(&wire);
        functions.run("changegate-changeset-execute", "ZXhlY3V0ZQ==");
        functions.run("changegate-source-sync", "c3luYw==");
        let release = r#"{"changeset-execute":"ZXhlY3V0ZQ==","source-sync":"c3luYw=="}"#;
        Self {
            functions,
            evidence: FakeBucket::on(&wire),
            topics: FakeTopics::new(&wire),
            clock: FakeClock::at("2026-11-30T12:00:00Z"),
            settings: ReleaseSettings {
                release: serde_json::from_str(release).unwrap(),
                prefix: "changegate-".to_owned(),
                topic: TOPIC.to_owned(),
            },
            wire,
        }
    }

    /// One call of the flow; nothing when the process was killed.
    fn call(&self) -> Option<Result<News, FlowError>> {
        check_release(
            &self.functions,
            &self.evidence,
            &self.topics,
            &self.clock,
            &self.settings,
        )
        .now_or_never()
    }

    fn twice(&self) {
        for _ in 0..2 {
            self.call().unwrap().unwrap();
        }
    }

    /// Subjects of what people were told.
    fn told(&self) -> Vec<String> {
        let published = self.topics.published();
        assert!(published.iter().all(|(topic, ..)| topic == TOPIC));
        published.into_iter().map(|(_, subject, _)| subject).collect()
    }
}

#[test]
fn nobody_is_told_while_every_function_runs_what_was_deployed() {
    let world = World::new();
    world.twice();
    assert_eq!(world.told(), [""; 0]);
    assert_eq!(world.evidence.keys(), [""; 0]);
}

#[test]
fn code_that_was_not_deployed_is_told_once_then_daily_until_it_is_mended() {
    let world = World::new();
    world.functions.run("changegate-changeset-execute", "cGxhbnRlZA==");
    world.twice();
    let published = world.topics.published();
    assert_eq!(published.len(), 1);
    assert!(
        published[0]
            .2
            .contains("changeset-execute: runs the package cGxhbnRlZA=="),
        "{}",
        published[0].2
    );

    world.clock.set("2026-12-01T11:00:00Z");
    world.twice();
    assert_eq!(world.told().len(), 1);
    world.clock.set("2026-12-01T12:00:00Z");
    world.twice();
    assert_eq!(world.told().len(), 2);

    world.functions.run("changegate-changeset-execute", "ZXhlY3V0ZQ==");
    world.twice();
    let told = world.told();
    assert_eq!(told.len(), 3);
    assert_eq!(told[2], "Changegate changegate: functions run the release again");
    world.clock.set("2026-12-09T12:00:00Z");
    world.twice();
    assert_eq!(world.told().len(), 3);
}

#[test]
fn a_function_that_is_gone_and_a_deployment_that_tells_no_hashes_are_told() {
    let mut world = World::new();
    world.settings.prefix = "other-".to_owned();
    world.twice();
    assert!(
        world.topics.published()[0]
            .2
            .contains("source-sync: there is no such function")
    );

    let mut world = World::new();
    world.settings.release = Release::default();
    world.twice();
    assert_eq!(world.told().len(), 1);
    assert!(world.topics.published()[0].2.contains("deploy it with scripts/deploy"));
}

#[test]
fn a_function_that_cannot_be_looked_at_is_an_error_and_no_answer() {
    let world = World::new();
    world.wire.break_next("lambda:GetFunctionConfiguration", Fault::Denial);
    let error = world.call().unwrap().unwrap_err().to_string();
    assert!(error.contains("changegate-changeset-execute"), "{error}");
    assert_eq!(world.told(), [""; 0]);
}

#[test]
fn people_who_could_not_be_told_are_told_by_the_next_check() {
    let world = World::new();
    world.functions.run("changegate-source-sync", "cGxhbnRlZA==");
    world.wire.break_next("sns:Publish", Fault::Outage);
    assert!(world.call().unwrap().is_err());
    world.twice();
    assert_eq!(world.told().len(), 1);
}

#[test]
fn a_note_that_cannot_be_read_keeps_nobody_from_being_told() {
    let world = World::new();
    world.evidence.seed(keys::RELEASE_TOLD, "{");
    world.functions.run("changegate-source-sync", "cGxhbnRlZA==");
    world.twice();
    assert_eq!(world.told().len(), 1);
}

#[test]
fn a_kill_between_any_two_calls_keeps_nobody_from_being_told() {
    for number in 0.. {
        let world = World::new();
        world.functions.run("changegate-source-sync", "cGxhbnRlZA==");
        world.wire.break_call(number, Fault::KillAfter);
        if world.call().is_some() {
            assert!(number > 3);
            break;
        }
        world.twice();
        assert!((1..=2).contains(&world.told().len()), "{:?}", world.told());
    }
}

#[test]
fn two_checks_at_once_that_tell_the_same_both_succeed() {
    for seed in 0..20 {
        let world = World::new();
        world.functions.run("changegate-source-sync", "cGxhbnRlZA==");
        world.wire.interleave(seed);
        let check = || {
            check_release(
                &world.functions,
                &world.evidence,
                &world.topics,
                &world.clock,
                &world.settings,
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (first, second) = runtime.block_on(async { tokio::join!(check(), check()) });
        first.unwrap();
        second.unwrap();
        runtime.block_on(check()).unwrap();
        assert!((1..=2).contains(&world.told().len()));
    }
}
