//! `DescribeStacks`, `DescribeStackEvents`, `ListStackResources`, `DescribeStackResource`, `GetTemplate`, `ListExports`.

use aws_sdk_cloudformation::types::{self, TemplateStage as WireStage};

use super::{CloudFormation, classed, present, rfc3339};
use crate::aws::errors::port_error;
use crate::flows::ports::{Export, PortError, ReadStacks, Stack, StackEvent, StackResource, TemplateOf, TemplateStage};

impl ReadStacks for CloudFormation {
    async fn stack(&self, name: &str) -> Result<Option<Stack>, PortError> {
        match self.client.describe_stacks().stack_name(name).send().await {
            Ok(answer) => Ok(answer.stacks.unwrap_or_default().into_iter().next().map(stack)),
            Err(error) => {
                let error = classed(port_error("cloudformation:DescribeStacks", name, error));
                if error.is_not_found() { Ok(None) } else { Err(error) }
            }
        }
    }

    async fn stack_events(
        &self,
        stack: &str,
        is_enough: &dyn Fn(&StackEvent) -> bool,
    ) -> Result<Vec<StackEvent>, PortError> {
        let mut pages = self
            .client
            .describe_stack_events()
            .stack_name(stack)
            .into_paginator()
            .send();
        let mut events = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| classed(port_error("cloudformation:DescribeStackEvents", stack, error)))?;
            for event in page.stack_events.unwrap_or_default().into_iter().map(event) {
                let is_last = is_enough(&event);
                events.push(event);
                if is_last {
                    return Ok(events);
                }
            }
        }
        Ok(events)
    }

    async fn stack_resources(&self, stack: &str) -> Result<Vec<StackResource>, PortError> {
        let mut pages = self
            .client
            .list_stack_resources()
            .stack_name(stack)
            .into_paginator()
            .send();
        let mut resources = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| classed(port_error("cloudformation:ListStackResources", stack, error)))?;
            let summaries = page.stack_resource_summaries.unwrap_or_default().into_iter();
            resources.extend(summaries.map(|summary| {
                StackResource {
                    // ListStackResources does not repeat which stack was asked for.
                    stack_id: if stack.starts_with("arn:") {
                        stack.to_owned()
                    } else {
                        String::new()
                    },
                    stack_name: name_of(stack).to_owned(),
                    logical_id: summary.logical_resource_id.unwrap_or_default(),
                    physical_id: summary.physical_resource_id.unwrap_or_default(),
                    resource_type: summary.resource_type.unwrap_or_default(),
                    status: summary
                        .resource_status
                        .map(|status| status.as_str().to_owned())
                        .unwrap_or_default(),
                }
            }));
        }
        Ok(resources)
    }

    async fn stack_resource(&self, stack: &str, logical_id: &str) -> Result<Option<StackResource>, PortError> {
        let request = self.client.describe_stack_resource().stack_name(stack);
        match request.logical_resource_id(logical_id).send().await {
            Ok(answer) => Ok(answer.stack_resource_detail.map(|resource| StackResource {
                stack_id: resource.stack_id.unwrap_or_default(),
                stack_name: resource.stack_name.unwrap_or_default(),
                logical_id: resource.logical_resource_id.unwrap_or_default(),
                physical_id: resource.physical_resource_id.unwrap_or_default(),
                resource_type: resource.resource_type.unwrap_or_default(),
                status: resource
                    .resource_status
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
            })),
            Err(error) => {
                let subject = format!("{stack}/{logical_id}");
                let error = classed(port_error("cloudformation:DescribeStackResource", &subject, error));
                // A missing resource has no code of its own either.
                let is_missing = error.code.as_deref() == Some("ValidationError")
                    && error.message.starts_with("Resource ")
                    && error.message.contains(" does not exist ");
                if is_missing || error.is_not_found() {
                    Ok(None)
                } else {
                    Err(error)
                }
            }
        }
    }

    async fn template(&self, of: TemplateOf<'_>, stage: TemplateStage) -> Result<String, PortError> {
        let (request, subject) = match of {
            TemplateOf::Stack(stack) => (self.client.get_template().stack_name(stack), stack),
            TemplateOf::ChangeSet(set) => {
                let request = self.client.get_template().change_set_name(set.arn);
                (request.set_stack_name(set.stack.map(str::to_owned)), set.arn)
            }
        };
        let stage = match stage {
            TemplateStage::Original => WireStage::Original,
            TemplateStage::Processed => WireStage::Processed,
        };
        let answer = request
            .template_stage(stage)
            .send()
            .await
            .map_err(|error| classed(port_error("cloudformation:GetTemplate", subject, error)))?;
        Ok(answer.template_body.unwrap_or_default())
    }

    async fn exports(&self) -> Result<Vec<Export>, PortError> {
        let mut pages = self.client.list_exports().into_paginator().send();
        let mut exports = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error("cloudformation:ListExports", "the region", error))?;
            exports.extend(page.exports.unwrap_or_default().into_iter().map(|export| Export {
                name: export.name.unwrap_or_default(),
                stack_id: export.exporting_stack_id.unwrap_or_default(),
                value: export.value.unwrap_or_default(),
            }));
        }
        Ok(exports)
    }

    async fn stack_policy(&self, stack: &str) -> Result<Option<String>, PortError> {
        let answer = self
            .client
            .get_stack_policy()
            .stack_name(stack)
            .send()
            .await
            .map_err(|error| classed(port_error("cloudformation:GetStackPolicy", stack, error)))?;
        Ok(present(answer.stack_policy_body))
    }
}

