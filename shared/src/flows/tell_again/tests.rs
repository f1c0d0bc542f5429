//! What does not get through is told again, in order, until it is told, obsolete or given up.

use futures_util::FutureExt as _;

use super::*;
use crate::flows::fakes::{FakeBucket, FakeClock, FakeRepository, FakeTopics, Fault, REPOSITORY, Wire};
use crate::flows::outbox::OrLater;
use crate::flows::ports::CommitStatus;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const STATUS: &str = "POST /repositories/{id}/statuses/{sha}";
const COMMENT: &str = "POST /repositories/{id}/issues/{number}/comments";

struct World {
    wire: Wire,
    evidence: FakeBucket,
    repository: FakeRepository,
    topics: FakeTopics,
    clock: FakeClock,
}

impl World {
    fn new() -> Self {
        let wire = Wire::default();
        let world = Self {
            evidence: FakeBucket::on(&wire),
            repository: FakeRepository::new(&wire),
            topics: FakeTopics::new(&wire),
            clock: FakeClock::at("2026-11-23T10:00:00.5Z"),
            wire,
        };
        world.at("2026-11-23T10:00:00Z");
        world
    }

    /// Moves all clocks.
    fn at(&self, time: &str) {
        self.clock.set(time);
        self.repository.set_time(time);
    }

    fn status(&self, state: StatusState) -> Result<(), PortError> {
        let status = CommitStatus {
            commit: COMMIT.to_owned(),
            context: "changegate/production/network".to_owned(),
            state,
            description: format!("{state:?}"),
            url: None,
        };
        let repository = OrLater::new(&self.repository, &self.evidence, &self.clock);
        repository.set_status(REPOSITORY, status).now_or_never().unwrap()
    }

    fn comment(&self, body: &str) -> Result<(), PortError> {
        let repository = OrLater::new(&self.repository, &self.evidence, &self.clock);
        let body = format!("<!-- m -->{body}");
        repository
            .upsert_comment(REPOSITORY, 7, "<!-- m -->", &body)
            .now_or_never()
            .unwrap()
    }

    fn mail(&self, body: &str) -> Result<(), PortError> {
        let topics = OrLater::new(&self.topics, &self.evidence, &self.clock);
        topics.publish("arn:topic", "subject", body).now_or_never().unwrap()
    }

    fn again(&self) -> Vec<Retold> {
        self.try_again().expect("the process lives on").unwrap()
    }

    fn try_again(&self) -> Option<Result<Vec<Retold>, FlowError>> {
        tell_again(&self.evidence, &self.repository, &self.topics, &self.clock).now_or_never()
    }

    fn states(&self) -> Vec<StatusState> {
        self.repository
            .statuses()
            .into_iter()
            .map(|status| status.state)
            .collect()
    }
}

#[test]
fn what_gets_through_is_not_kept() {
    let world = World::new();
    world.status(StatusState::Success).unwrap();
    world.comment("a").unwrap();
    world.mail("a").unwrap();
    assert_eq!(world.wire.count(), 3, "{}", world.wire.log());
    assert_eq!(world.evidence.keys(), [""; 0]);
}

#[test]
fn what_does_not_get_through_for_now_is_told_once_later() {
    for fault in [Fault::Outage, Fault::Throttle, Fault::Denial] {
        let world = World::new();
        for operation in [STATUS, COMMENT, "sns:Publish"] {
            world.wire.break_next(operation, fault);
        }
        world.status(StatusState::Success).unwrap();
        world.comment("a").unwrap();
        world.mail("a").unwrap();
        assert_eq!(world.evidence.keys().len(), 3, "{fault:?}");
        let told = world.again();
        assert!(told.iter().all(|each| matches!(each, Retold::Told(_))), "{told:?}");
        assert_eq!(world.again(), []);
        assert_eq!(world.states(), [StatusState::Success]);
        assert_eq!(world.repository.comments().len(), 1);
        assert_eq!(
            world.topics.published().len(),
            1,
            "a mail that was sent is not sent again"
        );
    }
}

#[test]
fn an_older_status_never_takes_the_place_of_a_newer_one() {
    let world = World::new();
    world.wire.break_next(STATUS, Fault::Outage);
    world.status(StatusState::Pending).unwrap();
    // Within the same second.
    world.status(StatusState::Success).unwrap();
    assert!(matches!(&world.again()[..], [Retold::Obsolete(_)]));
    assert_eq!(world.states(), [StatusState::Success]);
    assert_eq!(world.evidence.keys(), [""; 0]);
}

#[test]
fn a_newer_status_takes_the_place_of_an_older_one_of_the_same_second() {
    let world = World::new();
    world.status(StatusState::Pending).unwrap();
    world.wire.break_next(STATUS, Fault::Outage);
    world.status(StatusState::Failure).unwrap();
    world.again();
    assert_eq!(world.states(), [StatusState::Pending, StatusState::Failure]);
}

#[test]
fn of_several_that_wait_only_the_latest_about_the_same_is_told() {
    let world = World::new();
    for (second, state) in [
        (1, StatusState::Pending),
        (9, StatusState::Error),
        (10, StatusState::Success),
    ] {
        world.at(&format!("2026-11-23T10:00:{second:02}Z"));
        world.wire.break_next(STATUS, Fault::Outage);
        world.status(state).unwrap();
        world.wire.break_next(COMMENT, Fault::Outage);
        world.comment(&format!("{state:?}")).unwrap();
        world.wire.break_next("sns:Publish", Fault::Outage);
        world.mail(&format!("{state:?}")).unwrap();
    }
    world.again();
    assert_eq!(world.states(), [StatusState::Success]);
    assert!(world.repository.comments()[0].2.ends_with("Success"));
    assert_eq!(world.topics.published().len(), 3, "each mail is told");
    assert_eq!(world.evidence.keys(), [""; 0]);
}

