//! The stack that Changegate is deployed as.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_cloudformation::error::DisplayErrorContext;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, Parameter, ResourceStatus, StackStatus,
};
use tokio::time::sleep;

use super::{ENVIRONMENT, MAILBOX, STACK};
use crate::aws::Aws;
use crate::state::State;

/// Outputs of the stack, by name.
pub type Outputs = BTreeMap<String, String>;

const CHANGE_SET: &str = "deploy";
const PAUSE: Duration = Duration::from_millis(200);
const ATTEMPTS: usize = 600;

/// Why the stack does not stand.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// A call failed.
    #[error("{call}: {said}")]
    Call {
        /// The call.
        call: &'static str,
        /// What CloudFormation said.
        said: String,
    },
    /// The change set could not be made.
    #[error("CloudFormation does not take template.yaml: {0}")]
    ChangeSet(String),
    /// A resource could not be made.
    #[error("deploying template.yaml ended in {status}: {reasons}")]
    Failed {
        /// Status of the stack.
        status: String,
        /// Why, one clause for each resource.
        reasons: String,
    },
    /// It took too long.
    #[error("deploying template.yaml took too long")]
    Slow,
    /// There is no stack.
    #[error("Changegate is not deployed; `cargo local up` deploys it")]
    Missing,
}

/// The parameters of `template.yaml` for this machine.
pub fn parameters(state: &State) -> BTreeMap<&'static str, String> {
    BTreeMap::from([
        ("Environment", ENVIRONMENT.to_owned()),
        ("GitHubRepository", state.repository.clone()),
        ("GitHubBranch", state.branch.clone()),
        ("GitHubToken", state.functions_token.clone()),
        ("WebhookSecret", state.webhook_secret.clone()),
        ("GitHubApiUrl", format!("{}/api/v3", state.git_host)),
        ("GitHubWebUrl", state.git_host.clone()),
        ("ReviewUrl", format!("{}/_local/reviews/", state.git_host)),
        ("NotificationEmail", MAILBOX.to_owned()),
        (
            "Architecture",
            if cfg!(target_arch = "aarch64") {
                "arm64"
            } else {
                "x86_64"
            }
            .to_owned(),
        ),
    ])
}

/// Creates the stack and waits until it stands.
///
/// # Errors
///
/// When CloudFormation refuses the template, or a resource fails.
pub async fn create(aws: &Aws, template_url: &str, parameters: &BTreeMap<&str, String>) -> Result<(), StackError> {
    let client = &aws.cloudformation;
    client
        .create_change_set()
        .stack_name(STACK)
        .change_set_name(CHANGE_SET)
        .change_set_type(ChangeSetType::Create)
        .template_url(template_url)
        .set_capabilities(Some(vec![
            Capability::CapabilityIam,
            Capability::CapabilityNamedIam,
            Capability::CapabilityAutoExpand,
        ]))
        .set_parameters(Some(
            parameters
                .iter()
                .map(|(key, value)| Parameter::builder().parameter_key(*key).parameter_value(value).build())
                .collect(),
        ))
        .send()
        .await
        .map_err(|error| call("CreateChangeSet", &error))?;
    wait_for_change_set(aws).await?;
    client
        .execute_change_set()
        .stack_name(STACK)
        .change_set_name(CHANGE_SET)
        .send()
        .await
        .map_err(|error| call("ExecuteChangeSet", &error))?;
    wait_for_stack(aws).await
}

fn call(call: &'static str, error: &(dyn std::error::Error + 'static)) -> StackError {
    StackError::Call {
        call,
        said: DisplayErrorContext(error).to_string(),
    }
}

async fn wait_for_change_set(aws: &Aws) -> Result<(), StackError> {
    for _ in 0..ATTEMPTS {
        let described = aws
            .cloudformation
            .describe_change_set()
            .stack_name(STACK)
            .change_set_name(CHANGE_SET)
            .send()
            .await
            .map_err(|error| call("DescribeChangeSet", &error))?;
        match described.status {
            Some(ChangeSetStatus::CreateComplete) => return Ok(()),
            Some(ChangeSetStatus::Failed) => {
                return Err(StackError::ChangeSet(described.status_reason.unwrap_or_default()));
            }
            _ => sleep(PAUSE).await,
        }
    }
    Err(StackError::Slow)
}

async fn wait_for_stack(aws: &Aws) -> Result<(), StackError> {
    for _ in 0..ATTEMPTS {
        let described = aws
            .cloudformation
            .describe_stacks()
            .stack_name(STACK)
            .send()
            .await
            .map_err(|error| call("DescribeStacks", &error))?;
        let status = described.stacks().first().and_then(|stack| stack.stack_status.clone());
        match status {
            Some(StackStatus::CreateComplete) => return Ok(()),
            Some(status) if !status.as_str().ends_with("_IN_PROGRESS") => {
                let reasons = failures(aws).await?;
                return Err(StackError::Failed {
                    status: status.as_str().to_owned(),
                    reasons,
                });
            }
            _ => sleep(PAUSE).await,
        }
    }
    Err(StackError::Slow)
}

async fn failures(aws: &Aws) -> Result<String, StackError> {
    let events = aws
        .cloudformation
        .describe_stack_events()
        .stack_name(STACK)
        .send()
        .await
        .map_err(|error| call("DescribeStackEvents", &error))?;
    let failed: Vec<String> = events
        .stack_events()
        .iter()
        .filter(|event| {
            matches!(
                event.resource_status,
                Some(ResourceStatus::CreateFailed | ResourceStatus::UpdateFailed)
            )
        })
        .map(|event| {
            format!(
                "{}: {}",
                event.logical_resource_id().unwrap_or_default(),
                event.resource_status_reason().unwrap_or_default()
            )
        })
        .collect();
    Ok(failed.join("; "))
}

/// The stack's outputs.
///
/// # Errors
///
/// When there is no stack.
pub async fn outputs(aws: &Aws) -> Result<Outputs, StackError> {
    let described = aws
        .cloudformation
        .describe_stacks()
        .stack_name(STACK)
        .send()
        .await
        .map_err(|_| StackError::Missing)?;
    let stack = described.stacks().first().ok_or(StackError::Missing)?;
    Ok(stack
        .outputs()
        .iter()
        .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
        .collect())
}
