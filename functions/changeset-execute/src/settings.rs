//! What `template.yaml` tells this function.

use changegate::flows::execute_change_set::ExecuteSettings;
use changegate::lambda::settings::{SettingError, Variables, proof_settings};
use changegate::lambda::variables;

/// Settings of this function.
pub(crate) struct Settings {
    /// What the flow is told.
    pub execute: ExecuteSettings,
    /// Name of the source bucket.
    pub source_bucket: String,
    /// Name of the evidence bucket.
    pub evidence_bucket: String,
}

/// Reads them.
pub(crate) fn read(of: &Variables) -> Result<Settings, SettingError> {
    Ok(Settings {
        execute: ExecuteSettings {
            proof: proof_settings(of)?,
            environment: of.text(variables::ENVIRONMENT)?,
        },
        source_bucket: of.text(variables::SOURCE_BUCKET)?,
        evidence_bucket: of.text(variables::EVIDENCE_BUCKET)?,
    })
}
