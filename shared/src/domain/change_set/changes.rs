//! What changes about one resource, place by place: what differs, and what CloudFormation lists besides.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use super::context::{is_signature, stands_for_secret};
use super::description::{Detail, present};
use super::details::{Details, Told};
use super::diff::{IDENTITIES, Leaf, at, leaves, same, text};
use super::resource::{ResourceFacts, readable};
use super::values::PropertyChange;
use crate::domain::limits::Budget;
use crate::domain::secrecy::{Hider, Masked, Spot, Step};

/// What changes about a resource.
#[derive(Default)]
pub(super) struct Changes {
    /// In the order in which it is shown.
    pub(super) list: Vec<PropertyChange>,
    /// Places of the resource afterwards at which it differs.
    pub(super) differing: Vec<Rc<str>>,
    /// Places of which only CloudFormation's list tells a value.
    pub(super) told: Vec<Rc<str>>,
}

impl ResourceFacts<'_> {
    /// What changes. `budget` bounds the search for what CloudFormation lists a second time; what it does not suffice for
    /// is shown twice. What differs is used up: a leaf and the change that is made of it are never both held for all.
    pub(super) fn changes(&mut self, hider: &Hider, budget: &Budget) -> Changes {
        let found = std::mem::take(&mut self.leaves);
        let all = &self.change.details;
        let details = Details::of(all);
        let mut changes = Changes::default();
        changes.list.reserve(found.len());
        let mut places = BTreeSet::new();
        for leaf in found {
            let told = details.covering(
                [leaf.pointer_before.as_deref(), leaf.pointer_after.as_deref()],
                &mut places,
            );
            changes.list.push(self.change_of(&leaf, &told, hider));
            changes.differing.extend(leaf.pointer_after);
        }
        let mut is_told = vec![false; all.len()];
        for place in &places {
            for index in details.at(place) {
                is_told[*index] = self.agrees(place, &all[*index], budget);
            }
        }
        for (index, place) in details.places.iter().enumerate() {
            if is_told[index] {
                continue;
            }
            let mut told = Told::default();
            // The same place may be listed more than once, with another evaluation each time.
            let alike: &[usize] = place.as_deref().map_or(&[], |place| details.at(place));
            for other in alike.iter().copied().filter(|other| *other >= index).chain([index]) {
                if !is_told[other] {
                    is_told[other] = true;
                    told.add(&all[other]);
                }
            }
            self.add_told(place.as_deref().unwrap_or("/"), &all[index], &told, hider, &mut changes);
        }
        changes
    }

    pub(super) fn change_of(&self, leaf: &Leaf, told: &Told<'_>, hider: &Hider) -> PropertyChange {
        let spot = self.spot(&leaf.steps);
        let shown = |value: Option<&str>| value.map(|value| hider.value(&spot, value));
        let path = hider.text(readable(&leaf.path));
        let pointer = leaf.pointer_after.as_deref().or(leaf.pointer_before.as_deref());
        let pointer = pointer.map(|pointer| hider.pointer(pointer, path.is(readable(&leaf.path))));
        PropertyChange {
            path,
            pointer,
            before: shown(leaf.before.as_deref()),
            after: shown(leaf.after.as_deref()),
            actual: shown(told.actual),
            deployed: shown(told.deployed),
            drift_seen: Told::words(told.drift_seen, hider),
            before_from: Told::words(told.before_from, hider),
            change_type: Told::words(told.change_type, hider),
            recreation: told.recreation(),
            causes: told.causes(hider),
        }
    }

    /// Adds what only the details tell.
    fn add_told(&self, pointer: &str, first: &Detail, told: &Told<'_>, hider: &Hider, changes: &mut Changes) {
        let target = first.target.as_ref();
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
            side(target.and_then(|target| target.before_value.as_deref()), &self.before),
            side(target.and_then(|target| target.after_value.as_deref()), &self.after),
        );
        let base_steps = self.steps_to(pointer);
        let names: Vec<_> = pointer
            .split('/')
            .filter(|part| !part.is_empty())
            .map(unescaped)
            .collect();
        let base = readable(&names.join(".")).to_owned();
        let found = leaves(before.as_ref(), after.as_ref());
        if found.is_empty() {
            // Both values are equal or hidden, or none is told: the place is shown all the same.
            let spot = self.spot(&base_steps);
            let shown = |value: &Option<Value>, whole: &Option<Value>| {
                value
                    .as_ref()
                    .or_else(|| at(whole.as_ref()?, pointer).filter(|value| value.is_string()))
                    .map(|value| hider.value(&spot, &text(value)))
            };
            let told_value = |value: Option<&str>| value.map(|value| hider.value(&spot, value));
            let change = PropertyChange {
                path: if base.is_empty() {
                    Masked::ours("(the resource)")
                } else {
                    hider.text(&base)
                },
                pointer: Some(hider.text(pointer)),
                before: shown(&before, &self.before),
                after: shown(&after, &self.after),
                actual: told_value(told.actual),
                deployed: told_value(told.deployed),
                drift_seen: Told::words(told.drift_seen, hider),
                before_from: Told::words(told.before_from, hider),
                change_type: Told::words(told.change_type, hider),
                recreation: told.recreation(),
                causes: told.causes(hider),
            };
            if change.before.is_some() || change.after.is_some() {
                changes.told.push(pointer.into());
            }
            changes.list.push(change);
        }
        for leaf in found {
            let joint = if leaf.path.is_empty() || leaf.path.starts_with('[') {
                ""
            } else {
                "."
            };
            let whole = Leaf {
                path: format!("{base}{joint}{}", leaf.path),
                steps: base_steps.iter().chain(&leaf.steps).cloned().collect(),
                pointer_before: leaf.pointer_before.map(|end| format!("{pointer}{end}").into()),
                pointer_after: leaf.pointer_after.map(|end| format!("{pointer}{end}").into()),
                ..leaf
            };
            changes
                .told
                .extend(whole.pointer_after.clone().or_else(|| whole.pointer_before.clone()));
            changes.list.push(self.change_of(&whole, told, hider));
        }
    }

    /// The steps to a place, with what identifies the items of lists on the way, as far as the resource is known.
    fn steps_to(&self, pointer: &str) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut inside = [self.after.as_ref(), self.before.as_ref()];
        for part in pointer.split('/').filter(|part| !part.is_empty()).map(unescaped) {
            let is_item = inside.iter().flatten().any(|value| value.is_array());
            inside = inside.map(|value| match value? {
                Value::Array(items) => items.get(part.parse::<usize>().ok()?),
                value => value.get(&part),
            });
            if is_item {
                for item in inside.iter().flatten() {
                    let names = IDENTITIES.iter().filter_map(|key| item.get(*key)?.as_str());
                    steps.extend(names.map(|name| Step::Name(name.into())));
                }
            } else {
                steps.push(Step::Key(part.into()));
            }
        }
        steps
    }

    /// Whether the values that CloudFormation lists at a place are the ones that it tells of the whole resource, so
    /// that they need not be shown a second time.
    fn agrees(&self, pointer: &str, detail: &Detail, budget: &Budget) -> bool {
        let Some(target) = detail.target.as_ref() else {
            return true;
        };
        let side = |told: &Option<String>, whole: &Option<Value>| {
            let Some(told) = present(told.as_deref()) else {
                return true;
            };
            let held = whole.as_ref().and_then(|whole| at(whole, pointer));
            held.is_some_and(|held| {
                is_signature(told)
                    || held.as_str().is_some_and(stands_for_secret)
                    || (budget.spend(weight(held, budget.left())) && same(held, told))
            })
        };
        side(&target.before_value, &self.before) && side(&target.after_value, &self.after)
    }

    pub(super) fn drifted(&mut self, hider: &Hider) -> Vec<PropertyChange> {
        let told = Told::default();
        let drifted = std::mem::take(&mut self.drifted);
        drifted
            .into_iter()
            .map(|leaf| self.change_of(&leaf, &told, hider))
            .collect()
    }

    /// What says whether the value at a place is secret.
    pub(in crate::domain) fn spot<'s>(&'s self, steps: &'s [Step]) -> Spot<'s> {
        // What a parameter of Systems Manager holds, only its name says.
        let owners = if self.change.resource_type == "AWS::SSM::Parameter" {
            [Some(self.change.logical_resource_id.as_str()), self.property("Name")]
        } else {
            [None, None]
        };
        Spot {
            kind: Some(&self.change.resource_type),
            owners,
            steps,
        }
    }
}

/// How many values there are in one, counted up to `most`.
fn weight(value: &Value, most: u64) -> u64 {
    let mut count = 0;
    let mut rest = vec![value];
    while let Some(value) = rest.pop() {
        count += 1;
        if count > most {
            break;
        }
        match value {
            Value::Array(items) => rest.extend(items),
            Value::Object(map) => rest.extend(map.values()),
            _ => {}
        }
    }
    count
}

fn unescaped(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
