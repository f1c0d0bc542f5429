//! A status that something slower overwrote after the end is set again, and no other is.

use super::*;
use crate::flows::ports::CommitStatus;

const CONTEXT: &str = "changegate/production/network";
const READ: &str = "GET /repositories/{id}/commits/{ref}/status";

impl World {
    /// A world whose run `a` failed, which was announced and told.
    fn told() -> Self {
        let world = Self::new();
        world.ended(NETWORK, "a", "Failed", "11:58:00");
        world.announce("a", "FAILED");
        world
    }

    /// Something that was slower than the end.
    fn late(&self, url: &str) {
        let status = CommitStatus {
            commit: COMMIT.to_owned(),
            context: CONTEXT.to_owned(),
            state: StatusState::Pending,
            description: "waits for approval".to_owned(),
            url: Some(url.to_owned()),
        };
        let told = self.repository.set_status(fakes::REPOSITORY, status);
        told.now_or_never().unwrap().unwrap();
    }

    fn state(&self) -> StatusState {
        self.repository.statuses().last().unwrap().state
    }

    /// How often the statuses of a commit were read.
    fn reads(&self) -> usize {
        self.wire.count_of(READ)
    }
}

#[test]
fn a_second_delivery_that_says_pending_after_the_end_does_not_have_the_last_word() {
    for url in [
        "https://review.example/reviews/changegate-network/a/1/review.html",
        "https://github.example/octo/infrastructure/commit/0123456",
    ] {
        let world = World::told();
        world.late(url);
        assert_eq!(world.sweep(), [""; 0]);
        assert_eq!(world.state(), StatusState::Failure, "{url}");
        world.assert_at_rest();
    }
}

#[test]
fn what_a_newer_run_of_the_same_commit_waits_for_stays_pending() {
    let world = World::told();
    world.pipelines.with_run(NETWORK, "b");
    world.late("https://review.example/reviews/changegate-network/b/1/review.html");
    world.assert_at_rest();
    assert_eq!(world.state(), StatusState::Pending);
}

#[test]
fn what_the_end_itself_leaves_pending_stays_so() {
    let world = World::told();
    let mut outcome = world.outcome(NETWORK, "a", 1).unwrap();
    outcome.end = End::Waiting;
    let key = keys::outcome(NETWORK, "a");
    world.evidence.seed(&key, serde_json::to_string(&outcome).unwrap());
    world.late("https://review.example/reviews/changegate-network/a/1/review.html");
    world.assert_at_rest();
    assert_eq!(world.state(), StatusState::Pending);
}

#[test]
fn the_statuses_of_a_commit_are_read_once_for_all_its_runs() {
    let world = World::new();
    for stack in ["a", "b", "c", "d"] {
        world.ended(&format!("changegate-{stack}"), stack, "Failed", "11:58:00");
    }
    world.sweep();
    let before = world.reads();
    world.sweep();
    assert_eq!(world.reads() - before, 1);
}

#[test]
fn an_outage_of_github_holds_up_no_record_and_the_status_is_looked_at_again() {
    let world = World::told();
    world.ended(NETWORK, "b", "Failed", "11:58:30");
    world.late("https://review.example/reviews/changegate-network/a/1/review.html");
    world.wire.break_next(READ, Fault::Outage);
    world.wire.break_next(READ, Fault::Outage);
    assert_eq!(world.sweep(), ["b"]);
    // Long after the history is looked at no more.
    world.clock.set("2026-11-24T12:00:00Z");
    world.sweep();
    assert!(
        world
            .evidence
            .text(keys::WATERMARKS)
            .unwrap()
            .contains(r#""open":["a""#)
    );
    world.wire.heal();
    world.late("https://review.example/reviews/changegate-network/a/1/review.html");
    world.sweep();
    assert_eq!(world.state(), StatusState::Failure);
    world.assert_at_rest();
}

#[test]
fn a_repository_that_may_not_be_read_is_not_asked_for_ever() {
    let world = World::told();
    world.wire.break_next(READ, Fault::Denial);
    assert_eq!(world.sweep(), [""; 0]);
    world.clock.set("2026-11-24T12:00:00Z");
    assert_eq!(world.outcome(NETWORK, "a", 1).unwrap().end, End::Failed);
    assert!(
        !world
            .evidence
            .text(keys::WATERMARKS)
            .unwrap()
            .contains(r#""open":["a""#)
    );
}

#[test]
fn of_a_history_that_is_all_news_only_the_last_week_is_looked_at() {
    let world = World::told();
    world.clock.set("2026-12-15T12:00:00Z");
    world.sweep();
    assert_eq!(world.reads(), 0);
}
