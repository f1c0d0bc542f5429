//! What the fake CloudFormation answers to each call.

use super::{FakeChangeSet, FakeCloudFormation, FakeStack, State, describe, stack_arn};
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::change_set::hooks::ChangeSetHooks;
use crate::flows::fakes::refusal;
use crate::flows::ports::{
    ChangeSetRef, ChangeSetSummary, CreatedChangeSet, ExecuteChangeSets, Export, NewChangeSet, OperationEvent,
    PortError, PortErrorKind, ReadChangeSets, ReadStacks, Stack, StackEvent, StackResource, TemplateOf, TemplateStage,
    WriteChangeSets, WriteStackPolicies,
};

/// States in which CloudFormation takes a change set of type UPDATE.
const UPDATABLE: [&str; 5] = [
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
];

fn missing(operation: &'static str, stack: &str) -> PortError {
    let message = format!("Stack [{stack}] does not exist");
    refusal(operation, stack, PortErrorKind::NotFound, "ValidationError", message)
}

fn invalid(operation: &'static str, stack: &str, message: String) -> PortError {
    refusal(operation, stack, PortErrorKind::Refused, "ValidationError", message)
}

impl ReadStacks for FakeCloudFormation {
    async fn stack(&self, name: &str) -> Result<Option<Stack>, PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            Ok(state.stack_mut(name).map(|held| held.stack.clone()))
        };
        self.wire.call("cloudformation:DescribeStacks", name, effect).await
    }

    async fn stack_events(
        &self,
        stack: &str,
        is_enough: &dyn Fn(&StackEvent) -> bool,
    ) -> Result<Vec<StackEvent>, PortError> {
        const OPERATION: &str = "cloudformation:DescribeStackEvents";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let held = state.stack_mut(stack).ok_or_else(|| missing(OPERATION, stack))?;
            let mut events = Vec::new();
            for event in &held.events {
                events.push(event.clone());
                if is_enough(event) {
                    break;
                }
            }
            Ok(events)
        };
        self.wire.call(OPERATION, stack, effect).await
    }

    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, PortError> {
        const OPERATION: &str = "cloudformation:ListStackResources";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let held = state.stack_mut(stack).ok_or_else(|| missing(OPERATION, stack))?;
            Ok(held.resources.clone())
        };
        self.wire.call(OPERATION, stack, effect).await
    }

    async fn stack_resource(&self, stack: &str, logical_id: &str) -> Result<Option<StackResource>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let mut resources = state.stacks.get(stack).into_iter().flat_map(|held| &held.resources);
            Ok(resources.find(|resource| resource.logical_id == logical_id).cloned())
        };
        let subject = format!("{stack}/{logical_id}");
        self.wire
            .call("cloudformation:DescribeStackResource", &subject, effect)
            .await
    }

    async fn template(&self, of: TemplateOf<'_>, stage: TemplateStage) -> Result<String, PortError> {
        const OPERATION: &str = "cloudformation:GetTemplate";
        let (TemplateOf::Stack(subject) | TemplateOf::ChangeSet(ChangeSetRef { arn: subject, .. })) = of;
        let effect = || {
            let mut state = self.state.borrow_mut();
            let text = match of {
                TemplateOf::Stack(stack) => state.stack_mut(stack).map(|held| held.template.clone()),
                TemplateOf::ChangeSet(set) => state.change_set_mut(set).map(|(_, set)| match (&set.processed, stage) {
                    (Some(processed), TemplateStage::Processed) => processed.clone(),
                    _ => set.template.clone(),
                }),
            };
            let text = text.ok_or_else(|| missing(OPERATION, subject))?;
            // CloudFormation loses every character outside of ASCII.
            Ok(text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect())
        };
        self.wire.call(OPERATION, subject, effect).await
    }

    async fn exports(&self) -> Result<Vec<Export>, PortError> {
        let effect = || Ok(self.state.borrow().exports.clone());
        self.wire.call("cloudformation:ListExports", "the region", effect).await
    }

    async fn stack_policy(&self, stack: &str) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "cloudformation:GetStackPolicy";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let held = state.stack_mut(stack).ok_or_else(|| missing(OPERATION, stack))?;
            Ok(held.policy.clone())
        };
        self.wire.call(OPERATION, stack, effect).await
    }
}

impl WriteStackPolicies for FakeCloudFormation {
    async fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), PortError> {
        const OPERATION: &str = "cloudformation:SetStackPolicy";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let held = state.stack_mut(stack).ok_or_else(|| missing(OPERATION, stack))?;
            held.policy = Some(policy.to_owned());
            Ok(())
        };
        self.wire.call(OPERATION, stack, effect).await
    }
}

