//! Who made a change: the commits since a stack was last executed, and the accounts that GitHub authenticated for
//! them.
//!
//! Git's author text is free text and is never read here.

mod walk;

use std::collections::BTreeSet;
use std::fmt;

pub use walk::{MAX_RECORDS, ProvenanceWalk};

use super::provenance::{Commit, PullRequest};

/// The commits that a plan brings to one stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CommitRange {
    /// Every commit of every sync that touched the stack since it was last executed.
    pub commits: Vec<Commit>,
    /// Why commits may be missing from the list; empty when the list is whole.
    pub gaps: Vec<Gap>,
}

/// Why the commits of a range are not all known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// No sync recorded this commit.
    NoRecord(String),
    /// The sync of this commit could not list what lies before it: it was the first, or the branch was force-pushed.
    NotListed(String),
    /// The commit that the stack was last executed from is not among the ancestors: the branch was force-pushed, or
    /// somebody pinned older versions.
    NotAnAncestor(String),
    /// The object that this source action read does not say which commit it is of.
    UnknownSource(String),
    /// There are more than [`MAX_RECORDS`] syncs in between.
    TooLong,
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
}

impl CommitRange {
    /// Everybody whom GitHub authenticated as having made, merged or pushed one of the commits.
    pub fn authors(&self) -> Authors {
        let mut authors = Authors {
            gaps: self.gaps.clone(),
            ..Authors::default()
        };
        for commit in &self.commits {
            let actors: BTreeSet<_> = actors(commit)
                .filter(|login| !is_bot(login))
                .map(str::to_lowercase)
                .collect();
            if actors.is_empty() {
                authors.unattributed.push(commit.sha.clone());
            }
            authors.logins.extend(actors);
        }
        authors
    }

    /// The commits that did not come through a merged pull request that somebody other than its author approved, each
    /// with the reason.
    pub fn unreviewed(&self) -> Vec<(&Commit, Unreviewed)> {
        self.commits
            .iter()
            .filter_map(|commit| Some((commit, unreviewed(commit.pull_request.as_ref())?)))
            .collect()
    }
}

/// Why a commit does not count as reviewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreviewed {
    /// It was pushed without a pull request.
    NoPullRequest,
    /// Nobody but its author approved the pull request of this number.
    NotApproved(u64),
}

/// The accounts behind a commit. The author's login is an e-mail look-up, which counts only with a signature that
/// GitHub verified.
pub fn actors(commit: &Commit) -> impl Iterator<Item = &str> {
    let pull_request = commit.pull_request.as_ref();
    pull_request
        .map(|pull_request| pull_request.author.as_str())
        .into_iter()
        .chain(pull_request.and_then(|pull_request| pull_request.merged_by.as_deref()))
        .chain(commit.pusher.as_deref())
        .chain(commit.author_login.as_deref().filter(|_| commit.is_verified))
        .filter(|login| !login.is_empty())
}

/// Whether a login is a GitHub App's. It acts for somebody who is not known, and no person can have such a login.
///
/// Source: <https://docs.github.com/en/apps/using-github-apps/about-using-github-apps>
fn is_bot(login: &str) -> bool {
    login.ends_with("[bot]")
}

fn unreviewed(pull_request: Option<&PullRequest>) -> Option<Unreviewed> {
    let Some(pull_request) = pull_request else {
        return Some(Unreviewed::NoPullRequest);
    };
    let is_approved = pull_request.reviews.iter().any(|review| {
        review.state == "APPROVED"
            && !is_bot(&review.login)
            && !review.login.is_empty()
            && !review.login.eq_ignore_ascii_case(&pull_request.author)
    });
    (!is_approved).then_some(Unreviewed::NotApproved(pull_request.number))
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecord(commit) => write!(f, "no sync recorded commit {}", short(commit)),
            Self::NotListed(commit) => write!(
                f,
                "the sync of commit {} could not list the commits before it (the first sync, or a force-push)",
                short(commit)
            ),
            Self::NotAnAncestor(commit) => write!(
                f,
                "commit {}, from which the stack was last executed, is no ancestor (a force-push, or older versions were pinned)",
                short(commit)
            ),
            Self::UnknownSource(action) => {
                write!(
                    f,
                    "the object that source action {action} read does not name its commit"
                )
            }
            Self::TooLong => write!(f, "more than {MAX_RECORDS} syncs lie in between"),
        }
    }
}

impl fmt::Display for Unreviewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPullRequest => f.write_str("it came without a pull request"),
            Self::NotApproved(number) => {
                write!(f, "nobody but its author approved pull request #{number}")
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
