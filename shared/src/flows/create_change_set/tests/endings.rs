//! What a plan ends in.

use super::world::{PIPELINE, RUN, STACK, World, template, variables};
use crate::domain::gate::FirstRun;
use crate::domain::job::{FailureKind, JobOutcome};
use crate::domain::keys;
use crate::flows::fakes::Fault;
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
fn a_first_change_set_without_any_change_is_no_stack_that_is_as_it_should_be() {
    let policy = r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;
    for policy in [None, Some(policy)] {
        let world = World::with_gate(|gate| gate.stack_policy = policy.map(Into::into));
        let reason = "The submitted information didn't contain changes. Submit different information to create a \
                      change set.";
        world.cloudformation.fail_next_change_set(reason, Vec::new());
        let JobOutcome::Failed { kind, message, .. } = world.deliver().unwrap() else {
            panic!("there is no stack");
        };
        assert_eq!(kind, FailureKind::Configuration);
        assert!(
            message.starts_with("there is nothing to create stack `network` from"),
            "{message}"
        );
    }
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
        let world = World::with_gate(|gate| gate.stack_policy = Some(policy.into()));
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

#[test]
fn a_retry_waits_for_the_deletion_of_what_the_attempt_before_it_made() {
    let world = World::new();
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].id = "the second attempt".to_owned();
    });
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.status = "DELETE_IN_PROGRESS".to_owned();
    });
    let error = world.deliver().unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("is being deleted"),
        "{error}"
    );
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 1);
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}

#[test]
fn a_capability_that_only_the_processed_template_needs_is_named_as_well() {
    let world = World::with_gate(|gate| gate.capabilities.clear());
    world.artifacts.with(
        "Template",
        r#"{"Transform": "AWS::Serverless-2016-10-31", "Resources": {"Api": {"Type": "AWS::Serverless::Function"}}}"#,
    );
    world
        .cloudformation
        .fail_next_change_set("Requires capabilities : [CAPABILITY_IAM]", Vec::new());
    let JobOutcome::Failed { kind, message, .. } = world.deliver().unwrap() else {
        panic!("it fails");
    };
    assert_eq!(kind, FailureKind::Configuration);
    for part in [
        "CAPABILITY_IAM",
        "Api (AWS::Serverless::Function)",
        "the transform AWS::Serverless-2016-10-31",
        "Add it to `capabilities` of stack `network` in changegate.yaml",
    ] {
        assert!(message.contains(part), "{message}");
    }
}

/// A world whose next change set fails for a nested one, which gives this reason.
fn nested(reason: &str) -> World {
    let world = World::new();
    world
        .cloudformation
        .with_stack("network-Child-1A", "REVIEW_IN_PROGRESS", "{}");
    let arn = "arn:aws:cloudformation:eu-west-1:000000000000:changeSet/cg-0123456-Child-1A/0a1b";
    world.cloudformation.edit("network-Child-1A", |held| {
        held.change_sets.push(crate::flows::fakes::FakeChangeSet {
            description: crate::domain::change_set::description::ChangeSetDescription {
                change_set_id: arn.to_owned(),
                stack_name: "network-Child-1A".to_owned(),
                status: "FAILED".to_owned(),
                execution_status: "UNAVAILABLE".to_owned(),
                status_reason: Some(reason.to_owned()),
                ..Default::default()
            },
            ..Default::default()
        });
    });
    let reason = format!("Nested change set {arn} was not successfully created: Currently in FAILED.");
    world.cloudformation.fail_next_change_set(&reason, Vec::new());
    world
}

#[test]
fn a_plan_that_fails_with_a_macro_of_the_account_says_where_its_function_is_named() {
    let with_macro = || {
        let world = World::new();
        let text = template("new").replacen('{', r#"{"Transform": ["AWS::LanguageExtensions", "Expand"], "#, 1);
        world.artifacts.with("Template", text);
        world
    };
    let told = "The template uses the macro `Expand`: plans may call the function of a macro only when the parameter \
                `MacroFunctionArns` of Changegate's own stack names it";
    let failed = with_macro();
    failed
        .cloudformation
        .fail_next_change_set("Failed to execute transform 000000000000::Expand", Vec::new());
    let JobOutcome::Failed { message, .. } = failed.deliver().unwrap() else {
        panic!("it fails");
    };
    assert!(message.ends_with(told), "{message}");

    for fault in [Fault::Denial, Fault::Refusal] {
        let refused = with_macro();
        refused.wire.break_next("cloudformation:CreateChangeSet", fault);
        let error = refused.deliver().unwrap_err();
        assert!(error.to_string().ends_with(told), "{fault:?}: {error}");
    }

    let plain = World::new();
    plain.wire.break_next("cloudformation:CreateChangeSet", Fault::Denial);
    assert!(!plain.deliver().unwrap_err().to_string().contains("macro"));
}

#[test]
fn a_failed_nested_change_set_is_asked_why() {
    let world = nested("Template error: instance of Fn::GetAtt references undefined resource X");
    let JobOutcome::Failed {
        message,
        external_execution_id,
        ..
    } = world.deliver().unwrap()
    else {
        panic!("it fails");
    };
    let words = "in the nested stack `network-Child-1A`: Template error: instance of Fn::GetAtt references undefined";
    assert!(message.contains(words), "{message}");
    assert!(
        external_execution_id.unwrap().contains(RUN),
        "the root's own set is named"
    );

    let world = nested("No export named vpc-id found");
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "blocked");
}

#[test]
fn why_a_change_set_failed_is_told_also_when_its_findings_cannot_be_read() {
    for fault in [Fault::Denial, Fault::Throttle] {
        let world = World::new();
        world
            .cloudformation
            .fail_next_change_set("Template error: odd", Vec::new());
        world.wire.break_next("cloudformation:DescribeEvents", fault);
        let outcome = match (fault, world.deliver()) {
            (Fault::Throttle, outcome) => {
                assert!(outcome.unwrap_err().is_transient());
                world.deliver()
            }
            (_, outcome) => outcome,
        };
        let JobOutcome::Failed { message, .. } = outcome.unwrap() else {
            panic!("it fails");
        };
        assert!(message.contains("Template error: odd"), "{message}");
    }
}

#[test]
fn an_import_whose_name_only_cloudformation_knows_does_not_block() {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "CREATE_COMPLETE", &template("old"));
    world.artifacts.with(
        "Template",
        r#"{"Parameters": {"Net": {"Type": "String", "Default": "old"}}, "Resources": {"Topic": {"Type":
        "AWS::SNS::Topic", "Properties": {"A": {"Fn::ImportValue": {"Fn::Sub": "${Net}-vpc"}}}}}}"#,
    );
    world.artifacts.with(
        "Configuration",
        r#"{"Parameters": {"Net": {"UsePreviousValue": true}}}"#,
    );
    assert_eq!(variables(world.deliver().unwrap())["Outcome"], "changes");
}

#[test]
fn a_nested_stack_that_cannot_be_planned_before_the_execution_is_explained() {
    for reason in [
        "Usage of {{IntrinsicFunction:network-Child-1A//Fn::ImportValue}} is not allowed.",
        "TemplateURL must be a supported URL.",
    ] {
        let JobOutcome::Failed { message, kind, .. } = nested(reason).deliver().unwrap() else {
            panic!("it fails");
        };
        assert_eq!(kind, FailureKind::Configuration);
        assert!(message.contains(reason.trim_end_matches('.')), "{message}");
        assert!(message.contains("through a parameter of the stack"), "{message}");
        assert!(
            message.contains("never plans a nested stack without its own change set"),
            "{message}"
        );
    }
}
