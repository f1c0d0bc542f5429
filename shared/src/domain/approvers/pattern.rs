//! One entry of `approvers`: a principal, or a pattern of principals.

use crate::domain::gate::matches;
use crate::domain::people::principal::{IDENTITY_CENTER_PREFIX, is_principal_character, permission_set};
use crate::domain::people::{Account, People, Person, Principal};

/// A principal, or a pattern of principals of one kind. A `*` stands for any text without a `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApproverPattern {
    account: Account,
    who: Who,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Who {
    /// IAM users by path and name.
    User(Vec<String>),
    /// Roles that are none of Identity Center's, by name: the ARN of a session leaves the path out. With a session,
    /// only sessions of that name, where the role enforces the names.
    Role { name: String, session: Option<String> },
    /// Users of Identity Center, by permission set; `suffix` is set where one role of it is named.
    PermissionSet {
        name: String,
        suffix: Option<String>,
        user: Option<String>,
    },
}

/// Why a text is no entry of `approvers`, as what to write instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnApprover {
    /// Neither an ARN nor one of the short forms.
    #[error(
        "write the ARN of an IAM user or role, or `user/<name>`, `role/<name>`, `permission-set/<name>`, in which `*` \
         stands for any text without a `/`"
    )]
    Form,
    /// The account of the ARN is no account, or a pattern.
    #[error("name one account with 12 digits and its partition, or leave both out: `user/<name>`")]
    Account,
    /// Two `*` in a row.
    #[error("write one `*` for any text of one segment; none passes a `/`")]
    Stars,
    /// A pattern of paths of roles.
    #[error(
        "the ARN of a session leaves out the path of its role, so a path next to a `*` would not be checked; write \
         `role/<name>`, in which the name may hold `*`"
    )]
    RolePath,
    /// A pattern that would stand for roles of several permission sets unnoticed.
    #[error("write `permission-set/<name>` for the roles of Identity Center")]
    IdentityCenter,
}

