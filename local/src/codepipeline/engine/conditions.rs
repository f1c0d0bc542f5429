//! Conditions of entry: `VariableCheck` before a stage.
//!
//! "You can configure conditions so that when the criteria are not met, the specified result engages":
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/stage-conditions.html>

use regex_lite::Regex;

use super::effects::Variables;
use super::state::{RuleRun, Run};
use super::variables::resolve;
use super::world::World;

/// What the conditions of entry say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// The stage runs.
    Allowed,
    /// The stage is skipped.
    Skip,
    /// The stage fails.
    Fail,
}

/// Checks every condition before a stage.
pub(super) fn entry(world: &mut World, run: &Run, stage: usize) -> (Vec<RuleRun>, Entry) {
    let mut found = Vec::new();
    let mut verdict = Entry::Allowed;
    for condition in run
        .stage(stage)
        .before_entry
        .iter()
        .flat_map(|before| &before.conditions)
    {
        for rule in &condition.rules {
            let outcome = check(run, &rule.configuration);
            let holds = outcome.as_ref().is_ok_and(|(holds, _, _)| *holds);
            let (resolved, summary) = match outcome {
                Ok((_, resolved, summary)) => (resolved, summary),
                Err(problem) => (Variables::new(), problem),
            };
            found.push(RuleRun {
                id: world.id(),
                rule: rule.clone(),
                resolved,
                holds,
                summary,
                at: world.now,
            });
            if !holds && verdict == Entry::Allowed {
                verdict = if condition.result == "SKIP" {
                    Entry::Skip
                } else {
                    Entry::Fail
                };
            }
        }
    }
    (found, verdict)
}

fn check(run: &Run, configuration: &Variables) -> Result<(bool, Variables, String), String> {
    let mut resolved = Variables::new();
    for (key, text) in configuration {
        resolved.insert(key.clone(), resolve(run, text)?);
    }
    let part = |key: &str| resolved.get(key).map_or("", String::as_str);
    let (variable, value, operator) = (part("Variable"), part("Value"), part("Operator"));
    let holds = holds(variable, operator, value)?;
    let verdict = if holds { "holds" } else { "does not hold" };
    let summary = format!("'{variable}' {operator} '{value}' {verdict}");
    Ok((holds, resolved, summary))
}

/// Whether a value meets a `VariableCheck`.
///
/// Operators: <https://docs.aws.amazon.com/codepipeline/latest/userguide/rule-reference-VariableCheck.html>
///
/// # Errors
///
/// When the operator or the expression is none.
pub fn holds(variable: &str, operator: &str, value: &str) -> Result<bool, String> {
    match operator {
        "EQ" => Ok(variable == value),
        "NE" => Ok(variable != value),
        "CONTAINS" => Ok(variable.contains(value)),
        "MATCHES" => expression(value).map(|expression| expression.is_match(variable)),
        other => Err(format!("operator '{other}' is not one of EQ, NE, CONTAINS, MATCHES")),
    }
}

/// An expression of `MATCHES`, which must cover the whole value as Java's `Pattern.matches` does.
///
/// # Errors
///
/// When the expression is not one that both Java and this engine understand.
pub fn expression(text: &str) -> Result<Regex, String> {
    Regex::new(&format!("^(?:{text})$")).map_err(|_| {
        format!("'{text}' is not an expression that the local engine understands (no look-around, no back references)")
    })
}
