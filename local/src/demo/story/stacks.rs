//! The stacks as CloudFormation holds them.

use aws_sdk_cloudformation::types::Stack;

use crate::demo::world::{DemoError, World};

pub(super) async fn stack_of(world: &World, stack: &str) -> Result<Option<Stack>, DemoError> {
    let name = format!("production-{stack}");
    match world.aws.cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(described) => Ok(described.stacks.unwrap_or_default().into_iter().next()),
        Err(_) => Ok(None),
    }
}

/// What an update of a stack would change.
pub(super) fn fingerprint(stack: &Stack) -> String {
    format!(
        "{:?} {:?} {:?}",
        stack.stack_status(),
        stack.last_updated_time(),
        stack.parameters()
    )
}

/// The physical id of a resource.
pub(super) async fn resource(world: &World, stack: &str, logical_id: &str) -> Result<String, DemoError> {
    let described = world
        .aws
        .cloudformation
        .describe_stack_resource()
        .stack_name(format!("production-{stack}"))
        .logical_resource_id(logical_id)
        .send()
        .await
        .map_err(|error| DemoError::sdk("DescribeStackResource", &error))?;
    Ok(described
        .stack_resource_detail()
        .and_then(|detail| detail.physical_resource_id())
        .unwrap_or_default()
        .to_owned())
}