impl ApproverPattern {
    /// Reads an entry. `home` is the account of an entry that names none; without it such an entry cannot be read.
    ///
    /// # Errors
    ///
    /// [`NotAnApprover`] with what to write instead.
    pub fn parse(text: &str, home: Option<&Account>) -> Result<Self, NotAnApprover> {
        let (account, service, resource) = if text.starts_with("arn:") {
            let parts: Vec<_> = text.splitn(6, ':').collect();
            let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
                return Err(NotAnApprover::Form);
            };
            let account = Account::read(partition, account).ok_or(NotAnApprover::Account)?;
            (account, Some(service), resource)
        } else {
            (home.cloned().ok_or(NotAnApprover::Account)?, None, text)
        };
        let is_known = |character: char| is_principal_character(character) || character == '*';
        let segments: Vec<_> = resource.split('/').collect();
        if !resource.chars().all(is_known) || segments.iter().any(|segment| segment.is_empty()) {
            return Err(NotAnApprover::Form);
        }
        if resource.contains("**") {
            return Err(NotAnApprover::Stars);
        }
        let who = match (service, segments.as_slice()) {
            (None | Some("iam"), ["user", path @ ..]) if !path.is_empty() => {
                Who::User(path.iter().map(|segment| (*segment).to_owned()).collect())
            }
            (None | Some("iam"), ["role", path @ .., name]) => role(path, name)?,
            (None | Some("sts"), ["assumed-role", name, session]) => match role(&[], name)? {
                Who::Role { name, .. } => Who::Role {
                    name,
                    session: unless_any(session),
                },
                Who::PermissionSet { name, suffix, .. } => Who::PermissionSet {
                    name,
                    suffix,
                    user: unless_any(session),
                },
                Who::User(_) => return Err(NotAnApprover::Form),
            },
            (None, ["permission-set", name, user @ ..]) if user.len() < 2 => Who::PermissionSet {
                name: (*name).to_owned(),
                suffix: None,
                user: user.first().and_then(|user| unless_any(user)),
            },
            _ => return Err(NotAnApprover::Form),
        };
        Ok(Self { account, who })
    }

    /// Whether the principal is one of these.
    pub fn holds(&self, principal: &Principal, people: &People) -> bool {
        match (&self.who, principal) {
            (Who::User(pattern), Principal::User { account, path, name }) => {
                let segments: Vec<_> = path.split_terminator('/').chain([name.as_str()]).collect();
                *account == self.account
                    && segments.len() == pattern.len()
                    && pattern
                        .iter()
                        .zip(segments)
                        .all(|(pattern, text)| matches(pattern, text))
            }
            (
                Who::Role { name, session },
                Principal::Session {
                    account,
                    role,
                    session: held,
                },
            ) => {
                *account == self.account
                    && permission_set(role).is_none()
                    && matches(name, role)
                    && session
                        .as_ref()
                        .is_none_or(|session| people.is_enforced(account, role) && matches(session, held))
            }
            (Who::PermissionSet { name, suffix, user }, Principal::Session { account, role, session }) => {
                permission_set(role).is_some_and(|(set, held)| {
                    *account == self.account
                        && matches(name, set)
                        && suffix.as_ref().is_none_or(|suffix| suffix == held)
                        && user.as_ref().is_none_or(|user| matches(user, session))
                })
            }
            // What presses an approval is a user or a session, never a role by itself.
            _ => false,
        }
    }

    /// Whether it is certain that whoever matches `inner` matches this too.
    pub fn covers(&self, inner: &Self) -> bool {
        // A `*` of the inner one is matched by nothing but a `*` of the outer one, so reading the inner pattern as a
        // text is sound.
        let all = |outer: &Option<String>, inner: &Option<String>| match (outer, inner) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(outer), Some(inner)) => matches(outer, inner),
        };
        self.account == inner.account
            && match (&self.who, &inner.who) {
                (Who::User(outer), Who::User(inner)) => {
                    outer.len() == inner.len() && outer.iter().zip(inner).all(|(outer, inner)| matches(outer, inner))
                }
                (
                    Who::Role { name, session },
                    Who::Role {
                        name: inner,
                        session: held,
                    },
                ) => matches(name, inner) && all(session, held),
                (
                    Who::PermissionSet { name, suffix, user },
                    Who::PermissionSet {
                        name: inner,
                        suffix: inner_suffix,
                        user: inner_user,
                    },
                ) => matches(name, inner) && all(suffix, inner_suffix) && all(user, inner_user),
                _ => false,
            }
    }

    /// The one person that this stands for; `None` when it stands for several, or for nobody.
    pub fn person(&self, people: &People) -> Option<Person> {
        let Account { partition, id } = &self.account;
        let exact = |text: &String| !text.contains('*');
        match &self.who {
            Who::User(path) if path.iter().all(exact) => {
                people.of_arn(&format!("arn:{partition}:iam::{id}:user/{}", path.join("/")))
            }
            Who::Role { name, session } if exact(name) => match session.as_ref().filter(|session| exact(session)) {
                Some(session) => people.of_arn(&format!("arn:{partition}:sts::{id}:assumed-role/{name}/{session}")),
                None if session.is_none() => people.of_arn(&format!("arn:{partition}:iam::{id}:role/{name}")),
                None => None,
            },
            Who::PermissionSet { user: Some(user), .. } if exact(user) => {
                let role = format!("{IDENTITY_CENTER_PREFIX}any_0000000000000000");
                people.of_arn(&format!("arn:{partition}:sts::{id}:assumed-role/{role}/{user}"))
            }
            _ => None,
        }
    }

    /// The role whose session names must be enforced for this to stand for anybody; `None` when that is certain.
    pub fn needs_enforced(&self, people: &People) -> Option<&str> {
        match &self.who {
            Who::Role { name, session: Some(_) } if !people.is_enforced(&self.account, name) => Some(name),
            _ => None,
        }
    }
}

/// A role by the segments of its path and its name.
fn role(path: &[&str], name: &str) -> Result<Who, NotAnApprover> {
    let has_star = |text: &&str| text.contains('*');
    if name.starts_with(IDENTITY_CENTER_PREFIX) {
        if path.iter().any(has_star) {
            return Err(NotAnApprover::IdentityCenter);
        }
        return reserved(name).ok_or(NotAnApprover::IdentityCenter);
    }
    if path.iter().any(has_star) || (!path.is_empty() && name.contains('*')) {
        return Err(NotAnApprover::RolePath);
    }
    Ok(Who::Role {
        name: name.to_owned(),
        session: None,
    })
}

/// A role of Identity Center: `*` stands for all that ends its name.
fn reserved(name: &str) -> Option<Who> {
    if let Some((set, suffix)) = permission_set(name) {
        return Some(Who::PermissionSet {
            name: set.to_owned(),
            suffix: Some(suffix.to_owned()),
            user: None,
        });
    }
    let set = name.strip_prefix(IDENTITY_CENTER_PREFIX)?.strip_suffix("_*")?;
    (!set.is_empty()).then(|| Who::PermissionSet {
        name: set.to_owned(),
        suffix: None,
        user: None,
    })
}

/// A segment, or `None` when it is `*`: then it limits nothing.
fn unless_any(segment: &str) -> Option<String> {
    (segment != "*").then(|| segment.to_owned())
}
