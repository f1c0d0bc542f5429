//! The history of a run, as CodePipeline tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// One action of one run, as `ListActionExecutions` tells it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionExecution {
    /// Id; each attempt has its own.
    pub id: String,
    /// Name of the stage.
    pub stage: String,
    /// Name of the action.
    pub action: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Abandoned`.
    pub status: String,
    /// When it began (RFC 3339).
    pub started: Option<String>,
    /// When it last changed (RFC 3339).
    pub updated: Option<String>,
    /// ARN of who last updated it; for an approval, who answered.
    pub updated_by: Option<String>,
    /// Category: `Source`, `Invoke`, `Approval`.
    pub category: String,
    /// Configuration with variables resolved.
    pub resolved_configuration: BTreeMap<String, String>,
    /// Output variables.
    pub output_variables: BTreeMap<String, String>,
    /// What the action said of itself: the approver's comment, the job's summary.
    pub summary: Option<String>,
    /// Its external execution id.
    pub external_execution_id: Option<String>,
    /// Message of the failure.
    pub error_message: Option<String>,
}

impl ActionExecution {
    /// When it began; `None` when that is not told, or not readable.
    pub fn began(&self) -> Option<Timestamp> {
        self.started.as_deref()?.parse().ok()
    }
}

/// An output variable of the newest success of an action; `None` when the history shows no such success, or not yet
/// its variables. `history` is newest first.
pub fn output<'a>(history: &'a [ActionExecution], action: &str, variable: &str) -> Option<&'a str> {
    history
        .iter()
        .find(|execution| execution.action == action && execution.status == "Succeeded")
        .and_then(|execution| execution.output_variables.get(variable))
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}
