//! One resource of a change set: its values before and after, from CloudFormation or from the two templates.

use serde_json::{Map, Value};

use super::context::context;
use super::description::{Change, Detail, ResourceChange, present};
use super::details::{Told, covers, pointer_of};
use super::diff::{Leaf, leaves, text};
use super::evaluate::Evaluator;
use super::review::{Replacement, ResourceReview, ValueSource};
use super::secrets::Hider;
use super::template::{Restorer, lossy};
use super::values::{KNOWN_AFTER_APPLY, PropertyChange, Shown};

/// The two deployments of the template that a resource belongs to, as far as they are known.
#[derive(Debug, Default)]
pub struct Deployments<'a> {
    /// The template that is deployed, with its parameters.
    pub before: Option<Evaluator<'a>>,
    /// The template of the change set, with its parameters.
    pub after: Option<Evaluator<'a>>,
    /// Texts outside ASCII of both templates.
    pub source: Restorer,
}

/// One change with its values.
#[derive(Debug)]
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
        let told_before = context(
            change.before_context.as_deref(),
            template_before.as_ref(),
            &deployments.source,
        );
        let told_after = context(
            change.after_context.as_deref(),
            template_after.as_ref(),
            &deployments.source,
        );
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
            // With one side missing, everything would look new; CloudFormation's own list is all there is.
            Vec::new()
        };
        let leaves = found
            .into_iter()
            .filter(|leaf| !is_corrupted_only(leaf))
            .filter(|leaf| both_known || leaf.path != "Type")
            .collect();
        Some(Self {
            path,
            change,
            hooks,
            before,
            after,
            leaves,
            values,
        })
    }

    /// Whether the resource is replaced.
    pub fn replacement(&self) -> Replacement {
        match (self.change.action.as_str(), self.change.replacement.as_deref()) {
            ("Add" | "Remove" | "Import", _) => Replacement::NotApplicable,
            (_, Some("True")) if !self.depends_on_unknown_values() => Replacement::Always,
            (_, Some("True" | "Conditional")) | ("Dynamic", _) => Replacement::Maybe,
            _ => Replacement::Never,
        }
    }

    /// CloudFormation says "replaced" of every property whose new value it does not know yet, also when the value
    /// will be the old one. So "always" is only believed when a known value is among the reasons.
    ///
    /// Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2113>
    fn depends_on_unknown_values(&self) -> bool {
        let mut reasons = self
            .change
            .details
            .iter()
            .filter(|detail| {
                detail
                    .target
                    .as_ref()
                    .is_some_and(|target| target.requires_recreation.as_deref() == Some("Always"))
            })
            .peekable();
        reasons.peek().is_some() && reasons.all(|detail| self.is_unknown(detail))
    }

    fn is_unknown(&self, detail: &Detail) -> bool {
        let Some(target) = detail.target.as_ref() else {
            return false;
        };
        if let Some(value) = present(target.after_value.as_deref()) {
            return value.contains(KNOWN_AFTER_APPLY);
        }
        let pointer = pointer_of(detail);
        self.after
            .as_ref()
            .filter(|_| self.values == ValueSource::CloudFormation)
            .and_then(|after| after.pointer(pointer.as_deref()?))
            .is_some_and(|value| value.to_string().contains(KNOWN_AFTER_APPLY))
    }

    /// The resource as it is shown.
    pub fn review(&self, hider: &Hider) -> ResourceReview {
        let change = self.change;
        let owned = |text: &Option<String>| present(text.as_deref()).map(|text| hider.text(text));
        let mut notes = Vec::new();
        for ignored in &change.resource_drift_ignored_attributes {
            notes.push(format!(
                "drift of {} is ignored: {}",
                hider.text(ignored.path.as_deref().unwrap_or("an attribute")),
                ignored.reason.as_deref().unwrap_or("no reason told")
            ));
        }
        ResourceReview {
            path: self.path.to_owned(),
            logical_id: change.logical_resource_id.clone(),
            physical_id: owned(&change.physical_resource_id),
            resource_type: change.resource_type.clone(),
            action: change.action.clone(),
            replacement: self.replacement(),
            policy_action: owned(&change.policy_action),
            scope: change.scope.clone(),
            changes: self.changes(hider),
            values: self.values,
            drift: present(change.resource_drift_status.as_deref())
                .filter(|status| !matches!(*status, "IN_SYNC" | "NOT_CHECKED"))
                .map(str::to_owned),
            module: change.module_info.as_ref().and_then(|module| {
                let kind = present(module.type_hierarchy.as_deref())?;
                let name = present(module.logical_id_hierarchy.as_deref()).unwrap_or_default();
                Some(format!("{kind} {name}").trim_end().to_owned())
            }),
            hooks: self.hooks,
            notes,
        }
    }

    fn changes(&self, hider: &Hider) -> Vec<PropertyChange> {
        let details: Vec<_> = self
            .change
            .details
            .iter()
            .map(|detail| (pointer_of(detail), detail))
            .collect();
        let mut covered = vec![false; details.len()];
        let mut changes = Vec::with_capacity(self.leaves.len());
        for leaf in &self.leaves {
            let mut told = Told::default();
            for (index, (pointer, detail)) in details.iter().enumerate() {
                let Some(pointer) = pointer else { continue };
                if covers(pointer, leaf.pointer_before.as_deref()) || covers(pointer, leaf.pointer_after.as_deref()) {
                    covered[index] = true;
                    told.add(detail);
                }
            }
            changes.push(self.change_of(leaf, &told, hider));
        }
        let mut at = 0;
        while at < details.len() {
            let (pointer, first) = &details[at];
            // The same place may be listed more than once, with another evaluation each time.
            let same: Vec<_> = (at..details.len())
                .filter(|other| !covered[*other] && details[*other].0 == *pointer)
                .collect();
            if !covered[at] {
                let mut told = Told::default();
                for other in same {
                    covered[other] = true;
                    told.add(details[other].1);
                }
                let pointer = pointer.clone().unwrap_or_else(|| "/".to_owned());
                self.add_told(&pointer, first, &told, hider, &mut changes);
            }
            at += 1;
        }
        changes
    }

    fn change_of(&self, leaf: &Leaf, told: &Told, hider: &Hider) -> PropertyChange {
        let names = self.names(&leaf.names);
        let shown = |value: &Option<String>| value.as_deref().map(|value| hider.value(&names, value));
        PropertyChange {
            path: hider.text(readable(&leaf.path)),
            pointer: leaf.pointer_after.clone().or_else(|| leaf.pointer_before.clone()),
            before: shown(&leaf.before),
            after: shown(&leaf.after),
            actual: told.actual.as_deref().map(|value| hider.value(&names, value)),
            recreation: told.recreation(),
            causes: told.causes(),
        }
    }

    /// Adds what only the details tell.
    fn add_told(&self, pointer: &str, first: &Detail, told: &Told, hider: &Hider, changes: &mut Vec<PropertyChange>) {
        let target = first.target.clone().unwrap_or_default();
        let parse = |value: Option<&str>| present(value).map(|value| Value::String(value.to_owned()));
        let (before, after) = (
            parse(target.before_value.as_deref()),
            parse(target.after_value.as_deref()),
        );
        let base_names: Vec<_> = pointer
            .split('/')
            .filter(|part| !part.is_empty())
            .map(unescaped)
            .collect();
        let base = readable(&base_names.join(".")).to_owned();
        let found = leaves(before.as_ref(), after.as_ref());
        if found.is_empty() {
            // Both values are equal or hidden, or none is told: the place is shown all the same.
            let names = self.names(&base_names);
            let shown = |value: &Option<Value>, pointer: &str, whole: &Option<Value>| {
                value
                    .as_ref()
                    .or_else(|| whole.as_ref()?.pointer(pointer).filter(|value| value.is_string()))
                    .map(|value| hider.value(&names, &text(value)))
            };
            changes.push(PropertyChange {
                path: if base.is_empty() {
                    "(the resource)".to_owned()
                } else {
                    hider.text(&base)
                },
                pointer: Some(pointer.to_owned()),
                before: shown(&before, pointer, &self.before),
                after: shown(&after, pointer, &self.after),
                actual: told.actual.as_deref().map(|value| hider.value(&names, value)),
                recreation: told.recreation(),
                causes: told.causes(),
            });
        }
        for leaf in found {
            let mut names = base_names.clone();
            names.extend(leaf.names.iter().cloned());
            let joint = if leaf.path.is_empty() || leaf.path.starts_with('[') {
                ""
            } else {
                "."
            };
            let whole = Leaf {
                path: format!("{base}{joint}{}", leaf.path),
                names,
                pointer_before: leaf.pointer_before.map(|end| format!("{pointer}{end}")),
                pointer_after: leaf.pointer_after.map(|end| format!("{pointer}{end}")),
                ..leaf
            };
            changes.push(self.change_of(&whole, told, hider));
        }
    }

    fn names(&self, on_the_way: &[String]) -> Vec<String> {
        let mut names = Vec::with_capacity(on_the_way.len() + 1);
        names.push(self.change.resource_type.clone());
        names.extend(on_the_way.iter().cloned());
        names
    }
}

/// Only characters that `GetTemplate` destroys differ.
fn is_corrupted_only(leaf: &Leaf) -> bool {
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
fn readable(path: &str) -> &str {
    path.strip_prefix("Properties.").unwrap_or(path)
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

impl PropertyChange {
    /// Whether both sides are known and the same, as when a hidden value changes.
    pub fn looks_equal(&self) -> bool {
        self.before == self.after && !matches!(self.before, Some(Shown::Hidden(_)))
    }
}
