//! Failures in nested stacks.

use super::steps::*;
use super::world::*;
use crate::flows::fakes::Fault;

const STACK_TYPE: &str = "AWS::CloudFormation::Stack";
const CHILD: &str = "production-network-Data";
const GRANDCHILD: &str = "production-network-Data-Tables";

/// An execution that has begun, in a tree of three stacks. The nested ones have older failures, of other executions.
fn begun() -> World {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    for stack in [CHILD, GRANDCHILD] {
        world.cloudformation.with_stack(stack, "UPDATE_ROLLBACK_COMPLETE", "{}");
        world.event_in(stack, "Old", "AWS::SQS::Queue", "UPDATE_FAILED", "long ago");
        world
            .cloudformation
            .edit(stack, |held| held.events[0].time = "2026-11-01T00:00:00Z".to_owned());
    }
    world
}

/// Brings the root to this rest, as CloudFormation does after a nested stack failed.
fn rest(world: &World, status: &str, and_then: impl FnOnce()) {
    world.event(
        "Data",
        STACK_TYPE,
        "UPDATE_FAILED",
        "Embedded stack was not successfully updated",
    );
    world.event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "Resource update cancelled");
    world.event(
        STACK,
        STACK_TYPE,
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "The following resource(s) failed",
    );
    and_then();
    world.cloudformation.finish(STACK, false);
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = status.to_owned());
    world.event(STACK, STACK_TYPE, status, "");
}

#[test]
fn the_first_cause_is_found_two_stacks_down() {
    let world = begun();
    world.event_in(CHILD, "Tables", STACK_TYPE, "UPDATE_FAILED", "Embedded stack failed");
    world.event_in(
        GRANDCHILD,
        "Orders",
        "AWS::DynamoDB::Table",
        "CREATE_FAILED",
        "Table already exists",
    );
    rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});

    // The stack of the root's template is where a person looks first.
    world
        .artifacts
        .with("Template", "{\"Resources\": {\n \"Data\": {},\n \"Tables\": {}}}");

    let message = failure(world.step(Some("follow")));

    assert!(
        message.starts_with(
            "`Data/Tables/Orders` (AWS::DynamoDB::Table, stacks/network/template.json:2) could not be created: Table already exists."
        ),
        "{message}"
    );
}

#[test]
fn a_nested_stack_that_is_gone_leaves_its_parents_words() {
    let world = begun();
    rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});
    world.cloudformation.remove(CHILD);

    let message = failure(world.step(Some("follow")));

    assert!(
        message.starts_with("`Data` (AWS::CloudFormation::Stack) could not be updated: Embedded stack was not"),
        "{message}"
    );
}

#[test]
fn what_is_stuck_in_a_nested_stack_is_skipped_by_the_name_of_that_stack() {
    let world = begun();
    world.event_in(CHILD, "Topic", "AWS::SNS::Topic", "UPDATE_FAILED", "no");
    rest(&world, "UPDATE_ROLLBACK_FAILED", || {
        for (stack, logical_id) in [(CHILD, "Tables"), (GRANDCHILD, "Orders")] {
            world.event_in(stack, stack, STACK_TYPE, "UPDATE_ROLLBACK_IN_PROGRESS", "");
            let kind = if logical_id == "Tables" {
                STACK_TYPE
            } else {
                "AWS::DynamoDB::Table"
            };
            world.event_in(stack, logical_id, kind, "UPDATE_FAILED", "still in use");
        }
        world.event("Data", STACK_TYPE, "UPDATE_FAILED", "stuck");
        world.event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "stuck too");
    });

    let message = failure(world.step(Some("follow")));

    assert!(
        message.contains("--resources-to-skip production-network-Data-Tables.Orders Queue`"),
        "{message}"
    );
}

/// The message of an update that failed while no resource of the root did.
fn failed_without_a_resource(event_reason: &str, status_reason: &str) -> String {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.event(STACK, STACK_TYPE, "UPDATE_ROLLBACK_IN_PROGRESS", event_reason);
    world.cloudformation.finish(STACK, false);
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_ROLLBACK_COMPLETE".to_owned();
        held.stack.status_reason = status_reason.to_owned();
    });
    world.event(STACK, STACK_TYPE, "UPDATE_ROLLBACK_COMPLETE", "");
    failure(world.step(Some("follow")))
}

#[test]
fn a_stack_that_fails_without_a_failed_resource_says_why_itself() {
    let message = failed_without_a_resource("a hook said no", "something else");
    assert!(
        message.contains("a hook said no") && !message.contains("something else"),
        "{message}"
    );
    let message = failed_without_a_resource("", "its status says why");
    assert!(message.contains("its status says why"), "{message}");
}

#[test]
fn a_nested_stack_that_fails_without_a_failed_resource_says_why_itself_or_its_parent_does() {
    for (inner, expected) in [
        (
            "a hook of the nested stack said no",
            "a hook of the nested stack said no",
        ),
        ("", "Embedded stack was not successfully updated"),
    ] {
        let world = begun();
        world.event_in(CHILD, CHILD, STACK_TYPE, "UPDATE_ROLLBACK_IN_PROGRESS", inner);
        rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});
        let message = failure(world.step(Some("follow")));
        assert!(message.starts_with("`Data` (AWS::CloudFormation::Stack)"), "{message}");
        assert!(message.contains(expected), "{message}");
    }
}

