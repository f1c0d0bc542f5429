//! IAM's evaluation of a request, from the letter of the policies.
//!
//! Written from AWS's reference alone, so that it agrees with no emulator by descent:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>.
//! Where the reference leaves a choice, it takes the one that finds more faults: an allow matches generously, a deny
//! strictly. An operator or an element that it does not know stops the test.

mod condition;
pub(super) mod pattern;
pub(super) mod statement;

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    /// A role or a user, by its ARN.
    Identity(String),
    /// A service, such as `events.amazonaws.com`.
    Service(String),
}

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) principal: Principal,
    pub(super) action: String,
    /// ARN, or `*` for actions that have no resource.
    pub(super) resource: String,
    /// Condition key in lower case to its values; a key without values is absent.
    pub(super) context: BTreeMap<String, Vec<String>>,
}

impl Request {
    fn values(&self, key: &str) -> &[String] {
        self.context.get(&key.to_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// What kind of policy a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    ServiceControl,
    Boundary,
    Identity,
    Resource,
}

/// A policy that stands for a request.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    pub(super) kind: Kind,
    /// As the answer names it.
    pub(super) name: String,
    pub(super) document: Value,
}

/// The answer, with the statement that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    Allowed(String),
    NotAllowed,
    Denied(String),
}

impl Answer {
    /// As `docs/permissions.md` writes it.
    pub(super) fn in_words(&self) -> &'static str {
        match self {
            Self::Allowed(_) => "yes",
            Self::NotAllowed => "no",
            Self::Denied(_) => "never",
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Allowed(by) => write!(f, "allowed by {by}"),
            Self::NotAllowed => f.write_str("allowed by nothing"),
            Self::Denied(by) => write!(f, "denied by {by}"),
        }
    }
}

/// Decides a request within one account.
///
/// Each policy is given with its kind; a kind that limits (service control policy, boundary) and is not given does not
/// limit. A service control policy that only denies stands beside `FullAWSAccess`, so its allows are not asked for.
pub(super) fn decide(request: &Request, policies: &[Policy]) -> Answer {
    let found = |effect: &str, kind: Option<Kind>| {
        policies
            .iter()
            .filter(|policy| kind.is_none_or(|kind| policy.kind == kind))
            .find_map(|policy| {
                let statements = statement::all(&policy.document);
                let found = statements.into_iter().find(|statement| {
                    statement.effect() == effect && statement.applies(request, policy.kind == Kind::Resource)
                });
                found.map(|statement| format!("{} of {}", statement.name(), policy.name))
            })
    };
    if let Some(by) = found("Deny", None) {
        return Answer::Denied(by);
    }
    let has_boundary = policies.iter().any(|policy| policy.kind == Kind::Boundary);
    if has_boundary && found("Allow", Some(Kind::Boundary)).is_none() {
        return Answer::NotAllowed;
    }
    let by_identity = match request.principal {
        Principal::Identity(_) => found("Allow", Some(Kind::Identity)),
        Principal::Service(_) => None,
    };
    match by_identity.or_else(|| found("Allow", Some(Kind::Resource))) {
        Some(by) => Answer::Allowed(by),
        None => Answer::NotAllowed,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(action: &str, resource: &str, context: &[(&str, &str)]) -> Request {
        Request {
            principal: Principal::Identity("arn:aws:iam::1:role/a".to_owned()),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: context
                .iter()
                .map(|(key, value)| ((*key).to_lowercase(), vec![(*value).to_owned()]))
                .collect(),
        }
    }

    fn policy(kind: Kind, statement: &Value) -> Policy {
        Policy {
            kind,
            name: "p".to_owned(),
            document: json!({"Version": "2012-10-17", "Statement": [statement]}),
        }
    }

    fn everything(kind: Kind) -> Policy {
        policy(
            kind,
            &json!({"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}),
        )
    }

    #[test]
    fn a_deny_anywhere_wins_and_a_boundary_must_allow() {
        let asked = request("s3:PutObject", "arn:aws:s3:::b/k", &[]);
        let deny = json!({"Sid": "No", "Effect": "Deny", "Action": "S3:put*", "Resource": "arn:aws:s3:::b/*"});
        assert_eq!(
            decide(&asked, &[everything(Kind::Identity)]),
            Answer::Allowed("All of p".to_owned())
        );
        for kind in [Kind::ServiceControl, Kind::Boundary, Kind::Identity] {
            let answer = decide(&asked, &[everything(Kind::Identity), policy(kind, &deny)]);
            assert_eq!(answer, Answer::Denied("No of p".to_owned()), "{kind:?}");
        }
        let narrow = json!({"Sid": "Some", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"});
        let answer = decide(&asked, &[everything(Kind::Identity), policy(Kind::Boundary, &narrow)]);
        assert_eq!(answer, Answer::NotAllowed);
        assert_eq!(decide(&asked, &[]), Answer::NotAllowed);
    }

    #[test]
    fn a_policy_of_a_resource_names_its_principals() {
        let asked = request("sns:Publish", "arn:aws:sns:r:1:t", &[]);
        for (principal, answer) in [
            (json!("*"), "yes"),
            (json!({"AWS": "arn:aws:iam::1:role/a"}), "yes"),
            (json!({"AWS": ["arn:aws:iam::1:role/b"]}), "no"),
            (json!({"Service": "events.amazonaws.com"}), "no"),
        ] {
            let statement =
                json!({"Effect": "Allow", "Principal": principal, "Action": "sns:Publish", "Resource": "*"});
            assert_eq!(decide(&asked, &[policy(Kind::Resource, &statement)]).in_words(), answer);
        }
    }

    #[test]
    fn conditions_treat_an_absent_key_as_the_reference_says() {
        for (operator, expected, absent, present) in [
            ("StringEquals", "x", false, true),
            ("StringEqualsIfExists", "x", true, true),
            ("StringNotEquals", "x", true, false),
            ("StringLike", "x*", false, true),
            ("StringNotLike", "x*", true, false),
            ("ArnNotLike", "x", true, false),
            ("ForAllValues:StringNotEquals", "x", true, false),
            ("ForAnyValue:StringEquals", "x", false, true),
            ("Null", "true", true, false),
            ("Null", "false", false, true),
            ("Bool", "x", false, true),
        ] {
            let statement = json!({
                "Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {operator: {"k:K": expected}},
            });
            let policies = [policy(Kind::Identity, &statement)];
            let without = matches!(decide(&request("a:B", "*", &[]), &policies), Answer::Allowed(_));
            let with = matches!(
                decide(&request("a:B", "*", &[("k:k", "x")]), &policies),
                Answer::Allowed(_)
            );
            assert_eq!((without, with), (absent, present), "{operator}");
        }
    }

    #[test]
    fn what_is_not_named_is_everything_else() {
        let statement = json!({"Effect": "Allow", "NotAction": "a:B", "NotResource": "arn:aws:s3:::b/*"});
        let policies = [policy(Kind::Identity, &statement)];
        assert_eq!(decide(&request("a:b", "*", &[]), &policies), Answer::NotAllowed);
        assert_eq!(
            decide(&request("a:C", "arn:aws:s3:::b/k", &[]), &policies),
            Answer::NotAllowed
        );
        assert_eq!(decide(&request("a:C", "*", &[]), &policies).in_words(), "yes");
    }

    #[test]
    #[should_panic(expected = "NumericLessThan")]
    fn an_operator_that_is_not_known_stops_the_test() {
        let statement =
            json!({"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"NumericLessThan": {"a": "1"}}});
        decide(
            &request("a:b", "*", &[("a", "1")]),
            &[policy(Kind::Identity, &statement)],
        );
    }
}
