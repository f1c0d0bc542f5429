//! Somebody tries to get round the guard. Each attempt is refused with its reason, and the stack stays untouched.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::steps::*;
use super::world::*;
use crate::domain::change_set::description::{Change, ResourceChange};
use crate::domain::keys;
use crate::domain::provenance::{Provenance, RecordId};
use crate::domain::template::NESTED_STACK;

#[test]
fn one_principal_who_approves_twice_through_two_sessions_is_refused() {
    let sessions = [
        "arn:aws:sts::000000000000:assumed-role/Operators/alice",
        "arn:aws:sts::000000000000:assumed-role/Operators/bob",
    ];
    let world = World::new(&Setup {
        approvers: sessions.to_vec(),
        ..Setup::default()
    });
    insta::assert_snapshot!(
        world.refusal(),
        @"not executed: approvals by 2 different people are needed, and only any session of role Operators approved; for a new review and new approvals run `aws codepipeline retry-stage-execution --pipeline-name changegate-network --stage-name Apply --pipeline-execution-id 11111111-2222-3333-4444-555555555555 --retry-mode ALL_ACTIONS`"
    );
}

#[test]
fn the_author_who_approves_the_own_change_is_refused() {
    let mut setup = Setup {
        approvers: vec![ALICE],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    let message = World::new(&setup).refusal();
    assert!(
        message.contains("only alice approved, who made, merged or pushed the change"),
        "{message}"
    );
}

#[test]
fn an_author_of_an_earlier_commit_that_was_never_executed_is_an_author_still() {
    let middle = "bbbbbbb000000000000000000000000000000000";
    let mut setup = Setup {
        approvers: vec![ALICE],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    let world = World::new(&setup);
    world.provenance(middle, Some(OLD_COMMIT), Some(pull_request("alice", &[])));
    world.provenance(COMMIT, Some(middle), Some(pull_request("bob", &[])));
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn the_author_of_a_catalogue_does_not_approve_it_alone_whatever_the_records_list() {
    let mut setup = Setup {
        approvers: vec![ALICE],
        is_root: true,
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    let world = World::new(&setup);
    assert!(world.refusal().contains("only alice approved"));
    let mut record: Provenance = serde_json::from_slice(
        &world
            .source
            .bytes(&keys::provenance(&RecordId::Commit(COMMIT.to_owned())))
            .unwrap(),
    )
    .unwrap();
    record.stacks.clear();
    world.source.seed(
        &keys::provenance(&RecordId::Commit(COMMIT.to_owned())),
        serde_json::to_vec(&record).unwrap(),
    );
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn a_source_that_does_not_name_its_commit_has_an_unknown_author() {
    let mut setup = Setup {
        approvers: vec![BOB],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    waits(World::new(&setup).step(None));
    for action in ["Template", "Configuration"] {
        let world = World::new(&setup);
        let key = match action {
            "Template" => keys::source(&setup.gate.template),
            _ => keys::configuration("production", "network"),
        };
        let version = world.source.seed(&keys::zipped(&key), "by another hand").version;
        world.reads(action, Some(&version));
        let message = world.refusal();
        assert!(
            message.contains(&format!(
                "the object that source action {action} read does not name its commit"
            )),
            "{message}"
        );
    }
}

#[test]
fn an_author_whose_login_nobody_knows_demands_one_approver_more() {
    let mut setup = Setup {
        approvers: vec![BOB],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    let world = World::new(&setup);
    world.provenance(COMMIT, Some(OLD_COMMIT), Some(pull_request("mallory", &[])));
    let message = world.refusal();
    assert!(message.contains("has no IAM principal for mallory"), "{message}");
    assert!(message.contains("`approvals: 2`"), "{message}");
}

#[test]
fn a_pipeline_variable_makes_nobody_the_author() {
    let mut setup = Setup {
        approvers: vec![ALICE],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    let world = World::new(&setup);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for action in &mut run.actions {
            action
                .output_variables
                .insert("Author".to_owned(), "somebody-else".to_owned());
        }
    });
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn approvals_that_were_given_before_the_review_do_not_count() {
    let world = World::new(&Setup::default());
    let digest = world.reviewed_digest();
    // The stage was retried as a whole: a new review, and nobody has answered since.
    world.act("DescribeChangeSet", "Invoke", "09:59", &[("Digest", &digest)]);
    assert!(waits(world.step(None)).1.contains("approvals"));
    let message = world.refusal();
    assert!(message.contains("shows 0 that were given to its review"), "{message}");
    assert_eq!(world.executions(), 0);
}

#[test]
fn a_comment_that_claims_to_be_another_approver_is_not_read() {
    // Every approval of this world claims in its comment to be carol's.
    let world = World::new(&Setup {
        approvers: vec![ALICE, ALICE],
        ..Setup::default()
    });
    assert!(world.refusal().contains("only alice approved"));
}

#[test]
fn root_is_nobody() {
    let root = "arn:aws:iam::000000000000:root";
    let world = World::new(&Setup {
        approvers: vec![ALICE, root],
        ..Setup::default()
    });
    assert!(world.refusal().contains("does not count as a person"));
}

#[test]
fn a_forged_job_that_names_a_real_run_is_refused() {
    let mut world = World::new(&Setup::default());
    world.parameters = world.parameters.replace("\"digest\"", " \"digest\"");
    let message = world.refusal();
    assert!(message.contains("this job was not sent by CodePipeline"), "{message}");
}

#[test]
fn an_old_job_that_is_replayed_is_refused() {
    for status in ["Succeeded", "Failed", "Abandoned"] {
        let world = World::new(&Setup::default());
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.actions[0].status = status.to_owned();
            run.execution.status = "Failed".to_owned();
        });
        assert!(
            world
                .refusal()
                .contains("shows only attempts of `ExecuteChangeSet` that have ended"),
            "{status}"
        );
    }
}

#[test]
fn a_forged_continuation_token_skips_no_check() {
    for token in ["follow", "history", "pipelines", "anything"] {
        let world = World::new(&Setup {
            approvers: vec![ALICE, ALICE],
            ..Setup::default()
        });
        assert!(
            failure(world.step(Some(token))).contains("only alice approved"),
            "{token}"
        );
        assert_eq!(world.executions(), 0);
    }
}

#[test]
fn a_pipeline_that_was_not_provisioned_is_refused() {
    let world = World::new(&Setup::default());
    world
        .cloudformation
        .edit("changegate-pipelines", |held| held.resources.clear());
    assert!(world.refusal().contains("is not one of stack `changegate-pipelines`"));
}

#[test]
fn a_gate_document_that_was_changed_is_refused() {
    let setup = Setup::default();
    let world = World::new(&setup);
    let weak = crate::domain::gate::Gate {
        approvals: 0,
        ..setup.gate.clone()
    };
    world
        .source
        .seed(&keys::gate(setup.gate.digest()), weak.to_canonical_json());
    assert!(world.refusal().contains("was changed in the source bucket"));
}

#[test]
fn a_weaker_gate_under_its_own_hash_is_not_what_the_pipeline_carries() {
    let setup = Setup::default();
    let mut world = World::new(&setup);
    let weak = crate::domain::gate::Gate {
        approvals: 0,
        ..setup.gate.clone()
    };
    world.source.seed(&keys::gate(weak.digest()), weak.to_canonical_json());
    world.parameters = world
        .parameters
        .replace(&setup.gate.digest().to_string(), &weak.digest().to_string());
    assert!(world.refusal().contains("this job was not sent by CodePipeline"));
}

#[test]
fn a_stage_condition_that_was_overridden_is_refused() {
    for outcome in ["no-changes", "held", "blocked", ""] {
        let world = World::new(&Setup::default());
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            let plan = run.actions.iter_mut().find(|action| action.action == "CreateChangeSet");
            plan.unwrap()
                .output_variables
                .insert("Outcome".to_owned(), outcome.to_owned());
        });
        let message = world.refusal();
        assert!(message.contains("stage conditions must not be overridden"), "{message}");
    }
}

#[test]
fn a_rollback_execution_is_refused_and_told_to_revert_the_commit() {
    let world = World::new(&Setup::default());
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.execution_type = Some("ROLLBACK".to_owned());
    });
    insta::assert_snapshot!(
        world.refusal(),
        @"not executed: this run is a rollback of the stage, which would apply an old plan; revert the commit in the repository instead (`git revert`): the revert is planned, reviewed and approved like any change"
    );
}

#[test]
fn a_digest_that_no_review_of_this_run_has_is_refused() {
    let world = World::new(&Setup::default());
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions.retain(|action| action.action != "DescribeChangeSet");
    });
    assert!(world.refusal().contains("shows no review with the digest"));
}

