//! Values as a reader sees them.

use schemars::JsonSchema;
use serde::Serialize;

use super::Masked;

/// CloudFormation's own mark for a value that only the execution makes known.
pub const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

/// A value as a review shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "is", content = "value")]
pub enum Shown {
    /// The value. What is secret in it stands as `‹hidden›`.
    Text(Masked),
    /// The whole value is hidden; why.
    Hidden(Masked),
    /// Only the execution of the change set makes the value known.
    KnownAfterApply,
}

impl Shown {
    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&Masked> {
        match self {
            Self::Text(text) => Some(text),
            Self::Hidden(_) | Self::KnownAfterApply => None,
        }
    }
}
