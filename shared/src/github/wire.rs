//! The parts of GitHub's answers that are read.

use serde::{Deserialize, Deserializer};

use crate::domain::provenance::{Account, Permission};
use crate::flows::ports::{BranchActivity, ChangedFile, CommitFacts, EntryKind, PullRequestFacts, Relation, TreeEntry};

/// A text that GitHub may give as `null`.
fn text_or_null<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An account that may be gone: `null`, or an object without a login.
///
/// The logins of apps end with `[bot]`, except where GitHub itself leaves that out, as it does for Copilot. The type tells
/// them all, so that who has such an app write or review is not taken for two people.
///
/// Source: <https://docs.github.com/en/rest/users/users#get-a-user>
pub(super) fn account_or_nobody<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Account>, D::Error> {
    #[derive(Deserialize)]
    struct MaybeAccount {
        login: Option<String>,
        id: Option<u64>,
        #[serde(rename = "type")]
        kind: Option<String>,
    }
    let account = Option::<MaybeAccount>::deserialize(deserializer)?;
    Ok(account.and_then(|account| {
        let (login, id) = (account.login?, account.id);
        let named = Account { login, id };
        Some(match account.kind.as_deref() {
            Some("Bot") => named.into_app(),
            _ => named,
        })
    }))
}

#[derive(Deserialize)]
pub(super) struct Commit {
    sha: String,
    commit: CommitDetail,
    #[serde(default, deserialize_with = "account_or_nobody")]
    author: Option<Account>,
    #[serde(default, deserialize_with = "account_or_nobody")]
    committer: Option<Account>,
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
            committer: commit.committer,
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
            is_new: matches!(file.status.as_str(), "added" | "copied"),
            blob: file.sha.filter(|_| !is_removed),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct PullRequest {
    number: u64,
    #[serde(default, deserialize_with = "text_or_null")]
    title: String,
    #[serde(default, deserialize_with = "account_or_nobody")]
    user: Option<Account>,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
    #[serde(default, deserialize_with = "account_or_nobody")]
    pub(super) merged_by: Option<Account>,
    base: End,
    head: End,
}

/// One end of a pull request.
#[derive(Deserialize)]
struct End {
    #[serde(rename = "ref")]
    branch: String,
    sha: String,
    /// Absent when the repository is gone.
    repo: Option<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    id: u64,
}

impl From<PullRequest> for PullRequestFacts {
    fn from(pull: PullRequest) -> Self {
        let is_from_fork = match (&pull.base.repo, &pull.head.repo) {
            (Some(base), Some(head)) => base.id != head.id,
            _ => true,
        };
        Self {
            number: pull.number,
            title: pull.title,
            author: pull.user.unwrap_or_default(),
            is_merged: pull.merged_at.is_some(),
            base_branch: pull.base.branch,
            merge_commit: pull.merge_commit_sha,
            head_branch: pull.head.branch,
            head: pull.head.sha,
            is_from_fork,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Review {
    #[serde(default, deserialize_with = "account_or_nobody")]
    pub(super) user: Option<Account>,
    pub(super) state: String,
    pub(super) commit_id: Option<String>,
    pub(super) submitted_at: Option<String>,
}

/// Something that happened to a pull request; commits have no time of their own there.
///
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/issue-event-types>
#[derive(Deserialize)]
pub(super) struct TimelineEvent {
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) event: String,
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) created_at: String,
}

/// What an account may do. `permission` knows four values: maintainers have `write`, triagers `read`.
///
/// Source: <https://docs.github.com/en/rest/collaborators/collaborators>
#[derive(Deserialize)]
pub(super) struct PermissionAnswer {
    permission: String,
}

impl From<PermissionAnswer> for Permission {
    fn from(answer: PermissionAnswer) -> Self {
        match answer.permission.as_str() {
            "admin" => Self::Admin,
            "write" | "maintain" => Self::Write,
            "read" | "triage" => Self::Read,
            _ => Self::None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct GitCommit {
    tree: Named,
}

impl GitCommit {
    pub(super) fn tree(self) -> String {
        self.tree.sha
    }
}

#[derive(Deserialize)]
pub(super) struct MergeBaseAnswer {
    merge_base_commit: Option<Named>,
}

impl MergeBaseAnswer {
    pub(super) fn id(self) -> Option<String> {
        Some(self.merge_base_commit?.sha)
    }
}

#[derive(Deserialize)]
pub(super) struct Activity {
    before: String,
    after: String,
    #[serde(rename = "ref")]
    reference: String,
    activity_type: String,
    #[serde(default, deserialize_with = "account_or_nobody")]
    actor: Option<Account>,
}

impl From<Activity> for BranchActivity {
    fn from(activity: Activity) -> Self {
        let branch = activity.reference.strip_prefix("refs/heads/");
        Self {
            branch: branch.unwrap_or(&activity.reference).to_owned(),
            before: activity.before,
            after: activity.after,
            kind: activity.activity_type,
            actor: activity.actor,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RepositoryAnswer {
    pub(super) id: u64,
    pub(super) private: bool,
}

#[derive(Deserialize)]
pub(super) struct Comment {
    pub(super) id: u64,
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) body: String,
    #[serde(default, deserialize_with = "account_or_nobody")]
    pub(super) user: Option<Account>,
    /// The app that wrote it, if one did.
    #[serde(default)]
    pub(super) performed_via_github_app: Option<App>,
}

#[derive(Deserialize)]
pub(super) struct App {
    id: u64,
    client_id: Option<String>,
}

impl App {
    /// Whether it is the app with this number or client id.
    pub(super) fn is(&self, id: &str) -> bool {
        self.id.to_string() == id || self.client_id.as_deref() == Some(id)
    }
}

/// The user that a token acts as.
#[derive(Deserialize)]
pub(super) struct User {
    login: String,
    id: u64,
}

impl From<User> for Account {
    fn from(user: User) -> Self {
        Self {
            login: user.login,
            id: Some(user.id),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct CombinedStatus {
    pub(super) statuses: Vec<SetStatus>,
}

#[derive(Deserialize)]
pub(super) struct SetStatus {
    pub(super) context: String,
    pub(super) state: String,
    pub(super) target_url: Option<String>,
    pub(super) updated_at: String,
}

#[derive(Deserialize)]
pub(super) struct WrittenComment {
    #[serde(default, deserialize_with = "text_or_null")]
    pub(super) body: String,
    pub(super) updated_at: String,
}
