//! Who may give a pipeline its role.

use serde_json::Value;

use super::Shared;
use crate::codepipeline::engine::effects::Failure;
use crate::codepipeline::error::ApiError;

/// Whoever declares a pipeline must be allowed to pass its role, and CodePipeline to assume it.
pub(super) async fn passable(shared: &Shared, caller: &str, role: &Value) -> Result<(), ApiError> {
    let Some(role) = role.as_str().filter(|role| !role.is_empty()) else {
        return Ok(());
    };
    let aws = shared.driver.aws();
    let silent = |failure: Failure| ApiError::new("ServiceUnavailable", failure.message);
    if !aws.may_pass(caller, role).await.map_err(silent)? {
        let words = format!("User: {caller} is not authorized to perform: iam:PassRole on resource: {role}");
        return Err(ApiError::new("AccessDeniedException", words));
    }
    match aws.session(role, None).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.code == "PermissionError" => {
            Err(ApiError::new("InvalidStructureException", failure.message))
        }
        Err(failure) => Err(silent(failure)),
    }
}
