//! Registers the webhook at the Git host, with the calls of GitHub's interface.

use serde_json::json;

use super::stack::Outputs;
use crate::http;
use crate::state::State;

/// Why there is no webhook.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// The stack names no URL.
    #[error("the stack has no output WebhookUrl; template.yaml must have one")]
    NoUrl,
    /// The Git host said no.
    #[error("registering the webhook at the Git host: {0}")]
    Refused(String),
}

/// Registers the webhook.
///
/// # Errors
///
/// When the stack has no URL for it, or the Git host refuses.
pub async fn register(state: &State, outputs: &Outputs) -> Result<(), HookError> {
    let url = outputs.get("WebhookUrl").ok_or(HookError::NoUrl)?;
    let answer = http::client()
        .post(format!("{}/api/v3/repos/{}/hooks", state.git_host, state.repository))
        .bearer_auth(&state.people_token)
        .json(&json!({
            "name": "web",
            "active": true,
            "events": ["push"],
            "config": { "url": url, "content_type": "json", "secret": state.webhook_secret },
        }))
        .send()
        .await
        .map_err(|error| HookError::Refused(error.to_string()))?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(HookError::Refused(format!(
        "{} {}",
        answer.status(),
        answer.text().await.unwrap_or_default()
    )))
}
