//! Follows the provenance records from a plan back to what was last executed.

mod between;

use std::collections::{BTreeMap, BTreeSet};

use super::{CommitRange, Gap};
use crate::domain::provenance::{Commit, Origin, Provenance, RecordId, Trace};

/// How many records are read at most. What concerns a stack more often than that since its last execution has a gap.
pub const MAX_RECORDS: usize = 500;

/// What was executed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutedRecord {
    /// The newest commit of its sources.
    pub commit: String,
    /// The greatest number of the records that its sources were written under; absent when they had none.
    pub sequence: Option<u64>,
}

/// Which records are needed, and what they come to.
///
/// Feed it: [`needed`](Self::needed) tells records that are needed, [`add`](Self::add) takes each.
#[derive(Debug)]
pub struct ProvenanceWalk {
    stack: String,
    executed: Option<ExecutedRecord>,
    /// What is still to be followed.
    ahead: BTreeSet<Step>,
    /// What was followed.
    followed: BTreeSet<Step>,
    /// The records that were read; `None` for one that cannot be used.
    records: BTreeMap<RecordId, Option<Provenance>>,
    /// Numbers of the records that wrote what the run reads.
    sources: BTreeSet<u64>,
    /// Whether the records that belong to every stack were asked for.
    asked_all: bool,
    /// Whether the records from before there were numbers were followed to their end.
    is_ended: bool,
    /// Files that the stack read no more since the last execution, and files that it has begun to read, each with the
    /// first record that says so.
    dropped: BTreeMap<String, u64>,
    adopted: BTreeMap<String, u64>,
    /// Files that were made when the stack began to read them.
    made: BTreeSet<String>,
    /// Numbers of records that were to tell of the stack and do not.
    unnamed: BTreeSet<u64>,
    /// The first record of the stack, where there is one.
    begins: Option<u64>,
    /// The greatest number of the records that touched the stack.
    last: u64,
    /// From which number on every record is looked at, where following the stack's own records may leave some out: the
    /// stack was gone in between, or a file was not read for a time.
    sweep: Option<u64>,
    gaps: Vec<Gap>,
    /// Records whose commits belong to the stack.
    found: BTreeSet<RecordId>,
}

/// Why a record is read, in the order in which records are followed: what the earlier ones tell bounds the later ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// It touched the stack, or wrote what the run reads.
    Stack(u64),
    /// It is from before there were numbers, and does not tell what it touched.
    Unnumbered(String),
    /// Its number lies between what was executed and the run.
    Between(u64),
    /// The same, when all records that touched the stack are known, and with them the files that it read.
    Passing(u64),
    /// It belongs to every stack.
    All(u64),
    /// It touched a file that the stack did not read when it was executed.
    File(Origin),
}

impl Step {
    fn record(&self) -> RecordId {
        match self {
            Self::Stack(sequence) | Self::Between(sequence) | Self::Passing(sequence) | Self::All(sequence) => {
                RecordId::Sequence(*sequence)
            }
            Self::File(origin) => RecordId::Sequence(origin.record),
            Self::Unnumbered(commit) => RecordId::Commit(commit.clone()),
        }
    }
}

impl ProvenanceWalk {
    /// A walk for the stack with this catalogue name, from the records that the run's changed sources were written
    /// under, back to what was executed last; `None` when nothing was.
    pub fn new(stack: &str, from: impl IntoIterator<Item = RecordId>, executed: Option<ExecutedRecord>) -> Self {
        let mut walk = Self {
            stack: stack.to_owned(),
            executed,
            ahead: BTreeSet::new(),
            followed: BTreeSet::new(),
            records: BTreeMap::new(),
            sources: BTreeSet::new(),
            is_ended: false,
            asked_all: false,
            dropped: BTreeMap::new(),
            adopted: BTreeMap::new(),
            made: BTreeSet::new(),
            unnamed: BTreeSet::new(),
            begins: None,
            last: 0,
            sweep: None,
            gaps: Vec::new(),
            found: BTreeSet::new(),
        };
        for record in from {
            let is_older = match (&record, walk.executed.as_ref().map(|executed| executed.sequence)) {
                (RecordId::Sequence(sequence), Some(Some(executed))) => *sequence <= executed,
                (RecordId::Commit(_), Some(executed)) => executed.is_some(),
                (_, _) => false,
            };
            // What is older than what was executed takes back commits that lie in between.
            if is_older {
                walk.gap_of_executed();
            }
            match record {
                RecordId::Sequence(sequence) => {
                    walk.sources.insert(sequence);
                    walk.ahead.insert(Step::Stack(sequence));
                }
                RecordId::Commit(commit) => walk.go_unnumbered(commit),
            }
        }
        walk
    }

