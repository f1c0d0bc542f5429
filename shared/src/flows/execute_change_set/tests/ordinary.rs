//! The ordinary ways of a run that is in order.

use super::steps::*;
use super::world::*;
use crate::domain::change_set::description::Change;
use crate::domain::gate::Window;
use crate::domain::job::JobOutcome;

#[test]
fn an_approved_change_set_is_executed_once_and_followed_to_rest() {
    let world = World::new(&Setup::default());
    let (token, summary, percent) = waits(world.step(None));
    assert_eq!(
        (token.as_str(), summary.as_str(), percent),
        ("follow", "the execution began", Some(0))
    );
    assert_eq!(world.executions(), 1);
    assert_eq!(world.claim().as_deref(), Some(r#"{"claim":"executing"}"#));

    world.event("Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE", "");
    world.event("Topic", "AWS::SNS::Topic", "CREATE_IN_PROGRESS", "");
    let (token, summary, percent) = waits(world.step(Some(&token)));
    assert_eq!((summary.as_str(), percent), ("1 of 2 resources, now: Topic", Some(50)));

    world.finish(true);
    let outcome = world.step(Some(&token));
    let JobOutcome::Succeeded {
        summary,
        external_execution_id,
        ..
    } = &outcome
    else {
        panic!("did not succeed: {outcome:?}");
    };
    assert_eq!(summary, "stack production-network is UPDATE_COMPLETE");
    assert_eq!(*external_execution_id, world.change_set);
    let variables = variables(outcome);
    assert_eq!(variables["Result"], "executed");
    assert_eq!(variables["StackStatus"], "UPDATE_COMPLETE");
    assert_eq!(world.executions(), 1);
    let executed = world.executed();
    assert_eq!(executed.commit, COMMIT);
    assert_eq!(executed.execution, RUN);
    assert_eq!(executed.change_set_arn, world.change_set);
    assert_eq!(executed.stack_last_changed.as_deref(), Some("2026-11-23T10:00:00Z"));
    assert_eq!(executed.source_versions.len(), 2);
}

#[test]
fn only_resources_count_towards_the_progress() {
    let world = World::new_with(&Setup::default(), |world| {
        world.cloudformation.edit(STACK, |held| {
            held.change_sets[0].description.changes.push(Change::default());
        });
    });
    waits(world.step(None));
    world.event("Queue", "AWS::SQS::Queue", "UPDATE_COMPLETE", "");
    let (_, summary, percent) = waits(world.step(Some("follow")));
    assert!(summary.starts_with("1 of 2 resources"), "{summary}");
    assert_eq!(percent, Some(50));
}

#[test]
fn a_run_that_is_done_answers_the_same_again_and_changes_nothing() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.finish(true);
    let first = world.step(None);
    let (writes, executions) = (world.wire.count_of("s3:PutObject"), world.executions());
    assert_eq!(world.step(None), first);
    assert_eq!(
        (world.wire.count_of("s3:PutObject"), world.executions()),
        (writes, executions)
    );
}

#[test]
fn an_update_whose_leftovers_are_still_removed_is_a_success() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    let status = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS";
    world
        .cloudformation
        .edit(STACK, |held| held.stack.status = status.to_owned());
    world.event(STACK, "AWS::CloudFormation::Stack", status, "");
    assert_eq!(variables(world.step(Some("follow")))["StackStatus"], status);
}

#[test]
fn a_gate_without_approvals_executes_without_anybody() {
    let mut setup = Setup {
        approvers: Vec::new(),
        ..Setup::default()
    };
    setup.gate.approvals = 0;
    setup.gate.author_may_approve = false;
    let world = World::new(&setup);
    // Nobody has to approve, so nobody asks whose change it is.
    world.evidence.seed(&crate::domain::keys::executed(PIPELINE), "damaged");
    waits(world.step(None));
}

