//! `SetStackPolicy`.

use super::{CloudFormation, classed};
use crate::aws::errors::port_error;
use crate::flows::ports::{PortError, WriteStackPolicies};

impl WriteStackPolicies for CloudFormation {
    async fn set_stack_policy(&self, stack: &str, policy: &str) -> Result<(), PortError> {
        let request = self
            .client
            .set_stack_policy()
            .stack_name(stack)
            .stack_policy_body(policy);
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(classed(port_error("cloudformation:SetStackPolicy", stack, error))),
        }
    }
}
