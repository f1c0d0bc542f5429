//! What Git shows for what a stack is made of, worked out without the records of the sync, and the demand that the
//! authors of a run are among it.

use std::collections::BTreeSet;

use super::super::random::{Branch, STACKS};
use super::super::*;
use super::story::{Last, Story};
use crate::domain::authors::CommitRange;
use crate::domain::catalogue::{self, RepositoryFiles};
use crate::domain::gate::Gate;
use crate::domain::sync::git;

/// The gate of a stack at a commit; `None` when the catalogue is wrong there.
#[expect(
    clippy::option_option,
    reason = "a stack without a gate and a catalogue without an answer are two things"
)]
pub(super) fn gate_of(files: &Branch, name: &str, place: &Place) -> Option<Option<Gate>> {
    let blobs: BTreeMap<String, String> = files
        .iter()
        .filter(|(path, (mode, _))| {
            mode.starts_with("100") && crate::domain::sync::places::Places::default().have(path)
        })
        .map(|(path, (_, content))| (path.clone(), git::blob_id(content)))
        .collect();
    let mut contents = BTreeMap::new();
    loop {
        let (blobs, contents_now) = (&blobs, contents.clone());
        let needed = catalogue::files_needed(&RepositoryFiles {
            blobs,
            contents: &contents_now,
        });
        if needed.is_empty() {
            break;
        }
        for path in needed {
            let content = files[&path].1.clone();
            contents.insert(path, content);
        }
    }
    let repository = RepositoryFiles {
        blobs: &blobs,
        contents: &contents,
    };
    let resolution = catalogue::resolve(&repository, &place.settings.environment, &[]);
    resolution
        .is_sound()
        .then(|| resolution.stacks.into_iter().find(|gate| gate.stack == name))
}

/// The files that a stack is made of at a commit, by a second way to work it out.
fn inputs(files: &Branch, folder: &str) -> BTreeMap<String, String> {
    let mut paths = vec![format!("{folder}/template.yaml"), format!("{folder}/production.json")];
    let text = files
        .get(&paths[0])
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    let text = text.unwrap_or_default();
    for path in files.keys() {
        let depth = "../".repeat(folder.matches('/').count());
        let is_snippet = path
            .strip_prefix("stacks/")
            .is_some_and(|rest| rest.starts_with("shared/") && text.contains(&format!("Location: {depth}{rest}")));
        let is_code = text.contains("Code: src/") && path.starts_with(&format!("{folder}/src/"));
        if is_snippet || is_code {
            paths.push(path.clone());
        }
    }
    let known = paths.into_iter().filter_map(|path| {
        let (_, content) = files.get(&path)?;
        Some((path, git::blob_id(content)))
    });
    known.collect()
}

impl Story {
    /// The commits that Git shows for the path: those reachable from `head` and not from `until` that differ from their
    /// parents in it. A merge that is as one of its parents goes on with that one alone.
    fn log(&self, path: &str, head: &str, until: Option<&str>) -> BTreeSet<String> {
        let github = &self.place.github;
        let known = until.map(|until| github.ancestry(until)).unwrap_or_default();
        let at = |sha: &str| github.files_of(sha).get(path).cloned();
        let (mut shown, mut open, mut seen) = (BTreeSet::new(), vec![head.to_owned()], BTreeSet::new());
        while let Some(sha) = open.pop() {
            if known.contains(&sha) || !seen.insert(sha.clone()) {
                continue;
            }
            let parents = github.parents_of(&sha);
            if parents.is_empty() {
                shown.extend(at(&sha).map(|_| sha));
            } else if let Some(same) = parents.iter().find(|parent| at(parent) == at(&sha)) {
                open.push(same.clone());
            } else {
                // What made the file is where its history begins, for one that was not read before.
                let is_made = parents.iter().all(|parent| at(parent).is_none());
                shown.insert(sha);
                if !(until.is_none() && is_made) {
                    open.extend(parents);
                }
            }
        }
        shown
    }

