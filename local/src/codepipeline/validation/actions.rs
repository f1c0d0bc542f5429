//! Each action: type, settings, artifacts.

use std::collections::BTreeSet;

use super::{ApiError, Declaration, action_declaration, bounded, is_name};
use crate::codepipeline::declaration::{Action, ActionKind};

/// What a type of action takes.
struct Shape {
    required: &'static [&'static str],
    optional: &'static [&'static str],
    inputs: std::ops::RangeInclusive<usize>,
    outputs: std::ops::RangeInclusive<usize>,
}

fn shape(kind: ActionKind) -> Shape {
    match kind {
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
        ActionKind::S3Source => Shape {
            required: &["S3Bucket", "S3ObjectKey"],
            optional: &["PollForSourceChanges", "AllowOverrideForS3ObjectKey"],
            inputs: 0..=0,
            outputs: 1..=1,
        },
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
        ActionKind::LambdaInvoke => Shape {
            required: &["FunctionName"],
            optional: &["UserParameters"],
            inputs: 0..=5,
            outputs: 0..=5,
        },
        // https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals-action-add.html
        ActionKind::ManualApproval => Shape {
            required: &[],
            optional: &["NotificationArn", "ExternalEntityLink", "CustomData"],
            inputs: 0..=0,
            outputs: 0..=0,
        },
    }
}

pub(super) fn check(declaration: &Declaration) -> Result<(), ApiError> {
    let mut produced: BTreeSet<&str> = BTreeSet::new();
    for stage in &declaration.stages {
        let mut ordered: Vec<&Action> = stage.actions.iter().collect();
        ordered.sort_by_key(|action| action.order());
        let mut index = 0;
        while index < ordered.len() {
            let order = ordered[index].order();
            let group: Vec<&Action> = ordered[index..]
                .iter()
                .copied()
                .take_while(|a| a.order() == order)
                .collect();
            index += group.len();
            for action in &group {
                one(declaration, action)?;
                for artifact in &action.input_artifacts {
                    if !produced.contains(artifact.name.as_str()) {
                        return Err(action_declaration(format!(
                            "Input Artifact Bundle {} in action {} is not declared as Output Artifact Bundle in any of the preceding actions",
                            artifact.name, action.name
                        )));
                    }
                }
            }
            for artifact in group.iter().flat_map(|action| &action.output_artifacts) {
                if !produced.insert(artifact.name.as_str()) {
                    return Err(action_declaration(format!(
                        "Output Artifact Bundle name must be unique within the pipeline. {} has been used more than once",
                        artifact.name
                    )));
                }
            }
        }
    }
    Ok(())
}

fn one(declaration: &Declaration, action: &Action) -> Result<(), ApiError> {
    let name = &action.name;
    if !is_name(name) {
        return Err(action_declaration(format!(
            "Action name '{name}' must have 1 to 100 letters, digits or the characters . @ - _"
        )));
    }
    let Some(kind) = action.kind() else {
        let id = &action.action_type_id;
        return Err(action_declaration(format!(
            "ActionType (Category: '{}', Provider: '{}', Owner: '{}', Version: '{}') in action '{name}' is not available in the local engine, which runs Source/AWS/S3/1, Invoke/AWS/Lambda/1 and Approval/AWS/Manual/1",
            id.category, id.provider, id.owner, id.version
        )));
    };
    if !(1..=999).contains(&action.order()) {
        return Err(action_declaration(format!(
            "runOrder of action '{name}' must be from 1 to 999"
        )));
    }
    for (field, present) in [
        ("commands", action.commands.is_some()),
        ("outputVariables", action.output_variables.is_some()),
        ("environmentVariables", action.environment_variables.is_some()),
    ] {
        if present {
            return Err(action_declaration(format!(
                "Action '{name}' has {field}, which only Compute actions may have"
            )));
        }
    }
    settings(action, &shape(kind))?;
    limits(action, kind)?;
    if let Some(region) = &action.region {
        return Err(ApiError::not_emulated(&format!(
            "an action of a named region (action '{name}' names {region}; leave it out)"
        )));
    }
    if kind == ActionKind::S3Source
        && action
            .configuration
            .get("PollForSourceChanges")
            .is_none_or(|v| v != "false")
    {
        return Err(ApiError::not_emulated(&format!(
            "polling of a source (in action '{name}' of pipeline '{}'; set PollForSourceChanges to \"false\")",
            declaration.name
        )));
    }
    if action
        .configuration
        .get("AllowOverrideForS3ObjectKey")
        .is_some_and(|value| value != "false")
    {
        return Err(ApiError::not_emulated(&format!(
            "AllowOverrideForS3ObjectKey (in action '{name}')"
        )));
    }
    Ok(())
}

fn settings(action: &Action, shape: &Shape) -> Result<(), ApiError> {
    let name = &action.name;
    for key in shape.required {
        if action.configuration.get(*key).is_none_or(String::is_empty) {
            return Err(action_declaration(format!(
                "Action configuration for action '{name}' is missing required configuration '{key}'"
            )));
        }
    }
    for (key, value) in &action.configuration {
        if !shape.required.contains(&key.as_str()) && !shape.optional.contains(&key.as_str()) {
            return Err(action_declaration(format!(
                "Action configuration for action '{name}' contains unknown configuration '{key}'"
            )));
        }
        let length = value.chars().count();
        if !(1..=1000).contains(&length) {
            return Err(ApiError::validation(format!(
                "Configuration '{key}' of action '{name}' has {length} characters; it must have 1 to 1,000, counted before variables are resolved"
            )));
        }
    }
    for (what, count, allowed) in [
        ("input", action.input_artifacts.len(), &shape.inputs),
        ("output", action.output_artifacts.len(), &shape.outputs),
    ] {
        if !allowed.contains(&count) {
            return Err(action_declaration(format!(
                "Action '{name}' has {count} {what} artifacts; its type takes {} to {}",
                allowed.start(),
                allowed.end()
            )));
        }
    }
    Ok(())
}

fn limits(action: &Action, kind: ActionKind) -> Result<(), ApiError> {
    let name = &action.name;
    for artifact in action.input_artifacts.iter().chain(&action.output_artifacts) {
        if !bounded(&artifact.name, 100, |letter| {
            letter.is_ascii_alphanumeric() || "_-".contains(letter)
        }) {
            return Err(action_declaration(format!(
                "Artifact name '{}' must have 1 to 100 letters, digits, hyphens or underscores",
                artifact.name
            )));
        }
        if artifact.files.is_some() {
            return Err(ApiError::not_emulated("files of an artifact"));
        }
    }
    match action.timeout_in_minutes {
        Some(_) if kind != ActionKind::ManualApproval => Err(action_declaration(format!(
            "Action '{name}' has timeoutInMinutes, which only manual approvals may have"
        ))),
        Some(minutes) if !(5..=86_400).contains(&minutes) => Err(action_declaration(format!(
            "timeoutInMinutes of action '{name}' must be from 5 to 86,400"
        ))),
        _ => Ok(()),
    }
}
