//! Which stacks and files the commits of a sync touched.
//!
//! A commit belongs to a stack when it touched what the stack is made of, before or after, whether anything was written
//! or started because of it: the mistake of one and the repair of another together make the change that is executed.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{FileEntry, Files, touches};
use super::plan::{SyncPlan, WantedStack};
use super::snapshot::{Snapshot, StoredStack};
use crate::domain::provenance::{Origin, ROOT_STACK, StackReads, StackTrace, Trace};

/// What a sync found.
#[derive(Debug, Clone, Copy)]
pub struct Change<'c> {
    /// The bucket as the last sync that ended left it.
    pub before: &'c Snapshot,
    /// The files of the head.
    pub files: &'c Files,
    /// The stacks of the head.
    pub stacks: &'c BTreeMap<String, StoredStack>,
    /// What the pipelines of the head's stacks are to read.
    pub wanted: &'c BTreeMap<String, WantedStack>,
    /// Files that the catalogue of the head was resolved from.
    pub catalogue_files: &'c [String],
    /// Whether nothing is wrong with the catalogue of the head as a whole.
    pub is_sound: bool,
    /// What is written.
    pub plan: &'c SyncPlan,
    /// What is known of the way from one to the other.
    pub steps: &'c Steps,
}

/// What is known of the commits between two heads besides the files that differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steps {
    /// Whether the commits are all listed, and so is what each of several touched.
    pub is_complete: bool,
    /// Whether there is no record before.
    pub is_first: bool,
    /// Paths that one of several commits touched, whether another one took that back or not.
    pub paths: BTreeSet<String>,
    /// Those of them that more than one touched.
    pub repeated: BTreeSet<String>,
    /// Paths at which there was nothing before, as far as that is told.
    pub new: BTreeSet<String>,
    /// Path to the paths that it was moved from, by all commits together or by one of several: what is moved and then
    /// rewritten is no more like what it was.
    pub moved: BTreeMap<String, BTreeSet<String>>,
    /// Whether `moved` has every move. Otherwise each new file may have been any file that is gone.
    pub has_all_moves: bool,
}

/// What the commits touched, and what follows from it for the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traced {
    /// For the record.
    pub trace: Trace,
    /// Number of the record since which something is wrong with the catalogue; 0 where nothing is.
    wrong_since: u64,
    /// Whether every file counts as touched.
    is_first: bool,
}

/// The paths that differ.
pub fn changed(files: &Files, before: &Snapshot) -> BTreeSet<String> {
    let known = |path: &String| before.files.get(path).map(|file| &file.entry);
    let changed = files.iter().filter(|(path, entry)| known(path) != Some(*entry));
    let gone = before.files.keys().filter(|path| !files.contains_key(*path));
    changed.map(|(path, _)| path).chain(gone).cloned().collect()
}

