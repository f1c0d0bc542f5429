//! What the function is told by its environment.

use changegate::domain::catalogue::Environment;
use changegate::domain::packaging::Destination;
use changegate::domain::sync::pin::RepositoryId;
use changegate::domain::sync::snapshot::CutLimits;
use changegate::flows::sync_source::{KEPT_BYTES, SyncSettings};
use changegate::github::GitHubSettings;
use changegate::lambda::settings::{SettingError, Variables, floor};
use changegate::lambda::variables;

/// Where Lambda says which region it runs in.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
const REGION: &str = "AWS_REGION";

/// Settings of the function.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) sync: SyncSettings,
    pub(crate) github: GitHubSettings,
    /// Name of the evidence bucket.
    pub(crate) evidence_bucket: String,
    /// URL of the queue that the messages come from.
    pub(crate) queue_url: String,
}

impl Settings {
    pub(crate) fn read(from: &Variables) -> Result<Self, SettingError> {
        Ok(Self {
            sync: SyncSettings {
                repository: from.text(variables::GITHUB_REPOSITORY)?,
                repository_id: match from.optional(variables::GITHUB_REPOSITORY_ID) {
                    Some(_) => Some(RepositoryId(from.parsed(variables::GITHUB_REPOSITORY_ID)?)),
                    None => None,
                },
                branch: from.text(variables::GITHUB_BRANCH)?,
                environment: Environment {
                    name: from.text(variables::ENVIRONMENT)?,
                    pipeline_prefix: from.text(variables::PIPELINE_PREFIX)?,
                    floor: floor(from)?,
                    default_deployer: from.text(variables::DEPLOYER_ROLE)?,
                },
                root_pipeline: from.text(variables::ROOT_PIPELINE)?,
                destination: Destination {
                    bucket: from.text(variables::SOURCE_BUCKET)?,
                    region: from.text(REGION)?,
                },
                web_url: from.text(variables::GITHUB_WEB_URL)?,
                cut_limits: CutLimits::default(),
                kept_bytes: KEPT_BYTES,
            },
            github: GitHubSettings {
                api_url: from.text(variables::GITHUB_API_URL)?,
                credential_arn: from.text(variables::GITHUB_CREDENTIAL)?,
            },
            evidence_bucket: from.text(variables::EVIDENCE_BUCKET)?,
            queue_url: from.text(variables::QUEUE_URL)?,
        })
    }
}
