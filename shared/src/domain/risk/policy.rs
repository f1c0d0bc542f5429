//! IAM policies compared as policies: what becomes allowed that was not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::statement::{Grant, Grants};
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;

/// Most grants that are told one by one for one policy.
const MOST_TOLD: usize = 12;

/// Actions by which a principal can give itself, or another, more than it has; `*` at the end stands for the rest.
///
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>
const ESCALATES: [&str; 16] = [
    "iam:*",
    "iam:passrole",
    "iam:create",
    "iam:put",
    "iam:attach",
    "iam:update",
    "iam:add",
    "iam:set",
    "iam:delete",
    "sts:*",
    "kms:*",
    "kms:putkeypolicy",
    "kms:creategrant",
    "organizations:*",
    "lambda:addpermission",
    "s3:putbucketpolicy",
];

/// Managed policies that are as good as administration.
const POWERFUL: [&str; 4] = [
    "AdministratorAccess",
    "PowerUserAccess",
    "IAMFullAccess",
    "SystemAdministrator",
];

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found) {
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

fn compare(place: &str, old: Option<&Value>, new: Option<&Value>, found: &mut Found) {
    let (old, new) = (Grants::of(old), Grants::of(new));
    if old.is_cut || new.is_cut {
        found.add(
            Level::High,
            Kind::Unknown,
            format!("the policy {place} is too large to be compared; read it whole"),
        );
    }
    let gained: Vec<_> = new
        .allowed
        .iter()
        .filter(|grant| !old.allowed.iter().any(|old| old.covers(grant)))
        .collect();
    let mut told = 0;
    for grant in &gained {
        // A wider grant of the same policy says it all.
        if gained.iter().any(|other| *other != *grant && other.covers(grant)) {
            continue;
        }
        told += 1;
        if told <= MOST_TOLD {
            found.add(
                level(grant),
                Kind::SecurityWidened,
                format!("{place} now allows {}", words(grant)),
            );
        }
    }
    if told > MOST_TOLD {
        found.add(
            Level::Medium,
            Kind::SecurityWidened,
            format!(
                "{place} now allows {} more; they are among its properties",
                told - MOST_TOLD
            ),
        );
    }
    let lifted = old
        .denied
        .iter()
        .filter(|grant| !new.denied.iter().any(|new| new.covers(grant)));
    for grant in lifted.take(MOST_TOLD) {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            format!("{place} no longer denies {}", words(grant)),
        );
    }
}

fn level(grant: &Grant) -> Level {
    let everybody = matches!(grant.principal.as_str(), "*" | "Federated *") && grant.condition.is_empty();
    let everything = grant.action == "*" || grant.action == "*:*" || grant.action.starts_with("not ");
    // Trust policies name a principal and are meant to allow `sts:AssumeRole`; elsewhere that is reaching further.
    let assumes = grant.action == "sts:assumerole" && grant.principal.is_empty() && grant.resource.contains('*');
    let escalates = ESCALATES
        .iter()
        .any(|action| grant.action.starts_with(action.trim_end_matches('*')) && !action.ends_with("sts:*"));
    let excepts = grant.resource.starts_with("not ");
    if everybody || everything || excepts || escalates || assumes || grant.principal.starts_with("not ") {
        Level::High
    } else {
        Level::Medium
    }
}

fn words(grant: &Grant) -> String {
    let mut words = String::new();
    match grant.principal.as_str() {
        "" => {}
        "*" => words.push_str("everybody to do "),
        principal => words.extend([principal, " to do "]),
    }
    words.push_str(match grant.action.as_str() {
        "*" => "everything",
        action => action,
    });
    // A trust policy has no resource; taken apart it stands for any.
    if !(grant.resource == "*" && grant.action.starts_with("sts:assumerole")) {
        words.push_str(" on ");
        words.push_str(if grant.resource == "*" {
            "every resource"
        } else {
            &grant.resource
        });
    }
    if grant.condition.is_empty() {
        words
    } else {
        format!("{words} if {}", grant.condition)
    }
}

