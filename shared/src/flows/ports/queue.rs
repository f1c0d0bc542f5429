//! The queue between the webhook and the sync.

use super::PortError;

/// A message to put into a FIFO queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueMessage {
    /// Text.
    pub body: String,
    /// Messages of one group are delivered one after the other.
    pub group: String,
    /// A second message with the same id within five minutes is dropped by the queue.
    pub deduplication: String,
}

/// Puts messages into one queue.
pub trait SendMessages {
    /// Puts a message into the queue.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn send(&self, message: QueueMessage) -> Result<(), PortError>;
}

/// Changes when a message that is being worked on is delivered again.
pub trait PostponeMessages {
    /// Makes the message of this receipt visible again after `seconds`.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn postpone(&self, receipt: &str, seconds: u32) -> Result<(), PortError>;
}

/// A message that was taken from a queue.
#[derive(Clone, PartialEq, Eq)]
pub struct TakenMessage {
    /// Text. It may hold credentials, so it has no `Debug`.
    pub body: String,
    /// With which it is removed.
    pub receipt: String,
}

/// Takes messages from one queue.
pub trait TakeMessages {
    /// Some of the messages that wait, at most ten; empty when there are none. One that is not removed comes again.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn take(&self) -> Result<Vec<TakenMessage>, PortError>;

    /// Removes the message of this receipt.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn remove(&self, receipt: &str) -> Result<(), PortError>;
}
