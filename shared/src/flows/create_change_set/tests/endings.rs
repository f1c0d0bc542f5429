//! What a plan ends in.

use super::world::{PIPELINE, RUN, STACK, World, template, variables};
use crate::domain::gate::FirstRun;
use crate::domain::job::{FailureKind, JobOutcome};
use crate::domain::keys;
use crate::flows::ports::OperationEvent;

/// A world whose stack is already as the template says, tags and parameters included.
fn unchanged() -> World {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "CREATE_COMPLETE", &template("new"));
    world.cloudformation.edit(STACK, |held| {
        held.inputs.0.insert("Cidr".to_owned(), "10.0.0.0/16".to_owned());
        held.inputs.1.insert("team".to_owned(), "network".to_owned());
    });
    world
}

#[test]
fn the_same_template_at_another_commit_is_no_change() {
    let world = unchanged();
    let variables = variables(world.deliver().unwrap());
    assert_eq!(variables["Outcome"], "no-changes");
    assert_eq!(variables["ChangeSetArn"], "none");
    assert_eq!(
        variables["Summary"],
        "stack `network` is already as commit 0123456 says"
    );
}

#[test]
fn changed_outputs_alone_are_changes() {
    let world = unchanged();
    let mut with_output = template("new");
    with_output.insert_str(1, r#""Outputs": {"A": {"Value": "x"}}, "#);
    world.artifacts.with("Template", with_output);
    let variables = variables(world.deliver().unwrap());
    assert_eq!(variables["Outcome"], "changes");
    assert!(
        variables["Summary"].contains("no resource changes"),
        "{}",
        variables["Summary"]
    );
    assert_ne!(variables["ChangeSetArn"], "none");
}

#[test]
fn a_stack_policy_alone_is_changes_without_a_change_set() {
    let policy = r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    for (held, expected) in [(None, "changes"), (Some(policy), "no-changes")] {
        let world = World::with_gate(|gate| gate.stack_policy = Some(policy.to_owned()));
        let unchanged = unchanged().cloudformation.look(STACK).unwrap();
        world
            .cloudformation
            .with_stack(STACK, "CREATE_COMPLETE", &unchanged.template);
        world.cloudformation.edit(STACK, |stack| {
            stack.inputs = unchanged.inputs;
            stack.policy = held.map(str::to_owned);
        });
        let variables = variables(world.deliver().unwrap());
        assert_eq!(variables["Outcome"], expected);
        assert_eq!(variables["ChangeSetArn"], "none");
        assert_eq!(world.planned().stack_policy_before.as_deref(), held);
    }
}

#[test]
fn the_run_that_creating_the_pipeline_starts_is_held() {
    let world = World::with_gate(|gate| gate.first_run = FirstRun::Hold);
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");

    let world = World::with_gate(|gate| gate.first_run = FirstRun::Hold);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.trigger_type = Some("CreatePipeline".to_owned());
    });
    let variables = variables(world.deliver().unwrap());
    assert_eq!(variables["Outcome"], "held");
    let how = "aws codepipeline start-pipeline-execution --name changegate-network";
    assert!(variables["Summary"].contains(how), "{}", variables["Summary"]);
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
}

#[test]
fn an_import_whose_export_does_not_exist_blocks_the_run_and_leaves_a_note() {
    let world = World::new();
    let importing = template("new").replace(r#""new""#, r#"{"Fn::ImportValue": "vpc-id"}"#);
    world.artifacts.with("Template", importing);
    for _ in 0..2 {
        let variables = variables(world.deliver().unwrap());
        assert_eq!(variables["Outcome"], "blocked");
        assert!(variables["Summary"].contains("`vpc-id`"), "{}", variables["Summary"]);
    }
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
    let note = world.evidence.text(&keys::waiting(PIPELINE)).unwrap();
    assert!(note.contains(r#""export": "vpc-id""#), "{note}");

    world.cloudformation.with_export("vpc-id", "network-base");
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}

#[test]
fn a_blocked_run_names_the_stack_that_will_have_the_export() {
    let world = World::new();
    let importing = template("new").replace(r#""new""#, r#"{"Fn::ImportValue": "base-vpc-id"}"#);
    world.artifacts.with("Template", importing);
    world.source.seed(
        &keys::catalogue("production"),
        r#"{"version": 1, "environment": "production", "stacks": [{"name": "base", "stackName": "prod-base",
        "gate": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "template": "stacks/base.json",
        "templateKey": "t", "configurationKey": "c"}]}"#,
    );
    world.source.seed(
        &keys::source("stacks/base.json"),
        r#"{"Parameters": {"Prefix": {"Type": "String"}},
        "Outputs": {"Vpc": {"Value": "x", "Export": {"Name": {"Fn::Sub": "${Prefix}-vpc-id"}}}}}"#,
    );
    world.source.seed(
        &keys::configuration("production", "base"),
        r#"{"Parameters": {"Prefix": "base"}}"#,
    );
    let variables = variables(world.deliver().unwrap());
    let words = "imports `base-vpc-id` of stack `prod-base`";
    assert!(variables["Summary"].contains(words), "{}", variables["Summary"]);
}

