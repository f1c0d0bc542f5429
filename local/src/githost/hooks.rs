//! Delivers events to webhooks, signed as GitHub signs them.
//!
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use std::sync::Arc;
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;
use uuid::Uuid;

use super::Host;
use super::board::{Delivery, Hook};

/// GitHub waits this long for an answer.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks>
const PATIENCE: Duration = Duration::from_secs(10);

/// The value of `X-Hub-Signature-256`.
pub fn signature(secret: &str, body: &[u8]) -> String {
    // A key of any length is a key of HMAC.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Delivers an event to every webhook that wants it, without making the caller wait.
pub fn announce(host: &Arc<Host>, event: &'static str, payload: &Value) {
    let hooks: Vec<(u64, Hook)> = host
        .board()
        .hooks
        .iter()
        .map(|(id, hook)| (*id, hook.clone()))
        .collect();
    for (id, hook) in hooks {
        if event == "ping" || hook.events.iter().any(|wanted| wanted == event || wanted == "*") {
            let (host, payload) = (Arc::clone(host), payload.clone());
            tokio::spawn(async move { deliver(&host, id, &hook, event, payload, None).await });
        }
    }
}

/// Makes one delivery and keeps its record. `again` is the guid of the delivery that is repeated.
pub async fn deliver(
    host: &Host,
    hook_id: u64,
    hook: &Hook,
    event: &str,
    payload: Value,
    again: Option<String>,
) -> Delivery {
    let redelivery = again.is_some();
    let guid = again.unwrap_or_else(|| Uuid::new_v4().to_string());
    let body = payload.to_string();
    let start = Instant::now();
    let (url, authority) = destination(&hook.url, &host.function_urls);
    let mut request = host
        .client
        .post(url)
        .timeout(PATIENCE)
        .header("Accept", "*/*")
        .header("Content-Type", "application/json")
        .header("User-Agent", "GitHub-Hookshot/local")
        .header("X-GitHub-Delivery", &guid)
        .header("X-GitHub-Event", event)
        .header("X-GitHub-Hook-ID", hook_id)
        .header("X-GitHub-Hook-Installation-Target-Type", "repository")
        .header("X-Hub-Signature-256", signature(&hook.secret, body.as_bytes()));
    if let Some(authority) = authority {
        request = request.header("Host", authority);
    }
    let (status, status_code, answer) = match request.body(body).send().await {
        Ok(answer) => {
            let code = answer.status();
            let reason = code.canonical_reason().unwrap_or("unknown").to_owned();
            (reason, code.as_u16(), answer.text().await.unwrap_or_default())
        }
        Err(error) => (error.without_url().to_string(), 0, String::new()),
    };
    let mut board = host.board();
    let delivery = Delivery {
        id: board.id(),
        guid,
        delivered_at: Timestamp::now(),
        redelivery,
        duration: start.elapsed().as_secs_f64(),
        status,
        status_code,
        event: event.to_owned(),
        hook_id,
        payload,
        answer,
    };
    board.deliveries.push(delivery.clone());
    delivery
}

/// Where a delivery really goes: the emulator serves function URLs on its own port, told apart by the `Host` header.
fn destination(url: &str, function_urls: &str) -> (String, Option<String>) {
    let Some(rest) = url.strip_prefix("https://") else {
        return (url.to_owned(), None);
    };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if authority.contains(".lambda-url.") {
        (format!("{function_urls}/{path}"), Some(authority.to_owned()))
    } else {
        (url.to_owned(), None)
    }
}

#[cfg(test)]
mod tests {
    use super::{destination, signature};

    #[test]
    fn the_signature_is_the_one_in_githubs_documentation() {
        // https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
        assert_eq!(
            signature("It's a Secret to Everybody", b"Hello, World!"),
            "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        );
    }

    #[test]
    fn function_urls_go_to_the_emulator() {
        assert_eq!(
            destination("https://abc.lambda-url.eu-west-1.on.aws/hook", "http://127.0.0.1:4566"),
            (
                "http://127.0.0.1:4566/hook".to_owned(),
                Some("abc.lambda-url.eu-west-1.on.aws".to_owned())
            )
        );
        assert_eq!(
            destination("http://127.0.0.1:9/x", "http://127.0.0.1:4566"),
            ("http://127.0.0.1:9/x".to_owned(), None)
        );
    }
}
