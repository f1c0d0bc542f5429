//! Each line of defence of the guard, broken alone: the others hold what stands behind it, and it holds by itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::steps::*;
use super::world::*;
use crate::domain::actions::PIPELINE_TYPE;
use crate::domain::change_set::description::{Change, ResourceChange};
use crate::domain::keys;
use crate::domain::provenance::{Provenance, RecordId};
use crate::flows::FlowError;
use crate::flows::execute_change_set::execute_change_set;
use crate::flows::fakes::Fault;

#[test]
fn a_rollback_that_shows_in_the_trigger_alone_is_refused() {
    for trigger in ["ManualRollback", "AutomatedRollback"] {
        let world = World::new(&Setup::default());
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.execution.execution_type = None;
            run.execution.trigger_type = Some(trigger.to_owned());
        });
        assert!(world.refusal().contains("this run is a rollback"), "{trigger}");
    }
    for trigger in [None, Some("StartPipelineExecution"), Some("RollbackNever")] {
        let world = World::new(&Setup::default());
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.execution.execution_type = Some("STANDARD".to_owned());
            run.execution.trigger_type = trigger.map(str::to_owned);
        });
        waits(world.step(None));
    }
}

/// The world of the root pipeline, whose change set has this change besides.
fn root(change: ResourceChange) -> World {
    let setup = Setup {
        is_root: true,
        ..Setup::default()
    };
    let world = World::new_with(&setup, |world| {
        world.cloudformation.edit(STACK, |held| {
            held.change_sets[0].description.changes.push(Change {
                resource_change: Some(change),
                ..Change::default()
            });
        });
    });
    world.pipelines.with_run("changegate-orders", "busy");
    world
        .evidence
        .seed(&keys::claim("changegate-orders", "busy"), r#"{"claim":"executing"}"#);
    world
}

fn of_orders(action: &str, resource_type: &str) -> ResourceChange {
    ResourceChange {
        action: action.to_owned(),
        logical_resource_id: "Orders".to_owned(),
        physical_resource_id: Some("changegate-orders".to_owned()),
        resource_type: resource_type.to_owned(),
        ..ResourceChange::default()
    }
}

#[test]
fn the_root_pipeline_waits_also_for_an_execution_that_is_being_stopped() {
    for action in ["Modify", "Remove"] {
        let world = root(of_orders(action, PIPELINE_TYPE));
        world.pipelines.edit_run("changegate-orders", "busy", |run| {
            run.execution.status = "Stopping".to_owned();
        });
        let (_, summary, _) = waits(world.step(None));
        assert!(summary.contains("waiting until changegate-orders"), "{summary}");
        assert_eq!(world.executions(), 0);
    }
}

#[test]
fn the_root_pipeline_waits_for_no_pipeline_that_it_adds_and_for_nothing_that_is_none() {
    for change in [
        of_orders("Add", PIPELINE_TYPE),
        of_orders("Modify", "AWS::SNS::Topic"),
        of_orders("Remove", "AWS::SNS::Topic"),
    ] {
        let world = root(change.clone());
        waits(world.step(None));
        assert_eq!(world.executions(), 1, "{change:?}");
    }
}

/// A gate under which authors do not approve alone, and alice is the author.
fn of_others() -> Setup {
    let mut setup = Setup {
        approvers: vec![ALICE],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    setup
}

#[test]
fn the_author_does_not_approve_the_first_change_of_a_stack_either() {
    let world = World::new(&of_others());
    world.evidence.remove(&keys::executed(PIPELINE));
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn only_the_sources_that_were_not_executed_yet_have_authors() {
    // Nobody knows from which commit the configuration comes.
    let with_executed = |is_executed: bool| {
        let world = World::new(&Setup {
            approvers: vec![BOB],
            ..of_others()
        });
        let key = keys::zipped(&keys::configuration("production", "network"));
        let unknown = world.source.seed_with(&key, "{}", &[]);
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            let read = run.actions.iter_mut().find(|action| action.action == "Configuration");
            read.unwrap()
                .output_variables
                .insert("VersionId".to_owned(), unknown.clone());
        });
        let mut executed = world.executed();
        let version = if is_executed { unknown } else { "another".to_owned() };
        executed.source_versions.insert("Configuration".to_owned(), version);
        world
            .evidence
            .seed(&keys::executed(PIPELINE), serde_json::to_vec(&executed).unwrap());
        world
    };
    waits(with_executed(true).step(None));
    assert!(with_executed(false).refusal().contains("source action Configuration"));
}

#[test]
fn an_author_is_found_by_the_name_of_the_stack_alone() {
    let world = World::new(&of_others());
    let key = keys::provenance(&RecordId::Commit(COMMIT.to_owned()));
    let mut record: Provenance = serde_json::from_slice(&world.source.bytes(&key).unwrap()).unwrap();
    record.stacks = vec!["network".to_owned()];
    world.source.seed(&key, serde_json::to_vec(&record).unwrap());
    assert!(
        world.refusal().contains("only alice approved"),
        "the stack alone is listed"
    );
}

#[test]
fn pull_requests_are_asked_for_only_where_the_gate_demands_them() {
    let world = World::new(&Setup {
        approvers: vec![BOB],
        ..of_others()
    });
    world.provenance(COMMIT, Some(OLD_COMMIT), Some(pull_request("alice", &[])));
    waits(world.step(None));
}

#[test]
fn the_first_execution_of_a_pipeline_is_recorded() {
    let world = World::new(&Setup::default());
    world.evidence.remove(&keys::executed(PIPELINE));
    waits(world.step(None));
    world.finish(true);
    variables(world.step(None));
    assert_eq!(world.executed().execution, RUN);
}

#[test]
fn a_creation_that_fails_keeps_the_policy_that_the_stack_has() {
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
    failure(world.step(None));
    assert_eq!(world.policy().as_deref(), Some(DENY));
}

#[test]
fn another_delivery_that_claimed_and_has_not_begun_is_waited_for() {
    // What this delivery saw before the claim may be a mixture, so its refusal would be of something else.
    let world = World::new(&Setup {
        approvers: vec![ALICE, ALICE],
        ..Setup::default()
    });
    world.wire.break_next("cloudformation:DescribeStacks", Fault::Hold);
    let (ports, job) = (world.ports(), world.job(None));
    let mut held = std::pin::pin!(execute_change_set(&ports, &world.settings, &job, &world.artifacts));
    assert!((&mut held).now_or_never().is_none(), "nothing was held");
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.wire.release();
    match held.now_or_never().expect("nothing holds it any more") {
        Err(FlowError::NotYet(why)) => assert!(why.contains("another delivery"), "{why}"),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.executions(), 0);
    // The next delivery knows of the claim from the start: the claim alone lets nothing pass.
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn an_author_without_any_principal_is_unknown_whatever_the_gate_lists_for_others() {
    let mut setup = of_others();
    setup.approvers = vec![BOB];
    setup.gate.people = Arc::new(BTreeMap::from([("alice".to_owned(), Vec::new())]));
    let message = World::new(&setup).refusal();
    assert!(message.contains("has no IAM principal for alice"), "{message}");
}

#[test]
fn a_run_that_codepipeline_does_not_know_is_not_executed() {
    let world = World::new(&Setup::default());
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.execution.id = "another".to_owned());
    let error = world.deliver(None).unwrap().unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert_eq!(world.executions(), 0);
}

#[test]
fn a_superseded_run_whose_plan_is_stale_starts_no_run_after_it() {
    let world = World::new(&Setup::default());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"superseded","by":"newer"}"#);
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    let message = world.refusal();
    assert!(message.contains("run newer is newer and took over"), "{message}");
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn a_pipeline_without_a_name_is_not_asked_for_its_runs() {
    let world = root(ResourceChange {
        physical_resource_id: Some(String::new()),
        ..of_orders("Modify", PIPELINE_TYPE)
    });
    waits(world.step(None));
    assert_eq!(world.wire.count_of("codepipeline:ListPipelineExecutions"), 0);
}

#[test]
fn a_claim_that_is_denied_is_an_error_and_not_a_claim_of_another() {
    let world = World::new(&Setup::default());
    world.wire.break_next("s3:PutObject", Fault::Denial);
    let error = world.deliver(None).unwrap().unwrap_err();
    assert!(!error.is_transient(), "{error}");
    assert!(error.to_string().contains("s3:PutObject"), "{error}");
    assert_eq!(world.executions(), 0);
}

#[test]
fn the_policy_of_a_stack_that_is_to_be_created_is_not_asked_for() {
    let world = World::new(&Setup {
        is_create: true,
        ..Setup::default()
    });
    waits(world.step(None));
    assert_eq!(world.wire.count_of("cloudformation:GetStackPolicy"), 0);
}

#[test]
fn a_reviewed_document_that_was_replaced_explains_nothing() {
    let world = World::new(&Setup::default());
    let reviewed = world.reviewed_digest();
    world
        .evidence
        .seed(&keys::review(PIPELINE, RUN, 1, "digest.json"), r#"{"version":"0"}"#);
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.on_stack_failure = Some("DELETE".to_owned());
    });
    let message = world.refusal();
    assert!(
        message.contains(&format!("the digest was {reviewed} and is ")) && !message.contains("and is ;"),
        "{message}"
    );
}
