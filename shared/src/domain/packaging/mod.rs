//! The effective template: the file of the repository with its local paths pointed at uploaded objects.
//!
//! Everything that a template refers to by a relative path is uploaded under the hash of its content, and the path is
//! replaced in the text; anchors, aliases and merge keys, which CloudFormation refuses, are written out. Every other
//! byte stays as it was. Snippets and nested templates are treated the same way
//! first, so a change anywhere below changes the template's own text.

mod edit;
mod loops;
mod named;
mod paths;
mod properties;
mod references;
mod rewrite;
mod strays;
mod unrolled;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use self::paths::Resolved;
use super::archive;
use super::document::Node;
use super::keys;
use super::sha256::Sha256;
use super::sync::files::{Files, below};
use super::sync::places::DIRECTORIES;

pub use self::strays::{LeftPath, left_paths, packaged_lines};

/// Largest template that CloudFormation takes in a request; a larger one is given by its URL.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const INLINE_TEMPLATE_LIMIT_BYTES: usize = 51_200;

/// The files that packaging sees.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'s> {
    /// Everything that is synced.
    pub files: &'s Files,
    /// Path to content of what was read so far.
    pub contents: &'s BTreeMap<String, Rc<Vec<u8>>>,
}

/// Where packages are uploaded to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Name of the source bucket.
    pub bucket: String,
    /// Region of the bucket.
    pub region: String,
}

/// An effective template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Packaged {
    /// The text.
    pub template: Vec<u8>,
    /// Content-addressed objects: those that the text refers to, and the text itself when it is too large for a
    /// request. Key to content.
    pub packages: BTreeMap<String, Vec<u8>>,
    /// Paths of the other files that went into it, and of folders, with a final slash; sorted.
    pub parts: Vec<String>,
}

/// What came of an attempt to package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packaging {
    /// The contents of these files are needed too.
    Needs(Vec<String>),
    /// Done.
    Done(Packaged),
    /// Everything that is wrong, each as `file:line:column: …`.
    Refused(Vec<String>),
}

/// Makes the effective template of the template at this path. Call it again with the contents that it asks for.
pub fn package(template: &str, sources: Sources<'_>, destination: &Destination) -> Packaging {
    let mut packager = Packager {
        sources,
        destination,
        needed: BTreeSet::new(),
        problems: Vec::new(),
        packages: BTreeMap::new(),
        parts: BTreeSet::new(),
        open: Vec::new(),
        rewritten: BTreeMap::new(),
    };
    let text = packager.rewrite(template, false);
    if !packager.needed.is_empty() {
        return Packaging::Needs(packager.needed.into_iter().collect());
    }
    let (true, Some(text)) = (packager.problems.is_empty(), text) else {
        packager.problems.sort();
        packager.problems.dedup();
        return Packaging::Refused(packager.problems);
    };
    if text.len() > INLINE_TEMPLATE_LIMIT_BYTES {
        packager.upload(extension(template), &text);
    }
    packager.parts.remove(template);
    Packaging::Done(Packaged {
        template: text.as_ref().clone(),
        packages: packager.packages,
        parts: packager.parts.into_iter().collect(),
    })
}

struct Packager<'s> {
    sources: Sources<'s>,
    destination: &'s Destination,
    needed: BTreeSet<String>,
    problems: Vec<String>,
    packages: BTreeMap<String, Vec<u8>>,
    parts: BTreeSet<String>,
    /// Documents that are being rewritten, outermost first: one that comes again is a cycle.
    open: Vec<String>,
    /// Documents that are rewritten, by path and whether they are snippets.
    rewritten: BTreeMap<(String, bool), Option<Rc<Vec<u8>>>>,
}

