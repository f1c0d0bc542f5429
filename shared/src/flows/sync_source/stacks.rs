//! What the files mean for each stack: its gate, its effective template, its effective configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::SyncSettings;
use super::contents::Contents;
use crate::domain::catalogue::{self, FormerStack, RepositoryFiles, Resolution};
use crate::domain::configuration::{self, File};
use crate::domain::gate::Gate;
use crate::domain::packaging::{self, Packaged, Packaging, Sources};
use crate::domain::sha256::Sha256;
use crate::domain::sync::files::{Files, touches};
use crate::domain::sync::snapshot::{Snapshot, StoredStack};
use crate::flows::ports::{PortError, PortErrorKind, ReadRepository};

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
    Ok(Stacks {
        stacks: merge(&resolution, snapshot),
        document: Some(resolution.document(&settings.environment.name).to_json()),
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

/// What a stack's pipeline reads.
pub(super) struct Effective {
    /// The template; `None` when it is as the pipeline reads it already.
    pub(super) packaged: Option<Packaged>,
    pub(super) configuration: Configured,
    /// Hash of the parameters that the configuration was checked against.
    pub(super) declared: Sha256,
    /// They themselves, where they are not in the snapshot.
    pub(super) declaration: Option<String>,
    /// The configuration, where it was read.
    pub(super) read: Option<Blob>,
}

/// Git's id of a file, and its content.
type Blob = (String, Rc<Vec<u8>>);

/// An effective configuration.
pub(super) enum Configured {
    /// Made anew.
    Made(String),
    /// As the pipeline reads it already, by its hash: neither the file nor the template's parameters changed.
    Kept(Sha256),
}

impl Effective {
    /// Hash of the template that was made anew.
    pub(super) fn template_digest(&self) -> Option<Sha256> {
        self.packaged.as_ref().map(|packaged| Sha256::of(&packaged.template))
    }

    /// Keys and contents of the packages of the template that was made anew.
    pub(super) fn packages(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.packaged.iter().flat_map(|packaged| &packaged.packages)
    }

    /// Git's id and text of the configuration, where it was read.
    pub(super) fn configuration_text(&self) -> Option<(String, String)> {
        let (id, bytes) = self.read.as_ref()?;
        Some((id.clone(), std::str::from_utf8(bytes).ok()?.to_owned()))
    }

    pub(super) fn configuration_digest(&self) -> Sha256 {
        match &self.configuration {
            Configured::Made(text) => Sha256::of(text),
            Configured::Kept(digest) => *digest,
        }
    }
}

/// Whether what the stack's pipeline reads may have changed.
pub(super) fn is_affected(name: &str, stack: &StoredStack, changed: &BTreeSet<String>, snapshot: &Snapshot) -> bool {
    let Some(known) = snapshot.stacks.get(name) else {
        return true;
    };
    known.configuration != stack.configuration
        || known.configuration_zip.is_none()
        || stack.configuration.as_ref().is_some_and(|path| changed.contains(path))
        || is_template_affected(stack, known, changed)
}

/// Whether the template that the stack's pipeline reads may have changed.
fn is_template_affected(stack: &StoredStack, known: &StoredStack, changed: &BTreeSet<String>) -> bool {
    known.template != stack.template
        || known.template_zip.is_none()
        || !known.problems.is_empty()
        || changed.contains(&stack.template)
        || stack.parts.iter().any(|part| touches(part, changed))
}

/// Makes only the configuration, where the template is as it was and what it declares is known; `None` when more has to
/// be read, be it to tell what is wrong.
async fn only_configuration<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    stack: &StoredStack,
    changed: &BTreeSet<String>,
    snapshot: &Snapshot,
    known: Option<&StoredStack>,
) -> Result<Option<Effective>, PortError> {
    let Some(known) = known.filter(|known| !is_template_affected(stack, known, changed)) else {
        return Ok(None);
    };
    let declared = known.declared.filter(|_| known.packages == stack.packages);
    let Some((digest, short)) = declared.and_then(|digest| Some((digest, snapshot.declarations.get(&digest)?))) else {
        return Ok(None);
    };
    let Ok(read) = read_configuration(contents, files, stack, snapshot).await? else {
        return Ok(None);
    };
    let template = File {
        path: "declared.json",
        bytes: short.as_bytes(),
    };
    let made = configuration::effective(configuration_file(stack, read.as_ref()), template).ok();
    Ok(made.map(|made| Effective {
        packaged: None,
        configuration: Configured::Made(made.to_json()),
        declared: digest,
        declaration: None,
        read,
    }))
}

/// What the stack's pipeline reads as configuration already, with the hash of the parameters that it was checked
/// against; `None` when it has to be looked at anyway.
fn kept(stack: &StoredStack, known: Option<&StoredStack>, changed: &BTreeSet<String>) -> Option<(Sha256, Sha256)> {
    let known = known.filter(|known| known.problems.is_empty() && known.configuration == stack.configuration)?;
    let is_changed = stack.configuration.as_ref().is_some_and(|path| changed.contains(path));
    let zip = known.configuration_zip.as_ref().filter(|_| !is_changed)?;
    Some((known.declared?, zip.content))
}

/// Makes what the stack's pipeline reads, or tells everything that is wrong with it.
pub(super) async fn effective<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    (name, stack): (&str, &StoredStack),
    changed: &BTreeSet<String>,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) -> Result<Result<Effective, Vec<String>>, PortError> {
    let known = snapshot.stacks.get(name);
    if let Some(made) = only_configuration(contents, files, stack, changed, snapshot, known).await? {
        return Ok(Ok(made));
    }
    let kept = kept(stack, known, changed);
    let mut texts: BTreeMap<String, Rc<Vec<u8>>> = BTreeMap::new();
    let mut problems = Vec::new();
    let mut needed = vec![stack.template.clone()];
    let packaged = loop {
        match read(contents, files, &needed, stack).await? {
            Ok(read) => texts.extend(read),
            Err(problem) => return Ok(Err(vec![problem])),
        }
        let sources = Sources {
            files,
            contents: &texts,
        };
        match packaging::package(&stack.template, sources, &settings.destination) {
            Packaging::Needs(more) => needed = more,
            Packaging::Done(packaged) => break packaged,
            Packaging::Refused(found) => {
                problems.extend(found);
                break Packaged::default();
            }
        }
    };
    let template = texts.get(&stack.template).cloned().unwrap_or_default();
    let template = File {
        path: &stack.template,
        bytes: template.as_slice(),
    };
    let declared = configuration::declared(template);
    let mut configuration_read = None;
    let configuration = if let Some((_, digest)) =
        kept.filter(|(checked, _)| declared.as_ref().is_some_and(|declared| declared.digest == *checked))
    {
        Configured::Kept(digest)
    } else {
        match read_configuration(contents, files, stack, snapshot).await? {
            Ok(read) => configuration_read = read,
            Err(problem) => return Ok(Err(vec![problem])),
        }
        let made = configuration::effective(configuration_file(stack, configuration_read.as_ref()), template);
        Configured::Made(made.map_or_else(
            |found| {
                problems.extend(found.iter().map(ToString::to_string));
                String::new()
            },
            |made| made.to_json(),
        ))
    };
    problems.sort();
    problems.dedup();
    Ok(match declared.filter(|_| problems.is_empty()) {
        Some(declared) => Ok(Effective {
            packaged: Some(packaged),
            configuration,
            declared: declared.digest,
            declaration: declared.template,
            read: configuration_read,
        }),
        None => Err(problems),
    })
}

