//! Where the objects of the source bucket come from, as GitHub authenticated it.
//!
//! Each sync that changes something takes the next number and writes one [`Provenance`] under it, content kept for good,
//! before the objects that name it. A record says for each stack and each file that its commits touched which record
//! touched it before, so the commits since a stack was last executed are found by reading only what concerns it.
//! Decisions read these facts, never Git's author text and never pipeline variables.

mod account;
mod together;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use account::Account;
pub use together::{Apart, StackReads, Together};

use super::sha256::Sha256;
use super::sync::pin::RepositoryId;

/// Object metadata key that carries the commit whose [`Provenance`] an object belongs to.
pub const COMMIT_METADATA: &str = "changegate-commit";
/// Object metadata key that carries the number of the record: of two objects, the sync wrote the one with the greater
/// number later. Objects from before there were numbers have none.
pub const SEQUENCE_METADATA: &str = "changegate-sequence";
/// Object metadata key that carries the SHA-256 of what a ZIP holds. Older objects have none.
pub const CONTENT_METADATA: &str = "changegate-content";
/// Object metadata key that CodePipeline shows as the summary of a source revision.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ArtifactRevision.html>
pub const SUMMARY_METADATA: &str = "codepipeline-artifact-revision-summary";

/// Name under which [`Provenance::stacks`] lists the catalogue, which the root pipeline reads. No stack may have it.
pub const ROOT_STACK: &str = "root";

/// What one sync brought into the source bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Provenance {
    /// Version of this document's shape: [`Provenance::VERSION`]; 1 is one without [`Trace`], 2 one whose trace does not
    /// tell what stacks read and which gates they have.
    pub version: u32,
    /// `owner/name`.
    pub repository: String,
    /// GitHub's number of the repository: a message about what this record brought is told to no other. Absent in records
    /// of a time when it was not noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<RepositoryId>,
    /// Branch without `refs/heads/`.
    pub branch: String,
    /// The commit that the bucket now holds.
    pub commit: String,
    /// The commit of the record before; absent on the first sync, and when the snapshot was lost.
    pub previous: Option<String>,
    /// Catalogue names of the stacks that the commits touched, and [`ROOT_STACK`] when they touched the catalogue; sorted.
    /// In version 1 they are only those whose effective template or configuration changed: it does not tell what a
    /// broken commit touched.
    pub stacks: Vec<String>,
    /// Whether `commits` holds every commit between `previous` and `commit`; it does not after a force-push, on the
    /// first sync, or when GitHub lists no more.
    pub complete: bool,
    /// The commits, oldest first.
    pub commits: Vec<Commit>,
    /// What the commits touched, and what touched it before; absent in version 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<Trace>,
}

/// What the commits of a record touched, and the records that touched it before.
///
/// Wherever the number of a record stands, 0 is a record from before there were numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Trace {
    /// Number of this record. Later records have greater numbers; a number whose sync died may be missing.
    pub sequence: u64,
    /// Whether the commits belong to every stack, because it cannot be told which they touched.
    pub all: bool,
    /// The last record before this one that belongs to every stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_before: Option<u64>,
    /// Stacks that the commits touched, whether they were started, refused or removed, by catalogue name.
    pub stacks: BTreeMap<String, StackTrace>,
    /// Files that the commits touched: where the content comes from that they found. Empty for a file that they made.
    /// A first record lists none: its commits are behind all files.
    pub files: BTreeMap<String, Vec<Origin>>,
    /// The record since which something was wrong with the catalogue, where it was before these commits: what they bring
    /// may have been meant since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrong_since: Option<u64>,
    /// Commit of the last record from before there were numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unnumbered: Option<String>,
}

/// How the commits of a record touched one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackTrace {
    /// The record that touched the stack before; absent when there was no such stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// Files that were there and that the stack reads from now on: all who ever wrote them made the change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Origin>,
    /// Paths of files that were not there and that the stack reads from now on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub made: Vec<String>,
    /// Paths of files that the stack read and reads no more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// What the stack's pipeline is to read at the record's commit; absent while something is wrong with the stack, when
    /// it goes, and in records of version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reads: Option<StackReads>,
    /// Hash of the stack's gate at the record's commit; absent while the catalogue has a problem with the stack, when it
    /// goes, and in records of version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<Sha256>,
}

/// A file as a record left it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "(String, u64)", into = "(String, u64)")]
pub struct Origin {
    /// Path of the file.
    pub path: String,
    /// Number of the record that touched it last.
    pub record: u64,
}

impl From<(String, u64)> for Origin {
    fn from((path, record): (String, u64)) -> Self {
        Self { path, record }
    }
}

impl From<Origin> for (String, u64) {
    fn from(origin: Origin) -> Self {
        (origin.path, origin.record)
    }
}

/// Under which name a record is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordId {
    /// By the commit, as before there were numbers.
    Commit(String),
    /// By its number.
    Sequence(u64),
}

impl Provenance {
    /// The version that is written.
    pub const VERSION: u32 = 3;

    /// Under which name this record is kept.
    pub fn id(&self) -> RecordId {
        match &self.trace {
            Some(trace) => RecordId::Sequence(trace.sequence),
            None => RecordId::Commit(self.commit.clone()),
        }
    }
}

