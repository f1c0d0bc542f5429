//! Begins the execution, once every check has passed.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ExecutePorts, Run, executed, follow, has_begun, read_claim, refuse};
use crate::domain::actions::APPLY_STAGE;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::claim::Claim;
use crate::domain::guard::Refusal;
use crate::domain::job::JobOutcome;
use crate::domain::keys;
use crate::domain::retry::Retry;
use crate::domain::stack_policy;
use crate::flows::FlowError;
use crate::flows::ports::{
    Clock, ControlPipelines, ExecuteChangeSets, NewObject, PortErrorKind, ReadChangeSets, ReadObjects, ReadPipelines,
    ReadStacks, WriteCondition, WriteObjects, WriteStackPolicies,
};

/// Claims the run, sets the stack policy where it differs, and executes the change set.
pub(super) async fn start<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    change_set: Option<&ChangeSetDescription>,
) -> Result<JobOutcome, FlowError>
where
    C: ReadChangeSets + ReadStacks + ExecuteChangeSets + WriteStackPolicies,
    P: ReadPipelines + ControlPipelines,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    if let Err(refusal) = claim(ports.evidence, run).await? {
        return refuse(ports, run, &refusal).await;
    }
    let stack = run.planned.stack_id.as_deref().unwrap_or(&run.planned.stack_name);
    if !run.is_create() {
        set_policy(ports.cloudformation, run, stack).await?;
    }
    let Some(change_set) = change_set else {
        return policy_only(ports, run, stack).await;
    };
    let arn = &change_set.change_set_id;
    tracing::info!(
        "changeset.arn" = arn,
        "stack.name" = run.planned.stack_name,
        "executing the change set"
    );
    match ports
        .cloudformation
        .execute_change_set(change_set.into(), &run.request_token())
        .await
    {
        Ok(()) => {}
        // Whether it has begun is not known; the next delivery looks.
        Err(error) if error.is_transient() => return Err(error.into()),
        Err(error) => {
            let now = ports.cloudformation.change_set(change_set.into()).await?;
            match now {
                // Another delivery of this job was faster.
                Some(now) if has_begun(&now) => return follow::follow(ports, run, &now).await,
                _ => {
                    follow::put_policy_back(ports.cloudformation, run, stack).await?;
                    return Err(error.into());
                }
            }
        }
    }
    Ok(follow::continued("the execution began".to_owned(), 0))
}

/// Makes the run this guard's to execute. From here on no newer run supersedes it.
async fn claim(evidence: &(impl ReadObjects + WriteObjects), run: &Run) -> Result<Result<(), Refusal>, FlowError> {
    let bytes =
        serde_json::to_vec(&Claim::Executing).map_err(|error| FlowError::job(format!("writing the claim: {error}")))?;
    let object = NewObject {
        key: keys::claim(&run.proven.pipeline, &run.proven.execution),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Ok(_) => return Ok(Ok(())),
        Err(error) if error.kind == PortErrorKind::Conflict => {}
        Err(error) => return Err(error.into()),
    }
    match read_claim(evidence, run).await? {
        // Written by an earlier delivery of this job.
        Some(Claim::Executing) => Ok(Ok(())),
        Some(Claim::Superseded { by }) => Ok(Err(Refusal::Superseded { by })),
        None => Err(FlowError::NotYet("the claim of this run is being written".to_owned())),
    }
}

/// Sets the policy that the gate wants, where the stack has another.
pub(super) async fn set_policy(
    cloudformation: &(impl ReadStacks + WriteStackPolicies),
    run: &Run,
    stack: &str,
) -> Result<(), FlowError> {
    let Some(wanted) = run.proven.gate.stack_policy.as_deref() else {
        return Ok(());
    };
    let actual = cloudformation.stack_policy(stack).await?;
    if let Some(policy) = stack_policy::to_set(Some(wanted), actual.as_deref()) {
        cloudformation.set_stack_policy(stack, policy).await?;
    }
    Ok(())
}

/// Ends a run that changes nothing but the stack policy, which is set by now.
async fn policy_only<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    stack: &str,
) -> Result<JobOutcome, FlowError>
where
    C: ReadStacks,
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    let now = ports.cloudformation.stack(stack).await?.unwrap_or_default();
    executed::write(ports, run, now.last_updated.or(now.created)).await?;
    Ok(follow::succeeded(
        run,
        "policy-only",
        &now.status,
        "the stack policy was set".to_owned(),
    ))
}

/// Notes that the stage of `run` is to be retried when the window opens.
pub(super) async fn note_retry<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    opens: Timestamp,
) -> Result<(), FlowError>
where
    E: WriteObjects,
{
    let retry = Retry {
        version: 1,
        pipeline: run.proven.pipeline.clone(),
        stage: APPLY_STAGE.to_owned(),
        execution: run.proven.execution.clone(),
        opens: opens.to_string(),
    };
    let bytes = serde_json::to_vec(&retry)
        .map_err(|error| FlowError::job(format!("writing the note of the retry: {error}")))?;
    let object = NewObject {
        key: keys::retry(&run.proven.pipeline),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    ports.evidence.put(object).await?;
    Ok(())
}
