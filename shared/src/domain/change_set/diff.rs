//! Structural difference of two JSON values, item by item; items of lists are matched by what identifies them.

use serde_json::{Map, Value};

use crate::domain::digest::to_canonical_json;

/// One leaf in which two values differ.
#[derive(Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Where it stands, for reading.
    pub path: String,
    /// Every name on the way, those of items included; what is secret is told by them.
    pub names: Vec<String>,
    /// JSON pointer into the value before; absent when the leaf was not there.
    pub pointer_before: Option<String>,
    /// JSON pointer into the value afterwards; absent when the leaf is not there any more.
    pub pointer_after: Option<String>,
    /// The text before.
    pub before: Option<String>,
    /// The text afterwards.
    pub after: Option<String>,
}

/// Keys that identify an item of a list, best first.
const IDENTITIES: [&str; 16] = [
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
    let mut walk = Walk::default();
    walk.compare(&Place::default(), before, after);
    walk.found
}

#[derive(Debug, Clone, Default)]
struct Place {
    path: String,
    names: Vec<String>,
    before: String,
    after: String,
}

impl Place {
    fn key(&self, key: &str) -> Self {
        let mut names = self.names.clone();
        names.push(key.to_owned());
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self {
            path: if self.path.is_empty() {
                key.to_owned()
            } else {
                format!("{}.{key}", self.path)
            },
            names,
            before: format!("{}/{escaped}", self.before),
            after: format!("{}/{escaped}", self.after),
        }
    }

    fn item(&self, label: &str, before: usize, after: usize, item: Option<&Value>) -> Self {
        let mut names = self.names.clone();
        // What an item is called says whether its value is secret: `{Name: DB_PASSWORD, Value: …}`.
        if let Some(Value::Object(map)) = item {
            names.extend(
                IDENTITIES
                    .iter()
                    .filter_map(|key| Some(map.get(*key)?.as_str()?.to_owned())),
            );
        }
        Self {
            path: format!("{}[{label}]", self.path),
            names,
            before: format!("{}/{before}", self.before),
            after: format!("{}/{after}", self.after),
        }
    }
}

#[derive(Default)]
struct Walk {
    found: Vec<Leaf>,
}

impl Walk {
    fn compare(&mut self, place: &Place, before: Option<&Value>, after: Option<&Value>) {
        match (before, after) {
            (None, None) => {}
            (Some(a), Some(b)) if a == b => {}
            (Some(Value::Object(a)), Some(Value::Object(b))) => self.objects(place, a, b),
            (Some(Value::Array(a)), Some(Value::Array(b))) => self.lists(place, a, b),
            (Some(a), Some(b)) if is_leaf(a) && is_leaf(b) => match (embedded(a), embedded(b)) {
                (Some(a), Some(b)) => self.compare(place, Some(&a), Some(&b)),
                _ if text(a) == text(b) => {}
                _ => self.push(place, Some(a), Some(b)),
            },
            (Some(a), Some(b)) => {
                self.one_side(place, a, true);
                self.one_side(place, b, false);
            }
            (Some(a), None) => self.one_side(place, a, true),
            (None, Some(b)) => self.one_side(place, b, false),
        }
    }

    fn objects(&mut self, place: &Place, a: &Map<String, Value>, b: &Map<String, Value>) {
        // Most of a resource stays as it is; its places need not be named.
        let mut keys: Vec<_> = a
            .iter()
            .filter(|(key, before)| b.get(*key) != Some(*before))
            .map(|(key, _)| key)
            .chain(b.keys().filter(|key| !a.contains_key(*key)))
            .collect();
        keys.sort_unstable();
        for key in keys {
            self.compare(&place.key(key), a.get(key), b.get(key));
        }
    }

    fn lists(&mut self, place: &Place, a: &[Value], b: &[Value]) {
        let key = identity(a).filter(|key| identity_holds(key, b)).or_else(|| {
            // A list that was or becomes empty says nothing; the other one decides.
            identity(b).filter(|key| identity_holds(key, a))
        });
        let label = |item: &Value| key.and_then(|key| item.get(key)).map(text);
        let mut taken = vec![false; b.len()];
        let mut left = Vec::new();
        for (at, before) in a.iter().enumerate() {
            let partner = b.iter().enumerate().position(|(other, after)| {
                !taken[other]
                    && match label(before) {
                        Some(name) => label(after).as_ref() == Some(&name),
                        None => before == after,
                    }
            });
            match partner {
                Some(other) => {
                    taken[other] = true;
                    if let Some(name) = label(before) {
                        let place = place.item(&name, at, other, Some(before));
                        self.compare(&place, Some(before), Some(&b[other]));
                    }
                }
                None => left.push(at),
            }
        }
        let mut fresh: Vec<_> = (0..b.len()).filter(|at| !taken[*at]).collect();
        if left.is_empty() && fresh.is_empty() {
            self.order(place, a, b, key.is_some());
            return;
        }
        // Objects without a name are paired with the one that shares most with them; texts come and go.
        for at in left {
            let before = &a[at];
            let partner = if key.is_none() && before.is_object() {
                best_partner(before, b, &fresh)
            } else {
                None
            };
            if let Some(index) = partner {
                let other = fresh.remove(index);
                let place = place.item(&other.to_string(), at, other, Some(before));
                self.compare(&place, Some(before), Some(&b[other]));
            } else {
                let name = label(before).unwrap_or_else(|| at.to_string());
                self.one_side(&place.item(&name, at, at, Some(before)), before, true);
            }
        }
        for other in fresh {
            let after = &b[other];
            let name = label(after).unwrap_or_else(|| other.to_string());
            self.one_side(&place.item(&name, other, other, Some(after)), after, false);
        }
    }

    /// The same items in another order: CloudFormation counts it as a change, so it is shown as one.
    fn order(&mut self, place: &Place, a: &[Value], b: &[Value], are_named: bool) {
        if are_named || a == b {
            return;
        }
        let joined = |items: &[Value]| Value::String(items.iter().map(text).collect::<Vec<_>>().join(", "));
        let mut place = place.clone();
        place.path.push_str(" (order)");
        self.push(&place, Some(&joined(a)), Some(&joined(b)));
    }

    fn one_side(&mut self, place: &Place, value: &Value, is_before: bool) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                let mut entries: Vec<_> = map.iter().collect();
                entries.sort_unstable_by_key(|(key, _)| *key);
                for (key, value) in entries {
                    self.one_side(&place.key(key), value, is_before);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                let key = identity(items);
                for (at, item) in items.iter().enumerate() {
                    let name = key.and_then(|key| item.get(key)).map_or_else(|| at.to_string(), text);
                    self.one_side(&place.item(&name, at, at, Some(item)), item, is_before);
                }
            }
            _ => match embedded(value) {
                Some(value) => self.one_side(place, &value, is_before),
                None if is_before => self.push(place, Some(value), None),
                None => self.push(place, None, Some(value)),
            },
        }
    }

    fn push(&mut self, place: &Place, before: Option<&Value>, after: Option<&Value>) {
        self.found.push(Leaf {
            path: place.path.clone(),
            names: place.names.clone(),
            pointer_before: before.map(|_| place.before.clone()),
            pointer_after: after.map(|_| place.after.clone()),
            before: before.map(text),
            after: after.map(text),
        });
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
