//! Walks the chain of provenance records from a plan back to what was last executed.

use std::collections::{BTreeSet, VecDeque};

use super::{CommitRange, Gap};
use crate::domain::provenance::Provenance;

/// How many records are read at most. A stack that was last executed longer ago has gaps.
pub const MAX_RECORDS: usize = 500;

/// Which records are needed, one after the other, and what they come to.
///
/// Feed it: [`needed`](Self::needed) tells the commit whose record is needed, [`add`](Self::add) takes it.
#[derive(Debug)]
pub struct ProvenanceWalk {
    stack: String,
    executed: Option<String>,
    /// The commits that the run's changed sources were written from. The syncs of these touched the stack, whatever
    /// their records say.
    written_from: BTreeSet<String>,
    /// Commits to walk back from, the one being walked first.
    ahead: VecDeque<String>,
    seen: BTreeSet<String>,
    /// Those of the commits seen that the walk under way came by.
    path: BTreeSet<String>,
    range: CommitRange,
}

impl ProvenanceWalk {
    /// A walk for the stack with this catalogue name, from the commits that the run's changed sources were written
    /// from, back to the commit that was executed last; `None` when nothing was.
    pub fn new(stack: &str, from: impl IntoIterator<Item = String>, executed: Option<&str>) -> Self {
        let ahead: VecDeque<_> = from.into_iter().collect();
        Self {
            stack: stack.to_owned(),
            executed: executed.map(str::to_owned),
            written_from: ahead.iter().cloned().collect(),
            ahead,
            seen: BTreeSet::new(),
            path: BTreeSet::new(),
            range: CommitRange::default(),
        }
    }

    /// The commit whose record is needed next; `None` when the walk is over.
    pub fn needed(&mut self) -> Option<String> {
        while let Some(commit) = self.ahead.front() {
            if self.executed.as_ref() == Some(commit) || self.seen.contains(commit) {
                // A chain that bites its own tail never comes to what was executed.
                if self.path.contains(commit) {
                    self.range.gaps.push(Gap::NoRecord(commit.clone()));
                }
                self.path.clear();
                self.ahead.pop_front();
            } else if self.seen.len() >= MAX_RECORDS {
                self.range.gaps.push(Gap::TooLong);
                self.ahead.clear();
            } else {
                return Some(commit.clone());
            }
        }
        None
    }

    /// Takes the record of the commit that [`needed`](Self::needed) told; `None` when there is none.
    pub fn add(&mut self, record: Option<Provenance>) {
        let Some(commit) = self.ahead.pop_front() else {
            return;
        };
        self.seen.insert(commit.clone());
        self.path.insert(commit.clone());
        let Some(record) = record.filter(|record| record.commit == commit) else {
            self.range.gaps.push(Gap::NoRecord(commit));
            self.path.clear();
            return;
        };
        if record.stacks.contains(&self.stack) || self.written_from.contains(&record.commit) {
            if !record.complete {
                self.range.gaps.push(Gap::NotListed(commit));
            }
            self.range.commits.extend(record.commits);
        }
        match (record.previous, &self.executed) {
            (Some(previous), _) => {
                self.ahead.push_front(previous);
                return;
            }
            (None, Some(executed)) => self.range.gaps.push(Gap::NotAnAncestor(executed.clone())),
            (None, None) => {}
        }
        // The chain ends here: what another source was written from begins a walk of its own.
        self.path.clear();
    }

    /// What the records come to.
    pub fn into_range(mut self) -> CommitRange {
        self.range.gaps.sort();
        self.range.gaps.dedup();
        self.range
    }
}
