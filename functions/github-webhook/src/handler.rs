//! From a request to the function URL to its answer.

use std::convert::Infallible;
use std::time::Duration;

use changegate::aws::connect;
use changegate::aws::secrets::Secrets;
use changegate::aws::sqs::Queue;
use changegate::flows::ports::{Clock, ReadSecrets, SendMessages};
use changegate::flows::receive_push::{BODY_LIMIT_BYTES, Delivery, DeliveryAnswer, WebhookSecret, receive_push};
use changegate::github::signature::GitHubSignature;
use changegate::lambda::clock::SystemClock;
use changegate::lambda::url::{SecretsWithin, UrlAnswer, UrlRequest};
use lambda_runtime::LambdaEvent;
use serde_json::json;

use crate::settings::Settings;

/// GitHub gives up after ten seconds; the queue needs its share of them.
///
/// Source: <https://docs.github.com/en/webhooks/using-webhooks/handling-webhook-deliveries>
const SECRET_LIMIT: Duration = Duration::from_secs(4);

/// The function, with what it needs of the world.
pub(crate) struct Webhook<Q, S, C> {
    queue: Q,
    secrets: S,
    clock: C,
    secret: WebhookSecret,
    settings: Settings,
}

impl Webhook<Queue, SecretsWithin<Secrets>, SystemClock> {
    pub(crate) fn connect(settings: Settings) -> Self {
        let aws = connect::load();
        let secrets = SecretsWithin {
            secrets: Secrets::connect(&aws),
            limit: SECRET_LIMIT,
        };
        let queue = Queue::connect(&aws, settings.queue_url.as_str());
        Self::new(queue, secrets, SystemClock, settings)
    }
}

impl<Q: SendMessages, S: ReadSecrets, C: Clock> Webhook<Q, S, C> {
    pub(crate) fn new(queue: Q, secrets: S, clock: C, settings: Settings) -> Self {
        let secret = WebhookSecret::new(settings.secret_arn.as_str());
        Self {
            queue,
            secrets,
            clock,
            secret,
            settings,
        }
    }

    pub(crate) async fn handle(&self, event: LambdaEvent<UrlRequest>) -> Result<UrlAnswer, Infallible> {
        let answer = self.answer(event.payload).await;
        let (status, result, reason) = match answer {
            DeliveryAnswer::Queued => (202, "queued", String::new()),
            DeliveryAnswer::Ignored(reason) => (200, "ignored", reason),
            DeliveryAnswer::Malformed(reason) => (400, "refused", reason),
            DeliveryAnswer::Unsigned(reason) => (401, "refused", reason),
            DeliveryAnswer::TooLarge => (
                413,
                "refused",
                format!("the body is larger than {BODY_LIMIT_BYTES} bytes"),
            ),
            DeliveryAnswer::Unavailable(reason) => (503, "not queued", reason),
        };
        tracing::info!(status, result, reason, "answered a delivery");
        let body = if reason.is_empty() {
            json!({ "result": result })
        } else {
            json!({ "result": result, "reason": reason })
        };
        Ok(UrlAnswer::json(status, &body))
    }

    async fn answer(&self, request: UrlRequest) -> DeliveryAnswer {
        // Base64 takes four characters for three bytes.
        if request.carried_bytes() > BODY_LIMIT_BYTES / 3 * 4 + 4 {
            return DeliveryAnswer::TooLarge;
        }
        if !matches!(request.method(), "POST" | "") {
            return DeliveryAnswer::Malformed("GitHub delivers by POST".to_owned());
        }
        let header = |name| request.header(name).map(str::to_owned);
        let (event, id) = (header("x-github-event"), header("x-github-delivery"));
        let (signature, content_type) = (header("x-hub-signature-256"), header("content-type"));
        let body = match request.into_body() {
            Ok(body) => body,
            Err(error) => return DeliveryAnswer::Malformed(error.to_string()),
        };
        let delivery = Delivery {
            event: event.as_deref(),
            id: id.as_deref(),
            signature: signature.as_deref(),
            content_type: content_type.as_deref(),
            body: &body,
        };
        receive_push(
            &self.queue,
            &self.secrets,
            &GitHubSignature,
            &self.clock,
            &self.secret,
            &self.settings.watched,
            delivery,
        )
        .await
    }
}

#[cfg(test)]
mod tests;