#[test]
fn a_release_that_was_skipped_is_refused() {
    let mut setup = Setup::default();
    setup.gate.release = true;
    assert!(World::new(&setup).refusal().contains("nobody answered `Release`"));
}

#[test]
fn a_release_that_was_pressed_before_the_review_rejected_or_is_another_action_is_none() {
    let mut setup = Setup::default();
    setup.gate.release = true;
    let refused = |press: &dyn Fn(&World)| {
        let world = World::new(&setup);
        press(&world);
        let message = world.refusal();
        assert!(message.contains("nobody answered `Release`"), "{message}");
    };
    refused(&|world| {
        world.approve("Release", ALICE, "09:39");
    });
    refused(&|world| {
        world.approve("Release", ALICE, "09:55");
        world
            .pipelines
            .edit_run(PIPELINE, RUN, |run| run.actions[0].status = "Failed".to_owned());
    });
    refused(&|world| world.act("Release", "Invoke", "09:55", &[]));
    let world = World::new(&setup);
    world.approve("Release", ALICE, "09:55");
    waits(world.step(None));
}

#[test]
fn somebody_whom_the_gate_does_not_list_neither_approves_nor_releases() {
    let mut setup = Setup::default();
    setup.gate.approvers = Some(vec!["user/alice".to_owned(), "user/carol".to_owned()]);
    let message = World::new(&setup).refusal();
    assert!(
        message.contains("user/bob answered and is not among the approvers of this stack")
            && message.contains("those who may approve are user/alice, user/carol"),
        "{message}"
    );

    setup.gate.approvers = Some(vec!["user/alice".to_owned(), "user/bob".to_owned()]);
    waits(World::new(&setup).step(None));
    setup.gate.release = true;
    let world = World::new(&setup);
    world.approve("Release", "arn:aws:iam::000000000000:user/mallory", "09:55");
    let message = world.refusal();
    assert!(
        message.contains("user/mallory answered and is not among the approvers"),
        "{message}"
    );
    world.approve("Release", BOB, "09:56");
    waits(world.step(None));
}