#[test]
fn a_comment_that_was_written_since_stays() {
    let world = World::new();
    world.wire.break_next(COMMENT, Fault::Outage);
    world.comment("old").unwrap();
    world.at("2026-11-23T10:01:00Z");
    world.comment("new").unwrap();
    world.again();
    assert!(world.repository.comments()[0].2.ends_with("new"));
}

#[test]
fn what_still_does_not_get_through_waits_and_holds_up_nothing_else() {
    let world = World::new();
    for operation in [STATUS, STATUS, "sns:Publish"] {
        world.wire.break_next(operation, Fault::Outage);
    }
    world.status(StatusState::Success).unwrap();
    world.mail("a").unwrap();
    assert_eq!(world.again().len(), 2);
    assert_eq!((world.states().len(), world.topics.published().len()), (0, 1));
    world.again();
    assert_eq!(world.states(), [StatusState::Success]);
}

#[test]
fn what_is_refused_is_given_up_with_its_reason_and_told_to_the_alarm() {
    let world = World::new();
    world.wire.break_next(STATUS, Fault::Refusal);
    assert!(
        world.status(StatusState::Success).is_err(),
        "whoever tells it hears why"
    );
    assert_eq!(world.evidence.keys(), [""; 0]);
    world.wire.break_next(STATUS, Fault::Outage);
    world.status(StatusState::Success).unwrap();
    world.wire.break_next(STATUS, Fault::Refusal);
    assert!(matches!(&world.again()[..], [Retold::GivenUp(..)]));
    let [key] = &world.evidence.keys()[..] else {
        panic!("one record: {:?}", world.evidence.keys());
    };
    assert!(key.starts_with("undelivered/"), "{key}");
    assert!(world.evidence.text(key).unwrap().contains("\"reason\""));
    assert_eq!(world.again(), []);
}

#[test]
fn what_may_not_be_told_is_given_up_after_a_week_and_an_outage_is_waited_for() {
    for (fault, is_given_up) in [(Fault::Denial, true), (Fault::Outage, false)] {
        let world = World::new();
        world.wire.break_next(STATUS, fault);
        world.status(StatusState::Success).unwrap();
        world.at("2026-11-30T09:59:59Z");
        world.wire.break_next(STATUS, fault);
        assert!(matches!(&world.again()[..], [Retold::NotYet(_)]), "{fault:?}");
        world.at("2026-11-30T10:00:01Z");
        world.wire.break_next(STATUS, fault);
        let became = world.again();
        assert_eq!(matches!(&became[..], [Retold::GivenUp(..)]), is_given_up, "{became:?}");
    }
}

#[test]
fn a_kill_or_a_fault_at_any_call_loses_no_message() {
    for fault in [Fault::KillBefore, Fault::KillAfter, Fault::LostAnswer, Fault::Outage] {
        for number in 0.. {
            let world = World::new();
            for operation in [STATUS, COMMENT, "sns:Publish"] {
                world.wire.break_next(operation, Fault::Outage);
            }
            world.status(StatusState::Success).unwrap();
            world.comment("a").unwrap();
            world.mail("a").unwrap();
            let before = world.wire.count();
            world.wire.break_call(before + number, fault);
            let _ = world.try_again();
            if world.wire.count() <= before + number {
                assert!(number > 8);
                break;
            }
            world.again();
            let context = format!("{fault:?} at {number}:\n{}", world.wire.log());
            assert_eq!(world.states().last(), Some(&StatusState::Success), "{context}");
            assert_eq!(world.repository.comments().len(), 1, "{context}");
            // A mail whose answer got lost goes out twice: nobody can know that it went out.
            assert!((1..=2).contains(&world.topics.published().len()), "{context}");
            assert_eq!(world.evidence.keys(), [""; 0], "{context}");
        }
    }
}

#[test]
fn what_cannot_be_kept_either_is_an_error_of_whoever_tells_it() {
    let world = World::new();
    world.wire.break_next(STATUS, Fault::Outage);
    world.wire.break_next("s3:PutObject", Fault::Outage);
    assert!(world.status(StatusState::Success).unwrap_err().is_transient());
}

#[test]
fn a_message_is_given_up_where_another_repository_has_taken_the_place_of_its_own() {
    let world = World::new();
    for operation in [STATUS, COMMENT] {
        world.wire.break_next(operation, Fault::Outage);
    }
    world.status(StatusState::Success).unwrap();
    world.comment("a").unwrap();
    world.repository.replace();
    let became = world.again();
    assert!(
        became.iter().all(|each| matches!(each, Retold::GivenUp(..))) && became.len() == 2,
        "{became:?}"
    );
    assert_eq!((world.states().len(), world.repository.comments().len()), (0, 0));
}

#[test]
fn a_message_that_does_not_say_which_repository_it_is_for_is_given_up() {
    let world = World::new();
    for operation in [STATUS, COMMENT] {
        world.wire.break_next(operation, Fault::Outage);
    }
    world.status(StatusState::Success).unwrap();
    world.comment("a").unwrap();
    for key in world.evidence.keys() {
        let kept = world.evidence.text(&key).unwrap();
        let without = kept.replace("\"repository\": 4,", "");
        assert_ne!(kept, without);
        world.evidence.seed(&key, without);
    }
    let became = world.again();
    let reasons = became.iter().map(|each| match each {
        Retold::GivenUp(_, why) => why.contains("does not tell the number of the repository"),
        _ => false,
    });
    assert_eq!(reasons.collect::<Vec<_>>(), [true, true], "{became:?}");
    assert_eq!((world.states().len(), world.repository.comments().len()), (0, 0));
}
