//! `CreateChangeSet`, `DescribeChangeSet`, `ListChangeSets`, `DescribeChangeSetHooks`, `DescribeEvents`,
//! `DeleteChangeSet`, `ExecuteChangeSet`.

use aws_sdk_cloudformation::types::{self, Capability, ChangeSetType, EventFilter, Parameter, Tag};

use super::description::description;
use super::{CloudFormation, classed, rfc3339};
use crate::aws::errors::port_error;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::change_set::hooks::{ChangeSetHook, ChangeSetHooks, HookResource, HookTarget};
use crate::flows::ports::{
    ChangeSetRef, ChangeSetSummary, CreatedChangeSet, ExecuteChangeSets, NewChangeSet, OperationEvent, PortError,
    PortErrorKind, ReadChangeSets, TemplateLocation, WriteChangeSets,
};

impl CloudFormation {
    /// One page of a change set; `None` when it does not exist.
    async fn page(
        &self,
        stack: Option<&str>,
        name: &str,
        next: Option<String>,
        with_values: bool,
    ) -> Result<Option<(ChangeSetDescription, Option<String>)>, PortError> {
        let request = self
            .client
            .describe_change_set()
            .set_stack_name(stack.map(str::to_owned))
            .change_set_name(name)
            .include_property_values(with_values)
            .set_next_token(next);
        match request.send().await {
            Ok(mut page) => {
                let next = page.next_token.take().filter(|token| !token.is_empty());
                Ok(Some((description(page), next)))
            }
            Err(error) => {
                let error = classed(port_error("cloudformation:DescribeChangeSet", name, error));
                if error.is_not_found() { Ok(None) } else { Err(error) }
            }
        }
    }
}

impl ReadChangeSets for CloudFormation {
    async fn change_set(&self, set: ChangeSetRef<'_>) -> Result<Option<ChangeSetDescription>, PortError> {
        let ChangeSetRef { stack, arn } = set;
        let Some((mut whole, mut next)) = self.page(stack, arn, None, true).await? else {
            return Ok(None);
        };
        while let Some(token) = next {
            let page = self.page(stack, arn, Some(token.clone()), true).await?;
            let Some((page, following)) = page else {
                // Deleted between two pages: half a change set must never be taken for a whole one.
                return Ok(None);
            };
            if following.as_ref() == Some(&token) {
                return Err(announced_twice("cloudformation:DescribeChangeSet", arn));
            }
            whole.changes.extend(page.changes);
            next = following;
        }
        Ok(Some(whole))
    }

    async fn find_change_set(&self, stack: &str, name: &str) -> Result<Option<ChangeSetDescription>, PortError> {
        let found = self.page(Some(stack), name, None, false).await?;
        Ok(found.map(|(mut page, _)| {
            page.changes.clear();
            page
        }))
    }

    async fn change_sets(&self, stack: &str) -> Result<Vec<ChangeSetSummary>, PortError> {
        let mut pages = self.client.list_change_sets().stack_name(stack).into_paginator().send();
        let mut sets = Vec::new();
        while let Some(page) = pages.next().await {
            match page {
                Ok(page) => sets.extend(page.summaries.unwrap_or_default().into_iter().map(|set| {
                    ChangeSetSummary {
                        name: set.change_set_name.unwrap_or_default(),
                        arn: set.change_set_id.unwrap_or_default(),
                        status: set.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
                        execution_status: set
                            .execution_status
                            .map(|status| status.as_str().to_owned())
                            .unwrap_or_default(),
                        created: rfc3339(set.creation_time.as_ref()),
                    }
                })),
                Err(error) => {
                    let error = classed(port_error("cloudformation:ListChangeSets", stack, error));
                    return if error.is_not_found() {
                        Ok(Vec::new())
                    } else {
                        Err(error)
                    };
                }
            }
        }
        Ok(sets)
    }

    async fn change_set_events(&self, arn: &str) -> Result<Vec<OperationEvent>, PortError> {
        let mut pages = self
            .client
            .describe_events()
            .change_set_name(arn)
            .filters(EventFilter::builder().failed_events(true).build())
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| classed(port_error("cloudformation:DescribeEvents", arn, error)))?;
            events.extend(page.operation_events.unwrap_or_default().into_iter().map(|event| {
                let reason = event
                    .validation_status_reason
                    .or(event.resource_status_reason)
                    .or(event.hook_status_reason);
                OperationEvent {
                    event_type: event
                        .event_type
                        .map(|kind| kind.as_str().to_owned())
                        .unwrap_or_default(),
                    logical_id: event.logical_resource_id.unwrap_or_default(),
                    resource_type: event.resource_type.unwrap_or_default(),
                    validation_name: event.validation_name.or(event.hook_type).unwrap_or_default(),
                    validation_status: event
                        .validation_status
                        .map(|status| status.as_str().to_owned())
                        .unwrap_or_default(),
                    validation_mode: event
                        .validation_failure_mode
                        .or(event.hook_failure_mode)
                        .map(|mode| mode.as_str().to_owned())
                        .unwrap_or_default(),
                    path: event.validation_path.unwrap_or_default(),
                    reason: reason.unwrap_or_default(),
                }
            }));
        }
        Ok(events)
    }

    async fn change_set_hooks(&self, set: ChangeSetRef<'_>) -> Result<ChangeSetHooks, PortError> {
        const OPERATION: &str = "cloudformation:DescribeChangeSetHooks";
        let ChangeSetRef { stack, arn } = set;
        let mut whole: Option<ChangeSetHooks> = None;
        let mut next: Option<String> = None;
        loop {
            let request = self.client.describe_change_set_hooks().change_set_name(arn);
            let request = request.set_stack_name(stack.map(str::to_owned));
            let page = match request.set_next_token(next.clone()).send().await {
                Ok(page) => page,
                Err(error) => return Err(classed(port_error(OPERATION, arn, error))),
            };
            let following = page.next_token.filter(|token| !token.is_empty());
            let hooks = page.hooks.unwrap_or_default().into_iter().map(hook);
            match &mut whole {
                Some(whole) => whole.hooks.extend(hooks),
                None => {
                    whole = Some(ChangeSetHooks {
                        change_set_id: page.change_set_id.unwrap_or_default(),
                        change_set_name: page.change_set_name.unwrap_or_default(),
                        stack_name: page.stack_name.unwrap_or_default(),
                        hooks: hooks.collect(),
                        status: page.status.map(|status| status.as_str().to_owned()),
                        next_token: None,
                    });
                }
            }
            if following.is_some() && following == next {
                return Err(announced_twice(OPERATION, arn));
            }
            next = following;
            if next.is_none() {
                return Ok(whole.unwrap_or_default());
            }
        }
    }
}

