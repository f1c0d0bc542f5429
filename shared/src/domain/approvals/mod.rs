//! The approvals of a run, and whether they are enough.
//!
//! An approver is who CodePipeline's history says answered the approval, never what the answer's comment claims.

mod reviewed;

pub use reviewed::Reviewed;

use std::collections::BTreeSet;
use std::fmt;

use super::actions::{APPROVE_1, APPROVE_2};
use super::approvers::Approvers;
use super::authors::Authors;
use super::gate::Gate;
use super::history::ActionExecution;
use super::people::{People, Person};

/// The actions that count as approvals. `Release` is no approval: it says when, not whether.
pub const APPROVAL_ACTIONS: [&str; 2] = [APPROVE_1, APPROVE_2];

/// One approval that was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Name of the approval action.
    pub action: String,
    /// ARN of who answered, as CodePipeline tells it; absent when it does not.
    pub approver: Option<String>,
}

/// The approvals of a run that were given to this review.
pub fn given_to(reviewed: &Reviewed, history: &[ActionExecution]) -> Vec<Approval> {
    APPROVAL_ACTIONS
        .iter()
        .flat_map(|name| reviewed.answers(name, history))
        .map(|answer| Approval {
            action: answer.action.clone(),
            approver: answer.updated_by.clone(),
        })
        .collect()
}

/// Why the approvals of a run are not enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shortfall {
    /// The history shows fewer answered approvals than the pipeline has actions for. It may lag by seconds.
    NotAnswered {
        /// How many are needed.
        needed: usize,
        /// How many the history shows.
        shown: usize,
    },
    /// The approvals were given by fewer people than are needed.
    TooFewPeople {
        /// How many are needed.
        needed: usize,
        /// The people, by name.
        people: Vec<String>,
        /// The ARNs that are nobody: root, federated users, or none at all.
        nobody: Vec<String>,
        /// The ARNs of those who answered and are not among the approvers of the gate.
        others: Vec<String>,
        /// The approvers of the gate; absent when it has anybody approve whom IAM lets.
        approvers: Option<Vec<String>>,
    },
    /// Only people who made the change approved it.
    OnlyAuthors {
        /// The approvers, by name.
        authors: Vec<String>,
    },
    /// It cannot be told who made the change, so one approver more is needed who is not known to have made it.
    UnknownAuthors {
        /// How many approvers are needed who are not known to be authors.
        needed: usize,
        /// How many there are.
        given: usize,
        /// Logins that `people` tie to no IAM principal.
        unresolved: Vec<String>,
        /// Commits that no person's account is known for.
        unattributed: Vec<String>,
        /// Why more authors may be missing.
        gaps: Vec<String>,
    },
}

/// Who approved, once it is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quorum {
    /// The people, by name, sorted.
    pub people: Vec<String>,
}

/// Whether `approvals` are enough for `gate`. `authors` matter only when the gate excludes them.
///
/// # Errors
///
/// The first [`Shortfall`], in the order of its variants.
pub fn check(gate: &Gate, approvals: &[Approval], authors: &Authors) -> Result<Quorum, Shortfall> {
    let needed = usize::from(gate.approvals);
    if needed == 0 {
        return Ok(Quorum { people: Vec::new() });
    }
    let answered: BTreeSet<_> = approvals.iter().map(|approval| approval.action.as_str()).collect();
    if answered.len() < needed {
        return Err(Shortfall::NotAnswered {
            needed,
            shown: answered.len(),
        });
    }
    let known = People::new(&gate.people, &gate.session_name_roles);
    let may = Approvers::of(gate);
    let mut people = BTreeSet::new();
    let (mut nobody, mut others) = (Vec::new(), Vec::new());
    for approval in approvals {
        let arn = approval.approver.as_deref().unwrap_or_default();
        match known.of_arn(arn) {
            Some(_) if !may.have(arn, &known) => others.push(arn.to_owned()),
            Some(person) => {
                people.insert(person);
            }
            None => nobody.push(if arn.is_empty() {
                "(not told)".to_owned()
            } else {
                arn.to_owned()
            }),
        }
    }
    if people.len() < needed {
        return Err(Shortfall::TooFewPeople {
            needed,
            people: names(&people),
            nobody,
            others,
            approvers: gate.approvers.clone(),
        });
    }
    if !gate.author_may_approve {
        exclude(&people, &known, authors)?;
    }
    Ok(Quorum { people: names(&people) })
}

