//! Values that templates and change sets call secret.

use super::build::Inputs;
use super::context::stands_for_secret;
use super::pairs::{Pair, Parsed};

/// Values that must not be shown wherever they stand.
pub(super) fn secrets(inputs: &Inputs<'_>, parsed: &[Parsed]) -> Vec<String> {
    let mut secrets = Vec::new();
    for (texts, parsed) in inputs.templates.iter().zip(parsed) {
        for template in [&parsed.before, &parsed.after].into_iter().flatten() {
            secrets.extend(template.secret_defaults().map(str::to_owned));
            for name in template.no_echo_parameters() {
                secrets.extend(
                    inputs
                        .deployed
                        .and_then(|deployed| deployed.parameters.get(name).cloned()),
                );
                secrets.extend(texts.parameters_before.get(name).cloned());
                for set in inputs.tree.iter().flat_map(|tree| &tree.sets) {
                    let named = set
                        .description
                        .parameters
                        .iter()
                        .filter(|parameter| parameter.parameter_key == name);
                    secrets.extend(named.filter_map(|parameter| parameter.parameter_value.clone()));
                }
            }
        }
    }
    secrets
}

/// Values that a nested stack gets from a parent that keeps them secret: the nested template may not call them so.
pub(super) fn passed_secrets(inputs: &Inputs<'_>, pairs: &[Pair<'_>]) -> Vec<String> {
    let mut secrets = Vec::new();
    for set in inputs.tree.iter().flat_map(|tree| &tree.sets) {
        for parameter in &set.description.parameters {
            if is_passed_secret(pairs, &set.path, &parameter.parameter_key) {
                secrets.extend(parameter.parameter_value.clone());
                secrets.extend(parameter.resolved_value.clone());
            }
        }
    }
    secrets
}

/// Whether the stack above passes a secret as this parameter.
pub(super) fn is_passed_secret(pairs: &[Pair<'_>], path: &str, parameter: &str) -> bool {
    let (above, logical_id) = path.rsplit_once('/').unwrap_or(("", path));
    let Some(parent) = pairs.iter().find(|pair| !path.is_empty() && pair.path == above) else {
        return false;
    };
    [&parent.deployments.before, &parent.deployments.after]
        .into_iter()
        .flatten()
        .any(|evaluator| {
            let Ok(stack) = evaluator.shared_resource(logical_id) else {
                // What is passed cannot be told, so it may be a secret.
                return true;
            };
            let passed = stack.as_deref().and_then(|stack| {
                let properties = stack.get("Properties")?;
                properties.get("Parameters")?.get(parameter)
            });
            passed.is_some_and(|value| stands_for_secret(&super::diff::text(value)))
        })
}
