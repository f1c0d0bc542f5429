//! The first cause among the events of an operation.

use crate::domain::stack_event::StackEvent;
use crate::domain::template::NESTED_STACK;

/// A resource that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedResource {
    /// Logical ids of the nested stacks that hold it, outermost first; empty in the root.
    pub within: Vec<String>,
    /// Logical id.
    pub logical_id: String,
    /// Type.
    pub resource_type: String,
    /// Status, such as `CREATE_FAILED`.
    pub status: String,
}

/// Why an operation failed, as far as the events of one stack tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// A resource failed, with the service's words.
    Resource(FailedResource, String),
    /// A nested stack failed; its own events tell more.
    Nested {
        /// Logical id of the nested stack.
        logical_id: String,
        /// ARN of the nested stack.
        stack_id: String,
        /// What is known without looking there.
        resource: FailedResource,
        /// The service's words about the nested stack.
        reason: String,
    },
    /// The stack failed by itself: a missing export, an invalid template, somebody cancelled it.
    Stack(String),
}

/// The first cause among `events`, newest first, of one operation on the stack `stack_id`; `None` when nothing failed.
///
/// What CloudFormation cancels because something else failed is no cause, nor is anything that happens while it rolls
/// back.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html>
pub fn first_cause(stack_id: &str, events: &[StackEvent]) -> Option<Cause> {
    let mut of_stack = None;
    for event in events.iter().rev() {
        if is_of_stack(stack_id, event) {
            if event.status.contains("ROLLBACK") || event.status.ends_with("_FAILED") {
                of_stack = Some(event.reason.clone());
                break;
            }
            continue;
        }
        if !event.status.ends_with("_FAILED") || is_cascade(&event.reason) {
            continue;
        }
        let resource = FailedResource {
            within: Vec::new(),
            logical_id: event.logical_id.clone(),
            resource_type: event.resource_type.clone(),
            status: event.status.clone(),
        };
        return Some(if is_nested(event) {
            Cause::Nested {
                logical_id: event.logical_id.clone(),
                stack_id: event.physical_id.clone(),
                resource,
                reason: event.reason.clone(),
            }
        } else {
            Cause::Resource(resource, event.reason.clone())
        });
    }
    of_stack.map(Cause::Stack)
}

/// A resource that could not be rolled back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// Logical id.
    pub logical_id: String,
    /// ARN of the stack that the resource is; `None` when it is none.
    pub nested: Option<String>,
}

/// The resources that could not be rolled back, in the order in which they failed.
pub fn rollback_failures(stack_id: &str, events: &[StackEvent]) -> Vec<Stuck> {
    let mut is_rolling_back = false;
    let mut failed: Vec<Stuck> = Vec::new();
    for event in events.iter().rev() {
        if is_of_stack(stack_id, event) {
            is_rolling_back |= event.status.contains("ROLLBACK_IN_PROGRESS");
        } else if is_rolling_back && event.status.ends_with("_FAILED") && !is_cascade(&event.reason) {
            failed.retain(|stuck| stuck.logical_id != event.logical_id);
            failed.push(Stuck {
                logical_id: event.logical_id.clone(),
                nested: is_nested(event).then(|| event.physical_id.clone()),
            });
        }
    }
    failed
}

fn is_nested(event: &StackEvent) -> bool {
    event.resource_type == NESTED_STACK && event.physical_id.starts_with("arn:")
}

fn is_of_stack(stack_id: &str, event: &StackEvent) -> bool {
    event.physical_id == stack_id
}

/// Whether CloudFormation only stopped this resource because another one failed.
fn is_cascade(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.starts_with("resource ") && (reason.contains("cancelled") || reason.contains("canceled"))
}

impl FailedResource {
    /// Logical id with those of the nested stacks before it, such as `Data/Orders`.
    pub fn path(&self) -> String {
        let mut path = self.within.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        path + &self.logical_id
    }

    /// What was to be done to it, as a participle.
    pub fn verb(&self) -> &'static str {
        match self.status.split('_').next() {
            Some("CREATE") => "created",
            Some("DELETE") => "deleted",
            Some("IMPORT") => "imported",
            _ => "updated",
        }
    }
}
