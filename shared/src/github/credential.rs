//! What the sync shows to GitHub: a fine-grained personal token, or the token of a GitHub App's installation.

use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde::Deserialize;

use crate::flows::ports::Secret;

/// What the secret holds.
#[derive(Debug)]
pub(super) enum Credential {
    /// A personal token.
    Token(Secret),
    /// A GitHub App.
    App(App),
}

/// A GitHub App and its installation, with the key that proves it.
#[derive(Debug)]
pub(super) struct App {
    /// Id or client id of the app: the issuer of its tokens.
    pub(super) id: String,
    /// Id of the installation.
    pub(super) installation: String,
    key: Secret,
}

/// The secret of an app: `{"appId": 1, "installationId": 2, "privateKey": "-----BEGIN RSA PRIVATE KEY-----…"}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct AppSecret {
    app_id: serde_json::Value,
    installation_id: serde_json::Value,
    private_key: String,
}

/// The secret cannot be used. The text never shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CredentialError {
    #[error("the secret is empty; put in a fine-grained token, or the JSON of a GitHub App")]
    Empty,
    #[error(
        "the secret begins like JSON and is not `{{\"appId\": …, \"installationId\": …, \"privateKey\": \"…\"}}` \
         (line {line}, column {column})"
    )]
    NotAnApp { line: usize, column: usize },
    #[error("the secret's `{0}` is neither a number nor a text of letters, digits, dots, hyphens and underscores")]
    NotAnId(&'static str),
    #[error("the secret's `privateKey` is not an RSA key in PEM form; download a new one from the app's page")]
    NotAKey,
}

impl Credential {
    /// Reads the text of the secret.
    pub(super) fn from_secret(secret: &Secret) -> Result<Self, CredentialError> {
        let text = secret.expose().trim();
        if text.is_empty() {
            return Err(CredentialError::Empty);
        }
        if !text.starts_with('{') {
            return Ok(Self::Token(Secret::new(text)));
        }
        let app: AppSecret = serde_json::from_str(text).map_err(|error| CredentialError::NotAnApp {
            line: error.line(),
            column: error.column(),
        })?;
        let app = App {
            id: id("appId", &app.app_id)?,
            installation: id("installationId", &app.installation_id)?,
            key: Secret::new(app.private_key),
        };
        app.key_pair()?;
        Ok(Self::App(app))
    }
}

fn id(name: &'static str, value: &serde_json::Value) -> Result<String, CredentialError> {
    let text = match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_id) {
        Ok(text)
    } else {
        Err(CredentialError::NotAnId(name))
    }
}

impl App {
    /// The token that proves the app: RS256 over JSON, good for nine minutes; GitHub refuses more than ten.
    ///
    /// Source: <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>
    pub(super) fn token(&self, now: Timestamp) -> Result<Secret, CredentialError> {
        // A minute back, because GitHub refuses tokens from the future of its own clock.
        let claims = serde_json::json!({
            "iat": now.as_second() - 60,
            "exp": now.as_second() + 9 * 60,
            "iss": self.id,
        });
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let key = self.key_pair()?;
        let mut signature = vec![0; key.public().modulus_len()];
        key.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            signed.as_bytes(),
            &mut signature,
        )
        .map_err(|_| CredentialError::NotAKey)?;
        Ok(Secret::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    fn key_pair(&self) -> Result<RsaKeyPair, CredentialError> {
        let text = self.key.expose();
        // Keys pasted into JSON by hand often carry the two characters `\n` instead of line breaks.
        let lines = text
            .split(['\n', '\r'])
            .flat_map(|line| line.split("\\n"))
            .map(str::trim);
        let encoded: String = lines.filter(|line| !line.starts_with("-----")).collect();
        let der = STANDARD.decode(encoded).map_err(|_| CredentialError::NotAKey)?;
        let key = if text.contains("BEGIN RSA PRIVATE KEY") {
            RsaKeyPair::from_der(&der)
        } else {
            RsaKeyPair::from_pkcs8(&der)
        };
        key.map_err(|_| CredentialError::NotAKey)
    }
}

/// A token, and until when it is good.
#[derive(Debug, Default)]
pub(super) struct TokenCache(Mutex<Option<(Secret, Timestamp)>>);

/// A token is not used in its last five minutes, so that it cannot end in the middle of a sync's last calls.
const MARGIN: SignedDuration = SignedDuration::from_mins(5);

impl TokenCache {
    pub(super) fn get(&self, now: Timestamp) -> Option<Secret> {
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, expires) = cached.as_ref()?;
        (now.saturating_add(MARGIN).ok()? < *expires).then(|| token.clone())
    }

    pub(super) fn put(&self, token: Secret, expires: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((token, expires));
    }

    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
