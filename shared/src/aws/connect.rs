//! The configuration that all clients share.
//!
//! Lambda puts region and credentials into the environment, so only that is read. The SDK's own chain of sources
//! (profiles, web identities, instance metadata, and the STS client that they need) would be a good part of every
//! function's binary, and none of it can ever be asked.

use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{SharedCredentialsProvider, future::ProvideCredentials};
use aws_credential_types::{Credentials, provider};
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// Region, credentials and endpoints of a process.
pub type Connection = SdkConfig;

/// How often a request is sent at most while a service throttles or does not answer; the SDK's own number is 3.
///
/// Provisioning hundreds of pipelines starts as many runs at once, and AWS publishes no rate for what each of them reads
/// first. The pauses in between grow from a second and are random; all of them together last at most half a minute.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const MOST_ATTEMPTS: u32 = 6;

/// The value of an environment variable that is set and not empty.
type Variable = fn(&str) -> Option<String>;

/// Reads region, credentials and endpoints from the environment, once per process.
///
/// The variables are those that every AWS SDK reads: `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`,
/// `AWS_SESSION_TOKEN`, `AWS_USE_FIPS_ENDPOINT`, `AWS_USE_DUALSTACK_ENDPOINT`, `AWS_ENDPOINT_URL`, and for one service
/// that name with the service's, such as `AWS_ENDPOINT_URL_S3`.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html>
pub fn load() -> Connection {
    let http = Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https();
    read(of_process).http_client(http).build()
}

fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn read(variable: Variable) -> aws_types::sdk_config::Builder {
    let is_on = |name: &str| variable(name).map(|value| value.eq_ignore_ascii_case("true"));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .retry_config(RetryConfig::standard().with_max_attempts(MOST_ATTEMPTS))
        .region(variable("AWS_REGION").map(Region::new))
        .credentials_provider(credentials(variable))
        .service_config(OfOneService(variable));
    config.set_endpoint_url(variable("AWS_ENDPOINT_URL"));
    config.set_use_fips(is_on("AWS_USE_FIPS_ENDPOINT"));
    config.set_use_dual_stack(is_on("AWS_USE_DUALSTACK_ENDPOINT"));
    config
}

fn credentials(variable: Variable) -> SharedCredentialsProvider {
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

/// Settings of one service: its endpoint.
#[derive(Debug)]
struct OfOneService(Variable);

impl LoadServiceConfig for OfOneService {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_ascii_uppercase().replace(' ', "_");
        (self.0)(&format!("{}_{service}", key.env()))
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

    /// What Lambda sets, with the places of an emulator.
    fn everything(name: &str) -> Option<String> {
        let value = match name {
            "AWS_REGION" => "eu-west-1",
            "AWS_ACCESS_KEY_ID" => "AKID",
            "AWS_SECRET_ACCESS_KEY" => "hush",
            "AWS_SESSION_TOKEN" => "session",
            "AWS_ENDPOINT_URL" => "http://127.0.0.1:4566",
            "AWS_ENDPOINT_URL_SECRETS_MANAGER" => "http://127.0.0.1:4567",
            "AWS_USE_FIPS_ENDPOINT" => "TRUE",
            "AWS_USE_DUALSTACK_ENDPOINT" => "false",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[tokio::test]
    async fn everything_that_lambda_sets_is_read() {
        let config = read(everything).build();
        assert_eq!(config.region().map(Region::as_ref), Some("eu-west-1"));
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        let credentials = config.credentials_provider().unwrap();
        let credentials = credentials.provide_credentials().await.unwrap();
        assert_eq!(credentials.access_key_id(), "AKID");
        assert_eq!(credentials.session_token(), Some("session"));
    }

    #[test]
    fn throttles_are_ridden_out_for_longer_than_the_sdk_does_by_itself() {
        let config = read(everything).build();
        let retries = config.retry_config().unwrap();
        assert_eq!(retries.max_attempts(), 6);
        assert!(retries.has_retry());
    }

    #[test]
    fn a_service_is_asked_at_its_own_endpoint_when_it_has_one() {
        let config = read(everything).build();
        assert_eq!(config.endpoint_url(), Some("http://127.0.0.1:4566"));
        let endpoint = |service| {
            let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL");
            config
                .service_config()?
                .load_config(key.profile("endpoint_url").build().ok()?)
        };
        assert_eq!(endpoint("Secrets Manager").as_deref(), Some("http://127.0.0.1:4567"));
        assert_eq!(endpoint("S3"), None);
    }

    #[tokio::test]
    async fn missing_credentials_say_which_variables_to_set() {
        let only_region = |name: &str| (name == "AWS_REGION").then(|| "eu-west-1".to_owned());
        let config = read(only_region).build();
        let refused = config.credentials_provider().unwrap().provide_credentials().await;
        let text = std::error::Error::source(&refused.unwrap_err()).unwrap().to_string();
        assert!(text.contains("AWS_SECRET_ACCESS_KEY"), "{text}");
    }
}
