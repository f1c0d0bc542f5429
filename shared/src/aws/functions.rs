//! Functions of the account, over AWS Lambda.

use aws_sdk_lambda::Client;

use super::errors::port_error;
use crate::domain::release::DeployedCode;
use crate::flows::ports::{PortError, ReadFunctions};

/// The functions of this account and region.
#[derive(Debug, Clone)]
pub struct Functions(Client);

impl Functions {
    /// As the environment says how to reach the service.
    pub fn connect(config: &aws_types::SdkConfig) -> Self {
        Self::new(Client::new(config))
    }

    /// Reads through `client`.
    pub fn new(client: Client) -> Self {
        Self(client)
    }
}

impl ReadFunctions for Functions {
    async fn function_code(&self, name: &str) -> Result<Option<DeployedCode>, PortError> {
        let answer = self.0.get_function_configuration().function_name(name).send().await;
        match answer.map_err(|error| port_error("lambda:GetFunctionConfiguration", name, error)) {
            Ok(found) => Ok(Some(DeployedCode {
                layers: found
                    .layers
                    .unwrap_or_default()
                    .into_iter()
                    .map(|layer| layer.arn.unwrap_or_default())
                    .collect(),
                sha256: found.code_sha256.unwrap_or_default(),
            })),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_lambda::config::retry::RetryConfig;
    use aws_sdk_lambda::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_http_client::test_util::StaticReplayClient;

    use super::*;
    use crate::aws::recorded;
    use crate::flows::ports::PortErrorKind;

    fn functions(replay: &StaticReplayClient) -> Functions {
        let config = aws_sdk_lambda::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-1"))
            .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(replay.clone())
            .build();
        Functions::new(Client::from_conf(config))
    }

    #[tokio::test]
    async fn the_hash_of_the_package_and_the_layers_are_read() {
        let answer = r#"{"FunctionName":"cg-source-sync","CodeSha256":"c3luYw==","Layers":[{"Arn":"arn:layer:1","CodeSize":1}]}"#;
        let replay = recorded::answer(200, &[], answer);
        let code = functions(&replay)
            .function_code("cg-source-sync")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(code.sha256, "c3luYw==");
        assert_eq!(code.layers, ["arn:layer:1"]);
        let request = replay.actual_requests().next().unwrap();
        assert!(
            request
                .uri()
                .ends_with("/2015-03-31/functions/cg-source-sync/configuration"),
            "{}",
            request.uri()
        );
    }

    #[tokio::test]
    async fn a_function_without_layers_has_none() {
        let replay = recorded::answer(200, &[], r#"{"CodeSha256":"c3luYw=="}"#);
        let code = functions(&replay).function_code("f").await.unwrap().unwrap();
        assert_eq!(code.layers, [""; 0]);
    }

    #[tokio::test]
    async fn a_function_that_is_not_there_is_no_error_and_a_denial_is() {
        let gone = [("x-amzn-errortype", "ResourceNotFoundException")];
        let replay = recorded::answer(404, &gone, r#"{"Message":"Function not found"}"#);
        assert_eq!(functions(&replay).function_code("f").await.unwrap(), None);
        let denied = [("x-amzn-errortype", "AccessDeniedException")];
        let replay = recorded::answer(403, &denied, r#"{"Message":"no"}"#);
        let error = functions(&replay).function_code("f").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Denied);
        assert!(
            error.to_string().contains("lambda:GetFunctionConfiguration on `f`"),
            "{error}"
        );
    }
}
