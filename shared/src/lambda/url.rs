//! Requests to a function URL, and answers.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::flows::ports::{PortError, PortErrorKind, ReadSecrets, Secret};

/// A request. `Debug` shows neither body nor headers.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UrlRequest {
    headers: BTreeMap<String, String>,
    body: Option<String>,
    is_base64_encoded: bool,
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RequestContext {
    http: Http,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Http {
    method: String,
}

/// The body is marked as Base64 and is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not Base64")]
pub struct NotBase64;

impl UrlRequest {
    /// A header's value; `name` is lower-case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let exact = self.headers.get(name);
        let header = exact.or_else(|| {
            let mut headers = self.headers.iter();
            headers
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value)
        });
        header.map(String::as_str)
    }

    /// The method, such as `POST`; empty when the event names none.
    pub fn method(&self) -> &str {
        &self.request_context.http.method
    }

    /// Bytes of the body as the event carries it, Base64 not yet undone.
    pub fn carried_bytes(&self) -> usize {
        self.body.as_ref().map_or(0, String::len)
    }

    /// The bytes that the sender sent.
    ///
    /// # Errors
    ///
    /// [`NotBase64`] when the body is marked as Base64 and is none.
    pub fn into_body(self) -> Result<Vec<u8>, NotBase64> {
        let text = self.body.unwrap_or_default();
        if self.is_base64_encoded {
            STANDARD.decode(text).map_err(|_| NotBase64)
        } else {
            Ok(text.into_bytes())
        }
    }
}

impl std::fmt::Debug for UrlRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UrlRequest").finish_non_exhaustive()
    }
}

/// An answer in JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UrlAnswer {
    /// HTTP status.
    pub status_code: u16,
    /// Headers.
    pub headers: BTreeMap<&'static str, &'static str>,
    /// JSON text.
    pub body: String,
    /// Whether the body is Base64: never.
    pub is_base64_encoded: bool,
}

impl UrlAnswer {
    /// An answer with this status and body.
    pub fn json(status_code: u16, body: &serde_json::Value) -> Self {
        Self {
            status_code,
            headers: BTreeMap::from([("content-type", "application/json"), ("cache-control", "no-store")]),
            body: body.to_string(),
            is_base64_encoded: false,
        }
    }
}

/// Secrets that are waited for only so long: whoever calls a function URL waits too.
#[derive(Debug, Clone)]
pub struct SecretsWithin<S> {
    /// Where the secrets are.
    pub secrets: S,
    /// Longest wait.
    pub limit: Duration,
}

impl<S: ReadSecrets> ReadSecrets for SecretsWithin<S> {
    async fn read_secret(&self, arn: &str) -> Result<Secret, PortError> {
        match tokio::time::timeout(self.limit, self.secrets.read_secret(arn)).await {
            Ok(answer) => answer,
            Err(_) => Err(PortError {
                operation: "secretsmanager:GetSecretValue",
                subject: arn.to_owned(),
                kind: PortErrorKind::Unavailable,
                code: None,
                message: format!("no answer within {} ms", self.limit.as_millis()),
                source: None,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(event: &serde_json::Value) -> UrlRequest {
        serde_json::from_value(event.clone()).unwrap()
    }

    #[test]
    fn bodies_come_back_as_they_were_sent() {
        let plain = request(&serde_json::json!({"body": "{\"zen\":\"é\"}", "isBase64Encoded": false}));
        assert_eq!(plain.into_body().unwrap(), "{\"zen\":\"é\"}".as_bytes());
        let encoded = request(&serde_json::json!({"body": "/wD+", "isBase64Encoded": true}));
        assert_eq!(encoded.into_body().unwrap(), [0xff, 0, 0xfe]);
        let broken = request(&serde_json::json!({"body": "%", "isBase64Encoded": true}));
        assert_eq!(broken.into_body(), Err(NotBase64));
        assert!(request(&serde_json::json!({})).into_body().unwrap().is_empty());
    }

    #[test]
    fn headers_are_found_in_any_case_and_never_shown() {
        let request = request(&serde_json::json!({
            "headers": {"X-GitHub-Event": "push", "x-hub-signature-256": "sha256=aa"},
            "requestContext": {"http": {"method": "POST"}},
        }));
        assert_eq!(request.header("x-github-event"), Some("push"));
        assert_eq!(request.header("x-hub-signature-256"), Some("sha256=aa"));
        assert_eq!(request.header("absent"), None);
        assert_eq!(request.method(), "POST");
        assert!(!format!("{request:?}").contains("sha256"));
    }

    struct Slow;

    impl ReadSecrets for Slow {
        async fn read_secret(&self, _: &str) -> Result<Secret, PortError> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_secret_that_does_not_come_is_not_waited_for() {
        let secrets = SecretsWithin {
            secrets: Slow,
            limit: Duration::from_secs(3),
        };
        let error = secrets.read_secret("arn").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Unavailable);
    }
}
