//! What the pipeline of each stack reads: its effective template and its effective configuration.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures_util::lock::Mutex;

use super::SyncSettings;
use super::contents::Contents;
use crate::domain::configuration::{self, File};
use crate::domain::packaging::{self, Packaged, Packaging, Sources};
use crate::domain::sha256::Sha256;
use crate::domain::sync::files::{Files, touches};
use crate::domain::sync::snapshot::{Snapshot, StoredStack};
use crate::flows::ports::{PortError, PortErrorKind, ReadRepository};

/// What a stack's pipeline reads.
pub(super) struct Effective {
    /// The template; `None` when it is as the pipeline reads it already.
    pub(super) template: Option<EffectiveTemplate>,
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

/// An effective template that was made anew.
pub(super) struct EffectiveTemplate {
    /// Hash of its text.
    pub(super) digest: Sha256,
    /// Keys of the content-addressed objects that it needs.
    pub(super) packages: Vec<String>,
    /// Paths of the other files that went into it.
    pub(super) parts: Vec<String>,
    /// All of it, while there is room.
    kept: Option<Packaged>,
}

/// An effective configuration.
pub(super) enum Configured {
    /// Made anew.
    Made(String),
    /// As the pipeline reads it already, by its hash: neither the file nor the template's parameters changed.
    Kept(Sha256),
}

impl Effective {
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

impl EffectiveTemplate {
    fn new(packaged: Packaged) -> Self {
        Self {
            digest: Sha256::of(&packaged.template),
            packages: packaged.packages.keys().cloned().collect(),
            parts: packaged.parts.clone(),
            kept: Some(packaged),
        }
    }

    /// Takes of `room`, in bytes, what it needs; where that is too little, it is made again when it is written.
    pub(super) fn keep_within(&mut self, room: &mut usize) {
        let Some(packaged) = &self.kept else { return };
        let packages = packaged.packages.values().map(Vec::len);
        match room.checked_sub(packaged.template.len() + packages.sum::<usize>()) {
            Some(left) => *room = left,
            None => self.kept = None,
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

/// What the stack's pipeline reads as configuration already, with the hash of the parameters that it was checked
/// against; `None` when it has to be looked at anyway.
fn kept(stack: &StoredStack, known: Option<&StoredStack>, changed: &BTreeSet<String>) -> Option<(Sha256, Sha256)> {
    let known = known.filter(|known| known.problems.is_empty() && known.configuration == stack.configuration)?;
    let is_changed = stack.configuration.as_ref().is_some_and(|path| changed.contains(path));
    let zip = known.configuration_zip.as_ref().filter(|_| !is_changed)?;
    Some((known.declared?, zip.content))
}

/// Makes what pipelines read from the files of one commit.
pub(super) struct Maker<'m, 'w, R> {
    contents: &'m Contents<'w, R>,
    pub(super) files: &'m Files,
    pub(super) settings: &'m SyncSettings,
    /// Held while a template is packaged again: packages may be large, and one at a time is enough.
    again: Mutex<()>,
}

impl<'m, 'w, R: ReadRepository> Maker<'m, 'w, R> {
    pub(super) fn new(contents: &'m Contents<'w, R>, files: &'m Files, settings: &'m SyncSettings) -> Self {
        Self {
            contents,
            files,
            settings,
            again: Mutex::default(),
        }
    }

    /// Makes what the stack's pipeline reads, or tells everything that is wrong with it.
    pub(super) async fn effective(
        &self,
        (name, stack): (&str, &StoredStack),
        changed: &BTreeSet<String>,
        snapshot: &Snapshot,
    ) -> Result<Result<Effective, Vec<String>>, PortError> {
        let known = snapshot.stacks.get(name);
        if let Some(made) = self.only_configuration(stack, changed, snapshot, known).await? {
            return Ok(Ok(made));
        }
        let kept = kept(stack, known, changed);
        let mut texts = BTreeMap::new();
        let mut problems = Vec::new();
        let packaged = self.package(stack, &mut texts).await?.unwrap_or_else(|found| {
            problems = found;
            Packaged::default()
        });
        let Some(template) = texts.remove(&stack.template) else {
            return Ok(Err(problems));
        };
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
            match self.read_configuration(stack, snapshot).await? {
                Ok(read) => configuration_read = read,
                Err(problem) => return Ok(Err(vec![problem])),
            }
            let made = configuration::effective(configuration_file(stack, configuration_read.as_ref()), template);
            Configured::Made(made.map_or_else(
                |found| {
                    let convention = configuration::convention(self.files, &self.settings.environment.name);
                    let found = found.into_iter().map(|problem| problem.by_convention(&convention));
                    problems.extend(found.map(|problem| problem.to_string()));
                    String::new()
                },
                |made| made.to_json(),
            ))
        };
        problems.sort();
        problems.dedup();
        Ok(match declared.filter(|_| problems.is_empty()) {
            Some(declared) => Ok(Effective {
                template: Some(EffectiveTemplate::new(packaged)),
                configuration,
                declared: declared.digest,
                declaration: declared.template,
                read: configuration_read,
            }),
            None => Err(problems),
        })
    }

    /// Makes only the configuration, where the template is as it was and what it declares is known; `None` when more
    /// has to be read, be it to tell what is wrong.
    async fn only_configuration(
        &self,
        stack: &StoredStack,
        changed: &BTreeSet<String>,
        snapshot: &Snapshot,
        known: Option<&StoredStack>,
    ) -> Result<Option<Effective>, PortError> {
        let Some(known) = known.filter(|known| !is_template_affected(stack, known, changed)) else {
            return Ok(None);
        };
        let declared = known.declared.filter(|_| known.packages == stack.packages);
        let Some((digest, short)) = declared.and_then(|digest| Some((digest, snapshot.declarations.get(&digest)?)))
        else {
            return Ok(None);
        };
        let Ok(read) = self.read_configuration(stack, snapshot).await? else {
            return Ok(None);
        };
        let template = File {
            path: "declared.json",
            bytes: short.as_bytes(),
        };
        let made = configuration::effective(configuration_file(stack, read.as_ref()), template).ok();
        Ok(made.map(|made| Effective {
            template: None,
            configuration: Configured::Made(made.to_json()),
            declared: digest,
            declaration: None,
            read,
        }))
    }

    /// The effective template with its packages: as it was made, or made again where there was no room for it.
    pub(super) async fn packaged<'t>(
        &self,
        template: &'t EffectiveTemplate,
        stack: &StoredStack,
    ) -> Result<Cow<'t, Packaged>, PortError> {
        if let Some(packaged) = &template.kept {
            return Ok(Cow::Borrowed(packaged));
        }
        let _one = self.again.lock().await;
        let made = self.package(stack, &mut BTreeMap::new()).await?;
        // It was made before of the same commit; only GitHub can stand in the way.
        made.map(Cow::Owned).map_err(|problems| PortError {
            operation: "packaging again",
            subject: stack.template.clone(),
            kind: PortErrorKind::Unavailable,
            code: None,
            message: problems.join("; "),
            source: None,
        })
    }

