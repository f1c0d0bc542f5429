//! The last change that a pipeline executed, as `changeset-execute` records it after success.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The document at [`crate::domain::keys::executed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Executed {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Newest commit that the executed source versions were written from.
    pub commit: String,
    /// Greatest number of the records that the executed source versions were written under; absent where they had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Id of the pipeline execution.
    pub execution: String,
    /// ARN of the change set; absent when only the stack policy was set.
    pub change_set_arn: Option<String>,
    /// Source object versions of the run: source action name to S3 version id.
    pub source_versions: BTreeMap<String, String>,
    /// `LastUpdatedTime`, else `CreationTime`, of the stack after the execution (RFC 3339).
    pub stack_last_changed: Option<String>,
    /// When the guard saw that the execution had succeeded (RFC 3339).
    pub executed_at: String,
}
