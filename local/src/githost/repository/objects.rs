//! Commits, trees and their differences, as `git` prints them.

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Id.
    pub sha: String,
    /// Id of its tree.
    pub tree: String,
    /// Ids of its parents.
    pub parents: Vec<String>,
    /// Who wrote it.
    pub author: Signature,
    /// Who committed it.
    pub committer: Signature,
    /// Its message.
    pub message: String,
}

/// A name in a commit. Anybody can write any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
    /// Time, ISO 8601.
    pub date: String,
}

/// An entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// Path, from the tree that was asked for.
    pub path: String,
    /// Mode, six digits.
    pub mode: String,
    /// `blob`, `tree` or `commit`.
    pub kind: String,
    /// Id.
    pub sha: String,
    /// Size in bytes of a blob.
    pub size: Option<u64>,
}

/// A file that differs between two commits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    /// `added`, `removed`, `modified`, `renamed` or `changed`.
    pub status: &'static str,
    /// Path; of a renamed file the new one.
    pub path: String,
    /// Former path of a renamed file.
    pub previous: Option<String>,
    /// Id of the blob; of a removed file that of the old one.
    pub sha: String,
}

pub(super) fn parse_commit(record: &str) -> Option<Commit> {
    let record = record.trim_start_matches('\0');
    let mut fields = record.splitn(10, '\0').map(str::to_owned);
    let mut next = || fields.next();
    let (sha, tree, parents) = (next()?, next()?, next()?);
    let author = Signature {
        name: next()?,
        email: next()?,
        date: next()?,
    };
    let committer = Signature {
        name: next()?,
        email: next()?,
        date: next()?,
    };
    let message = next()?.trim_end_matches('\0').trim_end_matches('\n').to_owned();
    let parents = parents.split_whitespace().map(str::to_owned).collect();
    Some(Commit {
        sha,
        tree,
        parents,
        author,
        committer,
        message,
    })
}

pub(super) fn parse_entry(record: &str) -> Option<TreeEntry> {
    let (meta, path) = record.split_once('\t')?;
    let mut fields = meta.split_whitespace();
    let (mode, kind, sha, size) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    Some(TreeEntry {
        path: path.to_owned(),
        mode: mode.to_owned(),
        kind: kind.to_owned(),
        sha: sha.to_owned(),
        size: size.parse().ok(),
    })
}

pub(super) fn parse_changes(listed: &str) -> Vec<FileChange> {
    let mut fields = listed.split('\0');
    let mut changes = Vec::new();
    while let Some(meta) = fields.next().filter(|meta| meta.starts_with(':')) {
        let parts: Vec<&str> = meta.split_whitespace().collect();
        let [_, _, old, new, letter] = parts[..] else { break };
        let Some(first) = fields.next() else { break };
        let (status, previous, path) = match letter.chars().next() {
            Some('A') => ("added", None, first),
            Some('D') => ("removed", None, first),
            Some('R') => ("renamed", Some(first.to_owned()), fields.next().unwrap_or_default()),
            Some('T') => ("changed", None, first),
            _ => ("modified", None, first),
        };
        let sha = if status == "removed" { old } else { new };
        changes.push(FileChange {
            status,
            path: path.to_owned(),
            previous,
            sha: sha.to_owned(),
        });
    }
    changes
}
