//! What `template.yaml` tells this function.

use changegate::flows::create_change_set::CreateSettings;
use changegate::lambda::settings::{SettingError, Variables, proof_settings};
use changegate::lambda::variables;

/// Settings of this function.
pub(crate) struct Settings {
    /// What the flow is told.
    pub create: CreateSettings,
    /// Name of the evidence bucket.
    pub evidence_bucket: String,
}

/// Reads them.
pub(crate) fn read(of: &Variables) -> Result<Settings, SettingError> {
    Ok(Settings {
        create: CreateSettings {
            proof: proof_settings(of)?,
            environment: of.text(variables::ENVIRONMENT)?,
            repository: of.text(variables::GITHUB_REPOSITORY)?,
            source_bucket: of.text(variables::SOURCE_BUCKET)?,
            region: of.region()?,
        },
        evidence_bucket: of.text(variables::EVIDENCE_BUCKET)?,
    })
}