    /// The text of the effective template.
    pub(super) async fn text<'t>(
        &self,
        template: &'t EffectiveTemplate,
        stack: &StoredStack,
    ) -> Result<Cow<'t, [u8]>, PortError> {
        Ok(match self.packaged(template, stack).await? {
            Cow::Borrowed(packaged) => Cow::Borrowed(&packaged.template),
            Cow::Owned(packaged) => Cow::Owned(packaged.template),
        })
    }

    /// Packages the stack's template; `texts` has what was read for it.
    async fn package(
        &self,
        stack: &StoredStack,
        texts: &mut BTreeMap<String, Rc<Vec<u8>>>,
    ) -> Result<Result<Packaged, Vec<String>>, PortError> {
        let mut needed = vec![stack.template.clone()];
        loop {
            match self.read(&needed, stack).await? {
                Ok(read) => texts.extend(read),
                Err(problem) => return Ok(Err(vec![problem])),
            }
            let (files, contents) = (self.files, &*texts);
            let sources = Sources { files, contents };
            match packaging::package(&stack.template, sources, &self.settings.destination) {
                Packaging::Needs(more) => needed = more,
                Packaging::Done(packaged) => return Ok(Ok(packaged)),
                Packaging::Refused(found) => return Ok(Err(found)),
            }
        }
    }

    /// Reads the stack's configuration, where it has one: from the snapshot if that holds it.
    async fn read_configuration(
        &self,
        stack: &StoredStack,
        snapshot: &Snapshot,
    ) -> Result<Result<Option<Blob>, String>, PortError> {
        let Some(path) = &stack.configuration else {
            return Ok(Ok(None));
        };
        let id = self.files.get(path).map(|entry| entry.id.clone()).unwrap_or_default();
        if let Some(text) = snapshot.configurations.get(&id) {
            return Ok(Ok(Some((id, Rc::new(text.clone().into_bytes())))));
        }
        let read = self.read(std::slice::from_ref(path), stack).await?;
        Ok(read.map(|read| read.into_iter().next().map(|(_, bytes)| (id, bytes))))
    }

    /// Reads files of the commit, or says which problem that is.
    async fn read(
        &self,
        paths: &[String],
        stack: &StoredStack,
    ) -> Result<Result<Vec<(String, Rc<Vec<u8>>)>, String>, PortError> {
        let template = &stack.template;
        match self.contents.of_paths(self.files, paths).await {
            Ok(read) if read.len() == paths.len() => Ok(Ok(read)),
            // The files are those of this very commit, so they are there; but one may be too large to be served.
            Ok(_) => Ok(Err(format!("{template}:1:1: a file it needs is missing"))),
            Err(error) if error.kind == PortErrorKind::Refused => {
                Ok(Err(format!("{template}:1:1: a file it needs cannot be read: {error}")))
            }
            Err(error) => Err(error),
        }
    }
}

fn configuration_file<'a>(stack: &'a StoredStack, read: Option<&'a Blob>) -> Option<File<'a>> {
    let (path, (_, bytes)) = stack.configuration.as_ref().zip(read)?;
    Some(File { path, bytes })
}
