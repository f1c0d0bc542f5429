//! Who is told, when, and what happens when that fails.

use std::sync::{Arc, Mutex};

use super::*;
use crate::domain::provenance::RecordId;
use crate::flows::fakes::REPOSITORY;
use crate::flows::ports::TellRepository as _;

#[test]
fn a_notification_that_fails_never_fails_the_run_and_is_never_silent() {
    for (operation, what) in [
        ("sns:Publish", "mail"),
        ("POST /repositories/{id}/statuses/{sha}", "commit status"),
        ("POST /repositories/{id}/issues/{number}/comments", "comment on #42"),
    ] {
        let world = World::new();
        world.wire.break_next(operation, Fault::Outage);
        let variables = world.variables();
        assert!(
            variables["Summary"].starts_with(&format!("NOT TOLD: {what} · network:")),
            "{variables:?}"
        );
        let delivered = world.record()["delivered"].clone();
        let failed: Vec<_> = delivered
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one.get("error").is_some())
            .collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["what"], what);
    }
}

#[test]
fn a_public_repository_hears_counts_and_neither_names_nor_values() {
    let world = World::new();
    world.repository.make_public();
    world.variables();
    let comment = &world.repository.comments()[0].2;
    let status = &world.repository.statuses()[0].description;
    assert!(comment.contains("1 changed, 1 added"), "{comment}");
    for secret in ["DelaySeconds", "Queue", "production-network"] {
        assert!(!comment.contains(secret) && !status.contains(secret), "{secret}");
    }
}

#[test]
fn whoever_cannot_be_asked_whether_it_is_public_is_taken_to_be() {
    let world = World::new();
    world.wire.break_next("GET /repositories/{id}", Fault::Outage);
    world.variables();
    assert!(!world.repository.comments()[0].2.contains("DelaySeconds"));
}

#[test]
fn a_stack_with_a_topic_of_its_own_is_told_of_there() {
    let mut gate = gate();
    gate.notify = Some("arn:aws:sns:eu-west-1:000000000000:network-team".to_owned());
    let world = World::with(&gate, true);
    world.variables();
    assert_eq!(world.topics.published()[0].0, gate.notify.unwrap());
}

/// Names of the fields of every line of the log, by which alarms count.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(super) fn of(act: impl FnOnce()) -> Vec<String> {
        let log = Self::default();
        tracing::subscriber::with_default(log.clone(), act);
        log.0.lock().unwrap().clone()
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        let mut line = Line(format!("{}", event.metadata().level()));
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

struct Line(String);

impl tracing::field::Visit for Line {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.push_str(&format!(" {}={value:?}", field.name()));
    }
}

/// A world in which nobody can be told.
fn failing() -> World {
    let world = World::new();
    for operation in [
        "sns:Publish",
        "POST /repositories/{id}/statuses/{sha}",
        "POST /repositories/{id}/issues/{number}/comments",
    ] {
        world.wire.break_next(operation, Fault::Outage);
    }
    world
}

#[test]
fn each_message_that_fails_is_one_line_of_the_log_that_the_alarm_counts() {
    // Whether anybody listens is remembered for each line of the code when it is first reached, which other tests may do
    // at this moment; the next log that begins to listen sets that right. So every line is reached once before.
    Log::of(|| drop(failing().variables()));
    let world = World::new();
    let quiet = Log::of(|| drop(world.variables()));
    assert!(quiet.iter().all(|line| !line.contains("undelivered")), "{quiet:?}");

    let world = failing();
    let told = Log::of(|| drop(world.variables()));
    let lines: Vec<_> = told.iter().filter(|line| line.contains(" undelivered=")).collect();
    assert_eq!(lines.len(), 3, "{told:?}");
    for (line, what) in lines.iter().zip(["mail", "commit status", "comment on #42"]) {
        assert!(line.starts_with("ERROR") && line.contains(what), "{line}");
    }
    assert_eq!(
        world.record()["delivered"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one.get("error").is_some())
            .count(),
        3
    );
    // Whoever approves reads it in the approval; nothing else says less because of it.
    assert!(world.variables()["Summary"].starts_with("NOT TOLD: mail, commit status, comment on #42 · network:"));
    assert!(world.file("review.html").contains("DelaySeconds"));
}

#[test]
fn the_mail_goes_out_once_when_the_review_is_there_and_before_the_approval_opens() {
    let world = World::new();
    world.variables();
    let log = world.wire.log();
    let calls: Vec<_> = log.lines().collect();
    let put = |file: &str| format!("PutObject {}", keys::review(PIPELINE, RUN, 1, file));
    let at = |part: &str| {
        let places: Vec<_> = (0..calls.len()).filter(|at| calls[*at].contains(part)).collect();
        assert_eq!(places.len(), 1, "{part} in\n{log}");
        places[0]
    };
    // The address in the mail leads somewhere when it arrives, and the action, which opens the approval, ends after it.
    assert!(at(&put(PAGE_FILE)) < at("sns:Publish"));
    assert!(at("sns:Publish") < at(&put(DELIVERY_FILE)));
    // A further delivery of the job, and one after the approval was given, tell nobody again.
    world.variables();
    world.variables();
    assert_eq!(world.topics.published().len(), 1);
    assert_eq!(world.repository.statuses().len(), 1);
    let mail = &world.topics.published()[0];
    assert!(
        mail.2.contains("https://reviews.example.com/?prefix=reviews/"),
        "{}",
        mail.2
    );
}

#[test]
fn the_comment_is_updated_in_place_and_each_pipeline_has_its_own() {
    let world = World::new();
    world.variables();
    let first = world.repository.comments();
    // Another attempt of the run has another address, so the comment changes, and stays one.
    retry(&world);
    world.variables();
    let second = world.repository.comments();
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_eq!(first[0].1, second[0].1);
    assert_ne!(first[0].2, second[0].2);
    assert!(second[0].2.contains("/2/review.html"), "{}", second[0].2);
    // Another pipeline tells the same pull request in a comment of its own.
    let marker = "<!-- changegate:production:changegate-data -->";
    now(world
        .repository
        .upsert_comment(REPOSITORY, 42, marker, &format!("{marker}\nother")))
    .unwrap();
    retry(&world);
    world.variables();
    let third = world.repository.comments();
    assert_eq!(third.len(), 2);
    assert!(third[1].2.ends_with("other"));
    assert!(third[0].2.contains("/3/review.html"));
}

#[test]
fn a_repository_that_took_the_place_of_the_pinned_one_is_told_nothing() {
    let world = World::new();
    world.repository.replace();
    let summary = world.variables()["Summary"].clone();
    assert!(
        summary.starts_with("NOT TOLD: commit status, comment on #42"),
        "{summary}"
    );
    assert_eq!(world.repository.statuses(), []);
    assert_eq!(world.repository.comments(), []);
    assert!(world.evidence.keys().iter().all(|key| !key.starts_with("outbox/")));
}

#[test]
fn nothing_is_told_where_the_record_does_not_say_which_repository_is_meant() {
    let world = World::new();
    let key = keys::provenance(&RecordId::Sequence(2));
    let record = world.source.text(&key).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record.as_object_mut().unwrap().remove("repositoryId").unwrap();
    world.source.seed(&key, record.to_string());
    world.variables();
    let delivered = world.record()["delivered"].to_string();
    assert!(
        delivered.contains("does not tell the number of the repository"),
        "{delivered}"
    );
    assert_eq!(world.repository.statuses(), []);
    assert_eq!(world.repository.comments(), []);
}
