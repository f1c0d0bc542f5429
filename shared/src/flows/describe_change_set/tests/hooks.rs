//! Hooks are asked for where a change set has any, and nowhere else.

use super::*;
use crate::domain::change_set::hooks::{ChangeSetHook, ChangeSetHooks, HookResource, HookTarget};

const OPERATION: &str = "cloudformation:DescribeChangeSetHooks";

fn with_hook() -> World {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        let set = &mut held.change_sets[0];
        set.description.changes[0].hook_invocation_count = Some(1);
        set.hooks = ChangeSetHooks {
            status: Some("PLANNED".to_owned()),
            hooks: vec![ChangeSetHook {
                invocation_point: Some("PRE_PROVISION".to_owned()),
                failure_mode: Some("FAIL".to_owned()),
                type_name: Some("Acme::Guard::Queues".to_owned()),
                target_details: Some(HookTarget {
                    target_type: Some("RESOURCE".to_owned()),
                    resource_target_details: Some(HookResource {
                        logical_resource_id: "Queue".to_owned(),
                        resource_type: Some("AWS::SQS::Queue".to_owned()),
                        resource_action: Some("Modify".to_owned()),
                    }),
                }),
                ..ChangeSetHook::default()
            }],
            ..ChangeSetHooks::default()
        };
    });
    world
}

#[test]
fn a_change_set_with_hooks_costs_one_request_more_and_names_them() {
    let world = with_hook();
    world.variables();
    assert_eq!(world.wire.count_of(OPERATION), 1);
    for file in ["review.txt", "review.md", "review.html", "review.json"] {
        let content = world.file(file);
        for part in ["Acme::Guard::Queues", "FAIL", "PRE_PROVISION"] {
            assert!(content.contains(part), "{part} in {file}\n{content}");
        }
    }
    // Whoever runs a hook can change it at any time, so no approval covers it.
    assert!(!world.file(DIGEST_FILE).contains("Acme::Guard"));
    assert_eq!(world.variables()["Digest"], World::new().variables()["Digest"]);
}

#[test]
fn a_change_set_without_hooks_costs_no_request_for_them() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.changes[0].hook_invocation_count = Some(0);
    });
    world.variables();
    assert_eq!(world.wire.count_of(OPERATION), 0);
}

#[test]
fn a_review_whose_hooks_cannot_be_read_is_not_made() {
    let world = with_hook();
    world.wire.break_next(OPERATION, Fault::Outage);
    assert!(world.deliver().unwrap().is_err());
    assert!(world.topics.published().is_empty());
    // The next delivery of the same job makes it.
    assert!(world.variables()["Summary"].contains("network:"));
}

#[test]
fn calls_that_only_inform_and_are_denied_are_warnings_of_the_review() {
    for (operation, words) in [
        (OPERATION, "which hooks the execution invokes"),
        (
            "cloudformation:DescribeEvents",
            "what the validation before deployment warns of",
        ),
    ] {
        let world = with_hook();
        world.wire.break_next(operation, Fault::Denial);
        world.variables();
        for file in ["review.txt", "review.md", "review.html", "review.json"] {
            let content = world.file(file);
            assert!(content.contains(words), "{operation}: {words} in {file}\n{content}");
        }
    }
}
