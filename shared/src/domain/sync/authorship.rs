//! Who wrote, pushed and merged the commits of a sync: GitHub's authenticated facts, put together.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::provenance::{Commit, PullRequest, PullRequestReview};

/// One commit, with its parents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedCommit {
    /// Full commit id.
    pub sha: String,
    /// Whole message.
    pub message: String,
    /// Author text.
    pub author_text: String,
    /// Login that the author's e-mail address is registered to.
    pub author_login: Option<String>,
    /// Whether GitHub verified the signature.
    pub is_verified: bool,
    /// Ids of the parents.
    pub parents: Vec<String>,
}

/// One move of the branch's head.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeadMove {
    /// Head after.
    pub after: String,
    /// Whether it merged a pull request.
    pub is_merge: bool,
    /// Login of who did it.
    pub actor: Option<String>,
}

/// A merged pull request and the commit that merging it made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MergedPull {
    /// Number.
    pub number: u64,
    /// Title.
    pub title: String,
    /// Login of who opened it.
    pub author: String,
    /// Commit that merging made.
    pub merge_commit: Option<String>,
}

/// Commits that came in by the merge commit `merge`: those that its further parents reach and its first does not.
pub fn merged_by<'c>(merge: &str, commits: &'c [ListedCommit]) -> BTreeSet<&'c str> {
    let Some(merge) = commits.iter().find(|commit| commit.sha == merge) else {
        return BTreeSet::new();
    };
    let Some((first, others)) = merge.parents.split_first() else {
        return BTreeSet::new();
    };
    let kept = reachable(std::slice::from_ref(first), commits);
    let mut came: BTreeSet<&str> = reachable(others, commits).difference(&kept).copied().collect();
    came.remove(merge.sha.as_str());
    came
}

/// The commits of the list that these reach, themselves included.
fn reachable<'c>(from: &[String], commits: &'c [ListedCommit]) -> BTreeSet<&'c str> {
    let by_sha: BTreeMap<&str, &ListedCommit> = commits.iter().map(|commit| (commit.sha.as_str(), commit)).collect();
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = from.iter().map(String::as_str).collect();
    while let Some(sha) = open.pop() {
        if let Some(commit) = by_sha.get(sha)
            && reached.insert(commit.sha.as_str())
        {
            open.extend(commit.parents.iter().map(String::as_str));
        }
    }
    reached
}

