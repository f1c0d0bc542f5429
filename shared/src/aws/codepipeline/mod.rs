//! CodePipeline: reports jobs, reads the history, starts, stops and retries runs.

mod control;
mod history;
mod jobs;
#[cfg(test)]
mod tests;

use aws_sdk_codepipeline::Client;
use aws_sdk_codepipeline::primitives::{DateTime, DateTimeFormat};
use aws_types::SdkConfig;

/// Implements the ports of [`crate::flows::ports`] that CodePipeline answers.
#[derive(Clone)]
pub struct CodePipeline {
    client: Client,
}

impl CodePipeline {
    /// Connects with the region, credentials and endpoints of `aws`.
    pub fn new(aws: &SdkConfig) -> Self {
        Self {
            client: Client::new(aws),
        }
    }

    #[cfg(test)]
    fn from_client(client: Client) -> Self {
        Self { client }
    }
}

/// A time as RFC 3339; `None` where it is absent or outside of what the format can say.
fn rfc3339(time: Option<&DateTime>) -> Option<String> {
    time?.fmt(DateTimeFormat::DateTime).ok()
}