    /// Records that are needed next; none when the walk is over.
    pub fn needed(&mut self) -> Vec<RecordId> {
        loop {
            if !self.ahead.iter().any(|step| matches!(step, Step::Stack(_))) {
                self.ask_between();
            }
            let Some(step) = self.ahead.first().cloned() else {
                if self.asked_all {
                    return Vec::new();
                }
                self.asked_all = true;
                self.ask_all();
                continue;
            };
            if let Step::File(origin) = &step {
                let is_known = self.was_executed(origin);
                if is_known || origin.record == 0 {
                    self.ahead.remove(&step);
                    self.followed.insert(step.clone());
                    self.gaps
                        .extend((!is_known).then(|| Gap::UnknownFile(origin.path.clone())));
                    continue;
                }
            }
            // Everything of one kind can be read together: none tells another of its kind not to be read.
            let is_kind = |other: &&Step| std::mem::discriminant(*other) == std::mem::discriminant(&step);
            let missing: BTreeSet<RecordId> = self
                .ahead
                .iter()
                .take_while(is_kind)
                .filter(|other| !matches!(other, Step::File(origin) if origin.record == 0 || self.was_executed(origin)))
                .map(Step::record)
                .filter(|record| !self.records.contains_key(record))
                .collect();
            if missing.is_empty() {
                self.ahead.remove(&step);
                if self.followed.insert(step.clone()) {
                    self.follow(step);
                }
            } else if self.records.len() + missing.len() > MAX_RECORDS {
                self.gaps.push(Gap::TooLong);
                self.ahead.clear();
                self.asked_all = true;
                self.sweep = None;
            } else {
                return missing.into_iter().collect();
            }
        }
    }

    /// Takes a record that [`needed`](Self::needed) told; `None` when there is none that can be read.
    pub fn add(&mut self, id: RecordId, record: Option<Provenance>) {
        let record = record.filter(|record| record.id() == id);
        self.records.insert(id, record);
    }

    /// What the records come to: the newest commits first.
    pub fn into_range(mut self) -> CommitRange {
        // A chain that bites its own tail never comes to what was executed.
        let unnumbered = self.followed.iter().find(|step| matches!(step, Step::Unnumbered(_)));
        if let Some(step) = unnumbered.filter(|_| !self.is_ended && self.gaps.is_empty()) {
            self.gaps.push(Gap::NoRecord(step.record()));
        }
        let mut newest_first = self.records.values().rev().flatten();
        let repository = newest_first.find_map(|record| record.repository_id);
        let mut seen = BTreeSet::new();
        let mut commits: Vec<Commit> = Vec::new();
        for id in self.found.iter().rev() {
            let record = self.records.get_mut(id).and_then(Option::take);
            let listed = record.map(|record| record.commits).unwrap_or_default();
            let listed = listed.into_iter().rev();
            commits.extend(listed.filter(|commit| seen.insert(commit.sha.clone())));
        }
        self.gaps.sort();
        self.gaps.dedup();
        CommitRange {
            commits,
            gaps: self.gaps,
            repository,
        }
    }

    fn follow(&mut self, step: Step) {
        match step {
            Step::Between(sequence) => return self.follow_between(sequence),
            Step::Passing(sequence) => return self.follow_passing(sequence),
            _ => {}
        }
        let id = step.record();
        let Some(record) = self.records.get(&id).cloned().flatten() else {
            self.gaps.push(Gap::NoRecord(id));
            return;
        };
        self.take(id);
        match (step, record.trace) {
            (Step::Stack(_), Some(trace)) => self.follow_stack(trace),
            (Step::All(_), Some(trace)) => self.go_all(&trace),
            (Step::File(origin), Some(trace)) => self.follow_file(&origin, &trace, record.previous.is_none()),
            (_, _) => self.follow_unnumbered(record.previous),
        }
    }

    /// Takes the commits of a record.
    fn take(&mut self, id: RecordId) {
        if let Some(Some(record)) = self.records.get(&id)
            && !record.complete
        {
            self.gaps.push(Gap::NotListed(record.commit.clone()));
        }
        self.found.insert(id);
    }

    fn follow_unnumbered(&mut self, previous: Option<String>) {
        if let Some(previous) = previous {
            self.go_unnumbered(previous);
        } else {
            self.is_ended = true;
            self.gap_of_executed();
        }
    }

