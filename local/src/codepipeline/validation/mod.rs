//! Whether a declaration is one that CodePipeline takes, and one that this engine can run.
//!
//! Rules: <https://docs.aws.amazon.com/codepipeline/latest/userguide/reference-pipeline-structure.html>,
//! limits: <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>.

mod actions;
mod conditions;
mod structure;
#[cfg(test)]
mod tests;
mod variables;

use super::declaration::Declaration;
use super::error::ApiError;

/// Checks everything about a declaration.
///
/// # Errors
///
/// `ValidationException`, `InvalidStructureException`, `InvalidStageDeclarationException`,
/// `InvalidActionDeclarationException`.
pub fn validate(declaration: &Declaration) -> Result<(), ApiError> {
    structure::check(declaration)?;
    actions::check(declaration)?;
    conditions::check(declaration)?;
    variables::check(declaration)
}

/// 1 to 100 letters, digits and `.@-_`.
pub fn is_name(text: &str) -> bool {
    bounded(text, 100, |letter| {
        letter.is_ascii_alphanumeric() || ".@-_".contains(letter)
    })
}

fn bounded(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.chars().count() <= longest && text.chars().all(allowed)
}

fn structure(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidStructureException", message)
}

fn stage_declaration(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidStageDeclarationException", message)
}

fn action_declaration(message: impl Into<String>) -> ApiError {
    ApiError::new("InvalidActionDeclarationException", message)
}
