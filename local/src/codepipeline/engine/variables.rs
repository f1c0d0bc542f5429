//! Namespaces and variables: `#{namespace.key}`.
//!
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-variables.html>

use super::state::Run;

/// A reference to a variable in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'text> {
    /// The whole reference, braces included.
    pub text: &'text str,
    /// Namespace; empty when the reference has no period.
    pub namespace: &'text str,
    /// Key.
    pub key: &'text str,
}

/// Every reference in a text, in order.
pub fn references(text: &str) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("#{") {
        let Some(end) = rest[start..].find('}') else { break };
        let whole = &rest[start..=start + end];
        let inside = &whole[2..whole.len() - 1];
        let (namespace, key) = inside.split_once('.').unwrap_or(("", inside));
        found.push(Reference {
            text: whole,
            namespace,
            key,
        });
        rest = &rest[start + end + 1..];
    }
    found
}

/// Puts the values of a run's variables into a text, as they are: nothing is escaped.
///
/// # Errors
///
/// Names the reference that has no value.
pub fn resolve(run: &Run, text: &str) -> Result<String, String> {
    let mut resolved = String::with_capacity(text.len());
    let mut rest = text;
    for reference in references(text) {
        let value = value(run, &reference).ok_or_else(|| {
            format!(
                "the variable reference {} has no value: no action that succeeded before this one gave namespace '{}' a key '{}'",
                reference.text, reference.namespace, reference.key
            )
        })?;
        if let Some((before, after)) = rest.split_once(reference.text) {
            resolved.push_str(before);
            resolved.push_str(value);
            rest = after;
        }
    }
    resolved.push_str(rest);
    Ok(resolved)
}

fn value<'run>(run: &'run Run, reference: &Reference<'_>) -> Option<&'run str> {
    match (reference.namespace, reference.key) {
        ("codepipeline", "PipelineExecutionId") => Some(&run.id),
        ("variables", key) => run.variables.get(key).map(String::as_str),
        (namespace, key) => run.namespaces.get(namespace)?.get(key).map(String::as_str),
    }
}