impl Change<'_> {
    /// What the commits touched, and what touched it before. `sequence` is the number of the record.
    pub fn trace(&self, sequence: u64) -> Traced {
        let before = self.before;
        let mut touched = changed(self.files, before);
        touched.extend(self.steps.paths.iter().cloned());
        let is_first = self.is_first();
        let files: BTreeMap<String, Vec<Origin>> = if is_first {
            BTreeMap::new()
        } else {
            let origins = touched.iter().map(|path| (path.clone(), self.origins(path)));
            origins.collect()
        };
        let names: BTreeSet<&String> = before.stacks.keys().chain(self.stacks.keys()).collect();
        let mut stacks = BTreeMap::new();
        for name in names {
            let (old, new) = (before.stacks.get(name), self.stacks.get(name));
            if !is_first && !self.touches_stack(name, old, new, &touched) {
                continue;
            }
            let inputs = |stack: &StoredStack| stack.inputs().cloned().collect::<Vec<_>>();
            let (old_inputs, new_inputs) = (old.map(inputs).unwrap_or_default(), new.map(inputs).unwrap_or_default());
            let trace = StackTrace {
                before: old.map(|old| old.touched),
                adopted: self.adopted(&old_inputs, &new_inputs, &files),
                made: self.made(&old_inputs, &new_inputs),
                dropped: self.dropped(&old_inputs, &new_inputs),
                reads: self.reads(name),
                gate: new.and_then(|new| new.gate),
            };
            stacks.insert(name.clone(), trace);
        }
        let catalogue_files = || before.catalogue_files.iter().chain(self.catalogue_files);
        let touches_catalogue = catalogue_files().any(|path| touches(path, &touched));
        if touches_catalogue || self.plan.catalogue || self.plan.catalogue_zip {
            let trace = StackTrace {
                before: (!is_first).then_some(before.catalogue_touched),
                adopted: self.adopted(&before.catalogue_files, self.catalogue_files, &files),
                made: self.made(&before.catalogue_files, self.catalogue_files),
                dropped: self.dropped(&before.catalogue_files, self.catalogue_files),
                reads: None,
                gate: None,
            };
            stacks.insert(ROOT_STACK.to_owned(), trace);
        }
        // While the catalogue is wrong it does not tell the gates, and between several commits it is not read.
        let passes_catalogue = catalogue_files().any(|path| touches(path, &self.steps.repeated));
        let trace = Trace {
            sequence,
            all: !self.steps.is_complete
                || self.steps.is_first
                || (touches_catalogue && !(was_sound(before) && self.is_sound()))
                || passes_catalogue,
            all_before: number(before.all),
            stacks,
            files,
            wrong_since: number(before.wrong_since),
            unnumbered: before.last_unnumbered(),
        };
        let wrong_since = match (self.is_sound(), before.wrong_since) {
            (true, _) => 0,
            (false, 0) => sequence,
            (false, since) => since,
        };
        Traced {
            trace,
            wrong_since,
            is_first,
        }
    }

    /// Whether the record is behind every file there is, so that what was before is not asked for.
    fn is_first(&self) -> bool {
        self.steps.is_first && self.before.files.is_empty()
    }

    fn is_sound(&self) -> bool {
        self.is_sound && has_all_gates(self.stacks)
    }

    fn touches_stack(
        &self,
        name: &str,
        old: Option<&StoredStack>,
        new: Option<&StoredStack>,
        touched: &BTreeSet<String>,
    ) -> bool {
        let (Some(old), Some(new)) = (old, new) else {
            return true;
        };
        let is_touched = |stack: &StoredStack| stack.inputs().any(|path| touches(path, touched));
        old.gate != new.gate
            || old.stack_name != new.stack_name
            || old.template != new.template
            || old.configuration != new.configuration
            || old.problems != new.problems
            || self.plan.templates.contains(name)
            || self.plan.configurations.contains(name)
            || is_touched(old)
            || is_touched(new)
    }

    /// Where the content comes from that the commits found at the path, and what they moved there.
    fn origins(&self, path: &str) -> Vec<Origin> {
        let before = &self.before.files;
        let new = self.files.get(path).filter(|_| !before.contains_key(path));
        let moved = self.steps.moved_from(path);
        let is_origin = |other: &str, was: &FileEntry| {
            let may_be_new = new.is_some_and(|new| new.id == was.id || !self.steps.has_all_moves);
            other == path || moved.contains(other) || (may_be_new && !self.files.contains_key(other))
        };
        let origins = before.iter().filter(|(other, was)| is_origin(other, &was.entry));
        let origins = origins.map(|(other, was)| Origin {
            path: other.clone(),
            record: was.touched,
        });
        // What stood at a place that was not synced may be anybody's.
        let may_have_stood = !self.before.places.have(path) && !self.steps.new.contains(path);
        let unknown = (new.is_some() && may_have_stood).then(|| Origin {
            path: path.to_owned(),
            record: 0,
        });
        origins.chain(unknown).collect()
    }

    /// The files that are read from now on and were not before, each as the record left it that touched it last. What was
    /// moved from a file that was read before is known already.
    fn adopted(&self, old: &[String], new: &[String], touched: &BTreeMap<String, Vec<Origin>>) -> Vec<Origin> {
        if self.is_first() {
            return Vec::new();
        }
        let mut adopted = BTreeSet::new();
        for path in files_of(new, self.files) {
            match (touched.get(path), self.before.files.get(path)) {
                // What was moved into a folder that is read was not read before it was moved.
                (Some(origins), _) => {
                    adopted.extend(origins.iter().filter(|origin| !is_read(old, &origin.path)).cloned());
                }
                (None, Some(file)) if !is_read(old, path) => {
                    let (path, record) = (path.clone(), file.touched);
                    adopted.insert(Origin { path, record });
                }
                // A file that was not there differs.
                (None, _) => {}
            }
        }
        adopted.into_iter().collect()
    }

    /// The files that are read from now on and were not there before.
    fn made(&self, old: &[String], new: &[String]) -> Vec<String> {
        if self.is_first() {
            return Vec::new();
        }
        let unread = files_of(new, self.files).filter(|path| !is_read(old, path));
        let made: BTreeSet<&String> = unread.filter(|path| !self.before.files.contains_key(*path)).collect();
        made.into_iter().cloned().collect()
    }

    /// What the stack's pipeline is to read; `None` while something is wrong with the stack, and what it reads stays as
    /// it was.
    fn reads(&self, name: &str) -> Option<StackReads> {
        self.stacks.get(name).filter(|stack| stack.problems.is_empty())?;
        let wanted = self.wanted.get(name)?;
        Some(StackReads {
            template: wanted.effective_template?,
            configuration: wanted.effective_configuration?,
        })
    }

    fn dropped(&self, old: &[String], new: &[String]) -> Vec<String> {
        let before = &self.before.files;
        let mut dropped: Vec<String> = old
            .iter()
            .flat_map(|read| below(before, read))
            .map(|(path, _)| path)
            .filter(|path| !is_read(new, path) || !self.files.contains_key(*path))
            .cloned()
            .collect();
        dropped.sort();
        dropped.dedup();
        dropped
    }
}

