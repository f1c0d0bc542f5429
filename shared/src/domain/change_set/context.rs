//! A whole resource, as CloudFormation tells it before and after a change.

use serde_json::Value;

use super::description::present;
use super::secrets::NO_ECHO;
use super::template::{Restorer, lossy};

/// The whole resource as CloudFormation tells it, improved by what the template knows better.
pub(super) fn context(told: Option<&str>, template: Option<&Value>, source: &Restorer) -> Option<Value> {
    let mut value: Value = serde_json::from_str(present(told)?).ok()?;
    if !value.is_object() {
        return None;
    }
    source.restore(&mut value);
    if let Some(template) = template {
        improve(&mut value, template);
    }
    Some(value)
}

/// CloudFormation resolves references to secrets and masks parameters; the template says where a value comes from.
fn improve(value: &mut Value, template: &Value) {
    match (value, template) {
        (Value::Object(map), Value::Object(other)) => {
            for (key, value) in map {
                if let Some(template) = other.get(key) {
                    improve(value, template);
                }
            }
        }
        (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
            for (item, other) in items.iter_mut().zip(others) {
                improve(item, other);
            }
        }
        (value @ Value::String(_), Value::String(text)) => {
            let knows_better = text.contains(NO_ECHO)
                || text.contains("{{resolve:")
                || (!text.is_ascii() && value.as_str() == Some(lossy(text).as_str()));
            if knows_better {
                *value = Value::String(text.clone());
            }
        }
        _ => {}
    }
}