fn announced_twice(operation: &'static str, arn: &str) -> PortError {
    PortError {
        operation,
        subject: arn.to_owned(),
        kind: PortErrorKind::Unavailable,
        code: None,
        message: "the same page was announced twice".to_owned(),
        source: None,
    }
}

/// A hook in the words of the AWS CLI.
fn hook(hook: types::ChangeSetHook) -> ChangeSetHook {
    ChangeSetHook {
        invocation_point: hook.invocation_point.map(|point| point.as_str().to_owned()),
        failure_mode: hook.failure_mode.map(|mode| mode.as_str().to_owned()),
        type_name: hook.type_name,
        type_version_id: hook.type_version_id,
        type_configuration_version_id: hook.type_configuration_version_id,
        target_details: hook.target_details.map(|target| HookTarget {
            target_type: target.target_type.map(|kind| kind.as_str().to_owned()),
            resource_target_details: target.resource_target_details.map(|resource| HookResource {
                logical_resource_id: resource.logical_resource_id.unwrap_or_default(),
                resource_type: resource.resource_type,
                resource_action: resource.resource_action.map(|action| action.as_str().to_owned()),
            }),
        }),
    }
}

impl WriteChangeSets for CloudFormation {
    async fn create_change_set(&self, new: NewChangeSet) -> Result<CreatedChangeSet, PortError> {
        let parameters = new.parameters.into_iter().map(|(key, value)| {
            Parameter::builder()
                .parameter_key(key)
                .set_use_previous_value(value.is_none().then_some(true))
                .set_parameter_value(value)
                .build()
        });
        let tags = new.tags.map(|tags| {
            let tags = tags.into_iter();
            tags.map(|(key, value)| Tag::builder().key(key).value(value).build())
                .collect()
        });
        let capabilities = new.capabilities.iter().map(|name| Capability::from(name.as_str()));
        let kind = if new.is_create {
            ChangeSetType::Create
        } else {
            ChangeSetType::Update
        };
        let request = self
            .client
            .create_change_set()
            .stack_name(&new.stack)
            .change_set_name(&new.name)
            .change_set_type(kind)
            .set_parameters(unless_empty(parameters.collect()))
            .set_tags(tags)
            .set_capabilities(unless_empty(capabilities.collect()))
            // An empty list would take away the topics that a stack had before Changegate knew it.
            .set_notification_arns(unless_empty(new.notification_arns))
            .role_arn(&new.role_arn)
            // Without it, what happens in nested stacks would stand nowhere. It is asked for whatever the template
            // says: a macro or a snippet may add nested stacks that no text of the repository shows.
            .include_nested_stacks(true)
            .description(&new.description)
            .client_token(&new.client_token);
        let request = match new.template {
            TemplateLocation::Body(body) => request.template_body(body),
            TemplateLocation::Url(url) => request.template_url(url),
        };
        match request.send().await {
            Ok(answer) => Ok(CreatedChangeSet {
                arn: answer.id.unwrap_or_default(),
                stack_id: answer.stack_id.unwrap_or_default(),
            }),
            Err(error) => {
                let mut error = classed(port_error("cloudformation:CreateChangeSet", &new.stack, error));
                if matches!(error.code.as_deref(), Some("AlreadyExistsException")) {
                    error.kind = PortErrorKind::Conflict;
                }
                Err(error)
            }
        }
    }

    async fn delete_change_set(&self, set: ChangeSetRef<'_>) -> Result<(), PortError> {
        let ChangeSetRef { stack, arn } = set;
        let request = self.client.delete_change_set().change_set_name(arn);
        match request.set_stack_name(stack.map(str::to_owned)).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = classed(port_error("cloudformation:DeleteChangeSet", arn, error));
                if error.is_not_found() { Ok(()) } else { Err(error) }
            }
        }
    }
}

fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

impl ExecuteChangeSets for CloudFormation {
    async fn execute_change_set(&self, set: ChangeSetRef<'_>, client_request_token: &str) -> Result<(), PortError> {
        let ChangeSetRef { stack, arn } = set;
        // The reference contradicts itself about the default of DisableRollback, so it is always sent.
        let request = self
            .client
            .execute_change_set()
            .set_stack_name(stack.map(str::to_owned))
            .change_set_name(arn)
            .client_request_token(client_request_token)
            .disable_rollback(false);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(classed(port_error("cloudformation:ExecuteChangeSet", arn, error))),
        }
    }
}