/// As [`begun`], with a chain of nested stacks of this length below the root, of which the last one's `Leaf` failed.
fn chain(length: usize) -> World {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    let mut stack = STACK.to_owned();
    for _ in 0..length {
        stack.push_str("-N");
        world.cloudformation.with_stack(&stack, "UPDATE_ROLLBACK_FAILED", "{}");
        world.cloudformation.edit(&stack, |held| held.events.clear());
    }
    world
}

/// The name of the stack at this depth of a chain.
fn at(depth: usize) -> String {
    format!("{STACK}{}", "-N".repeat(depth))
}

#[test]
fn a_cause_is_looked_for_eight_stacks_down_and_told_from_there_beyond() {
    for (length, expected) in [
        (
            8,
            format!(
                "`{}Leaf` (AWS::SQS::Queue) could not be created: too deep",
                "N/".repeat(8)
            ),
        ),
        (
            9,
            format!(
                "`{}N` (AWS::CloudFormation::Stack) could not be updated: Embedded",
                "N/".repeat(8)
            ),
        ),
    ] {
        let world = chain(length);
        for depth in 0..length {
            world.event_in(&at(depth), "N", STACK_TYPE, "UPDATE_FAILED", "Embedded");
        }
        world.event_in(&at(length), "Leaf", "AWS::SQS::Queue", "CREATE_FAILED", "too deep");
        world.cloudformation.finish(STACK, false);
        world.event(STACK, STACK_TYPE, "UPDATE_ROLLBACK_COMPLETE", "");
        let message = failure(world.step(Some("follow")));
        assert!(message.starts_with(&expected), "{length}: {message}");
    }
}

#[test]
fn what_is_stuck_is_looked_for_seven_stacks_down_and_skipped_with_its_stack_beyond() {
    for (length, skipped) in [(7, format!("{}.Leaf`", at(7))), (8, format!("{}.N`", at(7)))] {
        let world = chain(length);
        for depth in 0..=length {
            world.event_in(&at(depth), &at(depth), STACK_TYPE, "UPDATE_ROLLBACK_IN_PROGRESS", "");
            let (logical_id, kind) = if depth == length {
                ("Leaf", "AWS::SQS::Queue")
            } else {
                ("N", STACK_TYPE)
            };
            world.event_in(&at(depth), logical_id, kind, "UPDATE_FAILED", "stuck");
        }
        world.cloudformation.finish(STACK, false);
        world.cloudformation.edit(STACK, |held| {
            held.stack.status = "UPDATE_ROLLBACK_FAILED".to_owned();
        });
        world.event(STACK, STACK_TYPE, "UPDATE_ROLLBACK_FAILED", "");
        let message = failure(world.step(Some("follow")));
        assert!(
            message.contains(&format!("--resources-to-skip {skipped}")),
            "{length}: {message}"
        );
    }
}

#[test]
fn a_stack_two_down_that_fails_without_a_failed_resource_is_told_with_its_place() {
    let world = begun();
    world.event_in(CHILD, "Tables", STACK_TYPE, "UPDATE_FAILED", "Embedded stack failed");
    world.event_in(
        GRANDCHILD,
        GRANDCHILD,
        STACK_TYPE,
        "UPDATE_ROLLBACK_IN_PROGRESS",
        "a hook said no",
    );
    rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});
    let message = failure(world.step(Some("follow")));
    assert!(
        message.starts_with("`Data/Tables` (AWS::CloudFormation::Stack)"),
        "{message}"
    );
    assert!(message.contains("a hook said no"), "{message}");
}

#[test]
fn an_event_of_the_second_in_which_the_operation_began_belongs_to_it_and_so_does_one_without_a_time() {
    for time in [None, Some("unreadable")] {
        let world = begun();
        let began = world.cloudformation.look(STACK).unwrap().events.pop().unwrap().time;
        world.event_in(CHILD, "Orders", "AWS::SQS::Queue", "CREATE_FAILED", "no");
        world.cloudformation.edit(CHILD, |held| {
            held.events[0].time = time.unwrap_or(&began).to_owned();
        });
        rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});
        let message = failure(world.step(Some("follow")));
        assert!(message.starts_with("`Data/Orders`"), "{message}");
    }
}

#[test]
fn a_nested_stack_that_cannot_be_read_now_is_asked_again_and_not_taken_for_gone() {
    for number in 0.. {
        let world = begun();
        world.event_in(CHILD, "Orders", "AWS::SQS::Queue", "CREATE_FAILED", "no");
        rest(&world, "UPDATE_ROLLBACK_COMPLETE", || {});
        let before = world.wire.count();
        world.wire.break_call(before + number, Fault::Outage);
        match world.deliver(Some("follow")).unwrap() {
            Err(error) => assert!(error.is_transient(), "{error}"),
            Ok(outcome) => {
                assert!(world.wire.count() <= before + number, "call {number} was broken");
                assert!(failure(outcome).starts_with("`Data/Orders`"));
                break;
            }
        }
    }
}