    /// Goes on to what touched the stack before, and to who made the files that it reads since.
    fn follow_stack(&mut self, trace: Trace) {
        let Some(touched) = trace.stacks.get(&self.stack) else {
            // A stack takes over what was written for another one of the same template; then another source tells.
            self.unnamed.insert(trace.sequence);
            return;
        };
        self.last = self.last.max(trace.sequence);
        for path in &touched.dropped {
            note(&mut self.dropped, path, trace.sequence);
            // Whoever touches it until it is read again is not told by the records of the stack.
            self.sweep_from(trace.sequence);
        }
        self.made.extend(touched.made.iter().cloned());
        for origin in &touched.adopted {
            note(&mut self.adopted, &origin.path, trace.sequence);
            self.go(trace.sequence, Step::File(origin.clone()));
        }
        match (touched.before, trace.unnumbered) {
            (None, _) if self.executed.is_some() => {
                // The stack was there before, since it was executed.
                self.sweep_from(self.bound());
                if self.bound() == 0 {
                    self.gap_of_executed();
                }
            }
            (None, _) => self.begins = Some(trace.wrong_since.unwrap_or(trace.sequence)),
            (Some(before), _) if before > self.bound() => self.go(trace.sequence, Step::Stack(before)),
            (Some(0), Some(unnumbered)) if self.bound() == 0 => self.go_unnumbered(unnumbered),
            (Some(0), None) if self.bound() == 0 => self.gaps.push(Gap::Unnumbered),
            (Some(_), _) => {}
        }
    }

    /// Goes on to where the content of a file comes from.
    fn follow_file(&mut self, origin: &Origin, trace: &Trace, is_first: bool) {
        match trace.files.get(&origin.path) {
            Some(origins) => {
                for origin in origins {
                    self.go(trace.sequence, Step::File(origin.clone()));
                }
            }
            None if is_first => {}
            None => self.gaps.push(Gap::NoRecord(RecordId::Sequence(trace.sequence))),
        }
    }

    /// Goes on to the records that belong to every stack.
    fn ask_all(&mut self) {
        if !self.sources.is_empty() && self.sources.is_subset(&self.unnamed) {
            let unnamed = self.unnamed.iter().copied().map(RecordId::Sequence);
            self.gaps.extend(unnamed.map(Gap::NotTold));
        }
        let sources = self.sources.clone().into_iter().map(RecordId::Sequence);
        let records: Vec<Trace> = sources
            .filter_map(|source| self.records.get(&source)?.as_ref()?.trace.clone())
            .collect();
        for trace in records {
            self.go_all(&trace);
        }
    }

    /// Goes on to the last record before this one that belongs to every stack. Those from before the stack was there do
    /// not: whatever they did to its files is found by its files.
    fn go_all(&mut self, trace: &Trace) {
        let first = match (&self.executed, self.begins) {
            (None, Some(begins)) => begins,
            (_, _) => self.bound() + 1,
        };
        if let Some(before) = trace.all_before.filter(|before| *before >= first) {
            self.go(trace.sequence, Step::All(before));
        }
    }

    fn go_unnumbered(&mut self, commit: String) {
        let is_executed = |executed: &ExecutedRecord| executed.sequence.is_none() && executed.commit == commit;
        if self.executed.as_ref().is_some_and(is_executed) {
            self.is_ended = true;
        } else {
            self.ahead.insert(Step::Unnumbered(commit));
        }
    }

    /// Goes on from the record with this number to an earlier one.
    fn go(&mut self, from: u64, step: Step) {
        if matches!(step.record(), RecordId::Sequence(sequence) if sequence >= from) {
            self.gaps.push(Gap::NoRecord(RecordId::Sequence(from)));
        } else if !self.followed.contains(&step) {
            self.ahead.insert(step);
        }
    }

    /// Whether the stack read the file as it is here when it was executed: since then it was first no more read.
    fn was_executed(&self, origin: &Origin) -> bool {
        let path = &origin.path;
        let is_dropped_first = self
            .dropped
            .get(path)
            .is_some_and(|dropped| self.adopted.get(path).is_none_or(|adopted| dropped < adopted));
        origin.record <= self.bound() && is_dropped_first
    }

    /// The greatest number that was executed already.
    fn bound(&self) -> u64 {
        self.executed
            .as_ref()
            .and_then(|executed| executed.sequence)
            .unwrap_or_default()
    }

    fn gap_of_executed(&mut self) {
        if let Some(executed) = &self.executed {
            self.gaps.push(Gap::NotAnAncestor(executed.commit.clone()));
        }
    }
}

fn note(first: &mut BTreeMap<String, u64>, path: &str, sequence: u64) {
    let known = first.entry(path.to_owned()).or_insert(sequence);
    *known = (*known).min(sequence);
}
