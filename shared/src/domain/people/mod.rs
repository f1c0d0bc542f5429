//! Who is who: from IAM principals and GitHub logins to people.
//!
//! A person is known by what AWS or GitHub authenticated, never by a text that somebody typed.
//! Whatever is in doubt makes two people one, or a principal nobody, so that a doubt can only refuse.

pub(in crate::domain) mod principal;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use principal::{Account, Identity, Principal};

/// The people of one gate: which GitHub logins and IAM principals are the same person.
#[derive(Debug, Clone, Default)]
pub struct People {
    /// Lower-case login to the identities that are listed for it.
    logins: BTreeMap<String, BTreeSet<Identity>>,
    /// Account and name of the roles whose session names are enforced.
    session_name_roles: BTreeSet<(Account, String)>,
}

/// One person: everything that is known to be the same human being.
///
/// Two values are equal exactly when they are the same person under one [`People`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    logins: BTreeSet<String>,
    identities: BTreeSet<Identity>,
}

impl People {
    /// The people of a gate, from its `people` (GitHub login to ARNs) and its `session_name_roles` (role ARNs).
    ///
    /// ARNs that name nobody (root, something that is no principal) are left out: they can then match nobody.
    pub fn new(people: &BTreeMap<String, Vec<String>>, session_name_roles: &[String]) -> Self {
        let session_name_roles = session_name_roles
            .iter()
            .filter_map(|arn| match Principal::parse(arn) {
                Principal::Role { account, role } => Some((account, role)),
                _ => None,
            })
            .collect();
        let mut known = Self {
            logins: BTreeMap::new(),
            session_name_roles,
        };
        for (login, arns) in people {
            let identities: BTreeSet<_> = arns.iter().filter_map(|arn| known.identity(arn)).collect();
            known.logins.entry(login.to_lowercase()).or_default().extend(identities);
        }
        known
    }

    /// The person behind an IAM principal's ARN; `None` when it is nobody: root, a federated user, a service, or no
    /// ARN at all.
    pub fn of_arn(&self, arn: &str) -> Option<Person> {
        Some(self.grow(BTreeSet::new(), BTreeSet::from([self.identity(arn)?])))
    }

    /// The person behind a GitHub login; `None` when the gate's `people` do not tie the login to an IAM principal,
    /// so that nobody can say which approver it is.
    pub fn of_login(&self, login: &str) -> Option<Person> {
        let login = login.to_lowercase();
        let is_tied = self.logins.get(&login).is_some_and(|identities| !identities.is_empty());
        is_tied.then(|| self.grow(BTreeSet::from([login]), BTreeSet::new()))
    }

    /// Whether nobody who assumes the role can choose the name of the session, so that it tells one person.
    pub fn is_enforced(&self, account: &Account, role: &str) -> bool {
        principal::is_identity_center(role) || self.session_name_roles.contains(&(account.clone(), role.to_owned()))
    }

    /// By what an IAM principal is known as a person.
    fn identity(&self, arn: &str) -> Option<Identity> {
        match Principal::parse(arn) {
            Principal::User { name, .. } => Some(Identity::named(&name)),
            Principal::Session { role, session, account } => Some(if self.is_enforced(&account, &role) {
                Identity::named(&session)
            } else {
                Identity::Role { account, role }
            }),
            // A role without a session: what `people` lists for somebody who has a role of their own. A role with
            // many people behind it ties nobody.
            Principal::Role { account, role } => {
                (!self.is_enforced(&account, &role)).then_some(Identity::Role { account, role })
            }
            Principal::Nobody => None,
        }
    }

    /// Adds every login and identity that is tied to what is given, until nothing more is.
    fn grow(&self, mut logins: BTreeSet<String>, mut identities: BTreeSet<Identity>) -> Person {
        loop {
            let before = (logins.len(), identities.len());
            for (login, tied) in &self.logins {
                if logins.contains(login) || !tied.is_disjoint(&identities) {
                    logins.insert(login.clone());
                    identities.extend(tied.iter().cloned());
                }
            }
            if before == (logins.len(), identities.len()) {
                return Person { logins, identities };
            }
        }
    }
}

impl fmt::Display for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.logins.first(), self.identities.first()) {
            (Some(login), _) => write!(f, "{login}"),
            (None, Some(identity)) => write!(f, "{identity}"),
            (None, None) => f.write_str("nobody"),
        }
    }
}

#[cfg(test)]
mod tests;
