//! The artifacts of one job.

use super::PortError;

/// Reads and writes the artifacts of one job, with the credentials that the job brought.
pub trait JobArtifacts {
    /// The one file in the ZIP of the input artifact `name`, at most `limit_bytes` long.
    ///
    /// # Errors
    ///
    /// When the job has no such artifact, the object cannot be read, or it is not a ZIP of one file within the bound.
    async fn read(&self, name: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError>;

    /// Writes `content` as the one file `file` in the ZIP of the output artifact `name`.
    ///
    /// # Errors
    ///
    /// When the job has no such artifact or the object cannot be written.
    async fn write(&self, name: &str, file: &str, content: &[u8]) -> Result<(), PortError>;
}
