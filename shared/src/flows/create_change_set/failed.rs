//! Why CloudFormation made no change set, told apart and told to a person.

use super::inputs::Inputs;
use super::{Plan, request};
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::job::{FailureKind, JobOutcome};
use crate::domain::planning::{self, Ending};
use crate::flows::FlowError;
use crate::flows::ports::{ChangeSetRef, JobArtifacts, PortError, PortErrorKind, ReadChangeSets};
use crate::flows::prove_job::ProvenJob;

/// How deep nested change sets are followed to the one that failed first.
const MAX_NESTING: usize = 10;

/// The export that a refused `CreateChangeSet` says does not exist.
///
/// # Errors
///
/// Every other refusal, in words that say what to do.
pub(super) fn refused(error: PortError, proven: &ProvenJob, inputs: &Inputs) -> Result<String, FlowError> {
    let (stack, message) = (&proven.gate.stack_name, &error.message);
    let code = error.code.as_deref().unwrap_or_default();
    match error.kind {
        // Another delivery of this job was faster, or a deletion is not over: the next one finds it.
        PortErrorKind::Conflict => return Err(FlowError::NotYet(error.to_string())),
        PortErrorKind::Refused => {}
        PortErrorKind::Denied => {
            let macros = request::of_macros(inputs);
            return Err(match macros.as_str() {
                "" => error.into(),
                macros => FlowError::permission(format!("{error}{macros}")),
            });
        }
        _ => return Err(error.into()),
    }
    if let Some(export) = planning::missing_export(message) {
        return Ok(export.to_owned());
    }
    if message.contains("_IN_PROGRESS state and can not be updated") {
        return Err(FlowError::NotYet(error.to_string()));
    }
    if code.starts_with("InsufficientCapabilities") || planning::is_missing_capability(message) {
        let text = request::missing_capability(message, &proven.gate, inputs);
        return Err(FlowError::configuration(text));
    }
    if code == "LimitExceededException" {
        return Err(FlowError::job(limit(stack, message)));
    }
    if message.contains("cannot be assumed") {
        return Err(FlowError::permission(format!(
            "CloudFormation cannot work as the deployer of stack `{stack}`: {message}. Let the role trust \
             cloudformation.amazonaws.com, or name another `deployer` in changegate.yaml; then retry this stage"
        )));
    }
    let what_to_do = planning::unplannable_nested_stack(message).unwrap_or("Correct it in a new commit");
    let macros = request::of_macros(inputs);
    Err(FlowError::configuration(format!(
        "CloudFormation refused the template or the configuration of stack `{stack}`: {message}. {what_to_do}{macros}"
    )))
}

/// A limit of CloudFormation: of change sets a stack, or of stacks a region.
fn limit(stack: &str, message: &str) -> String {
    if message.contains("ChangeSet limit") {
        format!(
            "creating the change set of stack `{stack}`: {message}. CloudFormation keeps at most 1,000 change sets a \
             stack, failed ones included: delete old ones (`aws cloudformation list-change-sets --stack-name {stack}`, \
             `aws cloudformation delete-change-set`), then retry this stage"
        )
    } else {
        format!(
            "creating the change set of stack `{stack}`: {message}. Delete what is not needed, or have the quota raised \
             (`aws service-quotas list-service-quotas --service-code cloudformation`), then retry this stage"
        )
    }
}

/// What became of a change set, and the change set that says why: where nested ones failed, the innermost.
pub(super) struct Become {
    /// What became of the whole.
    pub ending: Ending,
    /// ARN of the change set that says why.
    pub reason_of: String,
}

/// Reads what became of a change set; of one that failed for a nested one, why that failed.
pub(super) async fn become_of(
    cloudformation: &impl ReadChangeSets,
    set: &ChangeSetDescription,
) -> Result<Become, PortError> {
    let mut found = Become {
        ending: planning::ending(set),
        reason_of: set.change_set_id.clone(),
    };
    let mut reason = match &found.ending {
        Ending::Failed(reason) => reason.clone(),
        _ => return Ok(found),
    };
    for _ in 0..MAX_NESTING {
        let Some(arn) = planning::failed_nested_set(&reason) else {
            break;
        };
        let nested = match cloudformation.change_set(ChangeSetRef::nested(arn)).await {
            Ok(Some(nested)) => nested,
            Ok(None) => break,
            Err(error) if error.is_transient() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "why a nested change set failed cannot be read");
                break;
            }
        };
        match planning::ending(&nested) {
            Ending::Failed(inner) => {
                found.ending = Ending::Failed(format!("in the nested stack `{}`: {inner}", nested.stack_name));
                found.reason_of = nested.change_set_id;
                reason = inner;
            }
            blocked @ Ending::Blocked { .. } => {
                found.ending = blocked;
                break;
            }
            _ => break,
        }
    }
    Ok(found)
}

/// Ends because CloudFormation plans nothing for a stack that does not exist yet.
pub(super) fn empty(set: &ChangeSetDescription) -> JobOutcome {
    JobOutcome::Failed {
        kind: FailureKind::Configuration,
        message: format!(
            "there is nothing to create stack `{}` from: with this configuration the conditions of its template leave \
             every resource out. Correct the configuration, or give the template a resource without a condition (an \
             `AWS::CloudFormation::WaitConditionHandle` costs nothing), in a new commit",
            set.stack_name
        ),
        external_execution_id: Some(set.change_set_id.clone()),
    }
}

/// Ends because CloudFormation could not make the change set `set`; the one at `reason_of` has the findings.
pub(super) async fn end(
    cloudformation: &impl ReadChangeSets,
    plan: &Plan<'_, impl JobArtifacts>,
    set: ChangeSetDescription,
    reason_of: &str,
    reason: &str,
) -> Result<JobOutcome, FlowError> {
    let gate = &plan.proven.gate;
    let message = if planning::is_missing_capability(reason) {
        request::missing_capability(reason, gate, plan.inputs)
    } else {
        let events = match cloudformation.change_set_events(reason_of).await {
            Ok(events) => events,
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => {
                // The change set's own reason is better than none.
                tracing::warn!(%error, "the findings of CloudFormation's validation cannot be read");
                Vec::new()
            }
        };
        request::refusal(&gate.stack_name, reason, &events, plan.inputs)
    };
    Ok(JobOutcome::Failed {
        kind: FailureKind::Configuration,
        message,
        external_execution_id: Some(set.change_set_id),
    })
}
