//! IAM policies compared as policies: what becomes allowed that was not.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::actions::Access;
use super::attached::{attached, managed, permission};
use super::statement::{Grant, Policy, TooLarge, each_gained};
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Sentence, sentence};

/// Most grants that are told one by one for one policy.
const MOST_TOLD: usize = 12;
/// Most grants that are kept to be told; the levels of the others count all the same.
const MOST_KEPT: usize = 400;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if facts.change.action == "Remove" {
        return removed_guard(facts, found);
    }
    let old = documents(properties(facts.before.as_ref()));
    let new = documents(properties(facts.after.as_ref()));
    for (place, document) in &new {
        compare(place, old.get(place).map(AsRef::as_ref), Some(document), found);
    }
    for (place, document) in &old {
        if !new.contains_key(place) && facts.after.is_some() {
            compare(place, Some(document), None, found);
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

fn compare(place: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Found<'_>) {
    let (old, new) = (Policy::of(old), Policy::of(new));
    let compared = tell_gained(place, &old, &new, found).and_then(|()| tell_lifted(place, &old, &new, found));
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

/// What the policy allows now that it did not allow: the most dangerous first.
fn tell_gained(place: &str, old: &Policy, new: &Policy, found: &mut Found<'_>) -> Result<(), TooLarge> {
    let mut gained: BTreeSet<(std::cmp::Reverse<Level>, Grant<'_>)> = BTreeSet::new();
    let (mut more, mut level_of_more) = (0, Level::Low);
    let mut ranked = Ok(());
    let (ranking, budget) = (found.context, &found.context.policies);
    each_gained(&old.allowed, &new.allowed, budget, |grant| {
        match level(&grant, ranking) {
            Ok(level) if gained.len() < MOST_KEPT => {
                gained.insert((std::cmp::Reverse(level), grant));
            }
            Ok(level) => {
                more += 1;
                level_of_more = level_of_more.max(level);
            }
            Err(error) => ranked = Err(error),
        }
    })?;
    ranked?;
    let mut told = 0;
    for (level, grant) in &gained {
        // A wider grant of the same policy says it all.
        let mut is_told = false;
        for (_, other) in &gained {
            if other != grant && other.covers(grant, budget)? {
                is_told = true;
                break;
            }
        }
        if is_told {
            continue;
        }
        told += 1;
        if told <= MOST_TOLD {
            let words = sentence![place.to_owned(), " now allows ", words(grant)];
            found.add(level.0, Kind::SecurityWidened, words);
        } else {
            more += 1;
            level_of_more = level_of_more.max(level.0);
        }
    }
    if more > 0 {
        found.add(
            level_of_more,
            Kind::SecurityWidened,
            sentence![
                place.to_owned(),
                " now allows ",
                more,
                " more; they are among its properties"
            ],
        );
    }
    Ok(())
}

/// What the policy denied and does not deny any more.
fn tell_lifted(place: &str, old: &Policy, new: &Policy, found: &mut Found<'_>) -> Result<(), TooLarge> {
    let mut lifted = Vec::new();
    let mut more = 0_usize;
    each_gained(&new.denied, &old.denied, &found.context.policies, |grant| {
        if lifted.len() < MOST_TOLD {
            lifted.push(grant);
        } else {
            more += 1;
        }
    })?;
    for grant in &lifted {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            sentence![place.to_owned(), " no longer denies ", words(grant)],
        );
    }
    if more > 0 {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            sentence![
                place.to_owned(),
                " no longer denies ",
                more,
                " more; they are among its properties"
            ],
        );
    }
    Ok(())
}

/// How bad it is that something becomes allowed.
fn level(grant: &Grant<'_>, context: &super::Context) -> Result<Level, TooLarge> {
    let is_free = grant.condition.is_empty();
    let everybody = matches!(grant.principal, "*" | "Federated *") && is_free;
    let excepts = [grant.principal, grant.action, grant.resource]
        .iter()
        .any(|part| part.starts_with("not "));
    if everybody || excepts || matches!(grant.action, "*" | "*:*") {
        return Ok(Level::High);
    }
    let reach = context.ranking.of(grant.action, &context.policies)?;
    // What a trust policy allows is to become this role; elsewhere it is to become others.
    let is_trust = !grant.principal.is_empty() && grant.resource == "*" && starts_with(grant.action, "sts:");
    if is_trust {
        return Ok(trust(grant, context));
    }
    let is_wide = grant.resource.contains('*');
    let level = if reach.escalates || reach.access == Some(Access::Permissions) || (reach.borrows && is_wide) {
        Level::High
    } else if reach.borrows || reach.reads_secrets || reach.access.is_none_or(|access| access >= Access::Tagging) {
        Level::Medium
    } else {
        Level::Low
    };
    Ok(if context.is_foreign(grant.principal) {
        match level {
            Level::Low => Level::Medium,
            Level::Medium | Level::High => Level::High,
        }
    } else {
        level
    })
}

/// How bad it is that somebody may become a role.
fn trust(grant: &Grant<'_>, context: &super::Context) -> Level {
    if starts_with(grant.principal, "Service ") {
        return Level::Low;
    }
    let is_free = grant.condition.is_empty();
    // Whoever the provider lets in is let in, unless a condition says whom.
    let is_open = is_free && starts_with(grant.principal, "Federated ");
    if is_open || context.is_foreign(grant.principal) || grant.principal == "*" {
        Level::High
    } else {
        Level::Medium
    }
}

fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len())
        .is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn words(grant: &Grant<'_>) -> Sentence {
    let principal = match grant.principal {
        "" => sentence![],
        "*" => sentence!["everybody to do "],
        principal => sentence![principal.to_owned(), " to do "],
    };
    let action = match grant.action {
        "*" => sentence!["everything"],
        action => sentence![action.to_owned()],
    };
    // A trust policy has no resource; taken apart it stands for any.
    let resource = match grant.resource {
        "*" if starts_with(grant.action, "sts:AssumeRole") => sentence![],
        "*" => sentence![" on every resource"],
        resource => sentence![" on ", resource.to_owned()],
    };
    let condition = match grant.condition {
        "" => sentence![],
        condition => sentence![" if ", condition.to_owned()],
    };
    sentence![principal, action, resource, condition]
}

/// A bucket or queue policy that goes takes its denials with it.
fn removed_guard(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    for (place, document) in documents(properties(facts.before.as_ref())) {
        compare(&place, Some(&document), None, found);
    }
}