#[test]
fn cloudformations_own_word_for_a_missing_export_blocks_as_well() {
    let world = unchanged();
    world
        .cloudformation
        .fail_next_change_set("No export named vpc-id found. Rollback requested by user.", Vec::new());
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "blocked");
}

#[test]
fn findings_of_the_validation_are_told_with_their_place() {
    let world = World::new();
    let finding = |reason: &str, mode: &str| OperationEvent {
        event_type: "VALIDATION_ERROR".to_owned(),
        logical_id: "Topic".to_owned(),
        validation_status: "FAILED".to_owned(),
        validation_mode: mode.to_owned(),
        path: "/Resources/Topic/Properties/TopicName".to_owned(),
        reason: reason.to_owned(),
        ..OperationEvent::default()
    };
    let events = vec![finding("is not a topic name", "FAIL"), finding("is odd", "WARN")];
    let reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation].";
    world.cloudformation.fail_next_change_set(reason, events);
    let JobOutcome::Failed { kind, message, .. } = world.deliver().unwrap() else {
        panic!("it fails");
    };
    assert_eq!(kind, FailureKind::Configuration);
    let place = "Topic (/Resources/Topic/Properties/TopicName): is not a topic name";
    assert!(message.contains(place) && !message.contains("odd"), "{message}");
}

#[test]
fn anything_else_is_told_in_cloudformations_own_words() {
    let world = World::new();
    world
        .cloudformation
        .fail_next_change_set("Parameters: [Size] must have values", Vec::new());
    let JobOutcome::Failed {
        message,
        external_execution_id,
        ..
    } = world.deliver().unwrap()
    else {
        panic!("it fails");
    };
    assert!(message.contains("Parameters: [Size] must have values"), "{message}");
    assert!(external_execution_id.unwrap().contains("changeSet/cg-0123456"));
}

#[test]
fn a_missing_capability_is_named_with_what_needs_it() {
    let world = World::with_gate(|gate| gate.capabilities.clear());
    world.artifacts.with(
        "Template",
        r#"{"Resources": {"Admin": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "admin"}}}}"#,
    );
    let error = world.deliver().unwrap_err();
    assert_eq!(error.kind(), FailureKind::Configuration);
    let error = error.to_string();
    for part in [
        "CAPABILITY_NAMED_IAM",
        "Admin (AWS::IAM::Role, with a name of its own)",
        "changegate.yaml",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_previous_value_of_a_stack_that_does_not_exist_is_refused() {
    let world = World::new();
    world.artifacts.with(
        "Configuration",
        r#"{"Parameters": {"Password": {"UsePreviousValue": true}}}"#,
    );
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("`UsePreviousValue` for Password"), "{error}");

    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "CREATE_COMPLETE", &template("old"));
    world.artifacts.with(
        "Configuration",
        r#"{"Parameters": {"Password": {"UsePreviousValue": true}}}"#,
    );
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
    assert_eq!(world.planned().parameters["Password"], None);
}

#[test]
fn a_retried_stage_plans_afresh() {
    let world = World::new();
    world
        .cloudformation
        .fail_next_change_set("Template error: x", Vec::new());
    assert!(matches!(world.deliver().unwrap(), JobOutcome::Failed { .. }));
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].id = "the second attempt".to_owned();
    });
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
    assert_eq!(world.wire.count_of("cloudformation:DeleteChangeSet"), 1);
    assert_eq!(world.cloudformation.look(STACK).unwrap().change_sets.len(), 1);
}
