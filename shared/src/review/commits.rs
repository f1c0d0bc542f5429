//! The commits of a change: the newest few, and how many there are besides.

use crate::domain::change_set::review::{CommitFacts, RunFacts};
use crate::domain::secrecy::Masked;

/// So many commits are told one by one.
const NEWEST: usize = 5;

/// The commits of a run, each group newest first.
pub(super) struct Commits<'r> {
    /// The newest that are not merges.
    pub(super) newest: Vec<&'r CommitFacts<Masked>>,
    /// The others that are not merges.
    pub(super) older: Vec<&'r CommitFacts<Masked>>,
    /// Merges: what they bring stands in the others.
    pub(super) merges: Vec<&'r CommitFacts<Masked>>,
}

impl<'r> Commits<'r> {
    /// The commits of a run. Where there are only merges, they are told one by one.
    pub(super) fn of(run: &'r RunFacts<Masked>) -> Self {
        let (mut merges, mut newest): (Vec<_>, Vec<_>) = run.commits.iter().partition(|commit| commit.is_merge);
        if newest.is_empty() {
            std::mem::swap(&mut merges, &mut newest);
        }
        let older = newest.split_off(newest.len().min(NEWEST));
        Self { newest, older, merges }
    }
}
