//! The note that a run waits for its window.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The document at [`crate::domain::keys::retry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Retry {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Name of the stage to retry.
    pub stage: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// When the window opens (RFC 3339).
    pub opens: String,
}

impl Retry {
    /// Whether the window is open by now. A note that cannot be read is due: the guard looks at the clock itself.
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.opens.parse::<Timestamp>().map_or(true, |opens| opens <= now)
    }
}
