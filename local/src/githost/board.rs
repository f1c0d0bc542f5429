//! What GitHub keeps beside a repository: statuses, comments, pull requests, activity, webhooks and their deliveries.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// Everything that is kept beside the repository.
#[derive(Debug, Default)]
pub struct Board {
    /// Commit statuses in the order in which they were set.
    pub statuses: Vec<Status>,
    /// Comments on pull requests, by id.
    pub comments: BTreeMap<u64, Comment>,
    /// Pull requests, by number.
    pub pulls: BTreeMap<u64, Pull>,
    /// What accounts may do, by lower-case login, where that is not what [`Board::permission_of`] gives everybody.
    pub permissions: BTreeMap<String, Permission>,
    /// What moved which branch, oldest first.
    pub activity: Vec<Activity>,
    /// Webhooks, by id.
    pub hooks: BTreeMap<u64, Hook>,
    /// Deliveries, oldest first.
    pub deliveries: Vec<Delivery>,
    last_id: u64,
}

impl Board {
    /// A number that nothing else on the board has.
    pub fn id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// What an account may do. Whoever has the people's token may write; apps may not.
    pub fn permission_of(&self, login: &str) -> Permission {
        let usual = if login.ends_with("[bot]") {
            Permission::Read
        } else {
            Permission::Write
        };
        self.permissions.get(&login.to_lowercase()).copied().unwrap_or(usual)
    }
}

/// What an account may do in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    /// Nothing.
    None,
    /// Read and comment.
    Read,
    /// Push, review and merge.
    Write,
    /// Everything.
    Admin,
}

impl Permission {
    /// As GitHub spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// A commit status.
#[derive(Debug, Clone)]
pub struct Status {
    /// Id.
    pub id: u64,
    /// Commit.
    pub sha: String,
    /// `error`, `failure`, `pending` or `success`.
    pub state: String,
    /// What it is about.
    pub context: String,
    /// Text.
    pub description: Option<String>,
    /// Link.
    pub target_url: Option<String>,
    /// Who set it.
    pub creator: String,
    /// When.
    pub at: Timestamp,
}

/// A comment on a pull request.
#[derive(Debug, Clone)]
pub struct Comment {
    /// Number of the pull request.
    pub pull: u64,
    /// Text.
    pub body: String,
    /// Who wrote it.
    pub login: String,
    /// When it was written.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
}

/// A pull request.
#[derive(Debug, Clone)]
pub struct Pull {
    /// Title.
    pub title: String,
    /// Text.
    pub body: String,
    /// Who opened it.
    pub login: String,
    /// Branch to merge, and its commit.
    pub head: (String, String),
    /// Branch to merge into, and its commit when the pull request was opened.
    pub base: (String, String),
    /// When it was opened.
    pub created: Timestamp,
    /// How it was merged.
    pub merged: Option<Merge>,
    /// Reviews in their order.
    pub reviews: Vec<Review>,
}

/// How a pull request was merged.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The merge commit.
    pub sha: String,
    /// Who merged.
    pub login: String,
    /// When.
    pub at: Timestamp,
}

/// A review of a pull request.
#[derive(Debug, Clone)]
pub struct Review {
    /// Id.
    pub id: u64,
    /// Who reviewed.
    pub login: String,
    /// `APPROVED`, `CHANGES_REQUESTED` or `COMMENTED`.
    pub state: &'static str,
    /// Text.
    pub body: String,
    /// Commit that was reviewed.
    pub commit: String,
    /// When.
    pub at: Timestamp,
}

/// A branch that moved.
#[derive(Debug, Clone)]
pub struct Activity {
    /// Id.
    pub id: u64,
    /// Full name of the reference.
    pub reference: String,
    /// Commit before; zeros when it did not exist.
    pub before: String,
    /// Commit after; zeros when it was deleted.
    pub after: String,
    /// `push`, `force_push`, `branch_creation`, `branch_deletion` or `pr_merge`.
    pub kind: &'static str,
    /// Who moved it.
    pub login: String,
    /// When.
    pub at: Timestamp,
}

/// A webhook.
#[derive(Clone)]
pub struct Hook {
    /// Where deliveries go.
    pub url: String,
    /// What they are signed with.
    pub secret: String,
    /// Events that are delivered; `*` for all.
    pub events: Vec<String>,
}

impl std::fmt::Debug for Hook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hook")
            .field("url", &self.url)
            .field("events", &self.events)
            .finish_non_exhaustive()
    }
}

/// A delivery that was made.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// Number.
    pub id: u64,
    /// `X-GitHub-Delivery`.
    pub guid: String,
    /// When.
    pub delivered_at: Timestamp,
    /// Whether it was sent again by hand.
    pub redelivery: bool,
    /// Time that it took, in seconds.
    pub duration: f64,
    /// What became of it, such as `OK` or `Failed to connect`.
    pub status: String,
    /// Status code of the answer, 0 without one.
    pub status_code: u16,
    /// Event.
    pub event: String,
    /// Webhook.
    pub hook_id: u64,
    /// The payload, to deliver it again.
    #[serde(skip)]
    pub payload: Value,
    /// Body of the answer.
    #[serde(skip)]
    pub answer: String,
}
