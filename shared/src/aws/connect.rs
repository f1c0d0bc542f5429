//! The configuration that all clients share.
//!
//! Lambda puts region and credentials into the environment, so only that is read. The SDK's own chain of sources
//! (profiles, web identities, instance metadata, and the STS client that they need) would be a good part of every
//! function's binary, and none of it can ever be asked.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{SharedCredentialsProvider, future::ProvideCredentials};
use aws_credential_types::{Credentials, provider};
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;

/// Region, credentials and endpoints of a process.
pub type Connection = SdkConfig;

/// Reads region, credentials and endpoints from the environment, once per process.
///
/// The variables are those that every AWS SDK reads: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_SESSION_TOKEN`, `AWS_ENDPOINT_URL`, `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
pub fn load() -> Connection {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    read(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .http_client(http)
        .build()
}

fn read(variable: impl Fn(&str) -> Option<String>) -> aws_types::sdk_config::Builder {
    let is_on = |name: &str| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(credentials(&variable));
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config.set_use_fips(is_on("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    config
}

fn credentials(variable: &impl Fn(&str) -> Option<String>) -> SharedCredentialsProvider {
    match (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY")) {
        (Some(id), Some(secret)) => SharedCredentialsProvider::new(Credentials::new(
            id,
            secret,
            variable("AWS_SESSION_TOKEN"),
            None,
            "environment",
        )),
        _ => SharedCredentialsProvider::new(Nobody),
    }
}

/// Credentials that are missing: the process starts, and its first request says what to do.
#[derive(Debug)]
struct Nobody;

impl provider::ProvideCredentials for Nobody {
    fn provide_credentials<'a>(&'a self) -> ProvideCredentials<'a>
    where
        Self: 'a,
    {
        ProvideCredentials::ready(Err(CredentialsError::not_loaded(
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; on Lambda they always are, elsewhere set them, \
             for example with `eval \"$(aws configure export-credentials --format env)\"`",
        )))
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::ProvideCredentials as _;

    use super::*;

    fn with(pairs: &[(&str, &str)]) -> SdkConfig {
        let pairs: Vec<(String, String)> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        read(|name| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        })
        .build()
    }

    #[tokio::test]
    async fn everything_that_lambda_sets_is_read() {
        let config = with(&[
            ("AWS_REGION", "eu-west-1"),
            ("AWS_ACCESS_KEY_ID", "AKID"),
            ("AWS_SECRET_ACCESS_KEY", "hush"),
            ("AWS_SESSION_TOKEN", "session"),
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_USE_FIPS_ENDPOINT", "TRUE"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "false"),
        ]);
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        let credentials = config.credentials_provider().unwrap();
        let credentials = credentials.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "AKID");
        assert_eq!(credentials.session_token(), Some("session"));
    }

    #[tokio::test]
    async fn missing_credentials_say_which_variables_to_set() {
        let config = with(&[("AWS_REGION", "eu-west-1"), ("AWS_ACCESS_KEY_ID", "AKID")]);
        let refused = config.credentials_provider().unwrap().provide_credentials().await;
        let text = std::error::Error::source(&refused.unwrap_err()).unwrap().to_string();
        assert!(text.contains("AWS_SECRET_ACCESS_KEY"), "{text}");
    }
}
