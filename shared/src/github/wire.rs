//! The parts of GitHub's answers that are read.

use serde::{Deserialize, Deserializer};

use crate::flows::ports::{BranchActivity, ChangedFile, CommitFacts, EntryKind, PullRequestFacts, Relation, TreeEntry};

/// A text that GitHub may give as `null`.
fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Deserialize)]
pub(super) struct Account {
    pub(super) login: String,
}

/// An account that may be gone: `null`, or an object without a login.
fn login_or_nobody<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    struct MaybeAccount {
        login: Option<String>,
    }
    Ok(Option::<MaybeAccount>::deserialize(deserializer)?.and_then(|account| account.login))
}

#[derive(Deserialize)]
pub(super) struct Commit {
    sha: String,
    commit: CommitDetail,
    #[serde(default, deserialize_with = "login_or_nobody")]
    author: Option<String>,
    #[serde(default)]
    parents: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    sha: String,
}

#[derive(Deserialize)]
struct CommitDetail {
    #[serde(default, deserialize_with = "text_or_null")]
    message: String,
    author: Option<Signature>,
    tree: Named,
    verification: Option<Verification>,
}

#[derive(Deserialize)]
struct Signature {
    #[serde(default, deserialize_with = "text_or_null")]
    name: String,
    #[serde(default, deserialize_with = "text_or_null")]
    email: String,
}

#[derive(Deserialize)]
struct Verification {
    verified: bool,
}

impl From<Commit> for CommitFacts {
    fn from(commit: Commit) -> Self {
        let author = commit.commit.author;
        Self {
            sha: commit.sha,
            tree: commit.commit.tree.sha,
            message: commit.commit.message,
            author_text: author.map_or_else(String::new, |author| format!("{} <{}>", author.name, author.email)),
            author_login: commit.author,
            is_verified: commit
                .commit
                .verification
                .is_some_and(|verification| verification.verified),
            parents: commit.parents.into_iter().map(|parent| parent.sha).collect(),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct TreeAnswer {
    pub(super) tree: Vec<Entry>,
    #[serde(default)]
    pub(super) truncated: bool,
}

#[derive(Deserialize)]
pub(super) struct Entry {
    path: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    sha: String,
    size: Option<u64>,
}

impl From<Entry> for TreeEntry {
    fn from(entry: Entry) -> Self {
        let kind = match (entry.kind.as_str(), entry.mode.as_str()) {
            ("tree", _) => EntryKind::Directory,
            ("commit", _) => EntryKind::Submodule,
            (_, "120000") => EntryKind::Link,
            _ => EntryKind::File,
        };
        Self {
            name: entry.path,
            mode: entry.mode,
            kind,
            id: entry.sha,
            size_bytes: entry.size,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Blob {
    pub(super) content: String,
    pub(super) encoding: String,
}

#[derive(Deserialize)]
pub(super) struct ComparisonAnswer {
    pub(super) status: String,
    #[serde(default)]
    pub(super) total_commits: usize,
    pub(super) commits: Vec<Commit>,
    #[serde(default)]
    pub(super) files: Vec<File>,
}

impl ComparisonAnswer {
    pub(super) fn relation(&self) -> Relation {
        match self.status.as_str() {
            "identical" => Relation::Identical,
            "ahead" => Relation::Ahead,
            "behind" => Relation::Behind,
            _ => Relation::Diverged,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct File {
    filename: String,
    previous_filename: Option<String>,
    status: String,
    sha: Option<String>,
}

impl From<File> for ChangedFile {
    fn from(file: File) -> Self {
        let is_removed = file.status == "removed";
        Self {
            path: file.filename,
            previous_path: file.previous_filename.filter(|_| file.status == "renamed"),
            blob: file.sha.filter(|_| !is_removed),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PullRequest {
    number: u64,
    #[serde(default, deserialize_with = "text_or_null")]
    title: String,
    #[serde(default, deserialize_with = "login_or_nobody")]
    user: Option<String>,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    base: Base,
}

#[derive(Deserialize)]
struct Base {
    #[serde(rename = "ref")]
    branch: String,
}

impl From<PullRequest> for PullRequestFacts {
    fn from(pull: PullRequest) -> Self {
        Self {
            number: pull.number,
            title: pull.title,
            author: pull.user.unwrap_or_default(),
            is_merged: pull.merged_at.is_some(),
            base_branch: pull.base.branch,
            merge_commit: pull.merge_commit_sha,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Review {
    pub(super) user: Option<Account>,
    pub(super) state: String,
}

#[derive(Deserialize)]
pub(super) struct Activity {
    before: String,
    after: String,
    activity_type: String,
    #[serde(default, deserialize_with = "login_or_nobody")]
    actor: Option<String>,
}

impl From<Activity> for BranchActivity {
    fn from(activity: Activity) -> Self {
        Self {
            before: activity.before,
            after: activity.after,
            kind: activity.activity_type,
            actor: activity.actor,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RepositoryAnswer {
    pub(super) private: bool,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) body: String,
}