/// Reads the stack's configuration, where it has one: from the snapshot if that holds it.
async fn read_configuration<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    stack: &StoredStack,
    snapshot: &Snapshot,
) -> Result<Result<Option<Blob>, String>, PortError> {
    let Some(path) = &stack.configuration else {
        return Ok(Ok(None));
    };
    let id = files.get(path).map(|entry| entry.id.clone()).unwrap_or_default();
    if let Some(text) = snapshot.configurations.get(&id) {
        return Ok(Ok(Some((id, Rc::new(text.clone().into_bytes())))));
    }
    let read = read(contents, files, std::slice::from_ref(path), stack).await?;
    Ok(read.map(|read| read.into_iter().next().map(|(_, bytes)| (id, bytes))))
}

fn configuration_file<'a>(stack: &'a StoredStack, read: Option<&'a Blob>) -> Option<File<'a>> {
    let (path, (_, bytes)) = stack.configuration.as_ref().zip(read)?;
    Some(File { path, bytes })
}

/// Reads files of the commit, or says which problem that is.
async fn read<R: ReadRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    paths: &[String],
    stack: &StoredStack,
) -> Result<Result<Vec<(String, Rc<Vec<u8>>)>, String>, PortError> {
    let template = &stack.template;
    match contents.of_paths(files, paths).await {
        Ok(read) if read.len() == paths.len() => Ok(Ok(read)),
        // The files are those of this very commit, so they are there; but one may be too large to be served.
        Ok(_) => Ok(Err(format!("{template}:1:1: a file it needs is missing"))),
        Err(error) if error.kind == PortErrorKind::Refused => {
            Ok(Err(format!("{template}:1:1: a file it needs cannot be read: {error}")))
        }
        Err(error) => Err(error),
    }
}
