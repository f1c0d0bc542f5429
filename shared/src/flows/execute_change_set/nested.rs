//! What went wrong, looked for in nested stacks as well.

use std::collections::VecDeque;

use crate::domain::failure::{Cause, FailedResource, first_cause, rollback_failures};
use crate::domain::stack_event::StackEvent;
use crate::flows::FlowError;
use crate::flows::ports::{ReadStacks, Stack};

/// How deep nested stacks are looked into.
const MAX_NESTING: usize = 8;

/// The first cause, looked for in nested stacks as well.
pub(super) async fn cause(
    stacks: &impl ReadStacks,
    stack: &Stack,
    events: &[StackEvent],
) -> Result<(Option<FailedResource>, String), FlowError> {
    let began = began(events);
    let mut found = first_cause(&stack.id, events);
    let mut within = Vec::new();
    loop {
        match found {
            None => return Ok((None, stack.status_reason.clone())),
            Some(Cause::Stack(reason)) if reason.is_empty() => return Ok((None, stack.status_reason.clone())),
            Some(Cause::Stack(reason)) => return Ok((None, reason)),
            Some(Cause::Resource(mut resource, reason)) => {
                resource.within = within;
                return Ok((Some(resource), reason));
            }
            Some(Cause::Nested {
                logical_id,
                stack_id,
                mut resource,
                reason,
            }) => {
                let inner = if within.len() < MAX_NESTING {
                    let events = events_since(stacks, &stack_id, &began).await?;
                    first_cause(&stack_id, &events)
                } else {
                    None
                };
                match inner {
                    Some(Cause::Stack(reason)) if !reason.is_empty() => {
                        resource.within = within;
                        return Ok((Some(resource), reason));
                    }
                    Some(inner @ (Cause::Resource(..) | Cause::Nested { .. })) => {
                        within.push(logical_id);
                        found = Some(inner);
                    }
                    _ => {
                        resource.within = within;
                        return Ok((Some(resource), reason));
                    }
                }
            }
        }
    }
}

fn is_before(time: &str, other: &str) -> bool {
    match (time.parse::<jiff::Timestamp>(), other.parse::<jiff::Timestamp>()) {
        (Ok(time), Ok(other)) => time < other,
        _ => false,
    }
}

/// What could not be rolled back, as `ContinueUpdateRollback` takes it in `ResourcesToSkip`: what is stuck in a nested
/// stack is named there as `<name of the nested stack>.<logical id>`, and not by the nested stack's own logical id.
pub(super) async fn resources_to_skip(
    stacks: &impl ReadStacks,
    stack_id: &str,
    events: &[StackEvent],
) -> Result<Vec<String>, FlowError> {
    let began = began(events);
    let mut found = Vec::new();
    let mut left: VecDeque<_> = rollback_failures(stack_id, events)
        .into_iter()
        .map(|stuck| (String::new(), 1, stuck))
        .collect();
    while let Some((prefix, depth, stuck)) = left.pop_front() {
        let mut inner = Vec::new();
        if let Some(nested) = stuck.nested.as_deref().filter(|_| depth < MAX_NESTING) {
            inner = rollback_failures(nested, &events_since(stacks, nested, &began).await?);
            let name = nested.split('/').nth(1).unwrap_or_default();
            for stuck in inner.iter().rev() {
                left.push_front((format!("{name}."), depth + 1, stuck.clone()));
            }
        }
        if inner.is_empty() {
            found.push(prefix + &stuck.logical_id);
        }
    }
    Ok(found)
}

/// When the operation began, from its events, newest first.
fn began(events: &[StackEvent]) -> String {
    events.last().map(|event| event.time.clone()).unwrap_or_default()
}

/// The events of a nested stack since the operation began, newest first; none when it was never made or is gone:
/// then its parent's words are all there is.
async fn events_since(stacks: &impl ReadStacks, stack_id: &str, began: &str) -> Result<Vec<StackEvent>, FlowError> {
    let is_older = |event: &StackEvent| is_before(&event.time, began);
    match stacks.stack_events(stack_id, &is_older).await {
        Ok(mut events) => {
            events.retain(|event| !is_before(&event.time, began));
            Ok(events)
        }
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
