//! What one sync does: from what the branch wants and what the bucket holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::files::Files;
use super::snapshot::{Snapshot, StoredObject};
use crate::domain::keys;
use crate::domain::sha256::Sha256;

/// What the branch wants the bucket to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Everything that is synced.
    pub files: Files,
    /// Every stack.
    pub stacks: BTreeMap<String, WantedStack>,
    /// Hash of the resolved catalogue; absent leaves it as it is.
    pub catalogue: Option<Sha256>,
}

/// What the branch wants of one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WantedStack {
    /// Path of the template.
    pub template: String,
    /// Hash of the effective template; absent leaves the template and its pipeline as they are.
    pub effective_template: Option<Sha256>,
    /// Hash of the effective configuration; absent leaves the configuration and its pipeline as they are.
    pub effective_configuration: Option<Sha256>,
    /// Keys of the content-addressed objects that the effective template needs.
    pub packages: Vec<String>,
    /// Hash of the gate document.
    pub gate: Option<Sha256>,
}

/// What one sync writes, starts and removes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncPlan {
    /// Paths of the files whose raw objects are written.
    pub files: BTreeSet<String>,
    /// Stacks whose packages are written.
    pub packages: BTreeSet<String>,
    /// Stacks whose gate documents are written.
    pub gates: BTreeSet<String>,
    /// Stacks whose zipped templates are written.
    pub templates: BTreeSet<String>,
    /// Stacks whose zipped configurations are written.
    pub configurations: BTreeSet<String>,
    /// Whether the resolved catalogue is written.
    pub catalogue: bool,
    /// Whether the zipped resolved catalogue is written.
    pub catalogue_zip: bool,
    /// Keys of the raw objects that are removed.
    pub removals: BTreeSet<String>,
    /// Keys of zips that are kept for a pipeline that may still read them, with the pipeline's stack.
    pub retirements: BTreeMap<String, String>,
}

impl SyncPlan {
    /// What has to be done for the bucket to hold what is wanted.
    pub fn between(wanted: &Wanted, snapshot: &Snapshot) -> Self {
        let mut plan = Self::default();
        for (path, entry) in wanted.files.iter().filter(|(_, entry)| entry.is_file()) {
            let is_stored = snapshot
                .files
                .get(path)
                .is_some_and(|stored| stored.entry.id == entry.id && !stored.etag.is_empty());
            if !is_stored {
                plan.files.insert(path.clone());
            }
        }
        let stored = snapshot.files.iter().filter(|(_, file)| file.entry.is_file());
        let is_wanted = |path: &String| wanted.files.get(path).is_some_and(super::files::FileEntry::is_file);
        let gone = stored.filter(|(path, _)| !is_wanted(path));
        plan.removals = gone.map(|(path, _)| keys::source(path)).collect();

        let is_stored = |object: Option<&StoredObject>, content| object.is_some_and(|known| known.content == content);
        for (name, stack) in &wanted.stacks {
            let stored = snapshot.stacks.get(name);
            let has_same_path = stored.is_some_and(|stored| stored.template == stack.template);
            if let Some(content) = stack.effective_template {
                let zip = stored
                    .filter(|_| has_same_path)
                    .and_then(|stored| stored.template_zip.as_ref());
                if !is_stored(zip, content) {
                    plan.templates.insert(name.clone());
                }
                let packages = stored.map_or(&[][..], |stored| &stored.packages);
                if stack.packages.iter().any(|key| !packages.contains(key)) {
                    plan.packages.insert(name.clone());
                }
            }
            if let Some(content) = stack.effective_configuration {
                let zip = stored.and_then(|stored| stored.configuration_zip.as_ref());
                if !is_stored(zip, content) {
                    plan.configurations.insert(name.clone());
                }
            }
            if stack.gate.is_some() && stored.and_then(|stored| stored.gate) != stack.gate {
                plan.gates.insert(name.clone());
            }
            if let Some(stored) = stored.filter(|stored| !has_same_path && stored.template_zip.is_some()) {
                let key = keys::zipped(&keys::source(&stored.template));
                plan.retirements.insert(key, name.clone());
            }
        }
        if let Some(content) = wanted.catalogue {
            plan.catalogue = !is_stored(snapshot.catalogue.as_ref(), content);
            plan.catalogue_zip = !is_stored(snapshot.catalogue_zip.as_ref(), content);
        }
        plan
    }

    /// Takes the zips of the stacks that are gone out of use.
    pub fn retire(&mut self, wanted: &Wanted, snapshot: &Snapshot, environment: &str) {
        let gone = snapshot
            .stacks
            .iter()
            .filter(|(name, _)| !wanted.stacks.contains_key(*name));
        for (name, stack) in gone {
            let template = keys::zipped(&keys::source(&stack.template));
            let configuration = keys::zipped(&keys::configuration(environment, name));
            self.retirements.insert(template, name.clone());
            self.retirements.insert(configuration, name.clone());
        }
        // A zip that another stack took over is in use, and so is the place of a file that was a zip itself.
        for stack in wanted.stacks.values() {
            let key = keys::zipped(&keys::source(&stack.template));
            self.retirements.remove(&key);
            self.removals.remove(&key);
        }
        for (path, _) in wanted.files.iter().filter(|(path, _)| path.ends_with(".zip")) {
            self.retirements.remove(&keys::source(path));
        }
    }

    /// Stacks whose pipelines are to be started: their template or configuration changes.
    pub fn started(&self) -> BTreeSet<&str> {
        self.templates.union(&self.configurations).map(String::as_str).collect()
    }

    /// Whether no object is written.
    pub fn writes_nothing(&self) -> bool {
        self.files.is_empty()
            && self.packages.is_empty()
            && self.gates.is_empty()
            && self.templates.is_empty()
            && self.configurations.is_empty()
            && !self.catalogue
            && !self.catalogue_zip
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.writes_nothing() && self.removals.is_empty() && self.retirements.is_empty()
    }
}

impl fmt::Display for SyncPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("nothing to do");
        }
        let mut separator = "";
        let mut part = |f: &mut fmt::Formatter<'_>, verb: &str, items: Vec<&str>| {
            if items.is_empty() {
                return Ok(());
            }
            write!(f, "{separator}{verb} ")?;
            separator = "; ";
            match items.as_slice() {
                [head @ .., _, _] if items.len() > 12 => {
                    write!(
                        f,
                        "{} and {} more",
                        head.get(..10).unwrap_or(head).join(", "),
                        items.len() - 10
                    )
                }
                _ => f.write_str(&items.join(", ")),
            }
        };
        let list = |set: &BTreeSet<String>| -> Vec<String> { set.iter().cloned().collect() };
        let sets = [
            ("write", list(&self.files)),
            ("write packages of", list(&self.packages)),
            ("write gates of", list(&self.gates)),
            ("write templates of", list(&self.templates)),
            ("write configurations of", list(&self.configurations)),
            (
                "write",
                if self.catalogue || self.catalogue_zip {
                    vec!["the catalogue".to_owned()]
                } else {
                    Vec::new()
                },
            ),
            ("remove", list(&self.removals)),
            ("retire", self.retirements.keys().cloned().collect()),
        ];
        for (verb, items) in &sets {
            part(f, verb, items.iter().map(String::as_str).collect())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
