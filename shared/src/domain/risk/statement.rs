//! IAM policies as what they allow: each statement taken apart into single grants.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::domain::digest::to_canonical_json;

/// Most grants of one policy that are compared one by one.
const MOST_GRANTS: usize = 20_000;

/// One grant: who may do what on what, under which condition. `*` stands for any text, `?` for any character.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    /// Who; empty in policies of identities, which name nobody.
    pub(super) principal: String,
    /// What; begins with `not ` for everything but that.
    pub(super) action: String,
    /// On what; begins with `not ` for everything but that.
    pub(super) resource: String,
    /// The condition as JSON; empty when there is none.
    pub(super) condition: String,
}

/// What a policy allows and what it denies.
#[derive(Debug, Default)]
pub(super) struct Grants {
    pub(super) allowed: BTreeSet<Grant>,
    pub(super) denied: BTreeSet<Grant>,
    /// Whether it was too large to be taken apart whole.
    pub(super) is_cut: bool,
}

impl Grants {
    /// Takes a policy document apart; anything but an object with `Statement` gives nothing.
    pub(super) fn of(document: Option<&Value>) -> Self {
        let mut grants = Self::default();
        let Some(statements) = document.and_then(|document| document.get("Statement")) else {
            return grants;
        };
        for statement in as_list(statements) {
            grants.add(statement);
        }
        grants
    }

    fn add(&mut self, statement: &Value) {
        let condition = statement.get("Condition").map(to_canonical_json).unwrap_or_default();
        let target = if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
            &mut self.denied
        } else {
            &mut self.allowed
        };
        let principals = principals(statement);
        let actions = texts(statement, "Action", "NotAction");
        let resources = texts(statement, "Resource", "NotResource");
        for principal in &principals {
            for action in &actions {
                for resource in &resources {
                    if target.len() >= MOST_GRANTS {
                        self.is_cut = true;
                        return;
                    }
                    target.insert(Grant {
                        principal: principal.clone(),
                        action: action.to_ascii_lowercase(),
                        resource: resource.clone(),
                        condition: condition.clone(),
                    });
                }
            }
        }
    }
}

impl Grant {
    /// Whether this grant holds whenever `other` does.
    pub(super) fn covers(&self, other: &Self) -> bool {
        (self.condition.is_empty() || self.condition == other.condition)
            && part_covers(&self.principal, &other.principal)
            && part_covers(&self.action, &other.action)
            && part_covers(&self.resource, &other.resource)
    }
}

fn part_covers(wide: &str, narrow: &str) -> bool {
    if wide == narrow || wide == "*" {
        return true;
    }
    match (wide.strip_prefix("not "), narrow.strip_prefix("not ")) {
        (None, None) => {}
        // Everything but a few holds everything but these and more.
        (Some(wide), Some(narrow)) => {
            return wide.split(", ").all(|left_out| {
                narrow
                    .split(", ")
                    .any(|other| other == left_out || matches_pattern(other.as_bytes(), left_out.as_bytes()))
            });
        }
        _ => return false,
    }
    matches_pattern(wide.as_bytes(), narrow.as_bytes())
}

/// Whether every text of the pattern `narrow` is one of the pattern `wide`: `*` in `narrow` is only covered by `*`.
fn matches_pattern(wide: &[u8], narrow: &[u8]) -> bool {
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while of < narrow.len() {
        match wide.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(b'?') if narrow[of] != b'*' => {
                at += 1;
                of += 1;
            }
            Some(byte) if *byte == narrow[of] && *byte != b'?' => {
                at += 1;
                of += 1;
            }
            _ => match star {
                Some((star_at, star_of)) => {
                    at = star_at + 1;
                    of = star_of + 1;
                    star = Some((star_at, of));
                }
                None => return false,
            },
        }
    }
    wide[at..].iter().all(|byte| *byte == b'*')
}

fn principals(statement: &Value) -> Vec<String> {
    let list = |prefix: &str, value: &Value| match value {
        Value::Object(kinds) => kinds
            .iter()
            .flat_map(|(kind, names)| {
                as_list(names)
                    .map(|name| match (kind.as_str(), plain(name)) {
                        ("AWS", name) => format!("{prefix}{name}"),
                        (kind, name) => format!("{prefix}{kind} {name}"),
                    })
                    .collect::<Vec<_>>()
            })
            .collect::<Vec<_>>(),
        other => as_list(other).map(|name| format!("{prefix}{}", plain(name))).collect(),
    };
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(value), _) => list("", value),
        (None, Some(value)) => list("not ", value),
        (None, None) => vec![String::new()],
    }
}

fn texts(statement: &Value, name: &str, inverse: &str) -> Vec<String> {
    match (statement.get(name), statement.get(inverse)) {
        (Some(value), _) => as_list(value).map(plain).collect(),
        // Everything but a list is one thing: taking it apart would say the opposite.
        (None, Some(value)) => {
            let mut all: Vec<_> = as_list(value).map(plain).collect();
            all.sort();
            vec![format!("not {}", all.join(", "))]
        }
        (None, None) => vec!["*".to_owned()],
    }
}

fn as_list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.iter(),
        other => std::slice::from_ref(other).iter(),
    }
}

fn plain(value: &Value) -> String {
    crate::domain::change_set::diff::text(value)
}
