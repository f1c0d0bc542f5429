//! Clients of the services that run here.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_types::SdkConfig;

use crate::environment::ministack::{REGION, ROOT_KEY};

/// Clients of one principal.
#[derive(Debug, Clone)]
pub struct Aws {
    /// `CloudFormation`.
    pub cloudformation: aws_sdk_cloudformation::Client,
    /// `CodePipeline`.
    pub codepipeline: aws_sdk_codepipeline::Client,
    /// S3.
    pub s3: aws_sdk_s3::Client,
}

impl Aws {
    /// The clients of the account's root user, whose secret `MiniStack` does not check.
    pub fn root(endpoint: &str) -> Self {
        Self::with(endpoint, Credentials::new(ROOT_KEY, ROOT_KEY, None, None, "local"))
    }

    /// The clients of a user, by an access key.
    pub fn user(endpoint: &str, key: &AccessKey) -> Self {
        Self::with(endpoint, Credentials::new(&key.id, &key.secret, None, None, "local"))
    }

    fn with(endpoint: &str, credentials: Credentials) -> Self {
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(REGION))
            .endpoint_url(endpoint)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build();
        Aws {
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            codepipeline: aws_sdk_codepipeline::Client::new(&config),
            // Virtual hosts would need name resolution that a machine need not have.
            s3: aws_sdk_s3::Client::from_conf(
                aws_sdk_s3::config::Builder::from(&config)
                    .force_path_style(true)
                    .build(),
            ),
        }
    }
}

/// An access key of a user.
#[derive(Clone)]
pub struct AccessKey {
    /// Id.
    pub id: String,
    /// Secret.
    pub secret: String,
}

impl std::fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