/// Managed policies that are attached.
fn managed(facts: &ResourceFacts<'_>, found: &mut Found) {
    let list = |side| -> Vec<String> {
        ["ManagedPolicyArns", "ManagedPolicies"]
            .iter()
            .filter_map(|name| properties(side)?.get(*name)?.as_array())
            .flatten()
            .map(text)
            .collect()
    };
    let old = list(facts.before.as_ref());
    for arn in list(facts.after.as_ref()) {
        if old.contains(&arn) {
            continue;
        }
        let is_powerful = POWERFUL.iter().any(|name| arn.ends_with(name));
        let level = if is_powerful { Level::High } else { Level::Medium };
        found.add(level, Kind::SecurityWidened, format!("it gets all that {arn} allows"));
    }
}

/// `AWS::Lambda::Permission` and its like: a statement spread over properties.
fn permission(facts: &ResourceFacts<'_>, found: &mut Found) {
    if !matches!(
        facts.change.resource_type.as_str(),
        "AWS::Lambda::Permission" | "AWS::Lambda::LayerVersionPermission" | "AWS::Events::EventBusPolicy"
    ) {
        return;
    }
    let property = |side, name: &str| properties(side).and_then(|properties| properties.get(name)).map(text);
    let Some(principal) = property(facts.after.as_ref(), "Principal") else {
        return;
    };
    // Conditions that are added narrow it; everything else that changes may widen it.
    let widens = |name: &str| property(facts.before.as_ref(), name) != property(facts.after.as_ref(), name);
    let loosens = |name: &str| property(facts.before.as_ref(), name).is_some() && widens(name);
    let is_wider = facts.before.is_none()
        || ["Principal", "Action", "FunctionName", "FunctionUrlAuthType"]
            .iter()
            .any(|name| widens(name))
        || SOURCES.iter().any(|name| loosens(name));
    if !is_wider {
        return;
    }
    let action = property(facts.after.as_ref(), "Action").unwrap_or_else(|| "its actions".to_owned());
    let has_source = SOURCES
        .iter()
        .any(|name| property(facts.after.as_ref(), name).is_some());
    let (level, suffix) = match (principal.as_str(), has_source) {
        ("*", false) => (Level::High, ", everybody"),
        (service, false) if service.ends_with(".amazonaws.com") => (
            Level::Medium,
            ", from any account: neither SourceArn nor SourceAccount is set",
        ),
        _ => (Level::Medium, ""),
    };
    found.add(
        level,
        Kind::SecurityWidened,
        format!("{principal} may do {action}{suffix}"),
    );
}

/// Properties of a permission that narrow it.
const SOURCES: [&str; 5] = [
    "SourceArn",
    "SourceAccount",
    "PrincipalOrgID",
    "OrganizationId",
    "EventSourceToken",
];

/// Identities that get what they did not have: members of groups, users and roles of a policy, roles of a profile.
fn attached(facts: &ResourceFacts<'_>, found: &mut Found) {
    let kind = facts.change.resource_type.as_str();
    let lists: &[&str] = match kind {
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => &["Users", "Groups", "Roles"],
        "AWS::IAM::UserToGroupAddition" => &["Users"],
        "AWS::IAM::User" => &["Groups"],
        "AWS::IAM::InstanceProfile" => &["Roles"],
        "AWS::SSO::Assignment" => &["PrincipalId", "TargetId", "PermissionSetArn"],
        _ => return,
    };
    // A policy that comes with its identities is compared as a policy already.
    if facts.before.is_none() && kind.ends_with("Policy") {
        return;
    }
    let of = |side, list: &str| -> Vec<String> {
        match properties(side).and_then(|properties| properties.get(list)) {
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            Some(one) => vec![text(one)],
            None => Vec::new(),
        }
    };
    for list in lists {
        let old = of(facts.before.as_ref(), list);
        let fresh: Vec<_> = of(facts.after.as_ref(), list)
            .into_iter()
            .filter(|name| !old.contains(name))
            .collect();
        if !fresh.is_empty() {
            found.add(
                Level::Medium,
                Kind::SecurityWidened,
                format!("what it gives goes to more: {list} gets {}", fresh.join(", ")),
            );
        }
    }
}

/// A bucket or queue policy that goes takes its denials with it.
fn removed_guard(facts: &ResourceFacts<'_>, found: &mut Found) {
    for (place, document) in documents(properties(facts.before.as_ref())) {
        for grant in Grants::of(Some(&document)).denied.iter().take(MOST_TOLD) {
            found.add(
                Level::High,
                Kind::SecurityWidened,
                format!("{place} no longer denies {}", words(grant)),
            );
        }
    }
}
