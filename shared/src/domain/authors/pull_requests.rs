//! Whether commits came through pull requests that enough of the right people approved.

use std::fmt;

use super::{CommitRange, short};
use crate::domain::people::People;
use crate::domain::provenance::{Account, Commit, Permission, PullRequest, PullRequestReview, Untold};

/// Approvals that a message names at most; the others are counted.
const SHOWN: usize = 5;

/// Why a commit does not count as reviewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreviewed {
    /// It was pushed without a pull request.
    NoPullRequest,
    /// Too few people approved its pull request.
    NotApproved {
        /// Its number.
        number: u64,
        /// Approvals that do not count.
        discounted: Vec<Discounted>,
    },
    /// One person approved the pull request. Since somebody who is not known may have brought content into it, and may
    /// be that very person, it takes a second one.
    ApprovedByOne {
        /// Its number.
        number: u64,
        /// Why not everybody is known.
        untold: Untold,
        /// Approvals that do not count.
        discounted: Vec<Discounted>,
    },
}

/// An approval that does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discounted {
    /// Whose it is.
    pub login: String,
    /// Why it does not count.
    pub why: NotCounted,
}

/// Why an approval does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotCounted {
    /// The reviewer brought content into the pull request.
    OwnChange,
    /// The reviewer is not known to be a person.
    NoPerson,
    /// It is about another commit than the one that was merged.
    OtherCommit {
        /// What was approved, where that is known.
        approved: Option<String>,
        /// What was merged, where that is known.
        merged: Option<String>,
    },
    /// The pull request was given another base branch since, or that is not known: the reviewer was shown another
    /// difference.
    OtherBase,
    /// The reviewer may not write to the repository.
    NoWriteAccess,
    /// Whether the reviewer may write to the repository is not known.
    UnknownAccess,
}

impl CommitRange {
    /// The commits that did not come through a merged pull request that somebody other than its authors approved as it
    /// was merged, each with the reason. Accounts that `people` tie to one person are one.
    pub fn unreviewed(&self, people: &People) -> Vec<(&Commit, Unreviewed)> {
        let commits = self.commits.iter();
        commits
            .filter_map(|commit| Some((commit, unreviewed(commit.pull_request.as_ref(), people)?)))
            .collect()
    }
}

fn unreviewed(pull: Option<&PullRequest>, people: &People) -> Option<Unreviewed> {
    let Some(pull) = pull else {
        return Some(Unreviewed::NoPullRequest);
    };
    let mut approvers: Vec<&Account> = Vec::new();
    let mut discounted = Vec::new();
    for review in pull.reviews.iter().filter(|review| review.state == "APPROVED") {
        match not_counted(pull, review, people) {
            Some(why) => discounted.push(Discounted {
                login: review.reviewer.login.clone(),
                why,
            }),
            None if approvers.iter().any(|known| is_one(known, &review.reviewer, people)) => {}
            None => approvers.push(&review.reviewer),
        }
    }
    let number = pull.number;
    match (approvers.len(), unknown_author(pull)) {
        (0, _) => Some(Unreviewed::NotApproved { number, discounted }),
        (1, Some(untold)) => Some(Unreviewed::ApprovedByOne {
            number,
            untold,
            discounted,
        }),
        _ => None,
    }
}

/// Why somebody who is not known may have brought content in. Who merged brought in none.
fn unknown_author(pull: &PullRequest) -> Option<Untold> {
    pull.untold().into_iter().find(|why| *why != Untold::Merger)
}

/// Whether two accounts are one person's, as far as is known.
fn is_one(one: &Account, other: &Account, people: &People) -> bool {
    let person = people.of_login(&one.login);
    one.is_same(other) || (person.is_some() && person == people.of_login(&other.login))
}

fn not_counted(pull: &PullRequest, review: &PullRequestReview, people: &People) -> Option<NotCounted> {
    let reviewer = &review.reviewer;
    if !reviewer.is_person() {
        return Some(NotCounted::NoPerson);
    }
    let mut authors = std::iter::once(&pull.author).chain(pull.pushers()).chain(pull.named());
    if authors.any(|author| is_one(author, reviewer, people)) {
        return Some(NotCounted::OwnChange);
    }
    let is_of_head = pull.head.is_some() && (review.commit == pull.head || review.is_same_content);
    if !is_of_head {
        return Some(NotCounted::OtherCommit {
            approved: review.commit.clone(),
            merged: pull.head.clone(),
        });
    }
    if review.is_of_other_base {
        return Some(NotCounted::OtherBase);
    }
    match review.permission {
        Some(Permission::Write | Permission::Admin) => None,
        Some(Permission::None | Permission::Read) => Some(NotCounted::NoWriteAccess),
        None => Some(NotCounted::UnknownAccess),
    }
}

impl fmt::Display for Unreviewed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let discounted = match self {
            Self::NoPullRequest => return f.write_str("it came without a pull request"),
            Self::NotApproved { number, discounted } => {
                write!(
                    f,
                    "nobody with write access other than its authors approved pull request #{number} as it was merged"
                )?;
                discounted
            }
            Self::ApprovedByOne {
                number,
                untold,
                discounted,
            } => {
                write!(
                    f,
                    "pull request #{number} needs the approvals of two people, because not everybody who brought \
                     content into it is known: {untold}"
                )?;
                discounted
            }
        };
        for (index, Discounted { login, why }) in discounted.iter().take(SHOWN).enumerate() {
            let before = if index == 0 { " (" } else { ", " };
            write!(f, "{before}{login} {why}")?;
        }
        match discounted.len() {
            0 => Ok(()),
            1..=SHOWN => f.write_str(")"),
            many => write!(f, ", and {} more)", many - SHOWN),
        }
    }
}

impl fmt::Display for NotCounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnChange => f.write_str("is one of its authors"),
            Self::NoPerson => f.write_str("is not known to be a person"),
            Self::OtherCommit {
                approved: Some(approved),
                merged: Some(merged),
            } => write!(
                f,
                "approved commit {}, and {} was merged",
                short(approved),
                short(merged)
            ),
            Self::OtherCommit { .. } => f.write_str("approved a commit that is not known to be the merged one"),
            Self::OtherBase => f.write_str("is not known to have approved it after its base branch was changed"),
            Self::NoWriteAccess => f.write_str("has no write access"),
            Self::UnknownAccess => f.write_str("is not known to have write access"),
        }
    }
}

impl fmt::Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fork => "its branch is in another repository, whose pushers GitHub does not tell",
            Self::Pushers => "GitHub's activity list does not tell who pushed all of its commits",
            Self::App => "an app pushed to it, for somebody who is not known",
            Self::Commits => "it has more commits than GitHub lists",
            Self::Merger => "GitHub does not tell who merged it",
            Self::NotAsked => "it was recorded by a version of Changegate that did not ask",
        })
    }
}

#[cfg(test)]
mod tests;
