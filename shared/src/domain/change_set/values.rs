//! Values as a review shows them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::secrecy::{Hider, Masked, masked};

pub use crate::domain::secrecy::{KNOWN_AFTER_APPLY, Shown};

/// What happens to one property, or to one part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PropertyChange {
    /// Where it stands, for reading: `Tags[Name].Value`; items of lists are named by what identifies them.
    pub path: Masked,
    /// JSON pointer into the resource, such as `/Properties/Tags/0/Value`, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pointer: Option<Masked>,
    /// The value before; absent when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Shown>,
    /// The value afterwards; absent when there will be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Shown>,
    /// What the resource really has, where CloudFormation saw it differ from what was deployed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<Shown>,
    /// What was deployed last, where CloudFormation saw the resource differ from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployed: Option<Shown>,
    /// When CloudFormation saw that (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drift_seen: Option<Masked>,
    /// Where CloudFormation takes the value before from, in a drift-aware change set: `ACTUAL_STATE` or
    /// `PREVIOUS_DEPLOYMENT_STATE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before_from: Option<Masked>,
    /// What happens to it in CloudFormation's word: `Add`, `Remove`, `Modify`, `SyncWithActual`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change_type: Option<Masked>,
    /// Whether the resource is replaced because of it.
    pub recreation: Recreation,
    /// What makes it change; empty when CloudFormation does not tell.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
}

/// A value of a resource that does not change, or of which nobody tells what it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct KeptValue {
    /// Where it stands, for reading.
    pub path: Masked,
    /// The value.
    pub value: Shown,
}

/// Whether a resource is replaced because one property changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Recreation {
    /// CloudFormation does not tell.
    Unknown,
    /// It is not.
    Never,
    /// It depends on the values.
    Conditionally,
    /// It is.
    Always,
}

impl Recreation {
    /// From CloudFormation's word.
    pub fn of(word: Option<&str>) -> Self {
        match word {
            Some("Never") => Self::Never,
            Some("Conditionally") => Self::Conditionally,
            Some("Always") => Self::Always,
            _ => Self::Unknown,
        }
    }
}

/// What makes a property change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase", tag = "by", content = "name")]
pub enum Cause {
    /// The template says something else.
    Template,
    /// A parameter has another value.
    Parameter(Masked),
    /// A resource that is referred to changes.
    Resource(Masked),
    /// An attribute of a resource that is referred to changes.
    Attribute(Masked),
    /// CloudFormation does so on its own, as for a nested stack.
    Automatic,
    /// Nothing changes in the template; what is deployed is brought back to it.
    Drift,
    /// Another word of CloudFormation's.
    Other(Masked),
}

impl Cause {
    /// From CloudFormation's words `ChangeSource` and `CausingEntity`; `None` when it says neither.
    pub fn of(source: Option<&str>, entity: Option<&str>, hider: &Hider) -> Option<Self> {
        let name = || entity.map_or_else(|| Masked::ours("unknown"), |entity| hider.name(entity));
        Some(match source? {
            "" => return None,
            "DirectModification" => Self::Template,
            "ParameterReference" => Self::Parameter(name()),
            "ResourceReference" => Self::Resource(name()),
            "ResourceAttribute" => Self::Attribute(name()),
            "Automatic" => Self::Automatic,
            "NoModification" => Self::Drift,
            other => Self::Other(hider.text(other)),
        })
    }

    /// In words.
    pub fn words(&self) -> Masked {
        match self {
            Self::Template => Masked::ours("the template"),
            Self::Parameter(name) => masked!["parameter ", name],
            Self::Resource(name) => masked!["resource ", name],
            Self::Attribute(name) => masked!["attribute ", name],
            Self::Automatic => Masked::ours("CloudFormation itself"),
            Self::Drift => Masked::ours("drift"),
            Self::Other(word) => word.clone(),
        }
    }
}
