//! Messages to people.

use super::PortError;

/// Tells people through a topic.
pub trait Notify {
    /// Publishes a message: `subject` at most 100 ASCII characters without line breaks, `body` at most 256 KB.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn publish(&self, topic_arn: &str, subject: &str, body: &str) -> Result<(), PortError>;
}
