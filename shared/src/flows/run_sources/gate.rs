//! Reads who changed the gate in force after the sources of a run were written.

use std::collections::BTreeMap;

use super::{Sources, last_executed, record_of};
use crate::domain::authors::{CommitRange, Gap, GateInForce, MAX_RECORDS};
use crate::domain::provenance::{Provenance, RecordId};
use crate::domain::sha256::Sha256;
use crate::flows::FlowError;
use crate::flows::ports::{PortError, ReadObjects};

impl Sources {
    /// The commits that changed the gate in force after the sources were written. Where the gate is the one that stood
    /// with the sources, which is the ordinary case, nothing is read.
    pub(super) async fn gate_range(
        &self,
        source: &impl ReadObjects,
        evidence: &impl ReadObjects,
        root_pipeline: &str,
        records: &BTreeMap<RecordId, Option<Provenance>>,
    ) -> Result<CommitRange, FlowError> {
        let Some(in_force) = self.gate else {
            return Ok(CommitRange::default());
        };
        let id = self.newest();
        let newest = id.as_ref().and_then(|id| records.get(id)?.as_ref());
        let newest = newest.filter(|record| record.version >= 3);
        let gate = GateInForce {
            stack: &self.stack,
            at_sources: newest.and_then(|record| gate_at(record, &self.stack)),
            in_force,
        };
        if gate.is_as_at_sources() {
            return Ok(CommitRange::default());
        }
        let applied = last_executed(evidence, root_pipeline).await?;
        let applied = applied.and_then(|executed| executed.sequence).unwrap_or_default();
        let since = match id {
            Some(RecordId::Sequence(sequence)) => sequence,
            _ => 0,
        };
        if applied > since {
            let records = catalogue_records(source, applied, since).await?;
            return Ok(records.map_or_else(gap, |records| gate.changed(&records)));
        }
        let is_older = match newest {
            Some(newest) => self.was_in_force(source, newest, in_force, applied).await?,
            // An older version of the sync did not tell the gates.
            None => true,
        };
        Ok(if is_older {
            CommitRange::default()
        } else {
            gap(Gap::UnknownGate)
        })
    }

    /// Whether the stack had this gate at a record before its newest source, as far as records tell: down to the one that
    /// the root pipeline applied last, every gate may still be in force.
    async fn was_in_force(
        &self,
        source: &impl ReadObjects,
        newest: &Provenance,
        gate: Sha256,
        applied: u64,
    ) -> Result<bool, PortError> {
        let mut record = newest.clone();
        for _ in 0..MAX_RECORDS {
            let Some(trace) = record.trace.as_ref().filter(|_| record.version >= 3) else {
                return Ok(true);
            };
            let touched = trace.stacks.get(&self.stack);
            if touched.and_then(|touched| touched.gate) == Some(gate) {
                return Ok(true);
            }
            let before = touched.and_then(|touched| touched.before);
            let (Some(before), true) = (before, trace.sequence > applied) else {
                return Ok(false);
            };
            if before == 0 {
                return Ok(true);
            }
            match record_of(source, &RecordId::Sequence(before)).await? {
                Some(earlier) if before < trace.sequence => record = earlier,
                _ => return Ok(false),
            }
        }
        Ok(false)
    }
}

fn gate_at(record: &Provenance, stack: &str) -> Option<Sha256> {
    record.trace.as_ref()?.stacks.get(stack)?.gate
}

/// The records that touched the catalogue after `since`, up to `applied`, newest first; a gap where one is missing.
async fn catalogue_records(
    source: &impl ReadObjects,
    applied: u64,
    since: u64,
) -> Result<Result<Vec<Provenance>, Gap>, PortError> {
    let mut records = Vec::new();
    let mut next = applied;
    while next > since {
        if records.len() >= MAX_RECORDS {
            return Ok(Err(Gap::TooLong));
        }
        let id = RecordId::Sequence(next);
        let record = record_of(source, &id).await?.filter(|record| record.id() == id);
        let before = record.as_ref().and_then(Provenance::catalogue_before);
        let (Some(record), Some(before)) = (record, before.filter(|before| *before < next)) else {
            return Ok(Err(Gap::NoRecord(id)));
        };
        records.push(record);
        next = before;
    }
    Ok(Ok(records))
}

fn gap(gap: Gap) -> CommitRange {
    CommitRange {
        commits: Vec::new(),
        gaps: vec![gap],
        repository: None,
    }
}
