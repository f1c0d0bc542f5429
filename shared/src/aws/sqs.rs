//! One FIFO queue, over Amazon SQS.

use aws_sdk_sqs::Client;

use super::errors::port_error;
use crate::flows::ports::{PortError, PostponeMessages, QueueMessage, SendMessages};

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    client: Client,
    url: String,
}

impl Queue {
    /// The queue at `url`, as the environment says how to reach it.
    pub fn connect(config: &aws_types::SdkConfig, url: impl Into<String>) -> Self {
        Self::new(Client::new(config), url)
    }

    /// The queue at `url`, reached through `client`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self {
            client,
            url: url.into(),
        }
    }
}

impl SendMessages for Queue {
    async fn send(&self, message: QueueMessage) -> Result<(), PortError> {
        let request = self.client.send_message().queue_url(&self.url);
        let request = request.message_body(message.body).message_group_id(message.group);
        let answer = request.message_deduplication_id(message.deduplication).send().await;
        answer.map_err(|error| port_error("sqs:SendMessage", &self.url, error))?;
        Ok(())
    }
}

impl PostponeMessages for Queue {
    async fn postpone(&self, receipt: &str, seconds: u32) -> Result<(), PortError> {
        let request = self.client.change_message_visibility().queue_url(&self.url);
        let seconds = i32::try_from(seconds).unwrap_or(i32::MAX);
        let answer = request.receipt_handle(receipt).visibility_timeout(seconds).send().await;
        answer.map_err(|error| port_error("sqs:ChangeMessageVisibility", &self.url, error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sqs::config::retry::RetryConfig;
    use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_http_client::test_util::StaticReplayClient;

    use super::*;
    use crate::aws::recorded;
    use crate::flows::ports::PortErrorKind;

    fn client(replay: &StaticReplayClient) -> Client {
        let config = aws_sdk_sqs::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(replay.clone())
            .build();
        Client::from_conf(config)
    }

    fn message() -> QueueMessage {
        QueueMessage {
            body: "{}".to_owned(),
            group: "acme/infrastructure/main".to_owned(),
            deduplication: "d1".to_owned(),
        }
    }

    #[tokio::test]
    async fn a_message_goes_into_its_group_with_its_deduplication_id() {
        let replay = recorded::answer(200, &[], r#"{"MessageId":"m1"}"#);
        Queue::new(client(&replay), "https://queue.example")
            .send(message())
            .await
            .unwrap();
        let sent: serde_json::Value = serde_json::from_str(&recorded::sent(&replay)).unwrap();
        assert_eq!(
            sent,
            serde_json::json!({
                "QueueUrl": "https://queue.example",
                "MessageBody": "{}",
                "MessageGroupId": "acme/infrastructure/main",
                "MessageDeduplicationId": "d1",
            })
        );
    }

    #[tokio::test]
    async fn a_throttled_send_is_told_as_such() {
        let replay = recorded::answer(
            400,
            &[],
            r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slow down"}"#,
        );
        let error = Queue::new(client(&replay), "https://queue.example")
            .send(message())
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Throttled);
    }

    #[tokio::test]
    async fn a_postponed_message_comes_back_after_the_seconds() {
        let replay = recorded::answer(200, &[], "{}");
        Queue::new(client(&replay), "https://queue.example")
            .postpone("r1", 30)
            .await
            .unwrap();
        let sent: serde_json::Value = serde_json::from_str(&recorded::sent(&replay)).unwrap();
        assert_eq!(sent["VisibilityTimeout"], 30);
        assert_eq!(sent["ReceiptHandle"], "r1");
    }
}
