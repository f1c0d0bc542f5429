//! Stack policies: whether two say the same, and what must be set when.
//!
//! `CreateChangeSet` and `ExecuteChangeSet` take no stack policy, so it is set by itself, outside the change set.
//! A policy cannot be removed once it is set, only replaced by one that allows everything.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html>

use serde_json::Value;

/// The policy that protects nothing; it stands in for "no policy" where one has been set before.
pub const ALLOW_ALL: &str = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"*"}]}"#;

/// Whether two policies are the same JSON, whatever their spacing and the order of their keys.
///
/// No policy and [`ALLOW_ALL`] are *not* the same: the second is visible on the stack.
pub fn is_same(left: Option<&str>, right: Option<&str>) -> bool {
    match (left, right) {
        (Some(left), Some(right)) => {
            left == right || matches!((parse(left), parse(right)), (Some(l), Some(r)) if l == r)
        }
        (None, None) => true,
        _ => false,
    }
}

/// The policy that has to be set, when the stack has `actual` and its gate wants `wanted`.
///
/// A gate without a policy leaves the stack's own policy alone.
pub fn to_set<'a>(wanted: Option<&'a str>, actual: Option<&str>) -> Option<&'a str> {
    wanted.filter(|wanted| !is_same(Some(wanted), actual))
}

/// What puts a stack back to the policy `former`, which it had before an update that failed.
pub fn to_put_back(former: Option<&str>) -> &str {
    former.unwrap_or(ALLOW_ALL)
}

fn parse(policy: &str) -> Option<Value> {
    serde_json::from_str(policy).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"{"Statement":[{"Effect":"Deny","Action":"Update:Replace","Principal":"*","Resource":"*"}]}"#;
    const DENY_SPACED: &str =
        r#"{ "Statement": [ { "Action": "Update:Replace", "Effect": "Deny", "Resource": "*", "Principal": "*" } ] }"#;

    #[test]
    fn spacing_and_the_order_of_keys_do_not_make_a_difference() {
        assert!(is_same(Some(DENY), Some(DENY_SPACED)));
        assert_eq!(to_set(Some(DENY), Some(DENY_SPACED)), None);
    }

    #[test]
    fn a_different_policy_and_an_absent_one_are_set() {
        assert_eq!(to_set(Some(DENY), Some(ALLOW_ALL)), Some(DENY));
        assert_eq!(to_set(Some(DENY), None), Some(DENY));
    }

    #[test]
    fn a_gate_without_a_policy_leaves_the_stack_alone() {
        assert_eq!(to_set(None, Some(DENY)), None);
    }

    #[test]
    fn two_texts_that_are_not_json_are_the_same_only_when_equal() {
        assert!(is_same(Some("a"), Some("a")));
        assert!(!is_same(Some("a"), Some("b")));
    }
}
