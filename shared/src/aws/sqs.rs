//! One queue, over Amazon SQS.

use aws_sdk_sqs::Client;

use super::errors::port_error;
use crate::flows::ports::{PortError, PostponeMessages, QueueMessage, SendMessages, TakeMessages, TakenMessage};

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

impl TakeMessages for Queue {
    async fn take(&self) -> Result<Vec<TakenMessage>, PortError> {
        let request = self.client.receive_message().queue_url(&self.url);
        let answer = request.max_number_of_messages(10).send().await;
        let answer = answer.map_err(|error| port_error("sqs:ReceiveMessage", &self.url, error))?;
        let messages = answer.messages.unwrap_or_default().into_iter();
        Ok(messages
            .filter_map(|message| {
                Some(TakenMessage {
                    body: message.body?,
                    receipt: message.receipt_handle?,
                })
            })
            .collect())
    }

    async fn remove(&self, receipt: &str) -> Result<(), PortError> {
        let request = self.client.delete_message().queue_url(&self.url);
        let answer = request.receipt_handle(receipt).send().await;
        answer.map_err(|error| port_error("sqs:DeleteMessage", &self.url, error))?;
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
    async fn messages_are_taken_with_what_removes_them() {
        let replay = recorded::answer(200, &[], r#"{"Messages":[{"Body":"{}","ReceiptHandle":"r1"}]}"#);
        let taken = Queue::new(client(&replay), "https://queue.example")
            .take()
            .await
            .unwrap();
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].body.as_str(), taken[0].receipt.as_str()), ("{}", "r1"));
        let sent: serde_json::Value = serde_json::from_str(&recorded::sent(&replay)).unwrap();
        assert_eq!(sent["MaxNumberOfMessages"], 10);
    }

    #[tokio::test]
    async fn an_empty_queue_gives_nothing() {
        let replay = recorded::answer(200, &[], "{}");
        let taken = Queue::new(client(&replay), "https://queue.example")
            .take()
            .await
            .unwrap();
        assert!(taken.is_empty());
    }

    #[tokio::test]
    async fn a_message_is_removed_by_its_receipt() {
        let replay = recorded::answer(200, &[], "{}");
        Queue::new(client(&replay), "https://queue.example")
            .remove("r1")
            .await
            .unwrap();
        let sent: serde_json::Value = serde_json::from_str(&recorded::sent(&replay)).unwrap();
        assert_eq!(sent["ReceiptHandle"], "r1");
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
