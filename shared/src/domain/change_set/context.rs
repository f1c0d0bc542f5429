//! A whole resource, as CloudFormation tells it before and after a change.

use serde_json::{Map, Value};

use super::description::present;
use super::template::{Restorer, lossy};
use crate::domain::secrecy::NO_ECHO;

/// Name under which a context stands that is no JSON object: it is shown as it is.
const AS_TOLD: &str = "(as CloudFormation tells it)";

/// The whole resource as CloudFormation tells it, improved by what the template knows better. Texts that turn out to
/// be secrets are added to `secrets`.
pub(super) fn context(
    told: Option<&str>,
    template: Option<&Value>,
    source: Option<&Restorer>,
    secrets: &mut Vec<String>,
) -> Option<Value> {
    let told = present(told)?;
    let mut value = match serde_json::from_str(told) {
        Ok(value @ Value::Object(_)) => value,
        _ => Value::Object(Map::from_iter([(AS_TOLD.to_owned(), Value::String(told.to_owned()))])),
    };
    if let Some(source) = source {
        source.restore(&mut value, template);
    }
    if let Some(template) = template {
        improve(&mut value, template, secrets);
    }
    Some(value)
}

/// CloudFormation resolves references to secrets and masks parameters; the template says where a value comes from.
fn improve(value: &mut Value, template: &Value, secrets: &mut Vec<String>) {
    match (value, template) {
        (Value::Object(map), Value::Object(other)) => {
            for (key, value) in map {
                if let Some(template) = other.get(key) {
                    improve(value, template, secrets);
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (item, other) in items.iter_mut().zip(others) {
                improve(item, other, secrets);
            }
        }
        (value @ Value::String(_), template) if value.as_str().is_some_and(is_signature) => *value = template.clone(),
        (value @ Value::String(_), Value::String(text)) => {
            let knows_better = text.contains(NO_ECHO)
                || text.contains("{{resolve:")
                || (!text.is_ascii() && value.as_str() == Some(lossy(text).as_str()));
            if knows_better {
                if let Some(secret) = value.as_str().and_then(|told| secret_part(told, text)) {
                    secrets.push(secret.to_owned());
                }
                *value = Value::String(text.clone());
            }
        }
        _ => {}
    }
}

/// The part of `told` that stands where the template refers to a secret; `None` when nothing was resolved.
fn secret_part<'t>(told: &'t str, template: &str) -> Option<&'t str> {
    let start = ["{{resolve:secretsmanager", "{{resolve:ssm-secure", NO_ECHO]
        .iter()
        .filter_map(|mark| template.find(mark))
        .min()?;
    let tail = template
        .rfind(NO_ECHO)
        .map(|at| at + NO_ECHO.len())
        .max(template.rfind("}}").map(|at| at + 2))?;
    let (head, tail) = (template.get(..start)?, template.get(tail..)?);
    let secret = told
        .strip_prefix(head)
        .and_then(|rest| rest.strip_suffix(tail))
        .unwrap_or(told);
    (!secret.contains("{{resolve:")).then_some(secret)
}

/// Whether a text stands for a secret: CloudFormation must not be believed when it tells another.
pub(super) fn stands_for_secret(text: &str) -> bool {
    text.contains(NO_ECHO) || text.contains("{{resolve:secretsmanager") || text.contains("{{resolve:ssm-secure")
}

/// Whether CloudFormation tells a signature in place of a value that is too long for it.
pub(in crate::domain) fn is_signature(told: &str) -> bool {
    told.starts_with("(Truncated-Signature):")
}
