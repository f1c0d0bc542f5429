//! Who pushed to the branch of a pull request.

use std::collections::BTreeSet;

use super::{HeadMove, ListedCommit, MoveKind, NO_COMMIT, reachable};
use crate::domain::provenance::Account;

/// What the moves of a pull request's branch tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pushed {
    /// Who moved it to commits of the pull request.
    pub pushers: Vec<Account>,
    /// Commits that GitHub made by merging other pull requests into it.
    pub merges: Vec<String>,
    /// Whether these are all: the moves lead back from the commit that was merged to where the branch began or to what
    /// was in the base branch already, and each has an actor.
    pub is_known: bool,
}

/// Follows the moves of a pull request's branch, newest first, back from its last commit `head`. `commits` are the ids
/// of the pull request's commits.
pub fn pushed(moves: &[HeadMove], head: &str, commits: &BTreeSet<&str>) -> Pushed {
    let mut pushed = Pushed {
        is_known: true,
        ..Pushed::default()
    };
    let mut wanted = head;
    let mut is_rewritten = false;
    let mut left = moves.iter();
    loop {
        let Some(step) = left.find(|step| step.after == wanted) else {
            pushed.is_known = false;
            break;
        };
        pushed.take(step);
        is_rewritten |= step.kind == MoveKind::ForcePush;
        let is_beginning = step.before == NO_COMMIT || step.kind == MoveKind::Creation;
        // What a rewrite took away may live on in what it brought, so it leads back to the branch's beginning.
        if is_beginning || (!is_rewritten && !commits.contains(step.before.as_str())) {
            break;
        }
        wanted = &step.before;
    }
    // A branch may have been deleted and created again with the same commits.
    for step in moves.iter().filter(|step| commits.contains(step.after.as_str())) {
        pushed.take(step);
    }
    pushed
}

impl Pushed {
    fn take(&mut self, step: &HeadMove) {
        match &step.actor {
            Some(actor) if self.pushers.iter().any(|known| known.is_same(actor)) => {}
            Some(actor) => self.pushers.push(actor.clone()),
            None => self.is_known = false,
        }
        if step.kind == MoveKind::Merge && !self.merges.contains(&step.after) {
            self.merges.push(step.after.clone());
        }
    }
}

/// Whether the moves reach back to before the pull request's commits: no commit is older than what it was made on, and
/// that came to the base branch with one of these moves.
pub fn reach_back(moves: &[HeadMove], base: &str, commits: &[ListedCommit]) -> bool {
    let own: BTreeSet<&str> = commits.iter().map(|commit| commit.sha.as_str()).collect();
    let of_base: BTreeSet<&str> = moves
        .iter()
        .filter(|step| step.branch == base)
        .map(|step| step.after.as_str())
        .collect();
    let mut parents = commits.iter().flat_map(|commit| &commit.parents);
    parents.all(|parent| own.contains(parent.as_str()) || of_base.contains(parent.as_str()))
}

/// Who pushed commits of the pull request to other branches before they came to its own: `moves` are those of all
/// branches, newest first, as far as they are known; `commits` are those of the pull request.
pub fn earlier_pushers(moves: &[HeadMove], branch: &str, base: &str, commits: &[ListedCommit]) -> Vec<Account> {
    let mut pushers: Vec<Account> = Vec::new();
    for (index, step) in moves.iter().enumerate() {
        let is_elsewhere = step.branch != branch && step.branch != base;
        if !is_elsewhere || !commits.iter().any(|commit| commit.sha == step.after) {
            continue;
        }
        let mut older = moves[index + 1..].iter().filter(|older| older.branch == branch);
        let was_there = older.any(|older| {
            let held = reachable(std::slice::from_ref(&older.after), commits);
            held.contains(step.after.as_str())
        });
        if let (false, Some(actor)) = (was_there, &step.actor)
            && !pushers.iter().any(|known| known.is_same(actor))
        {
            pushers.push(actor.clone());
        }
    }
    pushers
}
