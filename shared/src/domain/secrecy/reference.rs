//! Texts that say where a value comes from, not what it is. They are parsed: one that only begins and ends as such a text
//! is none.

use super::shown::KNOWN_AFTER_APPLY;

/// A dynamic reference, or a reference to another resource or to a part of an event.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub(super) fn is_reference(value: &str) -> bool {
    let value = value.trim();
    value == KNOWN_AFTER_APPLY
        || value == "(known after apply)"
        || is_dynamic(value)
        || is_symbol(value)
        || is_json_path(value)
}

fn is_dynamic(value: &str) -> bool {
    let Some(inner) = value
        .strip_prefix("{{resolve:")
        .and_then(|rest| rest.strip_suffix("}}"))
    else {
        return false;
    };
    let Some((service, name)) = inner.split_once(':') else {
        return false;
    };
    matches!(service, "ssm" | "ssm-secure" | "secretsmanager")
        && !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/_+=.@:-!".contains(&byte))
}

/// `${Queue.Arn}`, `${Queue.Arn, new}`, `${import network-vpc}`, `${zones of eu-west-1}`.
fn is_symbol(value: &str) -> bool {
    let Some(inner) = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
        return false;
    };
    let inner = inner.strip_suffix(", new").unwrap_or(inner);
    let inner = ["import ", "zones of the ", "zones of "]
        .iter()
        .find_map(|lead| inner.strip_prefix(lead))
        .unwrap_or(inner);
    !inner.is_empty()
        && inner
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b":._-/!".contains(&byte))
}

/// `$.detail.token`, `$$.Task.Token`.
fn is_json_path(value: &str) -> bool {
    let Some(path) = value.strip_prefix("$$").or_else(|| value.strip_prefix('$')) else {
        return false;
    };
    path.starts_with('.')
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-[]*".contains(&byte))
}

/// Values that are no secrets whatever they are called.
pub(super) fn is_harmless(value: &str) -> bool {
    matches!(value, "" | "true" | "false" | "null" | "{}" | "[]") || is_arn(value) || is_alias(value)
}

/// An ARN whose parts have the forms that they have in ARNs; each may be a reference.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
fn is_arn(value: &str) -> bool {
    let Some(rest) = value.strip_prefix("arn:") else {
        return false;
    };
    // A reference such as `${AWS::Region}` holds colons of its own.
    let rest = rest.replace("::", "\u{0}");
    let parts: Vec<_> = rest.splitn(5, ':').collect();
    let (heads, resource) = match parts.as_slice() {
        // Empty region and account are two colons in a row.
        [heads @ .., resource] if parts.len() >= 3 => (heads, resource),
        _ => return false,
    };
    let is_head = |part: &&str| {
        part.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'$' | b'{' | b'}' | b'.' | 0 | b'*'))
    };
    !resource.is_empty()
        && heads.iter().all(is_head)
        && resource
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_/.:$*+=,@?{}#!\0".contains(&byte))
}

fn is_alias(value: &str) -> bool {
    value.strip_prefix("alias/").is_some_and(|name| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'))
    })
}
