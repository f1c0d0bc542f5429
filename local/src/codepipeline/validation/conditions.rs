//! Conditions of entry.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use super::{ApiError, Declaration, is_name, stage_declaration};
use crate::codepipeline::declaration::{Condition, Rule};
use crate::codepipeline::engine::conditions::{expression, holds};

pub(super) fn check(declaration: &Declaration) -> Result<(), ApiError> {
    for (position, stage) in declaration.stages.iter().enumerate() {
        let Some(before) = &stage.before_entry else { continue };
        if !declaration.is_v2() {
            return Err(stage_declaration(format!(
                "Stage '{}' has conditions; only a pipeline of type V2 may have them",
                stage.name
            )));
        }
        if position == 0 {
            return Err(stage_declaration(format!(
                "Stage '{}' is the source stage; it cannot have conditions of entry",
                stage.name
            )));
        }
        if before.conditions.len() != 1 {
            return Err(stage_declaration(format!(
                "Stage '{}' has {} conditions of entry; there must be one",
                stage.name,
                before.conditions.len()
            )));
        }
        for condition in &before.conditions {
            one(&stage.name, condition)?;
        }
    }
    Ok(())
}

fn one(stage: &str, condition: &Condition) -> Result<(), ApiError> {
    if !matches!(condition.result.as_str(), "SKIP" | "FAIL") {
        return Err(stage_declaration(format!(
            "Result '{}' of stage '{stage}' is not allowed for a condition of entry; use SKIP or FAIL",
            condition.result
        )));
    }
    if !(1..=5).contains(&condition.rules.len()) {
        return Err(stage_declaration(format!(
            "The condition of entry of stage '{stage}' must have 1 to 5 rules"
        )));
    }
    condition.rules.iter().try_for_each(|entry| rule(stage, entry))
}

fn rule(stage: &str, rule: &Rule) -> Result<(), ApiError> {
    let name = &rule.name;
    if !is_name(name) {
        return Err(stage_declaration(format!(
            "Rule name '{name}' of stage '{stage}' must have 1 to 100 letters, digits or the characters . @ - _"
        )));
    }
    let id = &rule.rule_type_id;
    let owner = matches!(id.owner.as_str(), "" | "AWS");
    if id.category != "Rule" || id.provider != "VariableCheck" || !owner || !matches!(id.version.as_str(), "" | "1") {
        return Err(ApiError::not_emulated(&format!(
            "the rule type {}/{} (rule '{name}' of stage '{stage}'; only Rule/VariableCheck is)",
            id.category, id.provider
        )));
    }
    if rule.commands.is_some() || !rule.input_artifacts.is_empty() {
        return Err(stage_declaration(format!(
            "Rule '{name}' takes neither commands nor input artifacts"
        )));
    }
    for key in ["Variable", "Operator", "Value"] {
        if rule.configuration.get(key).is_none_or(String::is_empty) {
            return Err(stage_declaration(format!(
                "Rule configuration for rule '{name}' is missing required configuration '{key}'"
            )));
        }
    }
    if let Some(unknown) = rule
        .configuration
        .keys()
        .find(|key| !["Variable", "Operator", "Value"].contains(&key.as_str()))
    {
        return Err(stage_declaration(format!(
            "Rule configuration for rule '{name}' contains unknown configuration '{unknown}'"
        )));
    }
    let (operator, value) = (&rule.configuration["Operator"], &rule.configuration["Value"]);
    if !["EQ", "NE", "CONTAINS", "MATCHES"].contains(&operator.as_str()) {
        let problem = holds("", operator, value).err().unwrap_or_default();
        return Err(stage_declaration(format!(
            "Rule '{name}' of stage '{stage}': {problem}"
        )));
    }
    if operator == "MATCHES" {
        expression(value)
            .map_err(|problem| stage_declaration(format!("Rule '{name}' of stage '{stage}': {problem}")))?;
    }
    Ok(())
}
