//! The files of a repository on disk, read when they are looked at.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use changegate::domain::catalogue::{self, RepositoryFiles};
use changegate::domain::sync::files::{FileEntry, Files};
use changegate::domain::sync::places::Places;

/// Greatest number of files that are read; a repository of thousands of stacks has fewer.
const MAX_FILES: usize = 200_000;

/// A repository on disk, as far as the sync is concerned. What its files hold is read when it is looked at, one stack
/// after the other.
#[derive(Debug, Default)]
pub struct Repository {
    pub(super) root: PathBuf,
    pub(super) files: Files,
}

/// What was read for one stack: path to content.
pub(super) type Contents = BTreeMap<String, Rc<Vec<u8>>>;

/// A repository cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableError {
    /// The directory holds nothing that Changegate would read.
    #[error(
        "{0} holds neither `stacks/` nor `changegate.yaml`; give the root of the repository, or make a first stack at \
         stacks/<name>/template.yaml"
    )]
    Nothing(PathBuf),
    /// More files than are read.
    #[error("{0} holds more than {MAX_FILES} files below `stacks/` and `policies/`")]
    TooMany(PathBuf),
    /// A file or directory cannot be read.
    #[error("reading {path}")]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
}

impl Repository {
    /// Reads everything that the sync would: the working tree, committed or not.
    ///
    /// # Errors
    ///
    /// When there is nothing to read, or a file cannot be read.
    pub fn read(root: &Path) -> Result<Self, UnreadableError> {
        let mut repository = Self {
            root: root.to_owned(),
            files: Files::default(),
        };
        let places = places(root);
        let mut pending = vec![root.to_owned()];
        while let Some(folder) = pending.pop() {
            let unreadable = |cause| UnreadableError::File {
                path: folder.clone(),
                cause,
            };
            for entry in fs::read_dir(&folder).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                let Some(name) = name_below(root, &path) else {
                    continue;
                };
                let kind = entry.file_type().map_err(unreadable)?;
                if kind.is_dir() {
                    let is_on_the_way = places.folders().any(|folder| folder.starts_with(&format!("{name}/")));
                    if is_on_the_way || places.have(&format!("{name}/x")) {
                        pending.push(path);
                    }
                } else if places.have(&name) {
                    repository.add(name, kind.is_symlink());
                }
                if repository.files.len() > MAX_FILES {
                    return Err(UnreadableError::TooMany(root.to_owned()));
                }
            }
        }
        if repository.files.is_empty() {
            return Err(UnreadableError::Nothing(root.to_owned()));
        }
        let catalogue = root.join(catalogue::CATALOGUE_FILE);
        let is_there = repository.files.get(catalogue::CATALOGUE_FILE);
        if is_there.is_some_and(FileEntry::is_file) {
            fs::File::open(&catalogue).map_err(|cause| UnreadableError::File { path: catalogue, cause })?;
        }
        Ok(repository)
    }

    fn add(&mut self, name: String, is_link: bool) {
        let mode = if is_link { "120000" } else { "100644" };
        let entry = FileEntry {
            mode: mode.to_owned(),
            // Nothing is compared with an earlier state, so any id will do that no other file has.
            id: name.clone(),
        };
        self.files.insert(name, entry);
    }

    /// What a file holds; `None` for a link, and for a file that cannot be read.
    pub(super) fn content(&self, path: &str) -> Option<Vec<u8>> {
        self.files.get(path).filter(|entry| entry.is_file())?;
        fs::read(self.root.join(path)).ok()
    }

    /// Reads a file for a stack, unless it was read before.
    pub(super) fn read_into(&self, contents: &mut Contents, path: &str) {
        if !contents.contains_key(path)
            && let Some(content) = self.content(path)
        {
            contents.insert(path.to_owned(), Rc::new(content));
        }
    }
}

/// What is synced, for every environment that the catalogue speaks of.
fn places(root: &Path) -> Places {
    let Ok(text) = fs::read(root.join(catalogue::CATALOGUE_FILE)) else {
        return Places::default();
    };
    let names = catalogue::environments(&RepositoryFiles {
        blobs: &BTreeMap::new(),
        contents: &BTreeMap::from([(catalogue::CATALOGUE_FILE.to_owned(), text.clone())]),
    });
    let of_none = std::iter::once("production");
    let names = names.iter().map(String::as_str).chain(of_none);
    let places = names.filter_map(|name| catalogue::places(&text, name));
    places.fold(Places::default(), |all, places| all.and(&places))
}

/// A path from the root with slashes; `None` for one that is not UTF-8, which Git cannot serve as text either.
fn name_below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}