    /// Whoever changed the gate after the sources were written, and left it changed, is an author.
    pub(super) fn assert_authors_of_gate(&self, name: &str, range: &CommitRange, sources: &str) {
        let github = &self.place.github;
        let head = github.head();
        // While the catalogue is wrong, the stack keeps the gate that it had.
        let gate_at = |sha: &str| gate_of(&github.files_of(sha), name, &self.place).flatten();
        if self.is_blurred || gate_at(sources).is_none() || gate_at(sources) == gate_at(&head) {
            return;
        }
        let listed: BTreeSet<&str> = range.commits.iter().map(|commit| commit.sha.as_str()).collect();
        for sha in self.log("changegate.yaml", &head, Some(sources)) {
            let parents = github.parents_of(&sha);
            let is_other =
                |parent: &String| gate_at(parent).is_some_and(|gate| gate_at(&sha).is_some_and(|now| now != gate));
            if !parents.is_empty() && parents.iter().all(is_other) {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed the gate after {sources}\n{}",
                    self.told(name, "changegate.yaml", None)
                );
            }
        }
    }

    /// What is known of a stack and a file, for whoever reads why a story failed.
    fn told(&self, name: &str, path: &str, last: Option<&Last>) -> String {
        let github = &self.place.github;
        let mut records = self.place.records();
        records.sort_by_key(|record| record.trace.as_ref().map(|trace| trace.sequence));
        let mut told = vec![format!(
            "executed: {:?}",
            last.map(|last| (&last.head, &last.executed.commit, last.executed.sequence))
        )];
        for record in records {
            let Some(trace) = &record.trace else { continue };
            told.push(format!(
                "{}: complete {}, all {} after {:?}, {:?}, {:?}",
                trace.sequence,
                record.complete,
                trace.all,
                trace.all_before,
                trace.stacks.get(name),
                trace.files.get(path)
            ));
            for commit in &record.commits {
                let content = github
                    .files_of(&commit.sha)
                    .get(path)
                    .map(|(_, content)| git::blob_id(content));
                told.push(format!(
                    "   {} {:?} {content:?}",
                    commit.sha,
                    github.parents_of(&commit.sha)
                ));
            }
        }
        told.join("\n")
    }

    pub(super) fn assert_authors(
        &self,
        folder: &str,
        name: &str,
        range: &CommitRange,
        last: Option<&Last>,
        head: &str,
    ) {
        let github = &self.place.github;
        let listed: BTreeSet<&str> = range.commits.iter().map(|commit| commit.sha.as_str()).collect();
        let until = last.map(|last| last.head.as_str());
        if !self.is_blurred {
            assert_eq!(range.gaps, [], "{name}: everything can be told");
        } else if !range.gaps.is_empty() {
            return;
        }
        let now = inputs(&github.files_of(head), folder);
        let before = until
            .map(|until| inputs(&github.files_of(until), folder))
            .unwrap_or_default();
        let mut paths: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
        let is_at = |sha: &str| gate_of(&github.files_of(sha), name, &self.place);
        let gate = is_at(head);
        if gate.is_none() {
            // While the catalogue is wrong, the stack keeps the configuration that it had.
            paths.retain(|path| !path.ends_with("/production.json"));
        }
        for path in paths.into_iter().filter(|path| now.get(*path) != before.get(*path)) {
            let until = until.filter(|_| before.contains_key(path));
            let at = |sha: &str| github.files_of(sha).get(path).cloned();
            // Where a rewritten branch begins, it holds again what an author brought before.
            let is_repeated = |sha: &str| {
                self.is_blurred
                    && github.parents_of(sha).is_empty()
                    && listed.iter().any(|listed| at(listed) == at(sha))
            };
            for sha in self.log(path, head, until).into_iter().filter(|sha| !is_repeated(sha)) {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed {path}, and is none of {listed:?}\n{}",
                    self.told(name, path, last)
                );
            }
        }
        // Where the gate differed when the sources were written, whoever changed it is an author. What changes it
        // afterwards is a change to the catalogue.
        let Some(until) = until.filter(|until| gate.is_none() || gate != is_at(until)) else {
            return;
        };
        for sha in &self.log("changegate.yaml", head, Some(until)) {
            let Some(parent) = github.parents_of(sha).first().cloned() else {
                continue;
            };
            let (old, new) = (github.files_of(&parent), github.files_of(sha));
            let touches_catalogue = old.get("changegate.yaml") != new.get("changegate.yaml");
            let (was, is) = (gate_of(&old, name, &self.place), gate_of(&new, name, &self.place));
            let is_other = match (&was, &is) {
                (Some(Some(was)), Some(Some(is))) => was != is,
                (None, _) | (_, None) => true,
                _ => false,
            };
            if touches_catalogue && is_other {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed its gate\n{}",
                    self.told(name, "changegate.yaml", last)
                );
            }
        }
        // A commit of its own sync that touched other stacks alone is not this stack's.
        let is_plain = !self.weather.batches && !self.weather.crashes && !self.weather.merges && !self.is_blurred;
        for commit in range.commits.iter().filter(|_| is_plain) {
            let Some(parent) = github.parents_of(&commit.sha).first().cloned() else {
                continue;
            };
            let (old, new) = (github.files_of(&parent), github.files_of(&commit.sha));
            let touched: Vec<&String> = old
                .keys()
                .chain(new.keys())
                .filter(|path| old.get(*path) != new.get(*path))
                .collect();
            let is_others = |path: &&String| {
                STACKS
                    .iter()
                    .any(|(other, _)| *other != folder && path.starts_with(&format!("{other}/")))
            };
            assert!(
                touched.is_empty() || !touched.iter().all(is_others),
                "{name}: {} touched {touched:?}",
                commit.sha
            );
        }
    }
}