impl Steps {
    /// The paths that files were moved from.
    pub fn left(&self) -> Vec<String> {
        self.moved.values().flatten().cloned().collect()
    }

    /// The paths that a file was moved from, over any number of moves.
    fn moved_from(&self, path: &str) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = vec![path];
        while let Some(path) = open.pop() {
            for from in self.moved.get(path).into_iter().flatten() {
                if found.insert(from.as_str()) {
                    open.push(from);
                }
            }
        }
        found
    }
}

impl Traced {
    /// Enters what was touched into the snapshot that the sync leaves.
    pub fn enter(&self, next: &mut Snapshot) {
        let trace = &self.trace;
        let sequence = trace.sequence;
        next.sequence = sequence;
        next.unnumbered.clone_from(&trace.unnumbered);
        next.wrong_since = self.wrong_since;
        if trace.all {
            next.all = sequence;
        }
        if trace.stacks.contains_key(ROOT_STACK) {
            next.catalogue_touched = sequence;
        }
        for (path, file) in &mut next.files {
            if self.is_first || trace.files.contains_key(path) {
                file.touched = sequence;
            }
        }
        for (name, stack) in &mut next.stacks {
            if trace.stacks.contains_key(name) {
                stack.touched = sequence;
            }
        }
    }
}

/// The files that are these paths, or in one that is a folder.
fn files_of<'f>(reads: &'f [String], files: &'f Files) -> impl Iterator<Item = &'f String> {
    reads.iter().flat_map(|read| below(files, read)).map(|(path, _)| path)
}

/// The entry at the path, or all below it where it is a folder, with its final slash.
fn below<'f, V>(files: &'f BTreeMap<String, V>, read: &'f str) -> impl Iterator<Item = (&'f String, &'f V)> {
    let is_folder = read.ends_with('/');
    let from = files.range(read.to_owned()..);
    from.take_while(move |(path, _)| *path == read || (is_folder && path.starts_with(read)))
}

/// Whether the path is one of these, or in one that is a folder.
fn is_read(reads: &[String], path: &str) -> bool {
    let is_in = |read: &String| read.ends_with('/') && path.starts_with(read.as_str());
    reads.iter().any(|read| read == path || is_in(read))
}

fn was_sound(before: &Snapshot) -> bool {
    before.problems.is_empty() && has_all_gates(&before.stacks)
}

fn has_all_gates(stacks: &BTreeMap<String, StoredStack>) -> bool {
    stacks.values().all(|stack| stack.gate.is_some())
}

fn number(number: u64) -> Option<u64> {
    (number > 0).then_some(number)
}

impl Snapshot {
    /// Commit of the last record from before there were numbers.
    fn last_unnumbered(&self) -> Option<String> {
        match self.sequence {
            0 => self.recorded.clone(),
            _ => self.unnumbered.clone(),
        }
    }
}

#[cfg(test)]
mod tests;
