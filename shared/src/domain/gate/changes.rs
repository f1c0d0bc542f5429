//! How one gate differs from another, in words, each weakening marked.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use super::{FirstRun, Gate, Window};

/// One difference between two gates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateChange {
    /// The setting, as the catalogue spells it.
    pub setting: &'static str,
    /// What it was; absent for a new gate.
    pub before: Option<String>,
    /// What it becomes.
    pub after: String,
    /// Whether less is demanded, or more allowed, than before.
    pub is_weakening: bool,
}

impl fmt::Display for GateChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.before {
            Some(before) => write!(f, "{} {before} → {}", self.setting, self.after)?,
            None => write!(f, "{} {}", self.setting, self.after)?,
        }
        if self.is_weakening {
            f.write_str(": GATE WEAKENED")
        } else {
            Ok(())
        }
    }
}

/// The differences between two gates, in a fixed order; of a new gate, everything that people want to know.
pub fn gate_changes(before: Option<&Gate>, after: &Gate) -> Vec<GateChange> {
    let mut differences = Differences {
        before,
        changes: Vec::new(),
    };
    differences.add("stack_name", after, |gate| gate.stack_name.clone(), |_, _| true);
    differences.add("approvals", after, |gate| gate.approvals, |was, is| is < was);
    differences.add("author_may_approve", after, |gate| gate.author_may_approve, |_, is| *is);
    differences.add(
        "require_pull_request",
        after,
        |gate| gate.require_pull_request,
        |_, is| !is,
    );
    differences.add("release", after, |gate| Release(gate.release), |_, is| !is.0);
    differences.add(
        "window",
        after,
        |gate| Open(gate.window.clone()),
        |was, is| !is_within(is.0.as_ref(), was.0.as_ref()),
    );
    differences.add(
        "stack_policy",
        after,
        |gate| Policy(gate.stack_policy.clone()),
        |was, _| was.0.is_some(),
    );
    differences.add("deployer", after, |gate| gate.deployer.clone(), |_, _| true);
    differences.add(
        "capabilities",
        after,
        |gate| List(gate.capabilities.clone()),
        |was, is| !is.is_part_of(was),
    );
    differences.add("notify", after, |gate| Topic(gate.notify.clone()), |_, _| false);
    differences.add(
        "notification_arns",
        after,
        |gate| List(gate.notification_arns.clone()),
        |_, _| false,
    );
    differences.add("first_run", after, |gate| First(gate.first_run), |_, _| false);
    differences.add("template", after, |gate| gate.template.clone(), |_, _| false);
    differences.add(
        "configuration",
        after,
        |gate| gate.configuration.clone().unwrap_or_else(|| "none".to_owned()),
        |_, _| false,
    );
    if before.is_some_and(knows_people) && knows_people(after) {
        differences.people(after);
        // Each session of such a role is a person of its own; of any other role, all sessions are one.
        differences.add(
            "session_name_roles",
            after,
            |gate| List(gate.session_name_roles.clone()),
            |was, is| !is.is_part_of(was),
        );
    }
    differences.changes
}

/// Whether the gate tells people apart: only then do `people` and `session_name_roles` decide anything.
fn knows_people(gate: &Gate) -> bool {
    gate.approvals > 1 || !gate.author_may_approve
}

struct Differences<'g> {
    before: Option<&'g Gate>,
    changes: Vec<GateChange>,
}

impl Differences<'_> {
    fn add<T: PartialEq + fmt::Display>(
        &mut self,
        setting: &'static str,
        after: &Gate,
        of: impl Fn(&Gate) -> T,
        is_weaker: impl Fn(&T, &T) -> bool,
    ) {
        let is = of(after);
        let Some(was) = self.before.map(of) else {
            let is_worth_saying = matches!(
                setting,
                "approvals" | "author_may_approve" | "release" | "window" | "deployer" | "first_run"
            );
            if is_worth_saying {
                self.changes.push(GateChange {
                    setting,
                    before: None,
                    after: is.to_string(),
                    is_weakening: false,
                });
            }
            return;
        };
        if was != is {
            self.changes.push(GateChange {
                setting,
                before: Some(was.to_string()),
                after: is.to_string(),
                is_weakening: is_weaker(&was, &is),
            });
        }
    }

    /// One difference a person. Every one is marked: who is removed is no author any more, and who is added makes an
    /// author known for whom the gate demanded one approver more.
    fn people(&mut self, after: &Gate) {
        let Some(before) = self.before else {
            return;
        };
        let logins: BTreeSet<&String> = before.people.keys().chain(after.people.keys()).collect();
        for login in logins {
            let (was, is) = (before.people.get(login), after.people.get(login));
            if was == is {
                continue;
            }
            let words = |principals: Option<&Vec<String>>| match principals {
                Some(principals) => format!("{login} is {}", List(principals.clone())),
                None => format!("{login} is nobody known"),
            };
            self.changes.push(GateChange {
                setting: "people",
                before: Some(words(was)),
                after: words(is),
                is_weakening: true,
            });
        }
    }
}

#[derive(PartialEq)]
struct Release(bool);

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0 { "manual" } else { "automatic" })
    }
}

#[derive(PartialEq)]
struct First(FirstRun);

impl fmt::Display for First {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            FirstRun::Plan => "plan",
            FirstRun::Hold => "hold",
        })
    }
}

#[derive(PartialEq)]
struct Policy(Option<Arc<str>>);

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(text) => {
                let digest = crate::domain::sha256::Sha256::of(text.as_ref()).to_string();
                write!(f, "set ({})", digest.get(..12).unwrap_or_default())
            }
            None => f.write_str("none"),
        }
    }
}

#[derive(PartialEq)]
struct Topic(Option<String>);

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_deref().unwrap_or("the environment's topic"))
    }
}

#[derive(PartialEq)]
struct List(Vec<String>);

impl List {
    fn is_part_of(&self, other: &Self) -> bool {
        self.0.iter().all(|one| other.0.contains(one))
    }
}

impl fmt::Display for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("none")
        } else {
            f.write_str(&self.0.join(", "))
        }
    }
}

#[derive(PartialEq)]
struct Open(Option<Window>);

impl fmt::Display for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let Some(window) = &self.0 else {
            return f.write_str("at any time");
        };
        let days: Vec<&str> = window
            .days
            .iter()
            .filter_map(|day| DAYS.get(usize::from(*day).wrapping_sub(1)).copied())
            .collect();
        let (from, to) = (window.from_minute, window.to_minute);
        write!(
            f,
            "{} {:02}:{:02}-{:02}:{:02} {}",
            days.join(","),
            from / 60,
            from % 60,
            to / 60,
            to % 60,
            window.time_zone
        )
    }
}

/// Whether every minute of `inner` is one of `outer`; in another time zone nothing is certain.
fn is_within(inner: Option<&Window>, outer: Option<&Window>) -> bool {
    match (inner, outer) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(inner), Some(outer)) => {
            let passes = |window: &Window| window.to_minute < window.from_minute;
            inner.time_zone == outer.time_zone
                && inner.days.iter().all(|day| outer.days.contains(day))
                && passes(inner) == passes(outer)
                && inner.from_minute >= outer.from_minute
                && inner.to_minute <= outer.to_minute
        }
    }
}

#[cfg(test)]
mod tests;
