//! To whom the condition of a statement confines what it allows.

use serde_json::{Map, Value};

use super::who::{account_of, is_policy_variable, is_reference};
use crate::domain::change_set::diff::text;

/// To whom a condition confines a statement, as far as it can be told: the narrowest of all its keys.
///
/// Keys: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>,
/// <https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Confinement {
    /// Principals and sources of the stack's own account.
    OwnAccount,
    /// One resource whose name tells no account, such as a bucket.
    OneSource,
    /// The members of an organization.
    Organization,
    /// A network: an endpoint, a VPC, or a range of addresses that is not most of the internet.
    Network,
    /// Nobody in particular.
    Nobody,
}

/// A key, in lower case, and what one of its values must be to confine.
type Key = (&'static str, fn(&str, Option<&str>) -> Option<Confinement>);

const KEYS: [Key; 16] = [
    ("aws:principalaccount", own_account),
    ("aws:principalarn", own_arn),
    ("aws:principalorgid", organization),
    ("aws:principalorgpaths", organization),
    ("aws:sourceaccount", own_account),
    ("aws:sourcearn", own_arn),
    ("aws:sourceip", network),
    ("aws:sourceorgid", organization),
    ("aws:sourceorgpaths", organization),
    ("aws:sourceowner", own_account),
    ("aws:sourcevpc", named_network),
    ("aws:sourcevpcarn", own_arn),
    ("aws:sourcevpce", named_network),
    ("aws:userid", own_user),
    ("kms:calleraccount", own_account),
    ("s3:dataaccesspointaccount", own_account),
];

/// Operators under which a key must have one of the values. Those that end in `IfExists`, and `ForAllValues:`, let
/// through requests that do not have the key.
const POSITIVE: [&str; 7] = [
    "arnequals",
    "arnlike",
    "ipaddress",
    "stringequals",
    "stringequalsignorecase",
    "stringlike",
    "numericequals",
];

/// To whom the condition, as JSON, confines; `account` is the stack's own.
pub(super) fn confinement(condition: &str, account: Option<&str>) -> Confinement {
    positive(condition, |key, values| {
        let (_, of) = KEYS.iter().find(|(known, _)| key.eq_ignore_ascii_case(known))?;
        // Each of the values lets in; the widest of them counts.
        let each = values.iter().map(|value| of(value, account));
        each.collect::<Option<Vec<_>>>()?.into_iter().max()
    })
    .min()
    .unwrap_or(Confinement::Nobody)
}

/// Whether the condition says which of the identities of a provider are let in.
///
/// A subject is what tells them apart at any provider of OpenID Connect; an identity pool of Cognito is named by its
/// audience, and a provider of SAML belongs to the account.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html>
pub(super) fn names_identities(condition: &str, provider: &str) -> bool {
    let claims: &[&str] = if provider.contains("cognito-identity.amazonaws.com") {
        &["aud", "sub"]
    } else if provider.contains(":saml-provider/") || is_reference(provider) {
        &["aud", "sub", "iss"]
    } else {
        &[
            "sub",
            "repository",
            "repository_id",
            "job_workflow_ref",
            "project_id",
            "project_path",
        ]
    };
    let named = positive(condition, |key, values| {
        let (_, claim) = key.rsplit_once(':')?;
        let is_named =
            claims.iter().any(|known| claim.eq_ignore_ascii_case(known)) && values.iter().all(|value| is_named(value));
        is_named.then_some(())
    });
    named.count() > 0
}

/// Whether a pattern for an identity has something in it that only its owner can have: `repo:*` lets in all the world.
fn is_named(value: &str) -> bool {
    let start = value.split(['*', '?']).next().unwrap_or_default();
    start.len() == value.len() || start.trim_start_matches("repo:").len() > 1
}

/// Calls `of` with each key that must have one of its values, and these.
fn positive<T>(condition: &str, of: impl Fn(&str, &[String]) -> Option<T>) -> impl Iterator<Item = T> {
    let operators: Map<String, Value> = serde_json::from_str(condition).unwrap_or_default();
    let mut found = Vec::new();
    for (operator, keys) in &operators {
        let operator = operator.to_ascii_lowercase();
        let operator = operator.strip_prefix("foranyvalue:").unwrap_or(&operator);
        if !POSITIVE.contains(&operator) {
            continue;
        }
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values: Vec<String> = match values {
                Value::Array(values) => values.iter().map(text).collect(),
                value => vec![text(value)],
            };
            // Without a value nothing matches, which is not worth a lower level either.
            if !values.is_empty() {
                found.extend(of(key, &values));
            }
        }
    }
    found.into_iter()
}

fn own_account(value: &str, account: Option<&str>) -> Option<Confinement> {
    (account == Some(value) || is_reference(value)).then_some(Confinement::OwnAccount)
}

fn own_arn(value: &str, account: Option<&str>) -> Option<Confinement> {
    if is_policy_variable(value) {
        return None;
    }
    if is_reference(value) && !value.starts_with("arn:") {
        return Some(Confinement::OwnAccount);
    }
    let named = account_of(value)?;
    if account == Some(named) {
        return Some(Confinement::OwnAccount);
    }
    let mut parts = value.splitn(6, ':').skip(2);
    let (service, name) = (parts.next()?, parts.nth(2)?);
    let is_bucket = service == "s3" && matches!(named, "" | "*") && !name.starts_with(['*', '?']);
    is_bucket.then_some(Confinement::OneSource)
}

fn organization(value: &str, _: Option<&str>) -> Option<Confinement> {
    let id = value.split('/').next().unwrap_or_default();
    let is_id = id.starts_with("o-") && !id.contains(['*', '?']) && !is_policy_variable(id);
    (is_id || is_reference(id)).then_some(Confinement::Organization)
}

fn named_network(value: &str, _: Option<&str>) -> Option<Confinement> {
    let is_id = value.starts_with("vpc") && !value.contains(['*', '?']) && !is_policy_variable(value);
    (is_id || is_reference(value)).then_some(Confinement::Network)
}

fn network(value: &str, _: Option<&str>) -> Option<Confinement> {
    let (_, length) = value.split_once('/').unwrap_or((value, "128"));
    let is_v6 = value.contains(':');
    let length: u32 = length.parse().ok()?;
    (length > if is_v6 { 16 } else { 7 }).then_some(Confinement::Network)
}

/// The unique id of a role or user with whatever session: `AROA…:*`. Whose it is cannot be seen, but it is one.
fn own_user(value: &str, account: Option<&str>) -> Option<Confinement> {
    let id = value.split(':').next().unwrap_or_default();
    let is_one = id.len() >= 16 && (id.starts_with("AROA") || id.starts_with("AIDA")) && !id.contains(['*', '?']);
    (is_one || is_reference(id) || account == Some(value)).then_some(Confinement::OneSource)
}
