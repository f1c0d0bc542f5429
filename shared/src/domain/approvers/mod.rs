//! Who may approve: the principals that a gate lists. Nobody else counts, whatever IAM lets them press.

mod pattern;

pub use pattern::{ApproverPattern, NotAnApprover};

use super::gate::Gate;
use super::people::{Account, People, Person, Principal};

/// Whom a gate lets approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approvers {
    /// Whoever IAM lets press.
    Anyone,
    /// Those who match one of these, and nobody else. An entry that cannot be read is left out: it matches nobody.
    Listed(Vec<ApproverPattern>),
}

impl Approvers {
    /// The approvers of a gate.
    pub fn of(gate: &Gate) -> Self {
        Self::read(gate.approvers.as_deref(), account_of(gate).as_ref())
    }

    /// The approvers that a list names; `home` is the account of entries that name none. `None` is anyone.
    pub fn read(listed: Option<&[String]>, home: Option<&Account>) -> Self {
        match listed {
            None => Self::Anyone,
            Some(listed) => Self::Listed(
                listed
                    .iter()
                    .filter_map(|text| ApproverPattern::parse(text, home).ok())
                    .collect(),
            ),
        }
    }

    /// Whether an approval by the principal with this ARN counts; `people` tells whose session names are enforced.
    pub fn have(&self, arn: &str, people: &People) -> bool {
        match self {
            Self::Anyone => true,
            Self::Listed(patterns) => {
                let principal = Principal::parse(arn);
                patterns.iter().any(|pattern| pattern.holds(&principal, people))
            }
        }
    }

    /// Whether it is certain that everybody of `self` is one of `others` too.
    pub fn are_among(&self, others: &Self) -> bool {
        match (self, others) {
            (_, Self::Anyone) => true,
            (Self::Anyone, Self::Listed(_)) => false,
            (Self::Listed(inner), Self::Listed(outer)) => {
                inner.iter().all(|inner| outer.iter().any(|outer| outer.covers(inner)))
            }
        }
    }

    /// The people of a list that names each of them; `None` when an entry stands for any number of people.
    pub fn people(&self, people: &People) -> Option<Vec<Person>> {
        match self {
            Self::Anyone => None,
            Self::Listed(patterns) => {
                let mut named: Vec<Person> = patterns
                    .iter()
                    .map(|pattern| pattern.person(people))
                    .collect::<Option<_>>()?;
                named.sort_unstable();
                named.dedup();
                Some(named)
            }
        }
    }
}

/// The account of the deployment that a gate belongs to, which its deployer's ARN names.
pub fn account_of(gate: &Gate) -> Option<Account> {
    Account::of_arn(&gate.deployer)
}

#[cfg(test)]
mod tests;
