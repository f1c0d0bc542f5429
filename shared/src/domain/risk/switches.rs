//! Properties that protect, watch or admit, whatever type they belong to: retention, versions, backups, logs, logins.

mod table;

use serde_json::Value;

use self::table::{BECOMES, EXPIRES, GUARDS, ON};
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::Leaf;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Sentence, sentence};
use crate::domain::template::boolean;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let kind = facts.change.resource_type.as_str();
    if facts.change.action == "Remove" {
        if let Some((_, lost)) = GUARDS.iter().find(|(guard, _)| *guard == kind) {
            let level = if kind == "AWS::CloudWatch::Alarm" {
                Level::Medium
            } else {
                Level::High
            };
            found.add(level, Kind::SecurityWidened, sentence!["it goes: ", *lost]);
        }
        return;
    }
    let is_new = matches!(facts.change.action.as_str(), "Add" | "Import");
    for leaf in &facts.leaves {
        let Some(path) = leaf.path.strip_prefix("Properties.") else {
            continue;
        };
        if !is_new {
            switched_off(leaf, kind, path, found);
            retention(leaf, kind, path, found);
        }
        becomes(facts, leaf, path, is_new, found);
    }
}

fn ends(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a name holds a word, whatever its case.
fn holds(name: &str, word: &str) -> bool {
    name.as_bytes()
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn switched_off(leaf: &Leaf, kind: &str, path: &str, found: &mut Found<'_>) {
    let off = |value: Option<&str>| {
        value.is_none_or(|value| {
            boolean(value) == Some(false)
                || ["", "suspended", "disabled", "0"]
                    .iter()
                    .any(|word| value.eq_ignore_ascii_case(word))
        })
    };
    if !off(leaf.after.as_deref()) || off(leaf.before.as_deref()) {
        return;
    }
    let typed = format!("{}.{path}", kind.rsplit(':').next().unwrap_or_default());
    let known = ON.iter().find(|(end, ..)| ends(path, end) || ends(&typed, end));
    if let Some((_, kind, level, lost)) = known {
        found.add(
            *level,
            *kind,
            sentence![*lost, ": ", path.to_owned(), " (", super::settings::arrow(leaf), ")"],
        );
    }
}

fn becomes(facts: &ResourceFacts<'_>, leaf: &Leaf, path: &str, is_new: bool, found: &mut Found<'_>) {
    let Some(after) = leaf.after.as_deref() else { return };
    let known = BECOMES
        .iter()
        .find(|(end, value, ..)| ends(path, end) && is_same(after, value));
    if let Some((_, _, level, means)) = known {
        let method = properties(facts.after.as_ref()).and_then(|properties| properties.get("HttpMethod"));
        // Browsers ask without a login whether they may ask.
        let is_preflight = path == "AuthorizationType" && method.and_then(Value::as_str) == Some("OPTIONS");
        // What is new was open to nobody before; what changes was perhaps relied upon.
        if is_preflight || (is_new && *level == Level::Low) {
            return;
        }
        // An API for everybody is ordinary; one that becomes one for everybody is not.
        let level = if is_new && path == "AuthorizationType" {
            Level::Medium
        } else {
            *level
        };
        found.add(
            level,
            Kind::SecurityWidened,
            sentence![*means, ": ", path.to_owned(), " (", super::settings::arrow(leaf), ")"],
        );
    }
}

/// Whether CloudFormation takes both texts for the same value of a setting.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || boolean(one).is_some_and(|value| boolean(other) == Some(value))
}

/// What is kept for a shorter time than before is deleted earlier, most of it at once.
fn retention(leaf: &Leaf, kind: &str, path: &str, found: &mut Found<'_>) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let is_about_keeping =
        holds(last, "retention") || last.eq_ignore_ascii_case("pendingwindowindays") || EXPIRES.contains(&last);
    if !is_about_keeping && last != "Enabled" {
        return;
    }
    let number = |value: Option<&str>| value.and_then(|value| value.trim().parse::<f64>().ok());
    let (before, after) = (number(leaf.before.as_deref()), number(leaf.after.as_deref()));
    let arrow = super::settings::arrow(leaf);
    let is_expiry = EXPIRES.contains(&last) && leaf.after.is_some();
    if is_expiry
        || (last == "Enabled"
            && path.contains("TimeToLiveSpecification")
            && leaf.after.as_deref().and_then(boolean) == Some(true))
    {
        let later = matches!((before, after), (Some(before), Some(after)) if after >= before);
        if !later {
            found.add(
                Level::Medium,
                Kind::DataLoss,
                sentence![
                    "what is older is deleted by itself: ",
                    path.to_owned(),
                    " (",
                    arrow,
                    ")"
                ],
            );
        }
        return;
    }
    if !is_about_keeping {
        return;
    }
    // Log groups keep everything for ever as long as they are told nothing.
    let was_unlimited = before.is_none() && kind == "AWS::Logs::LogGroup";
    match (before, after) {
        (Some(before), Some(0.0)) if before > 0.0 => found.add(
            Level::High,
            Kind::ProtectionRemoved,
            sentence!["nothing is kept any more: ", path.to_owned(), " (", arrow, ")"],
        ),
        (Some(before), Some(after)) if after < before => shortened(path, arrow, found),
        (None, Some(_)) if was_unlimited => shortened(path, arrow, found),
        (Some(_), None) if kind != "AWS::Logs::LogGroup" => found.add(
            Level::Medium,
            Kind::ProtectionRemoved,
            sentence![
                "how long it keeps things is left to the service: ",
                path.to_owned(),
                " (",
                arrow,
                ")"
            ],
        ),
        _ => {}
    }
}

fn shortened(path: &str, arrow: Sentence, found: &mut Found<'_>) {
    found.add(
        Level::Medium,
        Kind::DataLoss,
        sentence![
            "what is older than the new time is deleted: ",
            path.to_owned(),
            " (",
            arrow,
            ")"
        ],
    );
}
