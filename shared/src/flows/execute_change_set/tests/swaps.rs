//! Somebody changes what was reviewed, between the review and the execution. The guard notices, and executes nothing.

use super::steps::*;
use super::world::*;
use crate::domain::sha256::Sha256;

#[test]
fn a_change_set_that_was_changed_after_the_review_is_refused_with_the_place() {
    let world = World::new(&Setup::default());
    world.cloudformation.edit(STACK, |held| {
        let changes = &mut held.change_sets[0].description.changes;
        let queue = changes[0].resource_change.as_mut().unwrap();
        queue.replacement = Some("True".to_owned());
    });
    let message = world.refusal();
    assert!(
        message.contains("`/resources/0/replacement` was \"False\" when it was reviewed and is \"True\" now"),
        "{message}"
    );
    assert!(message.contains("--retry-mode ALL_ACTIONS"), "{message}");
}

#[test]
fn a_parameter_that_was_changed_after_the_review_is_refused() {
    let world = World::new(&Setup::default());
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0]
            .description
            .capabilities
            .push("CAPABILITY_NAMED_IAM".to_owned());
    });
    assert!(
        world
            .refusal()
            .contains("`/capabilities/0` was absent when it was reviewed")
    );
}

#[test]
fn a_template_that_was_changed_inside_the_change_set_is_refused() {
    let world = World::new(&Setup::default());
    world
        .cloudformation
        .edit(STACK, |held| held.change_sets[0].template.push(' '));
    let message = world.refusal();
    assert!(message.contains("`/templates/0/originalSha256`"), "{message}");
}

#[test]
fn a_template_artifact_that_was_replaced_is_refused() {
    let world = World::new(&Setup::default());
    world.artifacts.with("Template", format!("{AFTER} "));
    assert!(
        world
            .refusal()
            .contains("the hash of the template artifact was changed after it was planned")
    );
}

#[test]
fn a_plan_artifact_that_was_replaced_is_refused() {
    let world = World::new(&Setup::default());
    let genuine = world.planned();
    let mut other_template = genuine.clone();
    other_template.template_sha256 = Sha256::of("other");
    let mut other_set = genuine.clone();
    other_set.change_set_arn = Some("arn:aws:cloudformation:eu-west-1:000000000000:changeSet/other/1".to_owned());
    let mut other_stack = genuine.clone();
    other_stack.stack_name = "production-orders".to_owned();
    let mut other_commit = genuine.clone();
    other_commit.commit = OLD_COMMIT.to_owned();
    let mut other_policy = genuine.clone();
    other_policy.stack_policy_before = Some(crate::domain::stack_policy::ALLOW_ALL.to_owned());
    let mut other_state = genuine.clone();
    other_state.stack_last_changed = Some("2026-11-23T09:45:00Z".to_owned());
    for replaced in [
        other_template,
        other_set,
        other_stack,
        other_commit,
        other_policy,
        other_state,
    ] {
        world.plan(&replaced);
        let message = world.refusal();
        assert!(message.contains("was changed after it was planned"), "{message}");
    }
}

#[test]
fn a_plan_artifact_that_was_replaced_during_the_execution_decides_nothing() {
    let mut setup = Setup::default();
    setup.gate.stack_policy = Some(DENY.into());
    let world = World::new(&setup);
    waits(world.step(None));
    let mut replaced = world.planned();
    replaced.stack_policy_before = Some(crate::domain::stack_policy::ALLOW_ALL.to_owned());
    world.plan(&replaced);
    world.finish(false);
    let error = world.deliver(Some("follow")).unwrap().unwrap_err().to_string();
    assert!(
        error.contains("the plan in its artifact was changed after it was planned"),
        "{error}"
    );
    assert_eq!(world.policy().as_deref(), Some(DENY));
}

#[test]
fn a_change_set_of_another_run_is_refused() {
    let world = World::new(&Setup::default());
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.change_set_name = "cg-0123456-another-run".to_owned();
    });
    assert!(world.refusal().contains("its name is `cg-0123456-another-run`"));
}

#[test]
fn a_change_set_that_somebody_else_executed_is_refused() {
    let world = World::new(&Setup::default());
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "EXECUTE_COMPLETE".to_owned();
    });
    assert!(world.refusal().contains("it was not this guard that executed it"));
}

#[test]
fn a_stack_that_was_changed_after_the_plan_is_refused_and_planned_anew_once() {
    let world = World::new(&Setup::default());
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-23T09:45:00Z".to_owned());
    });
    let message = world.refusal();
    assert!(
        message.contains("the stack last changed at 2026-11-01T00:00:00Z when it was planned"),
        "{message}"
    );
    let fresh = format!("started-fresh-{RUN}");
    assert!(message.contains(&format!("run {fresh} was started")), "{message}");
    assert!(
        message.contains(&format!("/executions/{fresh}/timeline?region=")),
        "{message}"
    );
    let started = world.pipelines.started();
    assert_eq!(started.len(), 1);
    assert!(
        started[0].source_versions.is_empty(),
        "the fresh run reads what is current"
    );
    assert!(world.refusal().contains(&fresh));
    assert_eq!(world.pipelines.started().len(), 1);
}

#[test]
fn a_stack_policy_that_was_changed_after_the_plan_is_refused() {
    for wanted in [None, Some(DENY)] {
        let mut setup = Setup::default();
        setup.gate.stack_policy = wanted.map(Into::into);
        let world = World::new(&setup);
        let policy = crate::domain::stack_policy::ALLOW_ALL;
        world
            .cloudformation
            .edit(STACK, |held| held.policy = Some(policy.to_owned()));
        assert!(world.refusal().contains("the stack policy was changed since"));
    }
}