/// Puts the facts together. `commits` oldest first, `pulls` by the commit that they brought, `moves` newest first.
pub fn commits(
    listed: &[ListedCommit],
    pulls: &BTreeMap<String, MergedPull>,
    reviews: &BTreeMap<u64, Vec<PullRequestReview>>,
    moves: &[HeadMove],
) -> Vec<Commit> {
    let mut pushers: BTreeMap<&str, &str> = BTreeMap::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for step in moves.iter().rev() {
        let reached = reachable(std::slice::from_ref(&step.after), listed);
        for sha in reached.difference(&seen) {
            if let (Some(actor), false) = (&step.actor, step.is_merge) {
                pushers.insert(sha, actor);
            }
        }
        seen.extend(reached);
    }
    // GitHub takes a pull request for merged as soon as its commits are in the branch, also when a merge commit was
    // made by hand and pushed: nobody reviewed what that commit itself changes.
    let is_handmade = |commit: &ListedCommit, pull: &MergedPull| {
        pushers.contains_key(commit.sha.as_str())
            && commit.parents.len() > 1
            && pull.merge_commit.as_ref() == Some(&commit.sha)
    };
    let merger = |pull: &MergedPull| {
        let merge_commit = pull.merge_commit.as_ref()?;
        let step = moves.iter().find(|step| step.after == *merge_commit)?;
        step.actor.clone()
    };
    listed
        .iter()
        .map(|commit| Commit {
            sha: commit.sha.clone(),
            subject: commit.message.lines().next().unwrap_or_default().trim().to_owned(),
            author_text: commit.author_text.clone(),
            author_login: commit.author_login.clone(),
            pusher: pushers.get(commit.sha.as_str()).map(|login| (*login).to_owned()),
            is_verified: commit.is_verified,
            pull_request: pulls
                .get(&commit.sha)
                .filter(|pull| !is_handmade(commit, pull))
                .map(|pull| PullRequest {
                    number: pull.number,
                    title: pull.title.clone(),
                    author: pull.author.clone(),
                    merged_by: merger(pull),
                    reviews: reviews.get(&pull.number).cloned().unwrap_or_default(),
                }),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(sha: &str, parents: &[&str]) -> ListedCommit {
        ListedCommit {
            sha: sha.to_owned(),
            message: format!("{sha}: subject\n\nbody"),
            parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
            ..ListedCommit::default()
        }
    }

    /// c0 (not listed) ─ c1 ─ m ─ c2, where m merges f1 ─ f2, branched off c0.
    fn history() -> Vec<ListedCommit> {
        vec![
            commit("c1", &["c0"]),
            commit("f1", &["c0"]),
            commit("f2", &["f1"]),
            commit("m", &["c1", "f2"]),
            commit("c2", &["m"]),
        ]
    }

    #[test]
    fn a_merge_brings_the_commits_of_its_branch() {
        assert_eq!(merged_by("m", &history()), BTreeSet::from(["f1", "f2"]));
        assert!(merged_by("c2", &history()).is_empty());
        assert!(merged_by("unknown", &history()).is_empty());
    }

    #[test]
    fn pushers_mergers_and_reviews_reach_the_commits_they_belong_to() {
        let pull = MergedPull {
            number: 7,
            title: "Widen".to_owned(),
            author: "alice".to_owned(),
            merge_commit: Some("m".to_owned()),
        };
        let pulls = ["f1", "f2", "m"].map(|sha| (sha.to_owned(), pull.clone())).into();
        let approved = PullRequestReview {
            login: "bob".to_owned(),
            state: "APPROVED".to_owned(),
        };
        let step = |after: &str, is_merge, actor: &str| HeadMove {
            after: after.to_owned(),
            is_merge,
            actor: Some(actor.to_owned()),
        };
        let moves = [
            step("c2", false, "dave"),
            step("m", true, "carol"),
            step("c1", false, "erin"),
        ];
        let commits = commits(&history(), &pulls, &[(7, vec![approved.clone()])].into(), &moves);
        let of = |sha: &str| commits.iter().find(|commit| commit.sha == sha).unwrap();
        assert_eq!(of("c1").pusher.as_deref(), Some("erin"));
        assert_eq!(of("c2").pusher.as_deref(), Some("dave"));
        assert_eq!(of("f1").pusher, None);
        let pull = of("f1").pull_request.as_ref().unwrap();
        assert_eq!(pull.merged_by.as_deref(), Some("carol"));
        assert_eq!(pull.reviews, [approved]);
        assert_eq!(of("c2").pull_request, None);
        assert_eq!(of("c2").subject, "c2: subject");
    }

    #[test]
    fn a_merge_commit_that_was_made_by_hand_and_pushed_is_in_no_pull_request() {
        let pull = MergedPull {
            number: 7,
            merge_commit: Some("m".to_owned()),
            ..MergedPull::default()
        };
        let pulls = ["f1", "f2", "m"].map(|sha| (sha.to_owned(), pull.clone())).into();
        let listed = &history()[..4];
        for (is_merge, in_pull) in [(true, vec!["f1", "f2", "m"]), (false, vec!["f1", "f2"])] {
            let moves = [HeadMove {
                after: "m".to_owned(),
                is_merge,
                actor: Some("mallory".to_owned()),
            }];
            let commits = commits(listed, &pulls, &BTreeMap::new(), &moves);
            let with: Vec<&str> = commits
                .iter()
                .filter(|commit| commit.pull_request.is_some())
                .map(|commit| commit.sha.as_str())
                .collect();
            assert_eq!(with, in_pull, "merged by GitHub: {is_merge}");
        }
    }
}
