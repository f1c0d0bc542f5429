//! How one gate differs from another, in words, each weakening marked.
//!
//! A difference is a weakening unless it is certain that nothing passes the gate afterwards that did not pass before.

mod setting;
mod window;

use std::collections::BTreeSet;
use std::fmt;

use self::setting::{PEOPLE, Setting, person, settings};
use super::Gate;

/// One difference between two gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateChange {
    /// The setting, as the catalogue spells it.
    pub setting: &'static str,
    /// What it was; absent for a new gate.
    pub before: Option<String>,
    /// What it becomes; absent for a gate that goes.
    pub after: Option<String>,
    /// Whether less is demanded, or more allowed, than before.
    pub is_weakening: bool,
}

impl fmt::Display for GateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.setting)?;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, " {before} → {after}")?,
            (None, Some(after)) => write!(f, " {after}")?,
            (Some(before), None) => write!(f, " {before} → (none)")?,
            (None, None) => {}
        }
        if self.is_weakening {
            f.write_str(": GATE WEAKENED")
        } else {
            Ok(())
        }
    }
}

/// The differences between two gates, in a fixed order; of a new gate every setting, of one that goes every setting that
/// asked for something or allowed something.
pub fn gate_changes(before: Option<&Gate>, after: Option<&Gate>) -> Vec<GateChange> {
    let words = |setting: &Setting<'_>| setting.to_string();
    match (before.map(settings), after.map(settings)) {
        (None, None) => Vec::new(),
        (None, Some(after)) => {
            let new = after
                .iter()
                .map(|is| change(is, None, Some(words(is)), is.weakens(None)));
            new.collect()
        }
        (Some(before), None) => {
            let gone = before.iter().filter(|was| !was.is_plain());
            let gone = gone.map(|was| change(was, Some(words(was)), None, false));
            gone.collect()
        }
        (Some(before), Some(after)) => {
            let pairs = before.iter().zip(&after).filter(|(was, is)| was != is);
            pairs.flat_map(|(was, is)| between(was, is)).collect()
        }
    }
}

fn change(of: &Setting<'_>, before: Option<String>, after: Option<String>, is_weakening: bool) -> GateChange {
    GateChange {
        setting: of.name(),
        before,
        after,
        is_weakening,
    }
}

/// The differences of one setting: one for each person, else one.
fn between(was: &Setting<'_>, is: &Setting<'_>) -> Vec<GateChange> {
    let (Setting::People(Some(before)), Setting::People(Some(after))) = (was, is) else {
        return vec![change(
            is,
            Some(was.to_string()),
            Some(is.to_string()),
            is.weakens(Some(was)),
        )];
    };
    let logins: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = logins
        .into_iter()
        .map(|login| (login, before.get(login), after.get(login)))
        .filter(|(_, was, is)| was != is);
    // Every one is marked: who is removed is no author any more, and who is added makes an author known for whom the
    // gate demanded one approver more.
    differing
        .map(|(login, was, is)| GateChange {
            setting: PEOPLE,
            before: Some(person(login, was)),
            after: Some(person(login, is)),
            is_weakening: true,
        })
        .collect()
}

#[cfg(test)]
mod tests;
