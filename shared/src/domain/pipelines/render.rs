//! From gates to the template.

use std::collections::BTreeMap;

use super::declaration::{
    Action, Artifact, ArtifactStore, Condition, Conditions, Pipeline, Resource, Rule, Stage, Tag, Template, TypeId,
    Variable,
};
use super::deployed::{GATE_TAG, STACK_NAME_TAG, STACK_TAG};
use super::names::{logical_id, pipeline_name};
use super::{MAX_TEMPLATE_BYTES, PipelinesSettings};
use crate::domain::catalogue::{MAX_PIPELINE_NAME, RESERVED_NAMES};
use crate::domain::gate::Gate;
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::UserParameters;
use crate::domain::{actions, keys, planned_change};

/// Greatest length of a value in an action's configuration, in characters, before variables are resolved.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionDeclaration.html>
const MAX_CONFIGURATION_VALUE: usize = 1_000;
/// Greatest number of resources of a template.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_RESOURCES: usize = 500;
/// Greatest length of a tag's value.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Tag.html>
const MAX_TAG_VALUE: usize = 256;

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

/// Why a pipeline, or all of them, cannot be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// Two gates are of one stack, or would give one pipeline.
    #[error("stack `{stack}`: the catalogue has it twice")]
    Twice {
        /// The stack.
        stack: String,
    },
    /// A name that no pipeline of a stack can have.
    #[error("stack `{stack}`: its pipeline would be named `{pipeline}`, {reason}; rename the stack in the catalogue")]
    Name {
        /// The stack.
        stack: String,
        /// The pipeline.
        pipeline: String,
        /// Why it cannot be.
        reason: String,
    },
    /// A configuration value beyond what CodePipeline takes.
    #[error(
        "stack `{stack}`: `{key}` of its action {action} has {length} characters, and CodePipeline takes at most \
         {MAX_CONFIGURATION_VALUE}; shorten {shorten}"
    )]
    TooLong {
        /// The stack.
        stack: String,
        /// The action.
        action: &'static str,
        /// The key in the action's configuration.
        key: &'static str,
        /// Its length in characters.
        length: usize,
        /// What to shorten.
        shorten: &'static str,
    },
    /// Something that CodePipeline would fill in, and that is none of Changegate's.
    #[error(
        "stack `{stack}`: `{key}` of its action {action} holds `#{{`, for which CodePipeline would fill something in; \
         rename the template"
    )]
    FilledIn {
        /// The stack.
        stack: String,
        /// The action.
        action: &'static str,
        /// The key in the action's configuration.
        key: &'static str,
    },
    /// More approvals than there are actions for.
    #[error("stack `{stack}`: `approvals` is {approvals}, and a pipeline has at most 2")]
    Approvals {
        /// The stack.
        stack: String,
        /// Its gate's approvals.
        approvals: u8,
    },
    /// More pipelines than one template holds.
    #[error(
        "the {pipelines} pipelines of this environment make a template of {bytes} bytes and {pipelines} resources, and \
         CloudFormation takes at most {MAX_TEMPLATE_BYTES} bytes and {MAX_RESOURCES} resources; split the environment: \
         deploy Changegate a second time and divide the stacks between the two with `environments:`"
    )]
    TooMany {
        /// How many pipelines there are.
        pipelines: usize,
        /// Size of the template in bytes.
        bytes: usize,
    },
}

/// Renders the template of all pipelines. The order of `gates` does not matter; equal gates give equal bytes.
///
/// # Errors
///
/// Everything that does not fit into CodePipeline or CloudFormation.
pub fn render(gates: &[Gate], settings: &PipelinesSettings) -> Result<String, Vec<RenderError>> {
    let mut errors = Vec::new();
    let mut resources = BTreeMap::new();
    for gate in gates {
        let resource = Resource {
            kind: actions::PIPELINE_TYPE,
            properties: Some(pipeline(gate, settings, &mut errors)),
        };
        if resources.insert(logical_id(&gate.stack), resource).is_some() {
            errors.push(RenderError::Twice {
                stack: gate.stack.clone(),
            });
        }
    }
    if resources.is_empty() {
        // A template needs a resource; this one is nothing and costs nothing.
        resources.insert(
            "NoPipelines".to_owned(),
            Resource {
                kind: "AWS::CloudFormation::WaitConditionHandle",
                properties: None,
            },
        );
    }
    let template = Template {
        format_version: "2010-09-09",
        description: format!(
            "The pipelines of the environment {}. Rendered by Changegate from the catalogue; change the catalogue, not this.",
            settings.environment
        ),
        resources,
    };
    let text = written(&template);
    if text.len() > MAX_TEMPLATE_BYTES || gates.len() > MAX_RESOURCES {
        errors.push(RenderError::TooMany {
            pipelines: gates.len(),
            bytes: text.len(),
        });
    }
    if errors.is_empty() { Ok(text) } else { Err(errors) }
}

