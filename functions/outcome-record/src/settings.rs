//! What `template.yaml` tells this function.

use changegate::flows::check_release::ReleaseSettings;
use changegate::flows::record_outcome::RecordSettings;
use changegate::lambda::settings::{SettingError, Variables, root_gate};
use changegate::lambda::variables;

/// Settings of this function.
pub(crate) struct Settings {
    /// What the flow is told.
    pub record: RecordSettings,
    /// What the functions are to run.
    pub release: ReleaseSettings,
    /// Name of the source bucket.
    pub source_bucket: String,
    /// Name of the evidence bucket.
    pub evidence_bucket: String,
    /// Base URL of GitHub's REST interface.
    pub github_api_url: String,
    /// ARN of the secret that holds GitHub's credential.
    pub github_credential: String,
    /// URL of the queue of announcements that Lambda gave up delivering.
    pub lost_events_url: String,
}

impl Settings {
    /// Reads them.
    pub(crate) fn read(of: &Variables) -> Result<Self, SettingError> {
        Ok(Self {
            record: RecordSettings {
                environment: of.text(variables::ENVIRONMENT)?,
                repository: of.text(variables::GITHUB_REPOSITORY)?,
                pipeline_prefix: of.text(variables::PIPELINE_PREFIX)?,
                root_pipeline: of.text(variables::ROOT_PIPELINE)?,
                root_gate: root_gate(of)?,
                topic: of.text(variables::TOPIC)?,
            },
            release: ReleaseSettings {
                release: of.json(variables::RELEASE)?,
                prefix: of.text(variables::PIPELINE_PREFIX)?,
                topic: of.text(variables::TOPIC)?,
            },
            source_bucket: of.text(variables::SOURCE_BUCKET)?,
            evidence_bucket: of.text(variables::EVIDENCE_BUCKET)?,
            github_api_url: of.text(variables::GITHUB_API_URL)?,
            github_credential: of.text(variables::GITHUB_CREDENTIAL)?,
            lost_events_url: of.text(variables::LOST_EVENTS_URL)?,
        })
    }
}
