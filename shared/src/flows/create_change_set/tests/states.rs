//! Stack states × what becomes of the run.

use super::world::{OLD_COMMIT, PIPELINE, RUN, STACK, World, template, variables};
use crate::domain::job::{FailureKind, JobOutcome};
use crate::flows::FlowError;
use crate::flows::fakes::FakeSource;

#[test]
fn every_state_of_a_stack_leads_to_a_change_set_a_wait_or_a_reason() {
    for (status, expected) in [
        ("CREATE_COMPLETE", "UPDATE"),
        ("UPDATE_COMPLETE", "UPDATE"),
        ("UPDATE_ROLLBACK_COMPLETE", "UPDATE"),
        ("IMPORT_COMPLETE", "UPDATE"),
        ("IMPORT_ROLLBACK_COMPLETE", "UPDATE"),
        ("REVIEW_IN_PROGRESS", "CREATE"),
        ("CREATE_IN_PROGRESS", "waiting"),
        ("UPDATE_IN_PROGRESS", "waiting"),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "waiting"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "waiting"),
        ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", "waiting"),
        ("ROLLBACK_IN_PROGRESS", "waiting"),
        ("DELETE_IN_PROGRESS", "waiting"),
        ("IMPORT_IN_PROGRESS", "waiting"),
        ("IMPORT_ROLLBACK_IN_PROGRESS", "waiting"),
        ("ROLLBACK_COMPLETE", "delete-stack"),
        ("ROLLBACK_FAILED", "delete-stack"),
        ("CREATE_FAILED", "delete-stack"),
        ("UPDATE_FAILED", "rollback-stack"),
        ("UPDATE_ROLLBACK_FAILED", "continue-update-rollback"),
        ("DELETE_FAILED", "--retain-resources"),
        ("IMPORT_ROLLBACK_FAILED", "continue-update-rollback"),
    ] {
        let world = World::new();
        let old = if status == "REVIEW_IN_PROGRESS" {
            "{}".to_owned()
        } else {
            template("old")
        };
        world.cloudformation.with_stack(STACK, status, &old);
        let made = world.deliver();
        let again = world.deliver();
        match made {
            Ok(JobOutcome::Continue { summary, .. }) => {
                assert_eq!(expected, "waiting", "{status}");
                assert!(summary.contains(status), "{summary}");
                assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0, "{status}");
            }
            Ok(outcome) => {
                assert_eq!(variables(outcome)["ChangeSetType"], expected, "{status}");
                assert_eq!(variables(again.unwrap())["ChangeSetType"], expected, "{status}");
                assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 1, "{status}");
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains(expected) && error.contains(status), "{status}: {error}");
                assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0, "{status}");
            }
        }
    }
}

#[test]
fn a_stack_that_comes_to_rest_is_planned_by_the_next_delivery() {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_IN_PROGRESS", &template("old"));
    let JobOutcome::Continue { token, .. } = world.deliver().unwrap() else {
        panic!("it waits");
    };
    world.continue_with(&token);
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = "UPDATE_COMPLETE".to_owned());
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}

#[test]
fn a_nested_stack_is_left_to_its_parent() {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "CREATE_COMPLETE", &template("old"));
    world
        .cloudformation
        .edit(STACK, |held| held.stack.parent_id = Some("arn:parent".to_owned()));
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("nested stack of `arn:parent`"), "{error}");
}

#[test]
fn the_template_of_one_commit_with_the_configuration_of_another_is_not_planned() {
    let world = World::new();
    let key = "TemplateSource/.configurations/production/network.json.zip";
    let other = FakeSource {
        content: "another configuration",
        commit: OLD_COMMIT,
        sequence: 1,
    };
    let version = other.seed(&world.source, key);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for held in run.actions.iter_mut().filter(|held| held.action == "Configuration") {
            held.output_variables.insert("VersionId".to_owned(), version.clone());
        }
    });
    for _ in 0..2 {
        match world.deliver() {
            Err(FlowError::Refused { kind, message }) => {
                assert_eq!(kind, FailureKind::RevisionOutOfSync);
                assert!(
                    message.contains("the branch had these together at no commit"),
                    "{message}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(world.cloudformation.look(STACK).is_none(), "nothing is planned");
}
