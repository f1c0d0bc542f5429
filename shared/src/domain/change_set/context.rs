//! A whole resource, as CloudFormation tells it before and after a change.

mod pieces;

use serde_json::{Map, Value};

use super::description::present;
use super::template::{Restorer, lossy};
use crate::domain::secrecy::NO_ECHO;

/// Name under which a context stands that is no JSON object: it is shown as it is.
const AS_TOLD: &str = "(as CloudFormation tells it)";

/// What comes to light where CloudFormation and the template are compared.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Texts that CloudFormation told where the template refers to a secret.
    pub(super) secrets: Vec<String>,
    /// Places where CloudFormation tells something that the template does not come to.
    pub(super) contradicted: Vec<String>,
}

/// The whole resource as CloudFormation tells it, improved by what the template knows better.
pub(super) fn context(
    told: Option<&str>,
    template: Option<&Value>,
    source: Option<&Restorer>,
    compared: &mut Compared,
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
        improve(&mut value, template, "", compared);
    }
    Some(value)
}

/// CloudFormation resolves references to secrets and masks parameters; the template says where a value comes from. That
/// counts only as far as both agree: what is executed is what CloudFormation tells.
fn improve(value: &mut Value, template: &Value, place: &str, compared: &mut Compared) {
    match (value, template) {
        (Value::Object(map), Value::Object(other)) => {
            for (key, value) in map {
                if let Some(template) = other.get(key) {
                    let place = if place.is_empty() {
                        key.clone()
                    } else {
                        format!("{place}.{key}")
                    };
                    improve(value, template, &place, compared);
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (index, (item, other)) in items.iter_mut().zip(others).enumerate() {
                improve(item, other, &format!("{place}[{index}]"), compared);
            }
        }
        (value @ Value::String(_), template) if value.as_str().is_some_and(is_signature) => match template {
            template if is_settled(template) => *value = template.clone(),
            _ => {}
        },
        (Value::String(told), Value::String(text)) => improve_text(told, text, place, compared),
        _ => {}
    }
}

fn improve_text(told: &mut String, text: &str, place: &str, compared: &mut Compared) {
    let refers = text.contains(NO_ECHO) || text.contains("{{resolve:");
    let is_lossy = !text.is_ascii() && *told == lossy(text);
    if !refers && !is_lossy {
        return;
    }
    if is_lossy || pieces::fit(told, text) {
        if let Some(secret) = secret_part(told, text) {
            compared.secrets.push(secret.to_owned());
        }
        text.clone_into(told);
        return;
    }
    compared.contradicted.push(place.to_owned());
    if stands_for_secret(text) {
        // The secret may stand in what CloudFormation tells, and nobody knows where.
        compared.secrets.push(std::mem::replace(told, NO_ECHO.to_owned()));
    }
}

/// Whether nothing in the value is left to CloudFormation to decide.
fn is_settled(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().all(is_settled),
        Value::Object(map) => map
            .iter()
            .all(|(key, value)| !key.starts_with("Fn::If") && is_settled(value)),
        _ => true,
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
