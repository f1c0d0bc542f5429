//! One resource of a change set: its values before and after, from CloudFormation or from the two templates.

use serde_json::{Map, Value};

use super::context::{Compared, context};
use super::description::{Change, ResourceChange, present};
use super::details::Details;
use super::diff::{Leaf, leaves};
use super::evaluate::Evaluator;
use super::review::{ResourceReview, ValueSource};
use super::template::{Restorer, lossy};
use super::values::{PropertyChange, Shown};
use crate::domain::limits::Budget;
use crate::domain::secrecy::{Hider, Masked, masked};

/// The two deployments of the template that a resource belongs to, as far as they are known.
#[derive(Debug, Default)]
pub struct Deployments<'a> {
    /// The template that is deployed, with its parameters.
    pub before: Option<Evaluator<'a>>,
    /// The template of the change set, with its parameters.
    pub after: Option<Evaluator<'a>>,
    /// What was submitted for the deployed template, where that is known.
    pub source_before: Option<&'a Restorer>,
    /// What was submitted for the template of the change set, where that is known.
    pub source_after: Option<&'a Restorer>,
}

/// One change with its values.
pub struct ResourceFacts<'a> {
    /// Path of the nested stack that holds it.
    pub path: &'a str,
    /// What CloudFormation says.
    pub change: &'a ResourceChange,
    /// How many hooks are invoked.
    pub hooks: Option<i32>,
    /// The whole resource before, where known: `Properties`, `DeletionPolicy` and so on.
    pub before: Option<Value>,
    /// The whole resource afterwards.
    pub after: Option<Value>,
    /// The parts in which they differ.
    pub leaves: Vec<Leaf>,
    /// How many more differ only in characters that CloudFormation gives back as `?`, and are taken as equal.
    pub taken_as_equal: usize,
    /// What differs between the last deployment and the resource as it really is.
    pub drifted: Vec<Leaf>,
    /// Texts that CloudFormation told where the template refers to a secret.
    pub secrets: Vec<String>,
    /// Places where CloudFormation tells another value than the template comes to.
    pub contradicted: Vec<String>,
    /// Where the values come from.
    pub values: ValueSource,
}

/// Attributes of a resource's declaration that are shown.
const ATTRIBUTES: [&str; 8] = [
    "Properties",
    "Metadata",
    "CreationPolicy",
    "UpdatePolicy",
    "DeletionPolicy",
    "UpdateReplacePolicy",
    "DependsOn",
    "Type",
];

