//! Follows an execution until the stack rests, by continuing.

use std::collections::BTreeMap;

use super::{ExecutePorts, Run, executed, nested, start};
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::failure::{Ending, FailedResource, FailureReport, StackRef, line_of_resource};
use crate::domain::job::{FailureKind, JobOutcome};
use crate::domain::operation::{Operation, operation_of};
use crate::domain::progress::Progress;
use crate::domain::stack_event::StackEvent;
use crate::domain::stack_policy;
use crate::flows::FlowError;
use crate::flows::ports::{Clock, ReadObjects, ReadStacks, Stack, WriteObjects, WriteStackPolicies};

/// Token of a delivery that follows an execution.
const FOLLOWS: &str = "follow";

/// One look at an execution that has begun.
pub(super) async fn follow<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    change_set: &ChangeSetDescription,
) -> Result<JobOutcome, FlowError>
where
    C: ReadStacks + WriteStackPolicies,
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    let stack_id = change_set.stack_id.as_str();
    let Some(stack) = ports.cloudformation.stack(stack_id).await? else {
        return fail(ports, run, &Stack::default(), &[]).await;
    };
    let events = events_of(ports.cloudformation, run, stack_id).await?;
    match operation_of(stack_id, &change_set.execution_status, &stack.status, &events) {
        Operation::Running => {
            let changes = change_set
                .changes
                .iter()
                .filter(|change| change.resource_change.is_some());
            let progress = Progress::of(stack_id, &events, changes.count());
            Ok(continued(progress.to_string(), progress.percent()))
        }
        Operation::Succeeded => {
            if run.is_create() {
                start::set_policy(ports.cloudformation, run, stack_id).await?;
            }
            let status = stack.status.clone();
            executed::write(ports, run, stack.last_updated.or(stack.created)).await?;
            let summary = format!("stack {} is {status}", run.planned.stack_name);
            Ok(succeeded(run, "executed", &status, summary))
        }
        Operation::Failed => fail(ports, run, &stack, &events).await,
    }
}

/// The events of this execution, newest first.
async fn events_of(stacks: &impl ReadStacks, run: &Run, stack_id: &str) -> Result<Vec<StackEvent>, FlowError> {
    let token = run.request_token();
    let is_ours = |event: &StackEvent| event.client_request_token.as_deref() == Some(token.as_str());
    // The first event of an execution is the stack's own; nothing older is of interest.
    let is_first = |event: &StackEvent| {
        is_ours(event)
            && event.physical_id == stack_id
            && matches!(event.status.as_str(), "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS")
    };
    let mut events = stacks.stack_events(stack_id, &is_first).await?;
    events.retain(is_ours);
    Ok(events)
}

/// Ends the action with the first cause, after the former stack policy was put back.
async fn fail<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    stack: &Stack,
    events: &[StackEvent],
) -> Result<JobOutcome, FlowError>
where
    C: ReadStacks + WriteStackPolicies,
{
    if !stack.id.is_empty() {
        put_policy_back(ports.cloudformation, run, &stack.id).await?;
    }
    let (resource, reason) = nested::cause(ports.cloudformation, stack, events).await?;
    let place = resource.as_ref().and_then(|resource| place_of(run, resource));
    let report = FailureReport {
        resource,
        reason,
        place,
        ending: Ending::of(
            StackRef::new(&run.planned.stack_name, &stack.id),
            &stack.status,
            nested::resources_to_skip(ports.cloudformation, &stack.id, events).await?,
        ),
    };
    Ok(JobOutcome::Failed {
        kind: FailureKind::JobFailed,
        message: report.to_string(),
        external_execution_id: run.planned.change_set_arn.clone(),
    })
}

/// Where a resource of the root stack stands in the template.
fn place_of(run: &Run, resource: &FailedResource) -> Option<String> {
    let outermost = resource.within.first().unwrap_or(&resource.logical_id);
    let template = std::str::from_utf8(&run.template).ok()?;
    let path = &run.proven.gate.template;
    Some(format!("{path}:{}", line_of_resource(template, path, outermost)?))
}

/// Puts the stack's former policy back, where this run has replaced it. A stack that was just created keeps its own.
pub(super) async fn put_policy_back(
    cloudformation: &(impl ReadStacks + WriteStackPolicies),
    run: &Run,
    stack: &str,
) -> Result<(), FlowError> {
    let wanted = run.proven.gate.stack_policy.as_deref();
    let former = run.planned.stack_policy_before.as_deref();
    if run.is_create() || stack_policy::to_set(wanted, former).is_none() {
        return Ok(());
    }
    let actual = cloudformation.stack_policy(stack).await?;
    if stack_policy::is_same(wanted, actual.as_deref()) {
        cloudformation
            .set_stack_policy(stack, stack_policy::to_put_back(former))
            .await?;
    }
    Ok(())
}

/// The action waits for the stack to rest.
pub(super) fn continued(summary: String, percent: u8) -> JobOutcome {
    JobOutcome::Continue {
        token: FOLLOWS.to_owned(),
        summary,
        percent: Some(percent),
    }
}

/// The action is done.
pub(super) fn succeeded(run: &Run, result: &str, stack_status: &str, summary: String) -> JobOutcome {
    let variables = [("Result", result), ("StackStatus", stack_status)];
    JobOutcome::Succeeded {
        variables: variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect::<BTreeMap<_, _>>(),
        summary,
        external_execution_id: run.planned.change_set_arn.clone(),
    }
}
