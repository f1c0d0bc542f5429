//! Structural difference of two JSON values, item by item; items of lists are matched by what identifies them.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::place::Place;
use crate::domain::digest::to_canonical_json;
use crate::domain::limits::{self, Budget};
use crate::domain::secrecy::Step;

/// One leaf in which two values differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Where it stands, for reading.
    pub path: String,
    /// Every name on the way, those of items included; what is secret is told by them.
    pub(in crate::domain) steps: Box<[Step]>,
    /// JSON pointer into the value before; absent when the leaf was not there.
    pub pointer_before: Option<Rc<str>>,
    /// JSON pointer into the value afterwards; absent when the leaf is not there any more.
    pub pointer_after: Option<Rc<str>>,
    /// The text before.
    pub before: Option<String>,
    /// The text afterwards.
    pub after: Option<String>,
}

/// Keys that identify an item of a list, best first.
pub(super) const IDENTITIES: [&str; 16] = [
    "Key",
    "Sid",
    "Id",
    "Name",
    "PolicyName",
    "ParameterKey",
    "ParameterName",
    "AttributeName",
    "IndexName",
    "DeviceName",
    "OutputKey",
    "LogicalResourceId",
    "Field",
    "DomainName",
    "HostedZoneId",
    "Alias",
];

/// All leaves in which `before` and `after` differ; a missing side makes every leaf of the other one a difference.
pub(in crate::domain) fn leaves(before: Option<&Value>, after: Option<&Value>) -> Vec<Leaf> {
    let mut found = Vec::new();
    let mut walk = Walk {
        place: Place::default(),
        pairs: Budget::of(limits::PAIRING_STEPS),
        found: &mut |place: &Place, before: Option<&Value>, after: Option<&Value>| {
            let pointer_before: Option<Rc<str>> = before.map(|_| place.before.as_str().into());
            // Most of what changes stays at its place, which need not be held twice.
            let pointer_after = after.map(|_| match &pointer_before {
                Some(before) if **before == *place.after => Rc::clone(before),
                _ => place.after.as_str().into(),
            });
            found.push(Leaf {
                path: place.path.clone(),
                steps: place.steps.as_slice().into(),
                pointer_before,
                pointer_after,
                before: before.map(text),
                after: after.map(text),
            });
        },
    };
    walk.compare(before, after);
    found
}

/// Goes to every leaf of one value, in the order of [`leaves`].
pub(super) fn each_leaf(value: &Value, mut found: impl FnMut(&Place, &Value)) {
    let mut walk = Walk {
        place: Place::default(),
        pairs: Budget::of(limits::PAIRING_STEPS),
        found: &mut |place: &Place, _: Option<&Value>, leaf: Option<&Value>| {
            if let Some(leaf) = leaf {
                found(place, leaf);
            }
        },
    };
    walk.one_side(value, false);
}

/// What is done with a leaf: its place, and the two sides as far as they are there.
type Found<'f> = dyn FnMut(&Place, Option<&Value>, Option<&Value>) + 'f;

struct Walk<'f> {
    place: Place,
    /// What is left of the pairs that may be compared.
    pairs: Budget,
    found: &'f mut Found<'f>,
}

