//! What a caller is told when a request is refused: AWS's error codes, with a sentence that says what to do.

use serde_json::{Value, json};

/// A refusal, as AWS's JSON 1.1 protocol carries it: an error code and a message.
///
/// Codes: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/CommonErrors.html> and each operation's page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct ApiError {
    /// AWS's code, such as `PipelineNotFoundException`.
    pub code: &'static str,
    /// What is wrong and what to do.
    pub message: String,
}

impl ApiError {
    /// A refusal with AWS's code.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// A request that breaks a rule of the interface.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new("ValidationException", message)
    }

    /// A pipeline that does not exist.
    pub fn no_pipeline(account: &str, name: &str) -> Self {
        Self::new(
            "PipelineNotFoundException",
            format!("Account '{account}' does not have a pipeline with name '{name}'"),
        )
    }

    /// A stage that the pipeline does not have.
    pub fn no_stage(pipeline: &str, stage: &str) -> Self {
        Self::new(
            "StageNotFoundException",
            format!("Pipeline '{pipeline}' does not have a stage with name '{stage}'"),
        )
    }

    /// Something that AWS does and this engine does not.
    pub fn not_emulated(what: &str) -> Self {
        Self::validation(format!(
            "{what} is not emulated by the local CodePipeline engine; local/CODEPIPELINE.md lists what is"
        ))
    }

    /// The body of the answer.
    pub fn body(&self) -> Value {
        json!({ "__type": self.code, "message": self.message })
    }
}