impl<'a> ResourceFacts<'a> {
    /// Finds the values of a change.
    pub fn of(path: &'a str, change: &'a Change, deployments: &Deployments<'_>) -> Option<Self> {
        let hooks = change.hook_invocation_count;
        let change = change.resource_change.as_ref()?;
        let declared = |evaluator: &Option<Evaluator<'_>>| {
            evaluator
                .as_ref()
                .and_then(|evaluator| evaluator.resource(&change.logical_resource_id))
                .map(declaration)
        };
        let template_before = declared(&deployments.before).filter(|_| change.action != "Add");
        let template_after = declared(&deployments.after).filter(|_| change.action != "Remove");
        let mut compared = Compared::default();
        let mut told = |told: &Option<String>, template: Option<&Value>, source| {
            context(told.as_deref(), template, source, &mut compared)
        };
        let (source_before, source_after) = (deployments.source_before, deployments.source_after);
        let told_before = told(&change.before_context, template_before.as_ref(), source_before);
        let told_after = told(&change.after_context, template_after.as_ref(), source_after);
        let deployed = told(
            &change.previous_deployment_context,
            template_before.as_ref(),
            source_before,
        );
        let drifted = deployed.map_or_else(Vec::new, |deployed| leaves(Some(&deployed), told_before.as_ref()));
        let tells_values = change
            .details
            .iter()
            .filter_map(|detail| detail.target.as_ref())
            .any(|target| {
                present(target.before_value.as_deref()).is_some() || present(target.after_value.as_deref()).is_some()
            });
        let (before, after, values) = if told_before.is_some() || told_after.is_some() {
            (told_before, told_after, ValueSource::CloudFormation)
        } else if template_before.is_some() || template_after.is_some() {
            (template_before, template_after, ValueSource::Templates)
        } else if tells_values {
            (None, None, ValueSource::CloudFormation)
        } else {
            (None, None, ValueSource::Nowhere)
        };
        let both_known = before.is_some() && after.is_some();
        let comes_or_goes = matches!(change.action.as_str(), "Add" | "Remove" | "Import");
        let found = if both_known || comes_or_goes {
            leaves(before.as_ref(), after.as_ref())
        } else {
            // With one side missing, everything would look new; what changes is what CloudFormation's own list says.
            Vec::new()
        };
        let mut leaves: Vec<Leaf> = found
            .into_iter()
            .filter(|leaf| both_known || leaf.path != "Type")
            .collect();
        let before_all = leaves.len();
        if source_before.is_none() && leaves.iter().any(may_be_equal) {
            let details = Details::of(&change.details);
            let is_told = |leaf: &Leaf| {
                let pointers = [leaf.pointer_before.as_deref(), leaf.pointer_after.as_deref()];
                details.is_about(pointers)
            };
            leaves.retain(|leaf| !may_be_equal(leaf) || is_told(leaf));
        }
        Some(Self {
            path,
            change,
            hooks,
            before,
            after,
            taken_as_equal: before_all - leaves.len(),
            leaves,
            drifted,
            secrets: compared.secrets,
            contradicted: compared.contradicted,
            values,
        })
    }

    /// The resource as it is shown.
    pub fn review(mut self, hider: &Hider, budget: &Budget) -> ResourceReview {
        let change = self.change;
        let shown = |text: &Option<String>| present(text.as_deref()).map(|text| hider.text(text));
        let mut notes = Vec::new();
        for ignored in &change.resource_drift_ignored_attributes {
            let path = shown(&ignored.path).unwrap_or_else(|| Masked::ours("an attribute"));
            let reason = shown(&ignored.reason).unwrap_or_else(|| Masked::ours("no reason told"));
            notes.push(masked!["drift of ", path, " is ignored: ", reason]);
        }
        if let Some(arn) = shown(&change.change_set_id) {
            notes.push(masked!["its own change set: ", arn]);
        }
        let changes = self.changes(hider, budget);
        ResourceReview {
            path: hider.name(self.path),
            logical_id: hider.name(&change.logical_resource_id),
            physical_id: shown(&change.physical_resource_id),
            resource_type: hider.text(&change.resource_type),
            action: hider.text(&change.action),
            replacement: self.replacement(),
            policy_action: shown(&change.policy_action),
            scope: change.scope.iter().map(|part| hider.text(part)).collect(),
            drifted: self.drifted(hider),
            kept: self.kept(&changes, hider),
            changes: changes.list,
            values: self.values,
            drift: shown(&change.resource_drift_status),
            module: change.module_info.as_ref().and_then(|module| {
                let kind = shown(&module.type_hierarchy)?;
                Some(match shown(&module.logical_id_hierarchy) {
                    Some(name) => masked![kind, " ", name],
                    None => kind,
                })
            }),
            hooks: self.hooks,
            invoked_hooks: Vec::new(),
            notes,
        }
    }

    pub(super) fn property(&self, name: &str) -> Option<&str> {
        let side = self.after.as_ref().or(self.before.as_ref())?;
        side.get("Properties")?.get(name)?.as_str()
    }
}

/// Whether the sides differ only in characters that `GetTemplate` gives back as `?`, so that they are equal unless the
/// `?` was written by somebody.
pub(super) fn may_be_equal(leaf: &Leaf) -> bool {
    match (&leaf.before, &leaf.after) {
        (Some(before), Some(after)) => before.contains('?') && !after.is_ascii() && *before == lossy(after),
        _ => false,
    }
}

fn declaration(resource: Value) -> Value {
    let Value::Object(map) = resource else {
        return Value::Object(Map::new());
    };
    Value::Object(
        map.into_iter()
            .filter(|(key, _)| ATTRIBUTES.contains(&key.as_str()))
            .collect(),
    )
}

/// A path without the word that nearly all begin with.
pub(in crate::domain) fn readable(path: &str) -> &str {
    path.strip_prefix("Properties.").unwrap_or(path)
}

impl PropertyChange {
    /// Whether both sides are known and the same, as when a hidden value changes.
    pub fn looks_equal(&self) -> bool {
        self.before == self.after && !matches!(self.before, Some(Shown::Hidden(_)))
    }
}