impl Walk<'_> {
    fn compare(&mut self, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, None) => {}
            (Some(a), Some(b)) if a == b => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => self.objects(a, b),
            (Some(Value::Array(a)), Some(Value::Array(b))) => self.lists(a, b),
            (Some(a), Some(b)) if is_leaf(a) && is_leaf(b) => match (embedded(a), embedded(b)) {
                (Some(a), Some(b)) => {
                    let way = self.place.way();
                    self.place.enter_text();
                    self.compare(Some(&a), Some(&b));
                    self.place.back(&way);
                }
                _ if text(a) == text(b) => {}
                _ => (self.found)(&self.place, Some(a), Some(b)),
            },
            (Some(a), Some(b)) => {
                self.one_side(a, true);
                self.one_side(b, false);
            }
            (Some(a), None) => self.one_side(a, true),
            (None, Some(b)) => self.one_side(b, false),
        }
    }

    fn objects(&mut self, a: &Map<String, Value>, b: &Map<String, Value>) {
        // Most of a resource stays as it is; its places need not be named.
        let mut keys: Vec<_> = a
            .iter()
            .filter(|(key, before)| b.get(*key) != Some(*before))
            .map(|(key, _)| key)
            .chain(b.keys().filter(|key| !a.contains_key(*key)))
            .collect();
        keys.sort_unstable();
        for key in keys {
            let way = self.place.way();
            self.place.enter_key(key);
            self.compare(a.get(key), b.get(key));
            self.place.back(&way);
        }
    }

    fn lists(&mut self, a: &[Value], b: &[Value]) {
        let key = identity(a).filter(|key| identity_holds(key, b)).or_else(|| {
            // A list that was or becomes empty says nothing; the other one decides.
            identity(b).filter(|key| identity_holds(key, a))
        });
        let label = |item: &Value| key.and_then(|key| item.get(key)).map(text);
        let mut taken = vec![false; b.len()];
        let mut free: HashMap<Option<&Value>, VecDeque<usize>> = HashMap::new();
        for (other, after) in b.iter().enumerate() {
            free.entry(identified(after, key)).or_default().push_back(other);
        }
        let mut left = Vec::new();
        for (at, before) in a.iter().enumerate() {
            // Of items that are alike, the first that is left.
            let alike = free.get_mut(&identified(before, key));
            let partner = alike.and_then(VecDeque::pop_front);
            match partner {
                Some(other) => {
                    taken[other] = true;
                    if let Some(name) = label(before) {
                        self.item(&name, at, other, before, |walk| {
                            walk.compare(Some(before), Some(&b[other]));
                        });
                    }
                }
                None => left.push(at),
            }
        }
        let mut fresh: Vec<_> = (0..b.len()).filter(|at| !taken[*at]).collect();
        if left.is_empty() && fresh.is_empty() {
            self.order(a, b, key.is_some());
            return;
        }
        // Objects without a name are paired with the one that shares most with them; texts come and go.
        for at in left {
            let before = &a[at];
            let pairs = u64::try_from(fresh.len()).unwrap_or(u64::MAX);
            let partner = if key.is_none() && before.is_object() && self.pairs.spend(pairs) {
                best_partner(before, b, &fresh)
            } else {
                None
            };
            if let Some(index) = partner {
                let other = fresh.remove(index);
                self.item(&other.to_string(), at, other, before, |walk| {
                    walk.compare(Some(before), Some(&b[other]));
                });
            } else {
                let name = label(before).unwrap_or_else(|| at.to_string());
                self.item(&name, at, at, before, |walk| walk.one_side(before, true));
            }
        }
        for other in fresh {
            let after = &b[other];
            let name = label(after).unwrap_or_else(|| other.to_string());
            self.item(&name, other, other, after, |walk| walk.one_side(after, false));
        }
    }

    fn item(&mut self, label: &str, before: usize, after: usize, item: &Value, then: impl FnOnce(&mut Self)) {
        let way = self.place.way();
        self.place.enter_item(label, before, after, item);
        then(self);
        self.place.back(&way);
    }

    /// The same items in another order: CloudFormation counts it as a change, so it is shown as one.
    fn order(&mut self, a: &[Value], b: &[Value], are_named: bool) {
        if are_named || a == b {
            return;
        }
        let joined = |items: &[Value]| Value::String(items.iter().map(text).collect::<Vec<_>>().join(", "));
        let way = self.place.way();
        self.place.path.push_str(" (order)");
        (self.found)(&self.place, Some(&joined(a)), Some(&joined(b)));
        self.place.back(&way);
    }

    fn one_side(&mut self, value: &Value, is_before: bool) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    let way = self.place.way();
                    self.place.enter_key(key);
                    self.one_side(value, is_before);
                    self.place.back(&way);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let key = identity(items);
                for (at, item) in items.iter().enumerate() {
                    let name = key.and_then(|key| item.get(key)).map_or_else(|| at.to_string(), text);
                    self.item(&name, at, at, item, |walk| walk.one_side(item, is_before));
                }
            }
            _ => match embedded(value) {
                Some(value) => {
                    let way = self.place.way();
                    self.place.enter_text();
                    self.one_side(&value, is_before);
                    self.place.back(&way);
                }
                None if is_before => (self.found)(&self.place, Some(value), None),
                None => (self.found)(&self.place, None, Some(value)),
            },
        }
    }
}

