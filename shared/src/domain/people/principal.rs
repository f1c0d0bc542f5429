//! IAM principals, as CodePipeline's `updatedBy` and the gate's `people` name them.

use std::fmt;

/// What an ARN names.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user, under its name without the path.
    User {
        /// Name; unique in the account whatever its case.
        name: String,
    },
    /// A session of a role.
    Session {
        /// Account of the role.
        account: String,
        /// Name of the role without its path, which the ARNs of sessions leave out.
        role: String,
        /// Name of the session.
        session: String,
    },
    /// A role itself.
    Role {
        /// Account of the role.
        account: String,
        /// Name of the role without its path.
        role: String,
    },
    /// Root, a federated user (whose name its caller chose), a service, or no ARN of a principal.
    Nobody,
}

impl Principal {
    /// Reads an ARN.
    pub fn parse(arn: &str) -> Self {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let &["arn", partition, service, "", account, resource] = parts.as_slice() else {
            return Self::Nobody;
        };
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_account || !partition.starts_with("aws") || !resource.chars().all(is_principal_character) {
            return Self::Nobody;
        }
        let segments: Vec<_> = resource.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Self::Nobody;
        }
        match (service, segments.as_slice()) {
            ("iam", ["user", .., name]) => Self::User {
                name: (*name).to_owned(),
            },
            ("iam", ["role", .., role]) => Self::Role {
                account: account.to_owned(),
                role: (*role).to_owned(),
            },
            ("sts", ["assumed-role", role, session]) => Self::Session {
                account: account.to_owned(),
                role: (*role).to_owned(),
                session: (*session).to_owned(),
            },
            _ => Self::Nobody,
        }
    }
}

/// The characters of names, paths and session names. Others would only serve to make two names look alike.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_principal_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@_-/".contains(character)
}

/// Whether a role is one of Identity Center's: `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`. Identity
/// Center sets the session name to the name of the user.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html>
pub(super) fn is_identity_center(role: &str) -> bool {
    role.strip_prefix("AWSReservedSSO_")
        .and_then(|rest| rest.rsplit_once('_'))
        .is_some_and(|(permission_set, suffix)| {
            !permission_set.is_empty() && suffix.len() == 16 && suffix.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
}

/// By what one IAM principal is known as a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Identity {
    /// A name that AWS guarantees: of an IAM user, or of a session whose name is enforced. Lower case. The same name
    /// is the same person, whichever of these it came by: a role that enforces `${aws:username}` gives a user a
    /// second ARN.
    Named(String),
    /// All sessions of a role whose session names anybody who assumes it may choose.
    Role {
        /// Account of the role.
        account: String,
        /// Name of the role.
        role: String,
    },
}

impl Identity {
    pub(super) fn named(name: &str) -> Self {
        Self::Named(name.to_lowercase())
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Named(name) => f.write_str(name),
            Self::Role { role, .. } => write!(f, "any session of role {role}"),
        }
    }
}