#[test]
fn a_stack_is_created_and_gets_its_policy_right_afterwards() {
    let mut setup = Setup {
        is_create: true,
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    let world = World::new(&setup);
    waits(world.step(None));
    assert_eq!(world.policy(), None);
    world.finish(true);
    assert_eq!(variables(world.step(Some("follow")))["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(world.policy().as_deref(), Some(DENY));
}

#[test]
fn a_policy_is_set_before_an_update_only_when_it_differs() {
    let mut setup = Setup {
        policy: Some(DENY),
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.replace(',', ", ").into());
    let world = World::new(&setup);
    waits(world.step(None));
    assert_eq!(world.wire.count_of("cloudformation:SetStackPolicy"), 0);

    setup.policy = None;
    let world = World::new(&setup);
    waits(world.step(None));
    let log = world.wire.log();
    let set = log.find("cloudformation:SetStackPolicy").unwrap();
    assert!(set < log.find("cloudformation:ExecuteChangeSet").unwrap());
    assert_eq!(world.policy().as_deref(), setup.gate.stack_policy.as_deref());
}

#[test]
fn a_run_that_changes_only_the_policy_sets_it_and_executes_nothing() {
    let mut setup = Setup {
        is_policy_only: true,
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    let world = World::new(&setup);
    let variables = variables(world.step(None));
    assert_eq!(variables["Result"], "policy-only");
    assert_eq!(
        world.executed().stack_last_changed,
        world.planned().stack_last_changed,
        "the stack was never updated, so it is as old as it is"
    );
    assert_eq!(variables["StackStatus"], "CREATE_COMPLETE");
    assert_eq!(world.policy().as_deref(), Some(DENY));
    assert_eq!(world.wire.count_of("cloudformation:ExecuteChangeSet"), 0);
    assert_eq!(world.executed().execution, RUN);
}

#[test]
fn the_former_policy_is_put_back_when_the_update_fails() {
    let allow = crate::domain::stack_policy::ALLOW_ALL;
    for (former, put_back) in [(None, allow), (Some(allow), allow)] {
        let mut setup = Setup {
            policy: former,
            ..Setup::default()
        };
        setup.gate.stack_policy = Some(DENY.into());
        let world = World::new(&setup);
        waits(world.step(None));
        assert_eq!(world.policy().as_deref(), Some(DENY));
        world.finish(false);
        failure(world.step(Some("follow")));
        assert_eq!(world.policy().as_deref(), Some(put_back));
        failure(world.step(Some("follow")));
        assert_eq!(world.wire.count_of("cloudformation:SetStackPolicy"), 2);
    }
}

#[test]
fn a_failed_update_names_the_first_cause_its_line_and_that_the_rollback_succeeded() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.finish(false);
    let outcome = world.step(Some("follow"));
    assert!(
        matches!(&outcome, JobOutcome::Failed { external_execution_id, .. } if *external_execution_id == world.change_set)
    );
    insta::assert_snapshot!(
        failure(outcome),
        @"`Topic` (AWS::SNS::Topic, stacks/network/template.json:3) could not be created: Invalid parameter: TopicName. The rollback succeeded: the stack is as it was before. Correct the template and push it"
    );
    assert_eq!(world.executed().execution, "earlier", "a failure is no execution");
}

#[test]
fn a_failed_rollback_names_the_command() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.finish(false);
    let status = "UPDATE_ROLLBACK_FAILED";
    world.cloudformation.edit(STACK, |held| {
        held.events.remove(0);
        held.stack.status = status.to_owned();
    });
    world.event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "still in use");
    world.event(STACK, "AWS::CloudFormation::Stack", status, "");
    let message = failure(world.step(Some("follow")));
    assert!(
        message.contains(
            "continue-update-rollback --stack-name production-network --region eu-west-1 --resources-to-skip Queue`"
        ),
        "{message}"
    );
}

#[test]
fn a_stack_that_is_deleted_during_its_update_ends_the_action() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    let set = world.cloudformation.look(STACK).unwrap().change_sets[0].clone();
    world.cloudformation.remove(STACK);
    // The change set of a stack that is gone can still be described by its ARN.
    world.cloudformation.with_stack("elsewhere", "CREATE_COMPLETE", "{}");
    world
        .cloudformation
        .edit("elsewhere", |held| held.change_sets.push(set));
    assert!(failure(world.step(Some("follow"))).contains("The stack is gone"));
}

#[test]
fn an_open_window_lets_the_change_through() {
    let mut setup = Setup::default();
    setup.gate.window = Some(Window {
        days: vec![1],
        from_minute: 540,
        to_minute: 960,
        time_zone: "Asia/Kolkata".to_owned(),
    });
    waits(World::new(&setup).step(None));
}

#[test]
fn a_release_that_was_pressed_lets_the_change_through() {
    let mut setup = Setup::default();
    setup.gate.release = true;
    let world = World::new(&setup);
    world.approve(
        "Release",
        "arn:aws:sts::000000000000:assumed-role/Operators/anybody",
        "09:58",
    );
    waits(world.step(None));
}

#[test]
fn the_very_first_execution_of_a_pipeline_is_recorded() {
    let world = World::new(&Setup::default());
    world.evidence.remove(&crate::domain::keys::executed(PIPELINE));
    waits(world.step(None));
    world.finish(true);
    variables(world.step(Some("follow")));
    assert_eq!(world.executed().execution, RUN);
}

#[test]
fn a_failure_of_another_operation_among_ours_is_not_the_cause() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.event("Bucket", "AWS::S3::Bucket", "UPDATE_FAILED", "somebody else's trouble");
    world.cloudformation.edit(STACK, |held| {
        held.events[0].client_request_token = Some("somebody-else".to_owned());
    });
    world.finish(false);
    let message = failure(world.step(Some("follow")));
    assert!(message.starts_with("`Topic`"), "{message}");
}

#[test]
fn a_failed_creation_leaves_the_policy_of_the_stack_alone() {
    let mut setup = Setup {
        is_create: true,
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    let world = World::new(&setup);
    waits(world.step(None));
    world
        .cloudformation
        .edit(STACK, |held| held.policy = Some(DENY.to_owned()));
    world.finish(false);
    failure(world.step(Some("follow")));
    assert_eq!(world.policy().as_deref(), Some(DENY));
    assert_eq!(world.wire.count_of("cloudformation:SetStackPolicy"), 0);
}

#[test]
fn a_failure_of_a_run_that_set_no_policy_reads_none() {
    let world = World::new(&Setup::default());
    waits(world.step(None));
    world.finish(false);
    let before = world.wire.count_of("cloudformation:GetStackPolicy");
    failure(world.step(Some("follow")));
    assert_eq!(world.wire.count_of("cloudformation:GetStackPolicy"), before);
}