/// What of an item is compared: what identifies it, else all of it.
fn identified<'v>(item: &'v Value, key: Option<&str>) -> Option<&'v Value> {
    match key {
        Some(key) => item.get(key),
        None => Some(item),
    }
}

fn is_leaf(value: &Value) -> bool {
    !matches!(value, Value::Object(_) | Value::Array(_))
}

/// A text that is itself a JSON object or list, as policies often are.
fn embedded(value: &Value) -> Option<Value> {
    let text = value.as_str()?.trim();
    let looks_so = (text.starts_with('{') && text.ends_with('}') && !text.starts_with("{{"))
        || (text.starts_with('[') && text.ends_with(']'));
    let parsed: Value = looks_so.then(|| serde_json::from_str(text).ok()).flatten()?;
    let is_empty = match &parsed {
        Value::Object(map) => map.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => true,
    };
    (!is_empty).then_some(parsed)
}

/// The value at a JSON pointer (RFC 6901); most pointers hold no escapes, and nothing is copied for them.
pub(super) fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    if pointer.contains('~') {
        return value.pointer(pointer);
    }
    let mut parts = pointer.split('/');
    if parts.next() != Some("") {
        return None;
    }
    parts.try_fold(value, |value, part| match value {
        Value::Object(map) => map.get(part),
        Value::Array(items) => {
            let is_index = part == "0" || !part.starts_with(['0', '+']);
            items.get(part.parse::<usize>().ok().filter(|_| is_index)?)
        }
        _ => None,
    })
}

/// The text of a leaf without copying it where it is one.
pub(super) fn text_of(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(to_canonical_json(other)),
    }
}

/// The text of a leaf; CloudFormation takes `1` and `"1"` as the same.
pub(in crate::domain) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => to_canonical_json(other),
    }
}

/// Whether `told`, which may be the text of a JSON value, says the same as `held`.
pub(super) fn same(held: &Value, told: &str) -> bool {
    match held {
        Value::String(held) if held == told => true,
        Value::String(held) => {
            let (held, told) = (
                embedded(&Value::String(held.clone())),
                embedded(&Value::String(told.to_owned())),
            );
            held.is_some() && held == told
        }
        Value::Object(_) | Value::Array(_) => {
            serde_json::from_str(told).is_ok_and(|told: Value| leaves(Some(held), Some(&told)).is_empty())
        }
        other => text(other) == told,
    }
}

/// The key by which the items can be told apart: each has it, as a text, and no two have the same.
fn identity(items: &[Value]) -> Option<&'static str> {
    if items.is_empty() {
        return None;
    }
    IDENTITIES.into_iter().find(|key| identity_holds(key, items))
}

fn identity_holds(key: &str, items: &[Value]) -> bool {
    let mut seen = std::collections::HashSet::with_capacity(items.len());
    items.iter().all(|item| {
        item.get(key)
            .and_then(Value::as_str)
            .is_some_and(|name| seen.insert(name))
    })
}

/// Index into `fresh` of the object that shares most entries with `before`, at least one.
fn best_partner(before: &Value, b: &[Value], fresh: &[usize]) -> Option<usize> {
    let before = before.as_object()?;
    fresh
        .iter()
        .enumerate()
        .filter_map(|(index, other)| {
            let after = b[*other].as_object()?;
            let shared = before
                .iter()
                .filter(|(key, value)| after.get(*key) == Some(value))
                .count();
            (shared > 0).then_some((shared, std::cmp::Reverse(index)))
        })
        .max()
        .map(|(_, std::cmp::Reverse(index))| index)
}
