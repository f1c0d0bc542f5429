//! A call to a service that did not succeed.

use std::error::Error;
use std::fmt;

/// A call to a service that did not succeed: what was called, on what, and what the service said.
pub struct PortError {
    /// The call as its service names it, such as `cloudformation:CreateChangeSet` or `GET /repos/{owner}/{repo}`.
    pub operation: &'static str,
    /// What it was called on: a stack, an object key, a pipeline.
    pub subject: String,
    /// What follows for the caller.
    pub kind: PortErrorKind,
    /// The service's own code, such as `ValidationError`.
    pub code: Option<String>,
    /// The service's own words.
    pub message: String,
    /// The cause, for the log.
    pub source: Option<Box<dyn Error + Send + Sync>>,
}

/// What follows from a failed call. A throttle is never read as an absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The service answered that the subject does not exist.
    NotFound,
    /// The caller lacks a permission, or its credential is invalid.
    Denied,
    /// The service asked to slow down.
    Throttled,
    /// The service or the network failed; the same call may succeed later.
    Unavailable,
    /// A condition of the call was not met: the subject exists already, or changed meanwhile.
    Conflict,
    /// The service refused the call as it is; repeating it does not help.
    Refused,
}

impl PortError {
    /// Whether the same call may succeed later without anybody acting.
    pub fn is_transient(&self) -> bool {
        matches!(self.kind, PortErrorKind::Throttled | PortErrorKind::Unavailable)
    }

    /// Whether the service answered that the subject does not exist.
    pub fn is_not_found(&self) -> bool {
        self.kind == PortErrorKind::NotFound
    }
}

/// Without the cause: an SDK's error shows the whole response, which may hold what must not be seen.
impl fmt::Debug for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.kind)
    }
}

impl fmt::Display for PortError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on `{}`: ", self.operation, self.subject)?;
        match &self.code {
            Some(code) if !self.message.is_empty() => write!(f, "{code}: {}", self.message),
            Some(code) => f.write_str(code),
            None => f.write_str(&self.message),
        }
    }
}

impl Error for PortError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}
