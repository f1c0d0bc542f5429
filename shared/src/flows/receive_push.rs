//! From a webhook delivery to a message in the queue, in milliseconds.
//!
//! Nothing of a delivery is read before its signature is verified, over exactly the bytes that came.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::ports::{Clock, PortError, QueueMessage, ReadSecrets, Secret, SendMessages};
use crate::domain::sha256::Sha256;
use crate::domain::sync::push::{DeliveryVerdict, WatchedBranch, judge};

/// Largest body that is looked at: what a function URL lets through.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const BODY_LIMIT_BYTES: usize = 6 * 1024 * 1024;
/// A signature that no known secret made has the secret read again, but not more often than this.
const LEAST_REREAD: SignedDuration = SignedDuration::from_secs(30);
/// Group of all messages to the sync, those of the schedule too: one queue serves one branch, and one sync runs at a
/// time.
pub const MESSAGE_GROUP: &str = "branch";

/// A delivery as it came.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Header `X-GitHub-Event`.
    pub event: Option<&'a str>,
    /// Header `X-GitHub-Delivery`.
    pub id: Option<&'a str>,
    /// Header `X-Hub-Signature-256`.
    pub signature: Option<&'a str>,
    /// Header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The bytes of the body.
    pub body: &'a [u8],
}

/// What the sender is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryAnswer {
    /// 202: a sync will run.
    Queued,
    /// 200: nothing follows, for this reason.
    Ignored(String),
    /// 400: this is no delivery of GitHub's.
    Malformed(String),
    /// 401: the signature is missing or wrong.
    Unsigned(String),
    /// 413: larger than [`BODY_LIMIT_BYTES`].
    TooLarge,
    /// 503: secret or queue cannot be reached; the schedule makes up for the delivery.
    Unavailable(String),
}

/// Verifies a delivery's signature.
pub trait VerifySignature {
    /// Whether `signature` was made over exactly `body` with one of the secrets, which are the lines of `secret`.
    fn verify(&self, secret: &Secret, body: &[u8], signature: &str) -> bool;
}

/// The webhook's secret, kept between deliveries and read again when a signature does not fit: it may have been
/// replaced.
pub struct WebhookSecret {
    arn: String,
    known: Mutex<Option<(Secret, Timestamp)>>,
}

impl WebhookSecret {
    /// The secret with this ARN, not read yet.
    pub fn new(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            known: Mutex::new(None),
        }
    }

    fn known(&self) -> Option<(Secret, Timestamp)> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn read(&self, secrets: &impl ReadSecrets, now: Timestamp) -> Result<Secret, PortError> {
        let secret = secrets.read_secret(&self.arn).await?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Some((secret.clone(), now));
        Ok(secret)
    }

    /// Whether the signature is good; reads the secret where that is needed to know.
    async fn is_good(
        &self,
        secrets: &impl ReadSecrets,
        verifier: &impl VerifySignature,
        now: Timestamp,
        body: &[u8],
        signature: &str,
    ) -> Result<bool, PortError> {
        if let Some((secret, read)) = self.known() {
            if verifier.verify(&secret, body, signature) {
                return Ok(true);
            }
            if now.duration_since(read) < LEAST_REREAD {
                return Ok(false);
            }
        }
        let secret = self.read(secrets, now).await?;
        Ok(verifier.verify(&secret, body, signature))
    }
}

/// Answers one delivery, and queues a message when the watched branch moved.
pub async fn receive_push(
    queue: &impl SendMessages,
    secrets: &impl ReadSecrets,
    verifier: &impl VerifySignature,
    clock: &impl Clock,
    secret: &WebhookSecret,
    watched: &WatchedBranch,
    delivery: Delivery<'_>,
) -> DeliveryAnswer {
    if delivery.body.len() > BODY_LIMIT_BYTES {
        return DeliveryAnswer::TooLarge;
    }
    let Some(signature) = delivery.signature else {
        let reason = "the header X-Hub-Signature-256 is missing: set a secret at the webhook";
        return DeliveryAnswer::Unsigned(reason.to_owned());
    };
    match secret
        .is_good(secrets, verifier, clock.now(), delivery.body, signature)
        .await
    {
        Ok(true) => {}
        Ok(false) => {
            let reason = "the signature was made with another secret, or over other bytes";
            return DeliveryAnswer::Unsigned(reason.to_owned());
        }
        Err(error) => {
            tracing::error!("cannot verify a delivery: {error}");
            return DeliveryAnswer::Unavailable("the webhook's secret cannot be read".to_owned());
        }
    }
    let Some(event) = delivery.event else {
        return DeliveryAnswer::Malformed("the header X-GitHub-Event is missing".to_owned());
    };
    let id = delivery.id.unwrap_or_default();
    let payload = payload(delivery.content_type, delivery.body);
    match judge(event, id, &payload, watched) {
        DeliveryVerdict::Ignore(reason) => DeliveryAnswer::Ignored(reason),
        DeliveryVerdict::Malformed(reason) => DeliveryAnswer::Malformed(reason),
        DeliveryVerdict::Sync(request) => {
            // Only the body is signed: whoever captured one delivery could send it again under ever new ids, and gets
            // one message in the five minutes for which SQS remembers the mark. A redelivery has the same body. So do no
            // two pushes: each body names the commits before and after and the second of the push. The commit alone
            // would be the wrong mark: a branch that is reset to a commit within minutes names it twice.
            //
            // Source: <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html>
            let message = QueueMessage {
                body: serde_json::to_string(&request).unwrap_or_default(),
                group: MESSAGE_GROUP.to_owned(),
                deduplication: Sha256::of(delivery.body).to_string(),
            };
            match queue.send(message).await {
                Ok(()) => DeliveryAnswer::Queued,
                Err(error) => {
                    tracing::error!("cannot queue a push: {error}");
                    DeliveryAnswer::Unavailable("the push cannot be queued".to_owned())
                }
            }
        }
    }
}

/// The JSON of a delivery: the body, or the field `payload` of a form.
fn payload<'a>(content_type: Option<&str>, body: &'a [u8]) -> Cow<'a, [u8]> {
    // Names of media types are told apart without regard to case, and parameters may follow.
    let kind = content_type.and_then(|kind| kind.split(';').next()).unwrap_or_default();
    let is_form = kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded");
    if !is_form {
        return Cow::Borrowed(body);
    }
    let field = body
        .split(|byte| *byte == b'&')
        .find_map(|field| field.strip_prefix(b"payload="));
    let spaced: Vec<u8> = field
        .unwrap_or_default()
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    Cow::Owned(percent_encoding::percent_decode(&spaced).collect())
}

#[cfg(test)]
mod tests;