fn exclude(people: &BTreeSet<Person>, known: &People, authors: &Authors) -> Result<(), Shortfall> {
    let mut made_it = BTreeSet::new();
    let mut unresolved = Vec::new();
    for login in &authors.logins {
        match known.of_login(login) {
            Some(person) => {
                made_it.insert(person);
            }
            None => unresolved.push(login.clone()),
        }
    }
    let others = people.difference(&made_it).count();
    if others == 0 {
        return Err(Shortfall::OnlyAuthors { authors: names(people) });
    }
    if in_doubt(authors, known) && others < 2 {
        return Err(Shortfall::UnknownAuthors {
            needed: 2,
            given: others,
            unresolved,
            unattributed: authors.unattributed.clone(),
            gaps: authors.gaps.iter().map(ToString::to_string).collect(),
        });
    }
    Ok(())
}

/// Whether more people may have made a change than can be told from its authors.
pub fn in_doubt(authors: &Authors, known: &People) -> bool {
    let is_resolved = |login: &String| known.of_login(login).is_some();
    !authors.unattributed.is_empty() || !authors.gaps.is_empty() || !authors.logins.iter().all(is_resolved)
}

fn names(people: &BTreeSet<Person>) -> Vec<String> {
    people.iter().map(ToString::to_string).collect()
}

impl Shortfall {
    /// Whether the history may only lag behind the answer, so that it is worth asking once more.
    pub fn may_be_lag(&self) -> bool {
        matches!(self, Self::NotAnswered { .. })
    }
}

impl fmt::Display for Shortfall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnswered { needed, shown } => write!(
                f,
                "{} needed, and the history of this run shows {shown} that {} given to its review",
                approvals(*needed),
                if *shown == 1 { "was" } else { "were" },
            ),
            Self::TooFewPeople {
                needed,
                people,
                nobody,
                others,
                approvers,
            } => {
                match needed {
                    1 => f.write_str("the approval of a person is needed, and ")?,
                    _ => write!(f, "approvals by {needed} different people are needed, and ")?,
                }
                match people.as_slice() {
                    [] if others.is_empty() => f.write_str("no person approved")?,
                    [] => f.write_str("none counts")?,
                    some => write!(f, "only {} approved", some.join(", "))?,
                }
                if !nobody.is_empty() {
                    write!(
                        f,
                        "; {} does not count as a person (root, federated users and unknown principals count as nobody)",
                        nobody.join(", ")
                    )?;
                }
                match approvers {
                    Some(approvers) => not_listed(f, others, approvers),
                    None => Ok(()),
                }
            }
            Self::OnlyAuthors { authors } => write!(
                f,
                "only {} approved, who made, merged or pushed the change; somebody else must approve",
                authors.join(", ")
            ),
            Self::UnknownAuthors {
                needed,
                given,
                unresolved,
                unattributed,
                gaps,
            } => {
                write!(
                    f,
                    "{needed} approvers are needed who are not known to have made the change, and {given} approved, \
                     because it cannot be told who else made it:"
                )?;
                let short: Vec<_> = unattributed
                    .iter()
                    .map(|commit| super::authors::short(commit))
                    .collect();
                let mut reasons = gaps.clone();
                if !unresolved.is_empty() {
                    reasons.push(format!(
                        "`people` in the catalogue has no IAM principal for {}",
                        unresolved.join(", ")
                    ));
                }
                if !short.is_empty() {
                    reasons.push(format!("no account is known for commit {}", short.join(", ")));
                }
                write!(f, " {}", reasons.join("; "))
            }
        }
    }
}

/// Who answered without being an approver, and who is one.
pub(in crate::domain) fn not_listed(
    f: &mut fmt::Formatter<'_>,
    others: &[String],
    approvers: &[String],
) -> fmt::Result {
    if !others.is_empty() {
        write!(
            f,
            "; {} answered and is not among the approvers of this stack",
            others.join(", ")
        )?;
    }
    match approvers {
        [] => f.write_str("; the gate lets nobody approve"),
        listed => write!(f, "; those who may approve are {}", listed.join(", ")),
    }
}

fn approvals(count: usize) -> String {
    match count {
        1 => "1 approval is".to_owned(),
        _ => format!("{count} approvals are"),
    }
}

#[cfg(test)]
mod tests;
