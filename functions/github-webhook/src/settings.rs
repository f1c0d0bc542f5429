//! What the function is told by its environment.

use changegate::domain::sync::push::WatchedBranch;
use changegate::lambda::settings::{SettingError, Variables};
use changegate::lambda::variables;

/// Settings of the function.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The branch that is watched.
    pub(crate) watched: WatchedBranch,
    /// URL of the queue to the sync.
    pub(crate) queue_url: String,
    /// ARN of the webhook's secret.
    pub(crate) secret_arn: String,
}

impl Settings {
    pub(crate) fn read(from: &Variables) -> Result<Self, SettingError> {
        Ok(Self {
            watched: WatchedBranch {
                repository: from.text(variables::GITHUB_REPOSITORY)?,
                branch: from.text(variables::GITHUB_BRANCH)?,
            },
            queue_url: from.text(variables::QUEUE_URL)?,
            secret_arn: from.text(variables::WEBHOOK_SECRET)?,
        })
    }
}