impl Packager<'_> {
    /// The text of a document with its local paths replaced; `None` when something is missing or wrong.
    fn rewrite(&mut self, path: &str, is_snippet: bool) -> Option<Rc<Vec<u8>>> {
        let known = (path.to_owned(), is_snippet);
        if let Some(text) = self.rewritten.get(&known) {
            return text.clone();
        }
        self.open.push(path.to_owned());
        let text = self.rewrite_anew(path, is_snippet);
        self.open.pop();
        self.rewritten.insert(known, text.clone());
        text
    }

    /// The path in the repository, if there is something to be uploaded.
    fn path(&mut self, from: &str, node: &Node, written: &str) -> Option<String> {
        let path = match paths::resolve(from, written) {
            Resolved::Path(path) => path,
            Resolved::Outside => {
                self.refuse(
                    from,
                    node,
                    &format!("`{written}` leads out of the repository; put the file beside the template"),
                );
                return None;
            }
        };
        let directory = format!("{path}/");
        let odd = self.sources.files.iter().find(|(other, entry)| {
            !entry.is_file()
                && (**other == path || other.starts_with(&directory) || path.starts_with(&format!("{other}/")))
        });
        if let Some((odd, entry)) = odd {
            let text = format!(
                "`{written}` leads to `{odd}`, which is {}; put the file itself there",
                entry.in_words()
            );
            self.refuse(from, node, &text);
            return None;
        }
        let is_there = self.sources.files.contains_key(&path) || below(self.sources.files, &path).next().is_some();
        if is_there {
            return Some(path);
        }
        let folders = || path.match_indices('/').map(|(at, _)| &path[..at]);
        let is_synced = |folder| DIRECTORIES.contains(&folder) || below(self.sources.files, folder).next().is_some();
        let text = if folders().any(is_synced) {
            format!("`{written}` is not there: the repository has no `{path}`")
        } else {
            format!(
                "`{written}` leads to `{path}`, and only files below `stacks/`, and beside or below the templates that the \
                 catalogue names, are synced; put the file there"
            )
        };
        self.refuse(from, node, &text);
        None
    }

    /// Uploads a snippet or nested template and tells its key.
    fn document(&mut self, from: &str, node: &Node, path: &str, is_snippet: bool) -> Option<String> {
        if !self.sources.files.contains_key(path) {
            self.refuse(from, node, &format!("`{path}` is a folder; name the file"));
            return None;
        }
        if self.open.iter().any(|open| open == path) {
            let mut cycle: Vec<&str> = self
                .open
                .iter()
                .skip_while(|open| *open != path)
                .map(String::as_str)
                .collect();
            cycle.push(path);
            let text = format!("a cycle: {}", cycle.join(" → "));
            self.refuse(from, node, &text);
            return None;
        }
        self.parts.insert(path.to_owned());
        let text = self.rewrite(path, is_snippet)?;
        Some(self.upload(extension(path), &text))
    }

    /// Uploads a file or folder and tells its key.
    fn artifact(&mut self, from: &str, node: &Node, path: &str, is_zipped: bool) -> Option<String> {
        if self.sources.files.contains_key(path) {
            self.parts.insert(path.to_owned());
            let content = self.content(path)?;
            // A ZIP begins with its signature.
            if !is_zipped || content.starts_with(b"PK\x03\x04") {
                return Some(self.upload(extension(path), &content));
            }
            let name = path.rsplit('/').next().unwrap_or(path);
            let executable = self.is_executable(path);
            return self.zip(from, node, &[(name.to_owned(), content, executable)]);
        }
        let prefix = path.len() + 1;
        let paths: Vec<String> = below(self.sources.files, path).map(|(path, _)| path.clone()).collect();
        self.parts.insert(format!("{path}/"));
        let mut entries = Vec::with_capacity(paths.len());
        for path in &paths {
            // All are asked for at once, not one after the other.
            if let Some(content) = self.content(path) {
                let name = path.get(prefix..).unwrap_or(path).to_owned();
                entries.push((name, content, self.is_executable(path)));
            }
        }
        (entries.len() == paths.len()).then_some(())?;
        self.zip(from, node, &entries)
    }

    fn zip(&mut self, from: &str, node: &Node, entries: &[(String, Rc<Vec<u8>>, bool)]) -> Option<String> {
        let entries = entries.iter().map(|(name, content, executable)| archive::Entry {
            name,
            content,
            is_executable: *executable,
        });
        match archive::pack_all(entries) {
            Ok(bytes) => Some(self.upload("zip", &bytes)),
            Err(error) => {
                self.refuse(from, node, &format!("cannot be zipped: {error}"));
                None
            }
        }
    }

    fn is_executable(&self, path: &str) -> bool {
        self.sources.files.get(path).is_some_and(|entry| entry.mode == "100755")
    }

    fn content(&mut self, path: &str) -> Option<Rc<Vec<u8>>> {
        let content = self.sources.contents.get(path).cloned();
        if content.is_none() {
            self.needed.insert(path.to_owned());
        }
        content
    }

    fn upload(&mut self, extension: &str, content: &[u8]) -> String {
        let key = keys::package(Sha256::of(content), extension);
        self.packages.entry(key.clone()).or_insert_with(|| content.to_vec());
        key
    }

    fn refuse(&mut self, path: &str, node: &Node, text: &str) {
        self.problems
            .push(format!("{path}:{}:{}: {text}", node.line, node.column));
    }
}

impl Destination {
    /// The URL by which CloudFormation reads an object of the bucket.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html#path-style-access>
    pub fn url(&self, key: &str) -> String {
        let domain = if self.region.starts_with("cn-") {
            "amazonaws.com.cn"
        } else {
            "amazonaws.com"
        };
        format!("https://s3.{}.{domain}/{}/{key}", self.region, self.bucket)
    }

    /// Whether what stands at this key of this bucket is named by its content, so that it is the same whenever it is
    /// read. Only the sync writes there, under the hash of what it writes, and never twice.
    pub fn holds(&self, bucket: &str, key: &str) -> bool {
        bucket == self.bucket && keys::is_package(key)
    }
}

/// The extension that a content-addressed object keeps; only what is safe in a key and a URL.
fn extension(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name
        .rsplit_once('.')
        .map_or("", |(stem, extension)| if stem.is_empty() { "" } else { extension });
    let is_plain = extension.len() <= keys::MAX_EXTENSION && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_plain { extension } else { "" }
}

#[cfg(test)]
mod tests;
