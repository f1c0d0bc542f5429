//! Messages to people, over Amazon SNS.

use aws_sdk_sns::Client;

use super::errors::port_error;
use crate::flows::ports::{Notify, PortError};

/// The topics of the account.
#[derive(Debug, Clone)]
pub struct Topics {
    client: Client,
}

impl Topics {
    /// The topics, as the environment says how to reach them.
    pub fn connect(config: &aws_config::SdkConfig) -> Self {
        Self::new(Client::new(config))
    }

    /// The topics, reached through `client`.
    pub fn new(client: Client) -> Self {
        Self { client }
    }
}

impl Notify for Topics {
    async fn publish(&self, topic_arn: &str, subject: &str, body: &str) -> Result<(), PortError> {
        let request = self.client.publish().topic_arn(topic_arn);
        let answer = request.subject(subject).message(body).send().await;
        answer.map_err(|error| port_error("sns:Publish", topic_arn, error))?;
        Ok(())
    }
}
