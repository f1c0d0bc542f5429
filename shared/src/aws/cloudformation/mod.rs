//! CloudFormation: stacks, change sets, stack policies.

mod change_sets;
mod description;
mod policies;
mod stacks;
#[cfg(test)]
mod tests;

use aws_sdk_cloudformation::Client;
use aws_sdk_cloudformation::primitives::{DateTime, DateTimeFormat};
use aws_types::SdkConfig;

use crate::flows::ports::{PortError, PortErrorKind};

/// Implements the ports of [`crate::flows::ports`] that CloudFormation answers.
#[derive(Clone)]
pub struct CloudFormation {
    client: Client,
}

impl CloudFormation {
    /// Connects with the region, credentials and endpoints of `aws`.
    pub fn new(aws: &SdkConfig) -> Self {
        Self {
            client: Client::new(aws),
        }
    }

    #[cfg(test)]
    fn from_client(client: Client) -> Self {
        Self { client }
    }
}

/// A time as RFC 3339; `None` where it is absent or outside of what the format can say.
fn rfc3339(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(DateTimeFormat::DateTime).ok()
}

/// Absent strings are empty on some endpoints, so empty means absent.
fn present(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// Tells the answers apart that say a stack or a change set does not exist.
///
/// A missing stack has no code of its own: it is a `ValidationError` whose text names the stack and ends in `does not
/// exist`. Nothing else is read as absence.
fn classed(mut error: PortError) -> PortError {
    let code = error.code.as_deref().unwrap_or_default();
    let is_absent_stack = code == "ValidationError"
        && error.message.starts_with("Stack ")
        && error.message.trim_end_matches('.').ends_with("does not exist");
    if is_absent_stack
        || matches!(
            code,
            "ChangeSetNotFound" | "ChangeSetNotFoundException" | "StackNotFoundException"
        )
    {
        error.kind = PortErrorKind::NotFound;
    }
    if matches!(code, "InvalidChangeSetStatus" | "InvalidChangeSetStatusException") {
        error.kind = PortErrorKind::Conflict;
    }
    // The limit of change sets a stack, or of stacks a region, does not pass by waiting.
    if matches!(code, "LimitExceededException") {
        error.kind = PortErrorKind::Refused;
    }
    if matches!(code, "InsufficientCapabilitiesException" | "InsufficientCapabilities") {
        error.kind = PortErrorKind::Refused;
    }
    error
}
