//! The people of a catalogue.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::gates::{People, is_account};
use super::problem::ProblemKind;
use super::resolve::Resolver;
use crate::domain::people;

impl Resolver<'_> {
    /// Reads logins and principals; one principal is one person, and GitHub does not tell upper from lower case.
    pub(super) fn people(&mut self) -> People {
        let catalogue = self.catalogue;
        let mut people = People::default();
        let mut known: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut seen = HashSet::new();
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (login, principals) in &catalogue.people {
            if !seen.insert(login.value.to_ascii_lowercase()) {
                let kind = ProblemKind::BadValue {
                    setting: "login",
                    value: login.value.clone(),
                    expected: "GitHub does not tell upper from lower case; join the two entries".to_owned(),
                };
                self.refuse_at(login, None, kind);
            }
            for principal in principals {
                if let Some(other) = owners.insert(&principal.value, &login.value) {
                    let kind = ProblemKind::DuplicatePrincipal {
                        principal: principal.value.clone(),
                        other: other.to_owned(),
                    };
                    self.refuse_at(principal, None, kind);
                }
                if !is_principal(&principal.value) {
                    let expected = "write the ARN of an IAM user, of a role, or of an assumed role's session";
                    let kind = ProblemKind::BadValue {
                        setting: "principal",
                        value: principal.value.clone(),
                        expected: expected.to_owned(),
                    };
                    self.refuse_at(principal, None, kind);
                }
            }
            let mut principals: Vec<String> = principals.iter().map(|principal| principal.value.clone()).collect();
            principals.sort_unstable();
            known.insert(login.value.clone(), principals);
        }
        people.people = Arc::new(known);
        for role in catalogue.session_name_roles.iter().flatten() {
            if !(is_principal(&role.value) && role.value.contains(":role/")) {
                let kind = ProblemKind::BadValue {
                    setting: "role",
                    value: role.value.clone(),
                    expected: "write the ARN of an IAM role".to_owned(),
                };
                self.refuse_at(role, None, kind);
            }
            people.session_name_roles.push(role.value.clone());
        }
        people.session_name_roles.sort_unstable();
        people.session_name_roles.dedup();
        people.known = people::People::new(&people.people, &people.session_name_roles);
        people
    }
}

fn is_principal(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, "iam", "", account, resource] => {
            !partition.is_empty()
                && is_account(account)
                && (resource.starts_with("user/") || resource.starts_with("role/"))
        }
        ["arn", partition, "sts", "", account, resource] => {
            !partition.is_empty() && is_account(account) && resource.starts_with("assumed-role/")
        }
        _ => false,
    }
}
