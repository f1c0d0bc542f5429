//! What is not reviewed.

use super::*;

#[test]
fn a_stack_that_changed_since_the_plan_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-23T09:59:00Z".to_owned());
    });
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::RevisionOutOfSync);
    assert!(
        message.contains("somebody else changed the stack") && message.contains("start the pipeline"),
        "{message}"
    );
    assert!(world.topics.published().is_empty());
}

#[test]
fn a_change_set_that_is_gone_or_obsolete_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "OBSOLETE".to_owned();
    });
    assert!(world.refusal().1.contains("OBSOLETE"));
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert!(world.refusal().1.contains("does not exist any more"));
}

#[test]
fn a_template_that_is_not_the_planned_one_is_refused() {
    let world = World::new();
    world.artifacts.with(TEMPLATE, BEFORE);
    assert_eq!(world.refusal().0, FailureKind::RevisionOutOfSync);
}
