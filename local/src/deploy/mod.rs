//! Deploys `template.yaml` with the functions of this repository, as `sam build` and `sam deploy` would.

pub mod build;
pub mod hook;
pub mod package;
pub mod stack;

use crate::aws::Aws;
use crate::places::Places;
use crate::progress::Progress;
use crate::state::State;

/// Name of the stack that Changegate is deployed as.
pub const STACK: &str = "changegate";
/// Environment that the demo's repository is read for.
pub const ENVIRONMENT: &str = "production";
/// Whom the topic tells; its mail is written to files.
pub const MAILBOX: &str = "reviewers@example.com";

/// Why Changegate could not be deployed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The functions could not be built.
    #[error(transparent)]
    Build(#[from] build::BuildError),
    /// The functions could not be packaged.
    #[error(transparent)]
    Package(#[from] package::PackageError),
    /// CloudFormation did not take the template.
    #[error(transparent)]
    Stack(#[from] stack::StackError),
    /// The webhook could not be registered.
    #[error(transparent)]
    Hook(#[from] hook::HookError),
}

/// Packages the built functions, creates the stack and registers the webhook. Gives the stack's outputs.
///
/// # Errors
///
/// When a step fails.
pub async fn deploy(
    places: &Places,
    state: &State,
    aws: &Aws,
    progress: &Progress,
) -> Result<stack::Outputs, DeployError> {
    let functions = build::functions(places)?;
    progress.step("packaging the functions");
    let template = package::package(places, aws, &functions).await?;
    progress.step("deploying template.yaml with CloudFormation");
    stack::create(aws, &template, &stack::parameters(state)).await?;
    let outputs = stack::outputs(aws).await?;
    hook::register(state, &outputs).await?;
    progress.step("Changegate is deployed");
    Ok(outputs)
}
