//! Which stacks there are, and the gate of each.

use std::collections::BTreeMap;

use super::SyncSettings;
use super::contents::Contents;
use crate::domain::catalogue::{self, CATALOGUE_FILE, FormerStack, RepositoryFiles, Resolution};
use crate::domain::gate::Gate;
use crate::domain::sync::files::Files;
use crate::domain::sync::places::Places;
use crate::domain::sync::snapshot::{Snapshot, StoredStack};
use crate::flows::ports::{PortError, ReadRepository};

/// The stacks of the commit.
pub(super) struct Stacks {
    /// Every stack by name, as it will stand in the snapshot, its objects still those of the last sync.
    pub(super) stacks: BTreeMap<String, StoredStack>,
    /// Gate documents of the stacks that were resolved anew.
    pub(super) gates: BTreeMap<String, Gate>,
    /// The resolved catalogue; absent when it was not resolved anew.
    pub(super) document: Option<String>,
    /// Files that the catalogue was resolved from.
    pub(super) catalogue_files: Vec<String>,
    /// Problems that concern the whole catalogue.
    pub(super) problems: Vec<String>,
}

/// Whether the stacks have to be resolved anew.
pub(super) fn is_stale(files: &Files, snapshot: &Snapshot, settings: &SyncSettings) -> bool {
    let is_known = |path: &String| snapshot.files.contains_key(path);
    let has_same_paths = files.len() == snapshot.files.len() && files.keys().all(is_known);
    let has_same_kinds = files.iter().all(|(path, entry)| {
        let known = snapshot.files.get(path);
        known.is_some_and(|known| known.entry.is_file() == entry.is_file())
    });
    let has_same_contents = snapshot.catalogue_files.iter().all(|path| {
        let known = snapshot.files.get(path).map(|file| &file.entry.id);
        known == files.get(path).map(|entry| &entry.id)
    });
    snapshot.settings != Some(settings.digest())
        || snapshot.catalogue.is_none()
        || !(has_same_paths && has_same_kinds && has_same_contents)
}

/// What is synced besides the usual: where the catalogue of the head names templates and configurations. `files` are those
/// of the head; where the catalogue cannot be read, it is as it was.
pub(super) async fn places<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) -> Result<Places, PortError> {
    let known = snapshot.files.get(CATALOGUE_FILE).map(|file| &file.entry);
    if snapshot.settings == Some(settings.digest()) && files.get(CATALOGUE_FILE) == known {
        return Ok(snapshot.places.clone());
    }
    let entry = files.get(CATALOGUE_FILE).filter(|entry| entry.is_file());
    let Some(entry) = entry else {
        return Ok(Places::default());
    };
    let text = contents.blob(&entry.id).await?;
    let places = catalogue::places(&text, &settings.environment.name);
    Ok(places.unwrap_or_else(|| snapshot.places.clone()))
}

/// Resolves the catalogue, or takes it over from the snapshot.
pub(super) async fn resolve<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) -> Result<Stacks, PortError> {
    if !is_stale(files, snapshot, settings) {
        return Ok(Stacks {
            stacks: snapshot.stacks.clone(),
            gates: BTreeMap::new(),
            document: None,
            catalogue_files: snapshot.catalogue_files.clone(),
            problems: snapshot.problems.clone(),
        });
    }
    let regular = files.iter().filter(|(_, entry)| entry.is_file());
    let blobs: BTreeMap<String, String> = regular.map(|(path, entry)| (path.clone(), entry.id.clone())).collect();
    let mut texts: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    loop {
        let needed = catalogue::files_needed(&RepositoryFiles {
            blobs: &blobs,
            contents: &texts,
        });
        if needed.is_empty() {
            break;
        }
        for (path, content) in contents.of_paths(files, &needed).await? {
            texts.insert(path, content.as_ref().clone());
        }
    }
    let resolution = catalogue::resolve(
        &RepositoryFiles {
            blobs: &blobs,
            contents: &texts,
        },
        &settings.environment,
        &former(snapshot),
    );
    let mut problems: Vec<String> = resolution.problems_of_all().map(ToString::to_string).collect();
    problems.extend(odd_files(files));
    // Nobody is asked to approve pipelines of which there is none and was none.
    let is_for_nothing = resolution.stacks.is_empty() && snapshot.stacks.is_empty() && snapshot.catalogue.is_none();
    if is_for_nothing && resolution.problems.is_empty() {
        problems.push(format!(
            "stacks:1:1: the environment `{}` has no stack: put a template at stacks/<name>/template.yaml",
            settings.environment.name
        ));
    }
    let document = || resolution.document(&settings.environment.name).to_json();
    Ok(Stacks {
        stacks: merge(&resolution, snapshot),
        document: (!is_for_nothing).then(document),
        gates: resolution
            .stacks
            .into_iter()
            .map(|gate| (gate.stack.clone(), gate))
            .collect(),
        catalogue_files: texts.into_keys().collect(),
        problems,
    })
}

fn former(snapshot: &Snapshot) -> Vec<FormerStack> {
    let stacks = snapshot.stacks.iter().filter_map(|(name, stack)| {
        Some(FormerStack {
            name: name.clone(),
            stack_name: stack.stack_name.clone(),
            template_blob: snapshot.files.get(&stack.template)?.entry.id.clone(),
        })
    });
    stacks.collect()
}

/// Links and submodules, which are never followed.
fn odd_files(files: &Files) -> impl Iterator<Item = String> + '_ {
    let odd = files.iter().filter(|(_, entry)| !entry.is_file());
    odd.map(|(path, entry)| format!("{path}:1:1: this is {}; put the file itself there", entry.in_words()))
}

/// The stacks as resolved, with the objects that the snapshot knows. While the catalogue is not sound, a stack that it
/// does not tell of is kept: a mistake does not retire a stack.
fn merge(resolution: &Resolution, snapshot: &Snapshot) -> BTreeMap<String, StoredStack> {
    let mut stacks = BTreeMap::new();
    for gate in &resolution.stacks {
        let known = snapshot.stacks.get(&gate.stack);
        let has_same_files =
            known.is_some_and(|known| known.template == gate.template && known.configuration == gate.configuration);
        let mut stack = known.cloned().unwrap_or_default();
        stack.stack_name.clone_from(&gate.stack_name);
        stack.gate = Some(gate.digest());
        if !has_same_files {
            stack.template.clone_from(&gate.template);
            stack.configuration.clone_from(&gate.configuration);
        }
        stacks.insert(gate.stack.clone(), stack);
    }
    let mut broken: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for problem in &resolution.problems {
        if let Some(stack) = &problem.stack {
            broken.entry(stack).or_default().push(problem.to_string());
        }
    }
    for (name, known) in &snapshot.stacks {
        if !stacks.contains_key(name) && (!resolution.is_readable || !resolution.is_sound()) {
            stacks.insert(name.clone(), known.clone());
        }
    }
    for (name, problems) in broken {
        let stack = stacks.entry(name.to_owned()).or_default();
        stack.gate = None;
        stack.problems = problems;
    }
    stacks
}
