//! IAM policies compared as policies: what becomes allowed that was not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::attached::{attached, managed, permission};
use super::gained::{tell_gained, tell_lifted};
use super::ranks::Holder;
use super::statement::Policy;
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::sentence;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if facts.change.action == "Remove" {
        return removed_guard(facts, found);
    }
    let old = documents(properties(facts.before.as_ref()));
    let new = documents(properties(facts.after.as_ref()));
    let holder = Holder::of(facts.change);
    for (place, document) in &new {
        compare(place, old.get(place).map(AsRef::as_ref), Some(document), holder, found);
    }
    for (place, document) in &old {
        if !new.contains_key(place) && facts.after.is_some() {
            compare(place, Some(document), None, holder, found);
        }
    }
    managed(facts, found);
    attached(facts, found);
    permission(facts, found);
}

/// All policy documents in a value, by the place they stand in; items of lists by `PolicyName`, else by index.
fn documents(properties: Option<&Value>) -> BTreeMap<String, Cow<'_, Value>> {
    let mut found = BTreeMap::new();
    if let Some(properties) = properties {
        collect("", properties, &mut found);
    }
    found
}

fn collect<'v>(place: &str, value: &'v Value, found: &mut BTreeMap<String, Cow<'v, Value>>) {
    match value {
        Value::Object(_) if is_policy(value) => {
            found.insert(place.to_owned(), Cow::Borrowed(value));
        }
        // Some types take a policy as a text.
        Value::String(text) => {
            if let Some(policy) = serde_json::from_str(text).ok().filter(is_policy) {
                found.insert(place.to_owned(), Cow::Owned(policy));
            }
        }
        Value::Object(map) => {
            for (key, value) in map.iter().filter(|(_, value)| may_hold_policy(value)) {
                let joint = if place.is_empty() { "" } else { "." };
                collect(&format!("{place}{joint}{key}"), value, found);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| may_hold_policy(item)) {
                let name = item.get("PolicyName").map_or_else(|| index.to_string(), text);
                collect(&format!("{place}[{name}]"), item, found);
            }
        }
        _ => {}
    }
}

/// Nearly all values are short texts, whose places need not be named.
fn may_hold_policy(value: &Value) -> bool {
    match value {
        Value::String(text) => text.trim_start().starts_with('{') && text.contains("Statement"),
        Value::Object(_) | Value::Array(_) => true,
        _ => false,
    }
}

fn is_policy(value: &Value) -> bool {
    let Some(statements) = value.get("Statement") else {
        return false;
    };
    match statements {
        Value::Array(items) => items.iter().any(|item| item.get("Effect").is_some()),
        other => other.get("Effect").is_some(),
    }
}

fn compare(place: &str, old: Option<&Value>, new: Option<&Value>, holder: Holder, found: &mut Found<'_>) {
    let (old, new) = (Policy::of(old), Policy::of(new));
    let compared = tell_gained(place, (&old, &new), holder, found).and_then(|()| tell_lifted(place, &old, &new, found));
    if compared.is_err() {
        found.add(
            Level::High,
            Kind::Unknown,
            sentence![
                "the policy ",
                place.to_owned(),
                " is too large to be compared; read it whole"
            ],
        );
    }
}

/// A bucket or queue policy that goes takes its denials with it.
fn removed_guard(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    for (place, document) in documents(properties(facts.before.as_ref())) {
        compare(&place, Some(&document), None, Holder::of(facts.change), found);
    }
}