fn stack(stack: types::Stack) -> Stack {
    let parameters = stack.parameters.unwrap_or_default().into_iter();
    let outputs = stack.outputs.unwrap_or_default().into_iter();
    let tags = stack.tags.unwrap_or_default().into_iter();
    Stack {
        name: stack.stack_name.unwrap_or_default(),
        id: stack.stack_id.unwrap_or_default(),
        status: stack
            .stack_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        status_reason: stack.stack_status_reason.unwrap_or_default(),
        created: rfc3339(stack.creation_time.as_ref()),
        last_updated: rfc3339(stack.last_updated_time.as_ref()),
        role_arn: present(stack.role_arn),
        parameters: parameters
            .map(|parameter| {
                (
                    parameter.parameter_key.unwrap_or_default(),
                    parameter.parameter_value.unwrap_or_default(),
                )
            })
            .collect(),
        outputs: outputs
            .map(|output| {
                (
                    output.output_key.unwrap_or_default(),
                    output.output_value.unwrap_or_default(),
                    present(output.export_name),
                )
            })
            .collect(),
        tags: tags
            .map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()))
            .collect(),
        notification_arns: stack.notification_arns.unwrap_or_default(),
        capabilities: stack
            .capabilities
            .unwrap_or_default()
            .into_iter()
            .map(|capability| capability.as_str().to_owned())
            .collect(),
        parent_id: present(stack.parent_id),
        is_termination_protected: stack.enable_termination_protection.unwrap_or_default(),
    }
}

fn event(event: types::StackEvent) -> StackEvent {
    StackEvent {
        id: event.event_id.unwrap_or_default(),
        time: rfc3339(event.timestamp.as_ref()).unwrap_or_default(),
        logical_id: event.logical_resource_id.unwrap_or_default(),
        physical_id: event.physical_resource_id.unwrap_or_default(),
        resource_type: event.resource_type.unwrap_or_default(),
        status: event
            .resource_status
            .map(|status| status.as_str().to_owned())
            .unwrap_or_default(),
        reason: event.resource_status_reason.unwrap_or_default(),
        client_request_token: present(event.client_request_token),
    }
}

/// The name of a stack that is given by name or by ARN (`arn:…:stack/<name>/<id>`).
fn name_of(stack: &str) -> &str {
    match stack.strip_prefix("arn:") {
        Some(arn) => arn.split('/').nth(1).unwrap_or(stack),
        None => stack,
    }
}