/// One commit.
///
/// Members that older records lack are absent here; what they would tell is not known then.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Commit {
    /// Full commit id.
    pub sha: String,
    /// First line of the message.
    pub subject: String,
    /// Author text of the commit, `name <email>`; for display only: anybody can write anything here.
    pub author_text: String,
    /// Account that the author's e-mail address is registered to. Anybody can write anybody's address, so it may make
    /// somebody an author and never shows that there is no other.
    pub author_login: Option<Account>,
    /// Account that the committer's e-mail address is registered to; with a verified signature, the account that
    /// signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committer: Option<Account>,
    /// The account that pushed, where GitHub's activity list tells.
    pub pusher: Option<Account>,
    /// Other accounts that pushed it to the branch before, when it was taken away in between.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_pushed: Vec<Account>,
    /// Whether GitHub verified the commit's signature.
    pub is_verified: bool,
    /// Whether it has more than one parent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_merge: bool,
    /// The merged pull request that brought the commit into the branch.
    pub pull_request: Option<PullRequest>,
}

/// A merged pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequest {
    /// Number in the repository.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Who opened it.
    pub author: Account,
    /// Who merged it.
    pub merged_by: Option<Account>,
    /// The commit that was merged: the last one of the pull request's branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<String>,
    /// Who else brought content into it; absent in a record of a time when nobody asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributors: Option<Contributors>,
    /// The last verdict of each reviewer.
    pub reviews: Vec<PullRequestReview>,
}

/// Who brought content into a pull request's branch.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contributors {
    /// The accounts that pushed to the branch, and those that opened or merged what was merged into it, as GitHub
    /// authenticated them.
    pub pushers: Vec<Account>,
    /// The accounts that the authors and committers of its commits name, verified or not.
    pub named: Vec<Account>,
    /// Why further people may have brought content in; empty when all are known.
    pub untold: Vec<Untold>,
}

/// Why not everybody who brought content into a pull request is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Untold {
    /// Its branch is in another repository, whose pushers GitHub does not tell.
    Fork,
    /// GitHub's activity list does not tell how the branch came to the commit that was merged.
    Pushers,
    /// An app pushed to the branch, for somebody who is not known.
    App,
    /// It has more commits than GitHub lists.
    Commits,
    /// Who merged it is not known.
    Merger,
    /// The record is of a time when nobody asked.
    NotAsked,
}

/// A reviewer's last verdict on a pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequestReview {
    /// The reviewer.
    #[serde(rename = "login")]
    pub reviewer: Account,
    /// GitHub's state: `APPROVED`, `CHANGES_REQUESTED`, `COMMENTED`, `DISMISSED`.
    pub state: String,
    /// The commit that the verdict is about; absent when GitHub does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Whether that commit holds the same files as the one that was merged, and lies at the same place of the base
    /// branch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_same_content: bool,
    /// When it was given (RFC 3339); absent when GitHub did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submitted: Option<String>,
    /// Whether the pull request was given another base branch since, as far as is known: what was shown to the reviewer
    /// was another difference.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_of_other_base: bool,
    /// What the reviewer may do in the repository, as GitHub told when the record was made; absent when it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
}

impl PullRequestReview {
    /// Whether it was given after this time (RFC 3339), for certain.
    pub fn is_after(&self, time: &str) -> bool {
        let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let submitted = self.submitted.as_deref().and_then(read);
        submitted
            .zip(read(time))
            .is_some_and(|(submitted, time)| submitted > time)
    }
}

/// What an account may do in a repository.
///
/// Source: <https://docs.github.com/en/rest/collaborators/collaborators>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Permission {
    /// Nothing that others may not.
    None,
    /// Read, or triage.
    Read,
    /// Write, or maintain.
    Write,
    /// Everything.
    Admin,
}

/// What the metadata of an object says of the sync that wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFacts {
    /// Full id of the commit that it was written from.
    pub commit: String,
    /// Number of the record; absent where the object is from before there were numbers.
    pub sequence: Option<u64>,
    /// When the object was written, in seconds of the Unix epoch; absent where the storage does not tell.
    pub modified: Option<i64>,
    /// Hash of what the ZIP holds; absent where an older version of the sync wrote it.
    pub content: Option<Sha256>,
}

impl SourceFacts {
    /// What the metadata of an object says; `None` when the sync did not write it.
    pub fn of(metadata: &BTreeMap<String, String>, modified: Option<i64>) -> Option<Self> {
        let commit = metadata.get(COMMIT_METADATA)?;
        let is_id = commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let sequence = match metadata.get(SEQUENCE_METADATA) {
            Some(sequence) => Some(sequence.parse().ok().filter(|sequence| *sequence > 0)?),
            None => None,
        };
        is_id.then(|| Self {
            commit: commit.clone(),
            sequence,
            modified,
            content: metadata.get(CONTENT_METADATA).and_then(|content| content.parse().ok()),
        })
    }

    /// The record that it was written under.
    pub fn record(&self) -> RecordId {
        match self.sequence {
            Some(sequence) => RecordId::Sequence(sequence),
            None => RecordId::Commit(self.commit.clone()),
        }
    }

    /// Which of the sources of a run the sync wrote last. Numbers tell it; objects from before there were numbers are
    /// older than all that have one, and among themselves the time of their writing tells it.
    ///
    /// `None` where there are no sources, or where it cannot be told.
    pub fn newest(sources: &[Self]) -> Option<&Self> {
        let newest = sources.iter().max_by_key(|source| (source.sequence, source.modified))?;
        let is_clear = newest.sequence.is_some()
            || sources.iter().all(|source| {
                let is_older = source.modified.is_some() && source.modified < newest.modified;
                source.commit == newest.commit || is_older
            });
        is_clear.then_some(newest)
    }
}

#[cfg(test)]
mod tests;
