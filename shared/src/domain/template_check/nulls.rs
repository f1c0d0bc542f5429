//! Values that are null, which CloudFormation takes nowhere.

use super::{Rule, TemplateFinding};
use crate::domain::document::{Node, Value};

/// Most findings of this rule: a template with more has one cause for all of them.
const MOST: usize = 20;

pub(super) fn check(root: &Node) -> Vec<TemplateFinding> {
    let mut findings = Vec::new();
    if !root.is_null() {
        walk(root, &mut findings);
    }
    if let Some(first_hidden) = findings.get(MOST).cloned() {
        let more = findings.len() - MOST;
        findings.truncate(MOST);
        findings.push(TemplateFinding {
            message: format!("{more} more values from here on are null as well"),
            ..first_hidden
        });
    }
    findings
}

fn walk(node: &Node, findings: &mut Vec<TemplateFinding>) {
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                if item.is_null() {
                    let message = "this item is null, which CloudFormation refuses; give it a value or remove it";
                    findings.push(TemplateFinding::at(item, Rule::NullValue, message.to_owned()));
                }
                walk(item, findings);
            }
        }
        Value::Mapping(entries) => {
            for (key, value) in entries {
                if value.is_null() {
                    let name = key.as_text().unwrap_or_default();
                    let message = format!(
                        "`{name}` has no value, which is null, and CloudFormation refuses it; give it a value (`\"\"` \
                         is the empty text) or remove it"
                    );
                    findings.push(TemplateFinding::at(key, Rule::NullValue, message));
                }
                walk(value, findings);
            }
        }
    }
}
