//! Variables of the pipeline, namespaces of actions, and references to both.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>

use std::collections::{BTreeMap, BTreeSet};

use super::{ApiError, Declaration, action_declaration, bounded, structure};
use crate::codepipeline::engine::variables::references;

pub(super) fn check(declaration: &Declaration) -> Result<(), ApiError> {
    declared(declaration)?;
    let namespaces = namespaces(declaration)?;
    for (position, stage) in declaration.stages.iter().enumerate() {
        for action in &stage.actions {
            for (key, text) in &action.configuration {
                let place = (position, action.order());
                let words = format!(
                    "StageName=[{}], ActionName=[{}], ActionConfigurationKey=[{key}]",
                    stage.name, action.name
                );
                text_refers(declaration, &namespaces, text, place, &words)?;
            }
        }
        for rule in stage
            .before_entry
            .iter()
            .flat_map(|b| &b.conditions)
            .flat_map(|c| &c.rules)
        {
            for (key, text) in &rule.configuration {
                let words = format!(
                    "StageName=[{}], RuleName=[{}], RuleConfigurationKey=[{key}]",
                    stage.name, rule.name
                );
                text_refers(declaration, &namespaces, text, (position, 0), &words)?;
            }
        }
    }
    Ok(())
}

fn declared(declaration: &Declaration) -> Result<(), ApiError> {
    if declaration.variables.is_empty() {
        return Ok(());
    }
    if !declaration.is_v2() {
        return Err(structure(
            "Pipeline variables are only allowed in a pipeline of type V2",
        ));
    }
    if declaration.variables.len() > 50 {
        return Err(structure("A pipeline may have at most 50 variables"));
    }
    let mut names = BTreeSet::new();
    for variable in &declaration.variables {
        let name = &variable.name;
        if !bounded(name, 128, |letter| {
            letter.is_ascii_alphanumeric() || "@-_".contains(letter)
        }) {
            return Err(ApiError::validation(format!(
                "Variable name '{name}' must have 1 to 128 letters, digits or the characters @ - _"
            )));
        }
        if !names.insert(name) {
            return Err(structure(format!("Variable name '{name}' is used more than once")));
        }
        if variable
            .default_value
            .as_ref()
            .is_some_and(|value| !(1..=1000).contains(&value.chars().count()))
        {
            return Err(ApiError::validation(format!(
                "The default value of variable '{name}' must have 1 to 1,000 characters"
            )));
        }
        if variable
            .description
            .as_ref()
            .is_some_and(|text| text.chars().count() > 200)
        {
            return Err(ApiError::validation(format!(
                "The description of variable '{name}' must have at most 200 characters"
            )));
        }
    }
    Ok(())
}

/// Namespace to the place (stage, run order) of the action that fills it.
fn namespaces(declaration: &Declaration) -> Result<BTreeMap<&str, (usize, u32)>, ApiError> {
    let artifacts: BTreeSet<&str> = declaration
        .stages
        .iter()
        .flat_map(|stage| &stage.actions)
        .flat_map(|action| &action.output_artifacts)
        .map(|artifact| artifact.name.as_str())
        .collect();
    let mut found = BTreeMap::new();
    for (position, stage) in declaration.stages.iter().enumerate() {
        for action in &stage.actions {
            let Some(namespace) = action.namespace.as_deref() else {
                continue;
            };
            if !bounded(namespace, 100, |letter| {
                letter.is_ascii_alphanumeric() || "@-_".contains(letter)
            }) {
                return Err(action_declaration(format!(
                    "Namespace '{namespace}' of action '{}' must have 1 to 100 letters, digits or the characters @ - _",
                    action.name
                )));
            }
            if namespace == "codepipeline" || namespace == "variables" {
                return Err(action_declaration(format!(
                    "Namespace '{namespace}' of action '{}' is reserved",
                    action.name
                )));
            }
            if artifacts.contains(namespace) {
                return Err(action_declaration(format!(
                    "Namespace '{namespace}' of action '{}' is also the name of an artifact",
                    action.name
                )));
            }
            if found.insert(namespace, (position, action.order())).is_some() {
                return Err(structure(format!(
                    "Namespace '{namespace}' is used more than once in the pipeline"
                )));
            }
        }
    }
    Ok(found)
}

fn text_refers(
    declaration: &Declaration,
    namespaces: &BTreeMap<&str, (usize, u32)>,
    text: &str,
    place: (usize, u32),
    words: &str,
) -> Result<(), ApiError> {
    for reference in references(text) {
        let known = match (reference.namespace, reference.key) {
            ("codepipeline", key) => key == "PipelineExecutionId",
            ("variables", key) => declaration.variables.iter().any(|variable| variable.name == key),
            (namespace, key) => !key.is_empty() && namespaces.get(namespace).is_some_and(|filled| *filled < place),
        };
        if !known {
            return Err(structure(format!(
                "Valid format for a pipeline execution variable reference is a namespace and a key separated by a period (.). The following pipeline execution variables are referencing a namespace that does not exist, or that is not filled before: {words}, VariableReferenceText=[{}]",
                reference.text
            )));
        }
    }
    Ok(())
}