/// A change set as it is described now; one that is still being made shows nothing.
fn shown(set: &mut FakeChangeSet) -> ChangeSetDescription {
    if set.pending == 0 {
        return set.description.clone();
    }
    set.pending -= 1;
    ChangeSetDescription {
        status: "CREATE_IN_PROGRESS".to_owned(),
        execution_status: "UNAVAILABLE".to_owned(),
        status_reason: None,
        changes: Vec::new(),
        ..set.description.clone()
    }
}

impl ReadChangeSets for FakeCloudFormation {
    async fn change_set(&self, of: ChangeSetRef<'_>) -> Result<Option<ChangeSetDescription>, PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            Ok(state.change_set_mut(of).map(|(_, set)| match set.answers_before.pop() {
                Some(answer) => answer,
                None => shown(set),
            }))
        };
        self.wire.call("cloudformation:DescribeChangeSet", of.arn, effect).await
    }

    async fn find_change_set(&self, stack: &str, name: &str) -> Result<Option<ChangeSetDescription>, PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            let sets = state.stack_mut(stack).map(|held| &mut held.change_sets);
            let set = sets.and_then(|sets| sets.iter_mut().find(|set| set.description.change_set_name == name));
            Ok(set.map(|set| ChangeSetDescription {
                changes: Vec::new(),
                ..shown(set)
            }))
        };
        self.wire.call("cloudformation:DescribeChangeSet", name, effect).await
    }

    async fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetSummary>, PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            let sets = state
                .stack_mut(stack)
                .map(|held| held.change_sets.clone())
                .unwrap_or_default();
            let summaries = sets.into_iter().map(|set| ChangeSetSummary {
                name: set.description.change_set_name,
                arn: set.description.change_set_id,
                status: set.description.status,
                execution_status: set.description.execution_status,
                created: set.description.creation_time,
            });
            Ok(summaries.collect())
        };
        self.wire.call("cloudformation:ListChangeSets", stack, effect).await
    }

    async fn change_set_events(&self, arn: &str) -> Result<Vec<OperationEvent>, PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            let set = state.change_set_mut(ChangeSetRef::nested(arn));
            Ok(set.map(|(_, set)| set.events.clone()).unwrap_or_default())
        };
        self.wire.call("cloudformation:DescribeEvents", arn, effect).await
    }

    async fn change_set_hooks(&self, of: ChangeSetRef<'_>) -> Result<ChangeSetHooks, PortError> {
        const OPERATION: &str = "cloudformation:DescribeChangeSetHooks";
        let effect = || {
            let mut state = self.state.borrow_mut();
            let set = state.change_set_mut(of);
            set.map(|(_, set)| set.hooks.clone())
                .ok_or_else(|| missing(OPERATION, of.arn))
        };
        self.wire.call(OPERATION, of.arn, effect).await
    }
}

/// The stack that a change set is created for, made when it is a first one.
fn stack_for<'a>(state: &'a mut State, new: &NewChangeSet) -> Result<&'a mut FakeStack, PortError> {
    const OPERATION: &str = "cloudformation:CreateChangeSet";
    let held = state.stack_mut(&new.stack).map(|held| held.stack.status.clone());
    match (held.as_deref(), new.is_create) {
        (None, true) => {
            let stack = FakeStack {
                stack: Stack {
                    name: new.stack.clone(),
                    id: stack_arn(&new.stack),
                    status: "REVIEW_IN_PROGRESS".to_owned(),
                    created: Some("2026-11-23T09:30:00Z".to_owned()),
                    ..Stack::default()
                },
                ..FakeStack::default()
            };
            state.stacks.insert(new.stack.clone(), stack);
        }
        (None, false) => return Err(missing(OPERATION, &new.stack)),
        (Some("REVIEW_IN_PROGRESS"), true) => {}
        (Some(_), true) => {
            let (stack, name) = (&new.stack, &new.name);
            let message =
                format!("Stack [{stack}] already exists and cannot be created again with the changeSet [{name}].");
            return Err(invalid(OPERATION, stack, message));
        }
        (Some(status), false) if !UPDATABLE.contains(&status) => {
            let message = format!(
                "Stack:{} is in {status} state and can not be updated.",
                stack_arn(&new.stack)
            );
            return Err(invalid(OPERATION, &new.stack, message));
        }
        (Some(_), false) => {}
    }
    state
        .stack_mut(&new.stack)
        .ok_or_else(|| missing(OPERATION, &new.stack))
}

