//! What people and services write, in everything that is told of an end and recorded of it.

use super::world::{ALICE, COMMIT, PIPELINE, RUN, STACK, World};
use crate::domain::keys;
use crate::domain::provenance::{Provenance, RecordId};
use crate::flows::fakes::{assert_harmless, planted};

/// Plants a text in every place of the commits, the stack and the run that somebody else writes.
fn plant(world: &World) {
    let key = keys::provenance(&RecordId::Commit(COMMIT.to_owned()));
    let mut record: Provenance = serde_json::from_str(&world.source.text(&key).unwrap()).unwrap();
    for commit in &mut record.commits {
        commit.subject = planted("subject");
        commit.author_text = planted("author");
        commit.pull_request.as_mut().unwrap().title = planted("title");
    }
    world.source.seed(&key, serde_json::to_vec(&record).unwrap());
    world.cloudformation.edit(STACK, |held| {
        held.stack.status_reason = planted("status reason");
        for event in &mut held.events {
            event.reason = planted("event reason");
        }
    });
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.stop_reason = Some(planted("stop reason"));
        for action in &mut run.actions {
            action.summary = Some(planted("summary"));
            if action.status == "Failed" {
                action.error_message = Some(planted("error"));
            }
            if let Some(summary) = action.output_variables.get_mut("Summary") {
                *summary = planted("variable");
            }
        }
    });
}

/// Everything that was told and recorded.
fn everything(world: &World) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (_, subject, body) in world.topics.published() {
        all.push(("a subject".to_owned(), subject));
        all.push(("a mail".to_owned(), body));
    }
    for status in world.repository.statuses() {
        all.push(("a status".to_owned(), status.description));
        all.extend(status.url.map(|url| ("an address".to_owned(), url)));
    }
    for (_, _, body) in world.repository.comments() {
        all.push(("a comment".to_owned(), body));
    }
    for key in world.evidence.keys() {
        let text = world.evidence.text(&key).unwrap();
        all.push((key, text));
    }
    all
}

#[test]
fn nothing_that_others_wrote_is_told_or_recorded_with_a_credential_or_unseen() {
    type Case = (fn() -> World, &'static str, fn(&World), [&'static str; 3]);
    let cases: [Case; 4] = [
        (
            World::executed,
            "SUCCEEDED",
            |_| {},
            ["subject", "event reason", "summary"],
        ),
        (
            World::reviewed,
            "FAILED",
            |world| world.approve(Some(ALICE), "Failed", "no"),
            ["title", "summary", "variable"],
        ),
        (
            World::reviewed,
            "STOPPED",
            |_| {},
            ["stop reason", "author", "variable"],
        ),
        (
            World::reviewed,
            "FAILED",
            |world| world.act("Apply", "ExecuteChangeSet", "Invoke", "Failed", |_| {}),
            ["error", "author", "event reason"],
        ),
    ];
    for (world, state, before, words) in cases {
        for is_public in [false, true] {
            let world = world();
            before(&world);
            world.cloudformation.edit(STACK, |held| {
                held.events.push(super::world::event("10:02", "UPDATE_FAILED", RUN));
            });
            plant(&world);
            if is_public {
                world.repository.make_public();
            }
            world.announce(state);
            let all = everything(&world);
            let found: usize = all.iter().map(|(what, text)| assert_harmless(what, text)).sum();
            assert!(found > 3, "what was planted is read: {all:?}");
            let outcome = world.evidence.text(&keys::outcome(PIPELINE, RUN)).unwrap();
            for word in words {
                let is_needed = word != "event reason" || state == "SUCCEEDED" || outcome.contains("ExecuteChangeSet");
                assert!(
                    !is_needed || outcome.contains(&format!("{word} ‹hidden›")),
                    "{word} in {outcome}"
                );
            }
        }
    }
}

#[test]
fn how_a_stack_came_to_rest_is_told_and_recorded_without_what_is_planted_in_it() {
    let world = World::reviewed();
    world.act("Apply", "ExecuteChangeSet", "Invoke", "InProgress", |_| {});
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_IN_PROGRESS".to_owned();
        held.events = vec![super::world::event("10:02", "UPDATE_FAILED", RUN)];
    });
    world.source.seed(
        &keys::catalogue("production"),
        r#"{"version": 1, "environment": "production", "stacks": [{"name": "network", "stackName": "network",
        "gate": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "template": "t",
        "templateKey": "t", "configurationKey": "c"}]}"#,
    );
    plant(&world);
    world.announce("STOPPED");
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = "UPDATE_ROLLBACK_COMPLETE".to_owned());
    world.announce_rest("UPDATE_ROLLBACK_COMPLETE");
    let all = everything(&world);
    for (what, text) in &all {
        assert_harmless(what, text);
    }
    let end = world.evidence.text(&keys::stack_end(PIPELINE, RUN)).unwrap();
    assert!(end.contains("status reason ‹hidden›"), "{end}");
    assert!(
        all.iter()
            .any(|(what, text)| what == "a mail" && text.contains("status reason ‹hidden›")),
        "{all:?}"
    );
}

#[test]
fn a_message_that_waits_in_the_outbox_holds_nothing_that_is_planted() {
    let world = World::executed();
    plant(&world);
    for operation in ["sns:Publish", "POST /repositories/{id}/statuses/{sha}"] {
        world.wire.break_next(operation, crate::flows::fakes::Fault::Outage);
    }
    world.announce("SUCCEEDED");
    let waiting = world
        .evidence
        .keys()
        .into_iter()
        .filter(|key| key.starts_with("outbox/"));
    assert_eq!(waiting.count(), 2);
    for (what, text) in everything(&world) {
        assert_harmless(&what, &text);
    }
}
