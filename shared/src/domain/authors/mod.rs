//! Who made a change: the commits since a stack was last executed, and the accounts that GitHub authenticated for
//! them.
//!
//! Git's author text is free text and is never read here.

mod gate;
mod pull_requests;
mod walk;

use std::collections::BTreeSet;
use std::fmt;

pub use gate::GateInForce;
pub use pull_requests::{Discounted, NotCounted, Unreviewed};
pub use walk::{ExecutedRecord, MAX_RECORDS, ProvenanceWalk};

use super::provenance::{Account, Commit, PullRequest, RecordId, Untold};
use super::sync::pin::RepositoryId;

/// The commits that a plan brings to one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitRange {
    /// Every commit of every sync that touched the stack since it was last executed, the newest first.
    pub commits: Vec<Commit>,
    /// Why commits may be missing from the list; empty when the list is whole.
    pub gaps: Vec<Gap>,
    /// The repository that they are of, as the newest record that was read tells; absent where none does.
    pub repository: Option<RepositoryId>,
}

/// Why the commits of a range are not all known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// There is no such record, or it cannot be read.
    NoRecord(RecordId),
    /// The record that a source was written under does not say whether it touched the stack.
    NotTold(RecordId),
    /// What touched the stack before there were numbers is not recorded.
    Unnumbered,
    /// The stack reads this file since, and who wrote it is not recorded.
    UnknownFile(String),
    /// The sync of this commit could not list what lies before it: it was the first, or the branch was force-pushed.
    NotListed(String),
    /// The commit that the stack was last executed from is not among the ancestors: the branch was force-pushed, or
    /// somebody pinned older versions.
    NotAnAncestor(String),
    /// The object that this source action read does not say which commit it is of.
    UnknownSource(String),
    /// More than [`MAX_RECORDS`] records tell of it.
    TooLong,
    /// No record tells how the gate that is in force came about: the root pipeline is about to apply it, perhaps.
    UnknownGate,
    /// Further people may have brought content into the pull request of this number.
    PullRequest(u64, Untold),
}

/// The accounts that made a change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authors {
    /// Lower-case GitHub logins of people.
    pub logins: BTreeSet<String>,
    /// Ids of the commits that no person's account is known for.
    pub unattributed: Vec<String>,
    /// Why more authors may be missing.
    pub gaps: Vec<Gap>,
    /// The repository that they are of, as the record of the newest source tells; absent where it does not.
    pub repository: Option<RepositoryId>,
}

impl CommitRange {
    /// Adds the commits of another range that this one does not have, and its gaps.
    pub fn add(&mut self, other: Self) {
        let known: BTreeSet<String> = self.commits.iter().map(|commit| commit.sha.clone()).collect();
        let more = other.commits.into_iter().filter(|commit| !known.contains(&commit.sha));
        self.commits.extend(more);
        self.gaps.extend(other.gaps);
        self.gaps.sort();
        self.gaps.dedup();
    }

    /// Everybody who could have brought content into one of the commits.
    ///
    /// Names that nobody verified make authors too; a commit that only such names stand behind is unattributed all the
    /// same.
    pub fn authors(&self) -> Authors {
        let mut authors = Authors {
            gaps: self.gaps.clone(),
            ..Authors::default()
        };
        for commit in &self.commits {
            if !authenticated(commit).any(Account::is_person) {
                authors.unattributed.push(commit.sha.clone());
            }
            let people = authenticated(commit).chain(named(commit));
            let people = people.filter(|account| account.is_person());
            authors
                .logins
                .extend(people.map(|account| account.login.to_lowercase()));
            if let Some(pull) = &commit.pull_request {
                let untold = pull.untold().into_iter();
                authors
                    .gaps
                    .extend(untold.map(|why| Gap::PullRequest(pull.number, why)));
            }
        }
        authors.gaps.sort();
        authors.gaps.dedup();
        authors
    }
}

/// The accounts that GitHub authenticated for a commit: who opened, merged and pushed to its pull request, who pushed
/// it, and who signed it. A signature is its committer's and says nothing about the author; what GitHub signs itself
/// says nothing about anybody.
///
/// Source: <https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification>
pub fn authenticated(commit: &Commit) -> impl Iterator<Item = &Account> {
    let signer = commit.committer.as_ref().filter(|_| commit.is_verified);
    let pull = commit.pull_request.iter();
    let of_pull = pull.flat_map(|pull| {
        std::iter::once(&pull.author)
            .chain(&pull.merged_by)
            .chain(pull.pushers())
    });
    of_pull
        .chain(&commit.pusher)
        .chain(&commit.also_pushed)
        .chain(signer)
        .filter(|account| !account.login.is_empty() && !account.is_github())
}

/// The accounts that a commit, or one of its pull request, names as author or committer, verified or not.
fn named(commit: &Commit) -> impl Iterator<Item = &Account> {
    let pull = commit.pull_request.iter();
    let of_pull = pull.flat_map(PullRequest::named);
    of_pull.chain(&commit.author_login).chain(&commit.committer)
}

impl PullRequest {
    /// The accounts that pushed to its branch.
    fn pushers(&self) -> impl Iterator<Item = &Account> {
        self.contributors.iter().flat_map(|contributors| &contributors.pushers)
    }

    /// The accounts that its commits name.
    fn named(&self) -> impl Iterator<Item = &Account> {
        self.contributors.iter().flat_map(|contributors| &contributors.named)
    }

    /// Why further people may have brought content in.
    fn untold(&self) -> Vec<Untold> {
        match &self.contributors {
            Some(contributors) => contributors.untold.clone(),
            None => vec![Untold::NotAsked],
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord(RecordId::Commit(commit)) => write!(f, "no sync recorded commit {}", short(commit)),
            Self::NoRecord(RecordId::Sequence(sequence)) => {
                write!(f, "record {sequence} of the sync is missing or damaged")
            }
            Self::NotTold(RecordId::Commit(commit)) => {
                write!(f, "the record of commit {} does not tell of the stack", short(commit))
            }
            Self::NotTold(RecordId::Sequence(sequence)) => {
                write!(f, "record {sequence} of the sync does not tell of the stack")
            }
            Self::Unnumbered => f.write_str("no record tells of the stack as it was before"),
            Self::UnknownFile(path) => write!(
                f,
                "the stack has begun to read `{path}`, and no record tells who wrote it"
            ),
            Self::NotListed(commit) => write!(
                f,
                "the sync of commit {} could not list the commits before it (the first sync, or a force-push)",
                short(commit)
            ),
            Self::NotAnAncestor(commit) => write!(
                f,
                "commit {}, from which the stack was last executed, is not an ancestor (a force-push, or older versions were pinned)",
                short(commit)
            ),
            Self::UnknownSource(action) => {
                write!(
                    f,
                    "the object that source action {action} read does not name its commit"
                )
            }
            Self::TooLong => write!(f, "more than {MAX_RECORDS} records would have to be read"),
            Self::UnknownGate => f.write_str("no record tells who made the gate that is in force"),
            Self::PullRequest(number, why) => {
                write!(
                    f,
                    "who brought content into pull request #{number} is not all known: {why}"
                )
            }
        }
    }
}

/// The first seven characters of a commit id.
pub fn short(commit: &str) -> &str {
    commit.get(..7).unwrap_or(commit)
}

#[cfg(test)]
mod tests;
