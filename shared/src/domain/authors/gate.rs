//! Who changed the gate of a stack after the sources of a run were written.
//!
//! The gate that is in force when a run is executed says who may approve it. It may be younger than what the run reads,
//! and then whoever changed it has a part in the run.

use super::{CommitRange, Gap};
use crate::domain::provenance::{Provenance, ROOT_STACK};
use crate::domain::sha256::Sha256;

/// The gates of one stack, from the sources of a run to what is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GateInForce<'g> {
    /// Catalogue name of the stack.
    pub stack: &'g str,
    /// The gate at the record of the newest source; `None` where that does not tell.
    pub at_sources: Option<Sha256>,
    /// The gate that the pipeline carries.
    pub in_force: Sha256,
}

impl GateInForce<'_> {
    /// Whether the gate is the one that stood with the sources, so that nobody changed it since.
    pub fn is_as_at_sources(&self) -> bool {
        self.at_sources == Some(self.in_force)
    }

    /// The commits that changed the gate. `records` are all that touched the catalogue after the sources, up to the one
    /// that the root pipeline applied, newest first.
    pub fn changed(&self, records: &[Provenance]) -> CommitRange {
        let mut known = self.at_sources;
        let mut is_told = true;
        let mut range = CommitRange::default();
        for record in records.iter().rev() {
            let Some(trace) = &record.trace else { continue };
            let touched = trace.stacks.get(self.stack);
            let now = touched.and_then(|touched| touched.gate);
            let is_changed = touched.is_some() && (now.is_none() || now != known);
            if !is_changed && !trace.all {
                continue;
            }
            if touched.is_some() {
                is_told = now.is_some();
                known = now;
            }
            range.commits.splice(0..0, record.commits.iter().cloned());
            if !record.complete {
                range.gaps.push(Gap::NotListed(record.commit.clone()));
            }
        }
        // What the root pipeline is about to apply is not recorded as executed yet.
        if is_told && known.is_some_and(|known| known != self.in_force) {
            range.gaps.push(Gap::UnknownGate);
        }
        range
    }
}

impl Provenance {
    /// The number of the record that touched the catalogue before this one; 0 where there is none, `None` where this one
    /// does not tell.
    pub fn catalogue_before(&self) -> Option<u64> {
        let touched = self.trace.as_ref()?.stacks.get(ROOT_STACK)?;
        Some(touched.before.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
