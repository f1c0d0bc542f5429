//! Why a flow of an invoke action did not reach an outcome.

use super::ports::{PortError, PortErrorKind};
use crate::domain::job::FailureKind;

/// A flow stopped without an outcome of its own. The job envelope turns it into the one report of the job.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// A call did not succeed. A transient one is tried again by continuing, a bounded number of times.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Something is not visible yet that should be soon; tried again by continuing, a bounded number of times.
    #[error("{0}")]
    NotYet(String),
    /// The job cannot go on; the text says what was being done, what stood in the way and what to do.
    #[error("{message}")]
    Refused {
        /// Who must act.
        kind: FailureKind,
        /// What was being done, what stood in the way, what to do.
        message: String,
    },
}

impl FlowError {
    /// The change itself, or the stack, cannot go on.
    pub fn job(message: impl Into<String>) -> Self {
        Self::Refused {
            kind: FailureKind::JobFailed,
            message: message.into(),
        }
    }

    /// A file of the repository or a setting is wrong.
    pub fn configuration(message: impl Into<String>) -> Self {
        Self::Refused {
            kind: FailureKind::Configuration,
            message: message.into(),
        }
    }

    /// Whoever asks may not.
    pub fn permission(message: impl Into<String>) -> Self {
        Self::Refused {
            kind: FailureKind::Permission,
            message: message.into(),
        }
    }

    /// Whether the same work may succeed later without anybody acting.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Port(error) => error.is_transient(),
            Self::NotYet(_) => true,
            Self::Refused { .. } => false,
        }
    }

    /// Who must act.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Port(error) => match error.kind {
                PortErrorKind::Denied => FailureKind::Permission,
                PortErrorKind::Throttled | PortErrorKind::Unavailable => FailureKind::Unavailable,
                PortErrorKind::NotFound | PortErrorKind::Conflict | PortErrorKind::Refused => FailureKind::JobFailed,
            },
            Self::NotYet(_) => FailureKind::Unavailable,
            Self::Refused { kind, .. } => *kind,
        }
    }
}
