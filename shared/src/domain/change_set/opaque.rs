//! `Debug` that names things and tells no values: values may be secret, and `Debug` ends up in logs.

use std::fmt;

use super::build::{DeployedStack, TemplateTexts};
use super::description::{ChangeSetDescription, Drift, Parameter, ResourceChange, Tag, Target};
use super::diff::Leaf;
use super::evaluate::Evaluator;
use super::resource::ResourceFacts;
use super::template::{Restorer, Template};
use crate::domain::secrecy::Hider;

macro_rules! opaque {
    ($($type:ty, $name:literal, [$($field:ident),*];)*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct($name)$(.field(stringify!($field), &self.$field))*.finish_non_exhaustive()
            }
        }
    )*};
}

opaque! {
    ChangeSetDescription, "ChangeSetDescription", [change_set_id, stack_name, status, execution_status, changes];
    Parameter, "Parameter", [parameter_key];
    Tag, "Tag", [key];
    ResourceChange, "ResourceChange", [action, logical_resource_id, resource_type, replacement, details];
    Target, "Target", [attribute, name, path];
    Drift, "Drift", [drift_detection_timestamp];
    DeployedStack, "DeployedStack", [id, status];
    TemplateTexts, "TemplateTexts", [path];
    Template, "Template", [];
    Restorer, "Restorer", [];
    Evaluator<'_>, "Evaluator", [];
    ResourceFacts<'_>, "ResourceFacts", [path, change];
    Leaf, "Leaf", [path];
    Hider, "Hider", [];
}