#[test]
fn an_author_who_is_listed_as_a_shared_role_does_not_approve_alone() {
    let mut setup = Setup {
        approvers: vec!["arn:aws:sts::000000000000:assumed-role/Shared/alice"],
        ..Setup::default()
    };
    setup.gate.approvals = 1;
    setup.gate.author_may_approve = false;
    setup.gate.people = Arc::new(BTreeMap::from([(
        "alice".to_owned(),
        vec!["arn:aws:iam::000000000000:role/Shared".to_owned()],
    )]));
    let message = World::new(&setup).refusal();
    assert!(
        message.contains("only alice approved, who made"),
        "the role is hers: {message}"
    );
    setup.gate.session_name_roles = vec!["arn:aws:iam::000000000000:role/Shared".to_owned()];
    let message = World::new(&setup).refusal();
    assert!(
        message.contains("has no IAM principal for alice"),
        "many are behind the role: {message}"
    );
}

#[test]
fn a_nested_stack_without_a_change_set_of_its_own_is_not_executed_whatever_was_approved() {
    for action in ["Add", "Modify", "Import", "Dynamic"] {
        let world = World::new(&Setup::default());
        world.cloudformation.edit(STACK, |held| {
            held.change_sets[0].description.changes.push(Change {
                resource_change: Some(ResourceChange {
                    action: action.to_owned(),
                    logical_resource_id: "Helper".to_owned(),
                    resource_type: NESTED_STACK.to_owned(),
                    ..ResourceChange::default()
                }),
                ..Change::default()
            });
        });
        let message = world.refusal();
        assert!(
            message.contains("what would happen in the nested stack `Helper` is not shown")
                && message.contains(&format!("its change is `{action}`")),
            "{message}"
        );
        assert_eq!(world.executions(), 0);
        assert_eq!(world.claim(), None);
    }
}

#[test]
fn a_rollback_that_only_its_trigger_tells_is_refused() {
    for trigger in ["ManualRollback", "AutomatedRollback"] {
        let world = World::new(&Setup::default());
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.execution.execution_type = None;
            run.execution.trigger_type = Some(trigger.to_owned());
        });
        let message = world.refusal();
        assert!(message.contains("this run is a rollback"), "{trigger}: {message}");
    }
}

#[test]
fn a_run_whose_trigger_nobody_tells_is_no_rollback() {
    let world = World::new(&Setup::default());
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.execution_type = None;
        run.execution.trigger_type = None;
    });
    waits(world.step(None));
    assert_eq!(world.executions(), 1);
}
