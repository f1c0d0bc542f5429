//! What `template.yaml` tells this function.

use changegate::domain::packaging::Destination;
use changegate::flows::describe_change_set::DescribeSettings;
use changegate::github::GitHubSettings;
use changegate::lambda::settings::{SettingError, Variables, proof_settings};
use changegate::lambda::variables;

/// Settings of this function.
pub(crate) struct Settings {
    /// What the flow is told.
    pub(crate) describe: DescribeSettings,
    /// Name of the source bucket.
    pub(crate) source_bucket: String,
    /// Name of the evidence bucket.
    pub(crate) evidence_bucket: String,
    /// How GitHub is reached.
    pub(crate) github: GitHubSettings,
}

/// Reads them.
pub(crate) fn read(of: &Variables) -> Result<Settings, SettingError> {
    Ok(Settings {
        describe: DescribeSettings {
            proof: proof_settings(of)?,
            environment: of.text(variables::ENVIRONMENT)?,
            topic: of.text(variables::TOPIC)?,
            repository: of.text(variables::GITHUB_REPOSITORY)?,
            packages: Destination {
                bucket: of.text(variables::SOURCE_BUCKET)?,
                region: of.region()?,
            },
            web_url: of.text(variables::GITHUB_WEB_URL)?,
            review_url: of.text(variables::REVIEW_URL)?,
        },
        source_bucket: of.text(variables::SOURCE_BUCKET)?,
        evidence_bucket: of.text(variables::EVIDENCE_BUCKET)?,
        github: GitHubSettings {
            api_url: of.text(variables::GITHUB_API_URL)?,
            credential_arn: of.text(variables::GITHUB_CREDENTIAL)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_is_named() {
        let error = read(&Variables::from_map([].into())).err().unwrap();
        assert!(error.to_string().contains(variables::ROOT_PIPELINE), "{error}");
    }
}
