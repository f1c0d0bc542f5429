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
    pub fn connect(config: &aws_types::SdkConfig) -> Self {
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

#[cfg(test)]
mod tests {
    use aws_sdk_sns::config::retry::RetryConfig;
    use aws_sdk_sns::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_http_client::test_util::StaticReplayClient;

    use super::*;
    use crate::aws::recorded;
    use crate::flows::ports::PortErrorKind;

    const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:changegate";

    fn topics(replay: &StaticReplayClient) -> Topics {
        let config = aws_sdk_sns::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(replay.clone())
            .build();
        Topics::new(Client::from_conf(config))
    }

    #[tokio::test]
    async fn a_message_goes_to_its_topic_with_its_subject() {
        let replay = recorded::answer(
            200,
            &[],
            "<PublishResponse><PublishResult><MessageId>m1</MessageId></PublishResult></PublishResponse>",
        );
        topics(&replay).publish(TOPIC, "a subject", "a body — é").await.unwrap();
        let sent = recorded::sent(&replay);
        for part in [
            "Action=Publish",
            "TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3Achangegate",
            "Subject=a%20subject",
            "Message=a%20body%20%E2%80%94%20%C3%A9",
        ] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
    }

    #[tokio::test]
    async fn a_refusal_names_the_topic_and_the_reason() {
        let replay = recorded::answer(
            403,
            &[],
            "<ErrorResponse><Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>not authorized</Message></Error></ErrorResponse>",
        );
        let error = topics(&replay).publish(TOPIC, "s", "b").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Denied);
        assert_eq!(
            error.to_string(),
            format!("sns:Publish on `{TOPIC}`: AuthorizationError: not authorized")
        );
    }
}
