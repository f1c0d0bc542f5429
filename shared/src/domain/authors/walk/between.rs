//! Looks at every record between what was executed and the run, where those that name the stack may leave some out.

use super::{MAX_RECORDS, ProvenanceWalk, Step};
use crate::domain::authors::Gap;
use crate::domain::provenance::{Provenance, RecordId, Trace};

impl ProvenanceWalk {
    /// Has every record from this number on looked at.
    pub(super) fn sweep_from(&mut self, sequence: u64) {
        if self.executed.is_some() {
            self.sweep = Some(self.sweep.map_or(sequence, |from| from.min(sequence)));
        }
    }

    /// Goes on to every record between the one from which they are to be looked at and the newest of the stack.
    pub(super) fn ask_between(&mut self) {
        let Some(from) = self.sweep.take() else { return };
        let between = from.max(1)..self.last;
        if between.end.saturating_sub(between.start) > MAX_RECORDS as u64 {
            self.gaps.push(Gap::TooLong);
            return;
        }
        let steps = between.flat_map(|sequence| [Step::Between(sequence), Step::Passing(sequence)]);
        let followed = &self.followed;
        self.ahead.extend(steps.filter(|step| !followed.contains(step)));
    }

    /// Takes a record that names the stack or belongs to every stack.
    pub(super) fn follow_between(&mut self, sequence: u64) {
        let id = RecordId::Sequence(sequence);
        if sequence <= self.bound() {
            return;
        }
        match self.trace(&id) {
            Some(trace) if trace.stacks.contains_key(&self.stack) => {
                self.ahead.insert(Step::Stack(sequence));
            }
            Some(trace) if trace.all => {
                self.ahead.insert(Step::All(sequence));
            }
            Some(_) => {}
            None if self.is_passed_over(sequence) => {}
            None => self.gaps.push(Gap::NoRecord(id)),
        }
    }

    /// Takes a record that touched a file while the stack did not read it.
    pub(super) fn follow_passing(&mut self, sequence: u64) {
        let id = RecordId::Sequence(sequence);
        let is_of_stack = |path: &String| {
            self.dropped.contains_key(path) || self.adopted.contains_key(path) || self.made.contains(path)
        };
        let is_passing = self.trace(&id).is_some_and(|trace| trace.files.keys().any(is_of_stack));
        if is_passing && sequence > self.bound() {
            self.take(id);
        }
    }

    fn trace(&self, id: &RecordId) -> Option<&Trace> {
        self.records.get(id)?.as_ref()?.trace.as_ref()
    }

    /// Whether nothing was recorded under the number, because its sync died before: then the next record follows on one
    /// before it.
    fn is_passed_over(&self, sequence: u64) -> bool {
        let known = |range| {
            let records = self.records.range(range);
            records.filter_map(|(_, record): (&RecordId, &Option<Provenance>)| record.as_ref())
        };
        let id = RecordId::Sequence;
        let mut later = known(id(sequence + 1)..id(u64::MAX));
        let Some(previous) = later.next().and_then(|record| record.previous.as_ref()) else {
            return false;
        };
        let mut earlier = known(id(0)..id(sequence));
        earlier.any(|record| record.commit == *previous)
    }
}
