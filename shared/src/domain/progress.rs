//! How far an execution is, in words: `7 of 12 resources, now: Orders table`.

use std::collections::BTreeMap;
use std::fmt;

use super::stack_event::StackEvent;

/// How far an execution is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Resources that are done.
    pub done: usize,
    /// Resources that the change set changes.
    pub total: usize,
    /// What is being worked on, such as `Orders table`; the newest of several.
    pub now: Option<String>,
    /// What failed first, while the stack rolls back.
    pub failed: Option<String>,
}

impl Progress {
    /// The progress of an operation on the stack `stack_id`, from its `events`, newest first.
    pub fn of(stack_id: &str, events: &[StackEvent], total: usize) -> Self {
        let mut latest: BTreeMap<&str, &StackEvent> = BTreeMap::new();
        let mut now = None;
        let mut is_rolling_back = false;
        for event in events {
            if event.physical_id == stack_id {
                is_rolling_back |= event.status.contains("ROLLBACK");
                continue;
            }
            if latest.contains_key(event.logical_id.as_str()) {
                continue;
            }
            latest.insert(&event.logical_id, event);
            if now.is_none() && event.status.ends_with("_IN_PROGRESS") {
                now = Some(in_words(&event.logical_id, &event.resource_type));
            }
        }
        let done = latest
            .values()
            .filter(|event| event.status.ends_with("_COMPLETE"))
            .count();
        let failed = is_rolling_back
            .then(|| super::failure::first_cause(stack_id, events))
            .flatten()
            .map(|cause| match cause {
                super::failure::Cause::Resource(resource, _) | super::failure::Cause::Nested { resource, .. } => {
                    in_words(&resource.logical_id, &resource.resource_type)
                }
                super::failure::Cause::Stack(reason) => reason,
            });
        Self {
            done: done.min(total),
            total,
            now,
            failed,
        }
    }

    /// From 0 to 100; never 100, which only the end is.
    pub fn percent(&self) -> u8 {
        let percent = (self.done * 100).checked_div(self.total).unwrap_or_default();
        u8::try_from(percent.min(99)).unwrap_or(99)
    }
}

/// A resource as people speak of it: `Orders` of type `AWS::DynamoDB::Table` is the `Orders table`.
fn in_words(logical_id: &str, resource_type: &str) -> String {
    let kind = resource_type.rsplit("::").next().unwrap_or_default();
    let mut words = String::new();
    for (index, character) in kind.char_indices() {
        if character.is_uppercase() && index > 0 && !kind[..index].ends_with(char::is_uppercase) {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    let is_said = logical_id.to_lowercase().ends_with(&kind.to_lowercase());
    if words.is_empty() || is_said {
        logical_id.to_owned()
    } else {
        format!("{logical_id} {words}")
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(failed) = &self.failed {
            write!(f, "rolling back, because of: {failed}")?;
        } else {
            let plural = if self.total == 1 { "" } else { "s" };
            write!(f, "{} of {} resource{plural}", self.done, self.total)?;
        }
        match &self.now {
            Some(now) => write!(f, ", now: {now}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/0a1b";

    fn event(logical_id: &str, resource_type: &str, status: &str) -> StackEvent {
        StackEvent {
            logical_id: logical_id.to_owned(),
            physical_id: if logical_id == "orders" { STACK } else { logical_id }.to_owned(),
            resource_type: resource_type.to_owned(),
            status: status.to_owned(),
            ..StackEvent::default()
        }
    }

    #[test]
    fn what_is_done_is_counted_and_the_newest_work_is_named() {
        let events = [
            event("Orders", "AWS::DynamoDB::Table", "CREATE_IN_PROGRESS"),
            event("Queue", "AWS::SQS::Queue", "CREATE_COMPLETE"),
            event("Queue", "AWS::SQS::Queue", "CREATE_IN_PROGRESS"),
            event("Key", "AWS::KMS::Key", "UPDATE_IN_PROGRESS"),
            event("orders", "AWS::CloudFormation::Stack", "UPDATE_IN_PROGRESS"),
        ];
        let progress = Progress::of(STACK, &events, 12);
        assert_eq!(progress.to_string(), "1 of 12 resources, now: Orders table");
        assert_eq!(progress.percent(), 8);
    }

    #[test]
    fn nothing_seen_yet_is_no_progress() {
        let progress = Progress::of(STACK, &[], 1);
        assert_eq!(progress.to_string(), "0 of 1 resource");
        assert_eq!(Progress::of(STACK, &[], 0).percent(), 0);
    }

    #[test]
    fn a_rollback_is_called_one_and_names_its_cause() {
        let mut failed = event("OrdersTable", "AWS::DynamoDB::Table", "CREATE_FAILED");
        failed.reason = "no".to_owned();
        let events = [
            event("Queue", "AWS::SQS::Queue", "DELETE_IN_PROGRESS"),
            event("orders", "AWS::CloudFormation::Stack", "ROLLBACK_IN_PROGRESS"),
            failed,
        ];
        assert_eq!(
            Progress::of(STACK, &events, 2).to_string(),
            "rolling back, because of: OrdersTable, now: Queue"
        );
    }

    #[test]
    fn types_are_read_as_words() {
        assert_eq!(in_words("Main", "AWS::EC2::VPC"), "Main vpc");
        assert_eq!(in_words("Web", "AWS::EC2::SecurityGroup"), "Web security group");
        assert_eq!(in_words("Thing", ""), "Thing");
    }
}
