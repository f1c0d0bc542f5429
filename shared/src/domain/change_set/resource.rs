//! One resource of a change set: its values before and after, from CloudFormation or from the two templates.

use serde_json::{Map, Value};

use super::context::{context, is_signature, stands_for_secret};
use super::description::{Change, Detail, ResourceChange, present};
use super::details::{Told, covers, pointer_of};
use super::diff::{Leaf, at, leaves, same, text};
use super::evaluate::Evaluator;
use super::review::{ResourceReview, ValueSource};
use super::secrets::Hider;
use super::template::{Restorer, lossy};
use super::values::{PropertyChange, Shown};

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
    /// What differs between the last deployment and the resource as it really is.
    pub drifted: Vec<Leaf>,
    /// Texts that CloudFormation told where the template refers to a secret.
    pub secrets: Vec<String>,
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
        let mut secrets = Vec::new();
        let mut told = |told: &Option<String>, template: Option<&Value>| {
            context(told.as_deref(), template, &deployments.source, &mut secrets)
        };
        let told_before = told(&change.before_context, template_before.as_ref());
        let told_after = told(&change.after_context, template_after.as_ref());
        let deployed = told(&change.previous_deployment_context, template_before.as_ref());
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
            drifted,
            secrets,
            values,
        })
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
        if let Some(arn) = present(change.change_set_id.as_deref()) {
            notes.push(format!("its own change set: {}", hider.text(arn)));
        }
        let changes = self.changes(hider);
        ResourceReview {
            path: self.path.to_owned(),
            logical_id: change.logical_resource_id.clone(),
            physical_id: owned(&change.physical_resource_id),
            resource_type: change.resource_type.clone(),
            action: change.action.clone(),
            replacement: self.replacement(),
            policy_action: owned(&change.policy_action),
            scope: change.scope.clone(),
            drifted: self.drifted(hider),
            kept: self.kept(&changes, hider),
            changes,
            values: self.values,
            drift: present(change.resource_drift_status.as_deref()).map(str::to_owned),
            module: change.module_info.as_ref().and_then(|module| {
                let kind = present(module.type_hierarchy.as_deref())?;
                let name = present(module.logical_id_hierarchy.as_deref()).unwrap_or_default();
                Some(format!("{kind} {name}").trim_end().to_owned())
            }),
            hooks: self.hooks,
            invoked_hooks: Vec::new(),
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
                    covered[index] |= self.agrees(pointer, detail);
                    told.add(detail);
                }
            }
            changes.push(self.change_of(leaf, &told, hider));
        }
        for (index, (pointer, first)) in details.iter().enumerate() {
            if covered[index] {
                continue;
            }
            let mut told = Told::default();
            // The same place may be listed more than once, with another evaluation each time.
            for (other, (place, detail)) in details.iter().enumerate().skip(index) {
                if !covered[other] && place == pointer {
                    covered[other] = true;
                    told.add(detail);
                }
            }
            self.add_told(pointer.as_deref().unwrap_or("/"), first, &told, hider, &mut changes);
        }
        changes
    }

    fn change_of(&self, leaf: &Leaf, told: &Told, hider: &Hider) -> PropertyChange {
        let names = self.names(&leaf.names);
        let shown = |value: &Option<String>| value.as_deref().map(|value| hider.value(&names, value));
        let path = hider.text(readable(&leaf.path));
        // A pointer is made of the keys of the path: when nothing in that one is hidden, nothing is in this one.
        let is_open = path == readable(&leaf.path);
        let pointer = leaf.pointer_after.as_ref().or(leaf.pointer_before.as_ref());
        PropertyChange {
            path,
            pointer: pointer.map(|pointer| if is_open { pointer.clone() } else { hider.text(pointer) }),
            before: shown(&leaf.before),
            after: shown(&leaf.after),
            actual: told.actual.as_deref().map(|value| hider.value(&names, value)),
            deployed: told.deployed.as_deref().map(|value| hider.value(&names, value)),
            drift_seen: told.drift_seen.clone(),
            before_from: told.before_from.clone(),
            change_type: told.change_type.clone(),
            recreation: told.recreation(),
            causes: told.causes(),
        }
    }

    /// Adds what only the details tell.
    fn add_told(&self, pointer: &str, first: &Detail, told: &Told, hider: &Hider, changes: &mut Vec<PropertyChange>) {
        let target = first.target.clone().unwrap_or_default();
        let both_known = self.before.is_some() && self.after.is_some();
        let side = |told: Option<&str>, whole: &Option<Value>| {
            let held = whole.as_ref().and_then(|whole| at(whole, pointer));
            match present(told) {
                // Where the template refers to a secret, what CloudFormation tells may be the secret itself.
                Some(_) if held.and_then(Value::as_str).is_some_and(stands_for_secret) => held.cloned(),
                Some(told) => Some(Value::String(told.to_owned())),
                None => held.filter(|_| !both_known).cloned(),
            }
        };
        let (before, after) = (
            side(target.before_value.as_deref(), &self.before),
            side(target.after_value.as_deref(), &self.after),
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
                    .or_else(|| at(whole.as_ref()?, pointer).filter(|value| value.is_string()))
                    .map(|value| hider.value(&names, &text(value)))
            };
            changes.push(PropertyChange {
                path: if base.is_empty() {
                    "(the resource)".to_owned()
                } else {
                    hider.text(&base)
                },
                pointer: Some(hider.text(pointer)),
                before: shown(&before, pointer, &self.before),
                after: shown(&after, pointer, &self.after),
                actual: told.actual.as_deref().map(|value| hider.value(&names, value)),
                deployed: told.deployed.as_deref().map(|value| hider.value(&names, value)),
                drift_seen: told.drift_seen.clone(),
                before_from: told.before_from.clone(),
                change_type: told.change_type.clone(),
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

    /// Whether the values that CloudFormation lists at a place are the ones that it tells of the whole resource, so
    /// that they need not be shown a second time.
    fn agrees(&self, pointer: &str, detail: &Detail) -> bool {
        let Some(target) = detail.target.as_ref() else {
            return true;
        };
        let side = |told: &Option<String>, whole: &Option<Value>| {
            let Some(told) = present(told.as_deref()) else {
                return true;
            };
            let held = whole.as_ref().and_then(|whole| at(whole, pointer));
            held.is_some_and(|held| {
                same(held, told) || is_signature(told) || held.as_str().is_some_and(stands_for_secret)
            })
        };
        side(&target.before_value, &self.before) && side(&target.after_value, &self.after)
    }

    fn drifted(&self, hider: &Hider) -> Vec<PropertyChange> {
        let told = Told::default();
        self.drifted
            .iter()
            .map(|leaf| self.change_of(leaf, &told, hider))
            .collect()
    }

    fn property(&self, name: &str) -> Option<&str> {
        let side = self.after.as_ref().or(self.before.as_ref())?;
        side.get("Properties")?.get(name)?.as_str()
    }

    /// What says whether the value at a place is secret: the type, then every name on the way.
    pub(super) fn names<'n>(&'n self, on_the_way: &'n [String]) -> Vec<&'n str> {
        let mut names = Vec::with_capacity(on_the_way.len() + 3);
        names.push(self.change.resource_type.as_str());
        if self.change.resource_type == "AWS::SSM::Parameter" {
            // What such a value is, only the name of the parameter says.
            names.push(self.change.logical_resource_id.as_str());
            names.extend(self.property("Name"));
        }
        names.extend(on_the_way.iter().map(String::as_str));
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
pub(super) fn readable(path: &str) -> &str {
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
