//! What happens to gates, a row for each stack: those that change, those that come, those that go.

use std::collections::HashMap;

use super::out::{Code, Medium, Out, out, put};
use crate::domain::change_set::review::{GateDifference, PIPELINE_FIELD, Review};
use crate::domain::secrecy::Masked;

type Difference = GateDifference<Masked>;

/// What happens to the gate of one stack.
pub(super) struct GateRow<'r> {
    /// Name of the stack in the catalogue; several where they have the difference alike.
    pub(super) stack: &'r Masked,
    /// The pipeline as a whole, where it comes or goes.
    whole: Option<&'r Difference>,
    differences: Vec<&'r Difference>,
    pub(super) is_weakened: bool,
}

/// All rows, in the order of reading.
pub(super) struct Gates<'r> {
    /// Gates that change; weakened ones first.
    pub(super) changed: Vec<GateRow<'r>>,
    /// Stacks that come under the gate; those of which something is marked first.
    pub(super) added: Vec<GateRow<'r>>,
    /// Stacks that leave it.
    pub(super) removed: Vec<GateRow<'r>>,
    /// What the new gates have alike, each setting once.
    usual: Vec<&'r Difference>,
}

impl<'r> Gates<'r> {
    pub(super) fn of(review: &'r Review) -> Self {
        let mut rows: Vec<GateRow<'r>> = Vec::new();
        let mut places: HashMap<&Masked, usize> = HashMap::new();
        let mut usual: Vec<&Difference> = Vec::new();
        for gate in &review.gates {
            if gate.is_usual {
                if !usual.iter().any(|known| known.field == gate.field) {
                    usual.push(gate);
                }
                continue;
            }
            let at = *places.entry(&gate.stack).or_insert_with(|| {
                rows.push(GateRow {
                    stack: &gate.stack,
                    whole: None,
                    differences: Vec::new(),
                    is_weakened: false,
                });
                rows.len() - 1
            });
            let row = &mut rows[at];
            row.is_weakened |= gate.is_weakened;
            if gate.field.is(PIPELINE_FIELD) && !gate.is_weakened {
                row.whole = Some(gate);
            } else {
                row.differences.push(gate);
            }
        }
        // The sort is stable: otherwise the stacks keep their order.
        rows.sort_by_key(|row| !row.is_weakened);
        let mut gates = Self {
            changed: Vec::new(),
            added: Vec::new(),
            removed: Vec::new(),
            usual,
        };
        for row in rows {
            match row.whole.map(|whole| whole.is_new) {
                None => gates.changed.push(row),
                Some(true) => gates.added.push(row),
                Some(false) => gates.removed.push(row),
            }
        }
        gates
    }

    /// How many there are of each: `1 gate weakened, 8 stacks added`.
    pub(super) fn counts<M: Medium>(&self) -> Out<M> {
        let weakened = self.changed.iter().chain(&self.added).filter(|row| row.is_weakened);
        let counted = [
            (weakened.count(), "gate weakened", "gates weakened"),
            (self.changed.len(), "gate changes", "gates change"),
            (
                self.added.len(),
                "stack comes under the gate",
                "stacks come under the gate",
            ),
            (self.removed.len(), "stack leaves it", "stacks leave it"),
        ];
        let parts = counted.into_iter().filter(|(count, ..)| *count > 0);
        Out::joined(
            parts.map(|(count, one, many)| -> Out<M> { out![count, " ", if count == 1 { one } else { many }] }),
            ", ",
        )
    }

    /// What the new gates have alike, as a sentence's end; empty when nothing is.
    pub(super) fn usual<M: Medium>(&self) -> Out<M> {
        Out::joined(self.usual.iter().map(|gate| said::<M>(gate)), "; ")
    }
}

impl GateRow<'_> {
    /// The pipeline as a whole: `production-network, by network`.
    pub(super) fn pipeline<M: Medium>(&self) -> Option<Out<M>> {
        let whole = self.whole?;
        Some(match (&whole.before, &whole.after) {
            (Some(before), Some(after)) => out![Code(before), " → ", Code(after)],
            (Some(only), None) | (None, Some(only)) => out![Code(only)],
            (None, None) => Out::new(),
        })
    }

    /// What differs, each difference by itself.
    pub(super) fn differences<M: Medium>(&self) -> Vec<(Out<M>, bool)> {
        let told = self.differences.iter();
        told.map(|gate| (said(gate), gate.is_weakened)).collect()
    }
}

/// `approvals 2 → 0`, or `approvals 2` where there is but one side.
fn said<M: Medium>(gate: &Difference) -> Out<M> {
    let mut out: Out<M> = if let Some(label) = label(&gate.field) {
        out![label, " "]
    } else {
        out![gate.field, " "]
    };
    match (&gate.before, &gate.after) {
        (Some(before), Some(after)) => put!(&mut out, before, " → ", after),
        (Some(before), None) => put!(&mut out, before),
        (None, Some(after)) => put!(&mut out, after),
        (None, None) => {}
    }
    out
}

/// What a setting is called in a sentence.
fn label(field: &Masked) -> Option<&'static str> {
    const LABELS: [(&str, &str); 18] = [
        (PIPELINE_FIELD, "pipeline:"),
        ("stack_name", "stack:"),
        ("approvals", "approvals"),
        ("approvers", "approvers:"),
        ("author_may_approve", "author may approve:"),
        ("require_pull_request", "pull request required:"),
        ("people", "people:"),
        ("session_name_roles", "roles with enforced session names:"),
        ("release", "release"),
        ("window", "window:"),
        ("stack_policy", "stack policy:"),
        ("deployer", "deployer:"),
        ("capabilities", "capabilities:"),
        ("notify", "told:"),
        ("notification_arns", "stack events to:"),
        ("first_run", "first run:"),
        ("template", "template:"),
        ("configuration", "configuration:"),
    ];
    LABELS.iter().find(|(name, _)| field.is(name)).map(|(_, label)| *label)
}
