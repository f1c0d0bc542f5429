//! The note that a pipeline's last run waits for an export of another stack.

use serde::{Deserialize, Serialize};

/// The document at [`crate::domain::keys::waiting`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Waiting {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the run that waits.
    pub execution: String,
    /// Name of the stack in the catalogue.
    pub stack: String,
    /// Commit that the run planned.
    pub commit: String,
    /// Name of the export that does not exist yet.
    pub export: String,
}