impl WriteChangeSets for FakeCloudFormation {
    async fn create_change_set(&self, new: NewChangeSet) -> Result<CreatedChangeSet, PortError> {
        const OPERATION: &str = "cloudformation:CreateChangeSet";
        let subject = new.stack.clone();
        let effect = || {
            let mut state = self.state.borrow_mut();
            let template = state.template_of(&new).ok_or_else(|| {
                invalid(
                    OPERATION,
                    &new.stack,
                    "TemplateURL must reference a valid S3 object".to_owned(),
                )
            })?;
            let needs_capability = template.contains("RoleName") && new.capabilities.is_empty();
            if needs_capability {
                let (kind, code) = (PortErrorKind::Refused, "InsufficientCapabilitiesException");
                let message = "Requires capabilities : [CAPABILITY_NAMED_IAM]";
                return Err(refusal(OPERATION, &new.stack, kind, code, message));
            }
            let arn = format!(
                "arn:aws:cloudformation:eu-west-1:000000000000:changeSet/{}/{:08x}",
                new.name,
                state.made + 1
            );
            let (pending, failure) = (std::mem::take(&mut state.next_pending), state.next_failure.take());
            let held = stack_for(&mut state, &new)?;
            if held
                .change_sets
                .iter()
                .any(|set| set.description.change_set_name == new.name)
            {
                let message = format!("ChangeSet [{}] already exists", new.name);
                let kind = PortErrorKind::Conflict;
                return Err(refusal(OPERATION, &new.stack, kind, "AlreadyExistsException", message));
            }
            let mut description = describe(held, &new, &template, arn.clone());
            let mut events = Vec::new();
            if let Some((reason, found)) = failure {
                "FAILED".clone_into(&mut description.status);
                "UNAVAILABLE".clone_into(&mut description.execution_status);
                description.status_reason = Some(reason);
                description.changes.clear();
                events = found;
            }
            held.change_sets.push(FakeChangeSet {
                description,
                new: Some(new),
                template,
                processed: None,
                events,
                hooks: ChangeSetHooks::default(),
                pending,
                answers_before: Vec::new(),
            });
            let stack_id = held.stack.id.clone();
            state.made += 1;
            Ok(CreatedChangeSet { arn, stack_id })
        };
        self.wire.call(OPERATION, &subject, effect).await
    }

    async fn delete_change_set(&self, of: ChangeSetRef<'_>) -> Result<(), PortError> {
        let effect = || {
            let mut state = self.state.borrow_mut();
            if state.change_set_mut(of).is_some() {
                for held in state.stacks.values_mut() {
                    held.change_sets.retain(|set| set.description.change_set_id != of.arn);
                }
            }
            Ok(())
        };
        self.wire.call("cloudformation:DeleteChangeSet", of.arn, effect).await
    }
}

impl ExecuteChangeSets for FakeCloudFormation {
    async fn execute_change_set(&self, of: ChangeSetRef<'_>, client_request_token: &str) -> Result<(), PortError> {
        const OPERATION: &str = "cloudformation:ExecuteChangeSet";
        let arn = of.arn;
        let effect = || {
            let mut state = self.state.borrow_mut();
            let Some((stack, set)) = state.change_set_mut(of) else {
                let (kind, code) = (PortErrorKind::NotFound, "ChangeSetNotFound");
                return Err(refusal(
                    OPERATION,
                    arn,
                    kind,
                    code,
                    format!("ChangeSet [{arn}] does not exist"),
                ));
            };
            if set.description.execution_status != "AVAILABLE" {
                let status = &set.description.execution_status;
                let message = format!("ChangeSet [{arn}] cannot be executed in its current status of [{status}]");
                let (kind, code) = (PortErrorKind::Conflict, "InvalidChangeSetStatus");
                return Err(refusal(OPERATION, arn, kind, code, message));
            }
            "EXECUTE_IN_PROGRESS".clone_into(&mut set.description.execution_status);
            let is_create = stack.status == "REVIEW_IN_PROGRESS";
            stack.status = if is_create {
                "CREATE_IN_PROGRESS"
            } else {
                "UPDATE_IN_PROGRESS"
            }
            .to_owned();
            if !is_create {
                stack.last_updated = Some("2026-11-23T10:00:00Z".to_owned());
            }
            let (name, id, status) = (stack.name.clone(), stack.id.clone(), stack.status.clone());
            if let Some(held) = state.stack_mut(&name) {
                // Executing one change set deletes the others of the stack.
                held.change_sets.retain(|set| set.description.change_set_id == arn);
                let event = StackEvent {
                    id: format!("event-{}", held.events.len()),
                    time: "2026-11-23T10:00:00Z".to_owned(),
                    logical_id: name.clone(),
                    physical_id: id,
                    resource_type: "AWS::CloudFormation::Stack".to_owned(),
                    status,
                    reason: "User Initiated".to_owned(),
                    client_request_token: Some(client_request_token.to_owned()),
                };
                held.events.insert(0, event);
            }
            Ok(())
        };
        self.wire.call(OPERATION, arn, effect).await
    }
}
