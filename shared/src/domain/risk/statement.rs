//! IAM policies as statements that can be compared: who may do what on what, under which condition.

use serde_json::Value;

use crate::domain::digest::to_canonical_json;
use crate::domain::limits::Budget;

/// One statement. Texts are patterns: `*` stands for any text, `?` for any character.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Statement {
    /// Who; one empty text in policies of identities, which name nobody.
    pub(super) principals: Vec<String>,
    /// What, as it is spelled; one text that begins with `not ` for everything but that.
    pub(super) actions: Vec<String>,
    /// On what; one text that begins with `not ` for everything but that.
    pub(super) resources: Vec<String>,
    /// The condition as JSON; empty when there is none.
    pub(super) condition: String,
}

/// One grant of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant<'s> {
    pub(super) principal: &'s str,
    pub(super) action: &'s str,
    pub(super) resource: &'s str,
    pub(super) condition: &'s str,
}

/// What a policy allows and what it denies.
#[derive(Debug, Default)]
pub(super) struct Policy {
    pub(super) allowed: Vec<Statement>,
    pub(super) denied: Vec<Statement>,
}

/// A policy takes more steps to compare than there are left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge;

impl Policy {
    /// Takes a policy document apart; anything but an object with `Statement` gives nothing.
    pub(super) fn of(document: Option<&Value>) -> Self {
        let mut policy = Self::default();
        let statements = document.and_then(|document| document.get("Statement"));
        for statement in statements.into_iter().flat_map(as_list) {
            let target = if statement.get("Effect").and_then(Value::as_str) == Some("Deny") {
                &mut policy.denied
            } else {
                &mut policy.allowed
            };
            target.push(Statement {
                principals: distinct(principals(statement)),
                actions: distinct(texts(statement, "Action", "NotAction")),
                resources: distinct(texts(statement, "Resource", "NotResource")),
                condition: statement.get("Condition").map(to_canonical_json).unwrap_or_default(),
            });
        }
        policy
    }
}

/// Calls `each` with the grants of `new` that no statement of `old` holds, the same ones of two statements twice.
///
/// # Errors
///
/// When the budget does not suffice; then nothing that was told so far is the whole.
pub(super) fn each_gained<'n>(
    old: &[Statement],
    new: &'n [Statement],
    budget: &Budget,
    mut each: impl FnMut(Grant<'n>),
) -> Result<(), TooLarge> {
    let known: std::collections::HashSet<_> = old.iter().collect();
    for statement in new {
        if known.contains(statement) {
            continue;
        }
        let mut holders = Vec::new();
        let mut is_held = false;
        for old in old {
            spend(budget, 1)?;
            if !old.condition.is_empty() && old.condition != statement.condition {
                continue;
            }
            let held = Held {
                principals: held(&old.principals, &statement.principals, false, budget)?,
                actions: held(&old.actions, &statement.actions, true, budget)?,
                resources: held(&old.resources, &statement.resources, false, budget)?,
            };
            if [&held.principals, &held.actions, &held.resources]
                .iter()
                .all(|part| part.iter().all(|is| *is))
            {
                is_held = true;
                break;
            }
            if [&held.principals, &held.actions, &held.resources]
                .iter()
                .all(|part| part.contains(&true))
            {
                holders.push(held);
            }
        }
        if is_held {
            continue;
        }
        for (p, principal) in statement.principals.iter().enumerate() {
            for (a, action) in statement.actions.iter().enumerate() {
                for (r, resource) in statement.resources.iter().enumerate() {
                    spend(budget, 1 + u64::try_from(holders.len()).unwrap_or(u64::MAX))?;
                    if !holders
                        .iter()
                        .any(|held| held.principals[p] && held.actions[a] && held.resources[r])
                    {
                        each(Grant {
                            principal,
                            action,
                            resource,
                            condition: &statement.condition,
                        });
                    }
                }
            }
        }
    }
    Ok(())
}

/// Which parts of a statement another one holds.
struct Held {
    principals: Vec<bool>,
    actions: Vec<bool>,
    resources: Vec<bool>,
}

fn held(wide: &[String], narrow: &[String], any_case: bool, budget: &Budget) -> Result<Vec<bool>, TooLarge> {
    narrow
        .iter()
        .map(|narrow| {
            for wide in wide {
                if part_covers(wide, narrow, any_case, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        })
        .collect()
}

fn spend(budget: &Budget, steps: u64) -> Result<(), TooLarge> {
    if budget.spend(steps) { Ok(()) } else { Err(TooLarge) }
}

impl Grant<'_> {
    /// Whether this grant holds whenever `other` does.
    pub(super) fn covers(&self, other: &Self, budget: &Budget) -> Result<bool, TooLarge> {
        Ok((self.condition.is_empty() || self.condition == other.condition)
            && part_covers(self.principal, other.principal, false, budget)?
            && part_covers(self.action, other.action, true, budget)?
            && part_covers(self.resource, other.resource, false, budget)?)
    }
}

fn part_covers(wide: &str, narrow: &str, any_case: bool, budget: &Budget) -> Result<bool, TooLarge> {
    spend(budget, 1)?;
    if wide == narrow || wide == "*" {
        return Ok(true);
    }
    match (wide.strip_prefix("not "), narrow.strip_prefix("not ")) {
        (None, None) => {}
        // Everything but a few holds everything but these and more.
        (Some(wide), Some(narrow)) => {
            for left_out in wide.split(", ") {
                let mut is_left_out = false;
                for other in narrow.split(", ") {
                    if other == left_out || matches_pattern(other, left_out, any_case, budget)? {
                        is_left_out = true;
                        break;
                    }
                }
                if !is_left_out {
                    return Ok(false);
                }
            }
            return Ok(true);
        }
        _ => return Ok(false),
    }
    matches_pattern(wide, narrow, any_case, budget)
}

/// Whether every text of the pattern `narrow` is one of the pattern `wide`: `*` in `narrow` is only covered by `*`.
pub(super) fn matches_pattern(wide: &str, narrow: &str, any_case: bool, budget: &Budget) -> Result<bool, TooLarge> {
    let (wide, narrow) = (wide.as_bytes(), narrow.as_bytes());
    let same = |a: u8, b: u8| if any_case { a.eq_ignore_ascii_case(&b) } else { a == b };
    let (mut at, mut of) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    let mut steps = 0;
    while of < narrow.len() {
        steps += 1;
        if steps == 1_024 {
            spend(budget, steps)?;
            steps = 0;
        }
        match wide.get(at) {
            Some(b'*') => {
                star = Some((at, of));
                at += 1;
            }
            Some(b'?') if narrow[of] != b'*' => {
                at += 1;
                of += 1;
            }
            Some(byte) if same(*byte, narrow[of]) && *byte != b'?' => {
                at += 1;
                of += 1;
            }
            _ => {
                let Some((star_at, star_of)) = star else {
                    spend(budget, steps)?;
                    return Ok(false);
                };
                at = star_at + 1;
                of = star_of + 1;
                star = Some((star_at, of));
            }
        }
    }
    spend(budget, steps)?;
    Ok(wide[at..].iter().all(|byte| *byte == b'*'))
}

fn distinct(texts: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::HashSet::new();
    texts.into_iter().filter(|text| seen.insert(text.clone())).collect()
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
