//! Secrets, over AWS Secrets Manager.

use aws_sdk_secretsmanager::Client;

use super::errors::port_error;
use crate::flows::ports::{PortError, PortErrorKind, ReadSecrets, Secret};

/// The secrets of this account.
#[derive(Debug, Clone)]
pub struct Secrets(Client);

impl Secrets {
    /// As the environment says how to reach the service.
    pub fn connect(config: &aws_types::SdkConfig) -> Self {
        Self::new(Client::new(config))
    }

    /// Reads through `client`.
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl ReadSecrets for Secrets {
    async fn read_secret(&self, arn: &str) -> Result<Secret, PortError> {
        let answer = self.0.get_secret_value().secret_id(arn).send().await;
        let answer = answer.map_err(|error| port_error("secretsmanager:GetSecretValue", arn, error))?;
        let text = answer.secret_string.or_else(|| {
            let bytes = answer.secret_binary?.into_inner();
            String::from_utf8(bytes).ok()
        });
        text.map(Secret::new).ok_or_else(|| PortError {
            operation: "secretsmanager:GetSecretValue",
            subject: arn.to_owned(),
            kind: PortErrorKind::Refused,
            code: None,
            message: "the secret holds no text; put its value in as text".to_owned(),
            source: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_secretsmanager::config::retry::RetryConfig;
    use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_http_client::test_util::StaticReplayClient;

    use super::*;
    use crate::aws::recorded;

    fn client(replay: &StaticReplayClient) -> Client {
        let config = aws_sdk_secretsmanager::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(replay.clone())
            .build();
        Client::from_conf(config)
    }

    #[tokio::test]
    async fn a_secret_is_read_and_stays_out_of_debug_output() {
        let replay = recorded::answer(200, &[], r#"{"SecretString":"hush"}"#);
        let secret = Secrets::new(client(&replay)).read_secret("arn:secret").await.unwrap();
        assert_eq!(recorded::sent(&replay), r#"{"SecretId":"arn:secret"}"#);
        assert_eq!(secret.expose(), "hush");
        assert!(!format!("{secret:?}").contains("hush"));
    }

    #[tokio::test]
    async fn an_absent_secret_is_not_found() {
        let replay = recorded::answer(400, &[], r#"{"__type":"ResourceNotFoundException"}"#);
        let error = Secrets::new(client(&replay))
            .read_secret("arn:secret")
            .await
            .unwrap_err();
        assert!(error.is_not_found());
    }

    #[tokio::test]
    async fn a_secret_without_text_says_what_to_do() {
        let replay = recorded::answer(200, &[], "{}");
        let error = Secrets::new(client(&replay))
            .read_secret("arn:secret")
            .await
            .unwrap_err();
        assert!(error.to_string().contains("put its value in as text"));
    }
}
