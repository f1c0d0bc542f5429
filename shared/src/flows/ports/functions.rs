//! Functions of the account.

use super::PortError;
use crate::domain::release::DeployedCode;

/// Reads which code functions run.
pub trait ReadFunctions {
    /// The code that the function of this name runs; `None` when there is no such function.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn function_code(&self, name: &str) -> Result<Option<DeployedCode>, PortError>;
}
