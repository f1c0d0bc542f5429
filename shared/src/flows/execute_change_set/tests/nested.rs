//! Failures in nested stacks.

use super::steps::*;
use super::world::*;

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

    let message = failure(world.step(Some("follow")));

    assert!(
        message.starts_with("`Data/Tables/Orders` (AWS::DynamoDB::Table) could not be created: Table already exists."),
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
