//! Which move of the branch brought which commit.

use std::collections::BTreeSet;

use super::{HeadMove, ListedCommit, MergedPull, MoveKind, merged_by, reachable};
use crate::domain::provenance::Account;

/// What GitHub writes for the head of a branch that is not there.
pub const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// The moves of the branch, each with the listed commits that it brought in.
#[derive(Debug)]
pub struct Moves<'c> {
    listed: &'c [ListedCommit],
    /// Oldest first.
    steps: Vec<(&'c HeadMove, BTreeSet<&'c str>)>,
    /// Whether there are moves that were not read.
    is_cut: bool,
}

impl<'c> Moves<'c> {
    /// The moves of one branch, newest first. `is_cut` says that older ones, which may have brought listed commits,
    /// were left unread.
    pub fn of(moves: &'c [HeadMove], listed: &'c [ListedCommit], is_cut: bool) -> Self {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut steps = Vec::new();
        for step in moves.iter().rev() {
            let kept = reachable(std::slice::from_ref(&step.before), listed);
            let reached = reachable(std::slice::from_ref(&step.after), listed);
            let mut brought: BTreeSet<&str> = reached.difference(&kept).copied().collect();
            if step.kind == MoveKind::ForcePush {
                // What it left in place is not told apart from what it brought: the commit before is not listed.
                brought.retain(|sha| !seen.contains(sha));
            }
            seen.extend(reached);
            seen.extend(kept);
            steps.push((step, brought));
        }
        Self { listed, steps, is_cut }
    }

    /// Everybody who pushed the commit to the branch, the last one last.
    pub(super) fn pushers_of(&self, sha: &str) -> Vec<Account> {
        let mut pushers: Vec<Account> = Vec::new();
        for (step, brought) in &self.steps {
            let is_push = step.kind != MoveKind::Merge && brought.contains(sha);
            if let (true, Some(actor)) = (is_push, &step.actor) {
                pushers.retain(|known| !known.is_same(actor));
                pushers.push(actor.clone());
            }
        }
        pushers
    }

    /// Who let GitHub merge this pull request.
    pub fn merger_of(&self, pull: &MergedPull) -> Option<Account> {
        let merge = pull.merge_commit.as_deref()?;
        let mut steps = self.steps.iter().rev();
        let (step, _) = steps.find(|(step, brought)| step.after == merge || brought.contains(merge))?;
        step.actor.clone()
    }

    /// Whether it was this pull request, which GitHub lists with the commit, that brought the commit into the branch.
    ///
    /// GitHub takes a pull request for merged as soon as its commits are in the branch, however they came there. A
    /// commit came by it when GitHub merged it, or when all of its commits were pushed at once as they were; not when
    /// it was pushed before the rest, and not when it is a merge that was made by hand.
    pub fn is_brought_by(&self, sha: &str, pull: &MergedPull) -> bool {
        let merge = pull.merge_commit.as_deref();
        match self.steps.iter().rev().find(|(_, brought)| brought.contains(sha)) {
            Some((step, brought)) if step.kind == MoveKind::Merge => merge.is_some_and(|merge| brought.contains(merge)),
            Some((_, brought)) => {
                brought.contains(pull.head.as_str())
                    && reachable(std::slice::from_ref(&pull.head), self.listed).contains(sha)
            }
            None if self.is_cut => false,
            // The activity list may be late. GitHub signs the merges that it makes.
            None => merge.is_some_and(|merge| {
                let made = self.listed.iter().find(|commit| commit.sha == merge);
                let is_by_github = made.is_some_and(|commit| {
                    commit.is_verified && commit.committer.as_ref().is_some_and(Account::is_github)
                });
                is_by_github && (merge == sha || merged_by(merge, self.listed).contains(sha))
            }),
        }
    }
}
