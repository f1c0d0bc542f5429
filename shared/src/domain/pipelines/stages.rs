//! The stages of a pipeline and their actions.

use std::collections::BTreeMap;

use super::PipelinesSettings;
use super::declaration::{Action, Artifact, Condition, Conditions, Rule, Stage, TypeId};
use super::render_error::RenderError;
use crate::domain::gate::Gate;
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::UserParameters;
use crate::domain::{actions, keys, planned_change};

/// What CodePipeline puts into an action's configuration. All are of a closed alphabet: CodePipeline does not escape.
mod interpolated {
    /// A UUID.
    pub(super) const EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";
    /// An ARN, or `none`.
    pub(super) const CHANGE_SET: &str = "#{Plan.ChangeSetArn}";
    /// 64 hexadecimal digits.
    pub(super) const DIGEST: &str = "#{Review.Digest}";
    /// A word.
    pub(super) const OUTCOME: &str = "#{Plan.Outcome}";
    /// What may stand in JSON.
    pub(super) const CLOSED: &[&str] = &[EXECUTION, CHANGE_SET, DIGEST];
    /// What may be the whole of a value.
    pub(super) const ALONE: &[&str] = &[SUMMARY, LINK];
    /// Text for the approver; it stands alone, in no JSON.
    pub(super) const SUMMARY: &str = "#{Review.Summary}";
    /// A URL; it stands alone, in no JSON.
    pub(super) const LINK: &str = "#{Review.Link}";
}

/// Whether CodePipeline fills in nothing but what is meant, and nothing of an open alphabet beside other text.
pub(super) fn is_closed(value: &str) -> bool {
    let mut rest = value.to_owned();
    for known in interpolated::CLOSED {
        rest = rest.replace(known, "");
    }
    interpolated::ALONE.contains(&value) || !rest.contains("#{")
}

pub(super) fn sources(gate: &Gate, settings: &PipelinesSettings) -> Stage {
    let source = |name: &'static str, namespace: &'static str, key: String| Action {
        name,
        action_type_id: TypeId::of("Source", "S3"),
        run_order: 1,
        namespace: Some(namespace),
        input_artifacts: Vec::new(),
        output_artifacts: vec![Artifact { name }],
        configuration: BTreeMap::from([
            ("S3Bucket", settings.source_bucket.clone()),
            ("S3ObjectKey", keys::zipped(&key)),
            // Left out it would poll: https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
            ("PollForSourceChanges", "false".to_owned()),
        ]),
    };
    let configuration = keys::configuration(&settings.environment, &gate.stack);
    Stage {
        name: actions::SOURCE_STAGE,
        before_entry: None,
        actions: vec![
            source(actions::TEMPLATE, "TemplateSource", keys::source(&gate.template)),
            source(actions::CONFIGURATION, "ConfigurationSource", configuration),
        ],
    }
}

/// What an action is told of its run.
fn user_parameters(pipeline: &str, gate: Sha256) -> UserParameters {
    UserParameters {
        pipeline: pipeline.to_owned(),
        execution: interpolated::EXECUTION.to_owned(),
        gate: gate.to_string(),
        change_set: None,
        digest: None,
    }
}

fn invoke(
    name: &'static str,
    run_order: u8,
    namespace: &'static str,
    function: &str,
    parameters: &UserParameters,
    inputs: &[&'static str],
) -> Action {
    Action {
        name,
        action_type_id: TypeId::of("Invoke", "Lambda"),
        run_order,
        namespace: Some(namespace),
        input_artifacts: inputs.iter().map(|name| Artifact { name }).collect(),
        output_artifacts: Vec::new(),
        configuration: BTreeMap::from([
            ("FunctionName", function.to_owned()),
            ("UserParameters", serde_json::to_string(parameters).unwrap_or_default()),
        ]),
    }
}

pub(super) fn plan(pipeline: &str, gate: Sha256, settings: &PipelinesSettings) -> Stage {
    let create = Action {
        output_artifacts: vec![Artifact {
            name: planned_change::ARTIFACT,
        }],
        ..invoke(
            actions::CREATE_CHANGE_SET,
            1,
            "Plan",
            &settings.create_function,
            &user_parameters(pipeline, gate),
            &[actions::TEMPLATE, actions::CONFIGURATION],
        )
    };
    Stage {
        name: actions::PLAN_STAGE,
        before_entry: None,
        actions: vec![create],
    }
}

pub(super) fn apply(
    gate: &Gate,
    pipeline: &str,
    digest: Sha256,
    settings: &PipelinesSettings,
    errors: &mut Vec<RenderError>,
) -> Stage {
    let inputs = [planned_change::ARTIFACT, actions::TEMPLATE];
    let described = UserParameters {
        change_set: Some(interpolated::CHANGE_SET.to_owned()),
        ..user_parameters(pipeline, digest)
    };
    let executed = UserParameters {
        digest: Some(interpolated::DIGEST.to_owned()),
        ..described.clone()
    };
    let describe = &settings.describe_function;
    let mut steps = vec![invoke(
        actions::DESCRIBE_CHANGE_SET,
        1,
        "Review",
        describe,
        &described,
        &inputs,
    )];
    match gate.approvals {
        0 => {}
        1 => steps.push(approval(actions::APPROVE_1, 2)),
        2 => steps.extend([approval(actions::APPROVE_1, 2), approval(actions::APPROVE_2, 3)]),
        approvals => errors.push(RenderError::Approvals {
            stack: gate.stack.clone(),
            approvals,
        }),
    }
    if gate.release {
        steps.push(approval(actions::RELEASE, 4));
    }
    let execute = &settings.execute_function;
    steps.push(invoke(
        actions::EXECUTE_CHANGE_SET,
        5,
        "Execution",
        execute,
        &executed,
        &inputs,
    ));
    Stage {
        name: actions::APPLY_STAGE,
        before_entry: Some(only_with_changes()),
        actions: steps,
    }
}

/// The stage is entered when the rule is met, else skipped: a run without changes asks nobody.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>
fn only_with_changes() -> Conditions {
    Conditions {
        conditions: vec![Condition {
            result: "SKIP",
            rules: vec![Rule {
                name: "HasChanges",
                rule_type_id: TypeId::of("Rule", "VariableCheck"),
                configuration: BTreeMap::from([
                    ("Variable", interpolated::OUTCOME.to_owned()),
                    ("Operator", "EQ".to_owned()),
                    ("Value", "changes".to_owned()),
                ]),
            }],
        }],
    }
}

fn approval(name: &'static str, run_order: u8) -> Action {
    Action {
        name,
        action_type_id: TypeId::of("Approval", "Manual"),
        run_order,
        namespace: None,
        input_artifacts: Vec::new(),
        output_artifacts: Vec::new(),
        configuration: BTreeMap::from([
            ("CustomData", interpolated::SUMMARY.to_owned()),
            ("ExternalEntityLink", interpolated::LINK.to_owned()),
        ]),
    }
}
