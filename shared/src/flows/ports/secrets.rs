//! Secrets.

use std::fmt;

use super::PortError;

/// A secret text, which neither `Debug` nor `Display` shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Whoever calls this must not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// Reads secrets.
pub trait ReadSecrets {
    /// The current text of the secret.
    ///
    /// # Errors
    ///
    /// When it does not exist or cannot be read.
    async fn read_secret(&self, arn: &str) -> Result<Secret, PortError>;
}
