//! Which of two gates demands less.

use super::Gate;
use crate::domain::approvers::Approvers;

/// What a gate demands of those who agree to a change. When a change may be executed is no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strength {
    approvals: u8,
    author_may_approve: bool,
    require_pull_request: bool,
    approvers: Approvers,
}

impl Strength {
    /// What a gate demands.
    pub fn of(gate: &Gate) -> Self {
        Self {
            approvals: gate.approvals,
            author_may_approve: gate.author_may_approve,
            require_pull_request: gate.require_pull_request,
            approvers: Approvers::of(gate),
        }
    }

    /// Whether this demands less than `other`: in nothing more, and in something less. It is a strict partial order:
    /// of two gates of which each demands something that the other does not, neither is weaker.
    pub fn is_weaker_than(&self, other: &Self) -> bool {
        self.demands_no_more_than(other) && !other.demands_no_more_than(self)
    }

    fn demands_no_more_than(&self, other: &Self) -> bool {
        self.approvals <= other.approvals
            && self.author_may_approve >= other.author_may_approve
            && self.require_pull_request <= other.require_pull_request
            && other.approvers.are_among(&self.approvers)
    }
}