/// Indented where it fits, else one resource a line.
fn written(template: &Template) -> String {
    let mut text = serde_json::to_string_pretty(template).unwrap_or_default();
    if text.len() >= MAX_TEMPLATE_BYTES {
        text.clear();
        let version = template.format_version;
        let description = serde_json::to_string(&template.description).unwrap_or_default();
        text.push_str(&format!(
            "{{\"AWSTemplateFormatVersion\":\"{version}\",\n\"Description\":{description},\n\"Resources\":{{\n"
        ));
        for (index, (id, resource)) in template.resources.iter().enumerate() {
            let separator = if index == 0 { "" } else { ",\n" };
            let resource = serde_json::to_string(resource).unwrap_or_default();
            text.push_str(&format!("{separator}\"{id}\":{resource}"));
        }
        text.push_str("}}");
    }
    text.push('\n');
    text
}

fn pipeline(gate: &Gate, settings: &PipelinesSettings, errors: &mut Vec<RenderError>) -> Pipeline {
    let name = pipeline_name(&settings.pipeline_prefix, &gate.stack);
    if let Some(reason) = bad_name(&gate.stack, &name) {
        errors.push(RenderError::Name {
            stack: gate.stack.clone(),
            pipeline: name.clone(),
            reason,
        });
    }
    let digest = gate.digest();
    let stages = vec![
        sources(gate, settings),
        plan(&name, digest, settings),
        apply(gate, &name, digest, settings, errors),
    ];
    for action in stages.iter().flat_map(|stage| &stage.actions) {
        for (key, value) in &action.configuration {
            if !is_closed(value) {
                errors.push(RenderError::FilledIn {
                    stack: gate.stack.clone(),
                    action: action.name,
                    key,
                });
            }
            let length = value.chars().count();
            if length > MAX_CONFIGURATION_VALUE {
                errors.push(RenderError::TooLong {
                    stack: gate.stack.clone(),
                    action: action.name,
                    key,
                    length,
                    shorten: match *key {
                        "S3ObjectKey" => "the path of the template, or the stack's name",
                        _ => "the stack's name",
                    },
                });
            }
        }
    }
    Pipeline {
        name,
        pipeline_type: "V2",
        execution_mode: "SUPERSEDED",
        role_arn: settings.role_arn.clone(),
        artifact_store: ArtifactStore {
            kind: "S3",
            location: settings.artifact_bucket.clone(),
        },
        // Whoever starts a run can set them: they are for display, no decision reads them.
        variables: ["Commit", "Author", "PullRequest", "Subject"]
            .map(|name| Variable {
                name,
                default_value: "none",
            })
            .into(),
        stages,
        tags: vec![
            tag(STACK_TAG, &gate.stack),
            tag(STACK_NAME_TAG, &gate.stack_name),
            tag("changegate:template", &gate.template),
            tag(
                "changegate:configuration",
                gate.configuration.as_deref().unwrap_or("none"),
            ),
            tag(GATE_TAG, &digest.to_string()),
        ],
    }
}

/// Whether CodePipeline fills in nothing but what is meant, and nothing of an open alphabet beside other text.
fn is_closed(value: &str) -> bool {
    let mut rest = value.to_owned();
    for known in interpolated::CLOSED {
        rest = rest.replace(known, "");
    }
    interpolated::ALONE.contains(&value) || !rest.contains("#{")
}

fn bad_name(stack: &str, pipeline: &str) -> Option<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || ".@-_".contains(character);
    if RESERVED_NAMES.contains(&stack) {
        Some("which is Changegate's own".to_owned())
    } else if pipeline.len() > MAX_PIPELINE_NAME {
        Some(format!("which has more than {MAX_PIPELINE_NAME} characters"))
    } else if stack.is_empty() || !pipeline.chars().all(is_name) {
        Some("and a pipeline's name has letters, digits, `.`, `@`, `-` and `_` only".to_owned())
    } else {
        None
    }
}

/// A tag whose value CodePipeline takes: what it does not take becomes `_`.
fn tag(key: &'static str, value: &str) -> Tag {
    let value = value
        .chars()
        .map(|character| {
            if character.is_alphanumeric() || " _.:/=+-@".contains(character) {
                character
            } else {
                '_'
            }
        })
        .take(MAX_TAG_VALUE)
        .collect();
    Tag { key, value }
}

fn sources(gate: &Gate, settings: &PipelinesSettings) -> Stage {
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

fn plan(pipeline: &str, gate: Sha256, settings: &PipelinesSettings) -> Stage {
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

fn apply(
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
