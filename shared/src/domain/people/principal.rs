//! IAM principals, as CodePipeline's `updatedBy` and the gate's `people` name them.

use std::fmt;

/// An account, as ARNs name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Account {
    /// Partition, such as `aws` or `aws-cn`.
    pub partition: String,
    /// Id: 12 digits.
    pub id: String,
}

/// What an ARN names.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// An IAM user.
    User {
        /// Account of the user.
        account: Account,
        /// Path without its first `/`: empty, or ending in `/`.
        path: String,
        /// Name without the path; unique in the account whatever its case.
        name: String,
    },
    /// A session of a role.
    Session {
        /// Account of the role.
        account: Account,
        /// Name of the role without its path, which the ARNs of sessions leave out.
        role: String,
        /// Name of the session.
        session: String,
    },
    /// A role itself.
    Role {
        /// Account of the role.
        account: Account,
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
        let Some(account) = Account::read(partition, account) else {
            return Self::Nobody;
        };
        if !resource.chars().all(is_principal_character) {
            return Self::Nobody;
        }
        let segments: Vec<_> = resource.split('/').collect();
        if segments.iter().any(|segment| segment.is_empty()) {
            return Self::Nobody;
        }
        match (service, segments.as_slice()) {
            ("iam", ["user", path @ .., name]) => Self::User {
                account,
                path: path.iter().map(|folder| format!("{folder}/")).collect(),
                name: (*name).to_owned(),
            },
            ("iam", ["role", .., role]) => Self::Role {
                account,
                role: (*role).to_owned(),
            },
            ("sts", ["assumed-role", role, session]) => Self::Session {
                account,
                role: (*role).to_owned(),
                session: (*session).to_owned(),
            },
            _ => Self::Nobody,
        }
    }
}

impl Account {
    /// The account of an ARN with this partition and this account id; `None` when one of them can be none.
    ///
    /// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>
    pub fn read(partition: &str, id: &str) -> Option<Self> {
        let is_partition = partition == "aws"
            || partition.strip_prefix("aws-").is_some_and(|rest| {
                !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
            });
        let is_id = id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit());
        (is_partition && is_id).then(|| Self {
            partition: partition.to_owned(),
            id: id.to_owned(),
        })
    }

    /// The account that an ARN of any service names.
    pub fn of_arn(arn: &str) -> Option<Self> {
        let mut parts = arn.splitn(6, ':');
        let (Some("arn"), Some(partition), Some(_), Some(_), Some(id), Some(_)) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return None;
        };
        Self::read(partition, id)
    }
}

/// The characters of names, paths and session names. Others would only serve to make two names look alike.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub(in crate::domain) fn is_principal_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || "+=,.@_-/".contains(character)
}

/// What the names of all roles of Identity Center begin with.
pub(in crate::domain) const IDENTITY_CENTER_PREFIX: &str = "AWSReservedSSO_";

/// Whether a role is one of Identity Center's, which sets the session name to the name of the user.
///
/// Source: <https://docs.aws.amazon.com/singlesignon/latest/userguide/using-service-linked-roles.html>
pub(super) fn is_identity_center(role: &str) -> bool {
    permission_set(role).is_some()
}

/// The permission set of a role of Identity Center, and what ends its name:
/// `AWSReservedSSO_<permission set>_<16 hexadecimal digits>`. The name of a permission set may hold `_` as well.
pub(in crate::domain) fn permission_set(role: &str) -> Option<(&str, &str)> {
    role.strip_prefix(IDENTITY_CENTER_PREFIX)
        .and_then(|rest| rest.rsplit_once('_'))
        .filter(|(permission_set, suffix)| {
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
        account: Account,
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
