//! From gates to the template.

use std::collections::BTreeMap;

use super::declaration::{ArtifactStore, Pipeline, Resource, Tag, Template, Variable};
use super::deployed::{GATE_TAG, STACK_NAME_TAG, STACK_TAG};
use super::names::{logical_id, pipeline_name};
use super::render_error::{MAX_CONFIGURATION_VALUE, MAX_RESOURCES, RenderError};
use super::stages::{apply, is_closed, plan, sources};
use super::{MAX_TEMPLATE_BYTES, PipelinesSettings};
use crate::domain::actions;
use crate::domain::catalogue::{MAX_PIPELINE_NAME, RESERVED_NAMES};
use crate::domain::gate::Gate;

/// Greatest length of a tag's value.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_Tag.html>
const MAX_TAG_VALUE: usize = 256;

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

fn bad_name(stack: &str, pipeline: &str) -> Option<String> {
    let is_name = |character: char| character.is_ascii_alphanumeric() || ".@-_".contains(character);
    if RESERVED_NAMES
        .iter()
        .any(|reserved| reserved.eq_ignore_ascii_case(stack))
    {
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
