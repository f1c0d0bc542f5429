//! The gate that worlds begin with.

use std::sync::Arc;

use crate::domain::gate::{FirstRun, Gate};

/// The gate of a stack in `production` as the catalogue makes it where nothing else is written: one approval, which the
/// author may give.
pub fn gate(stack: &str) -> Gate {
    Gate {
        version: 1,
        stack: stack.to_owned(),
        stack_name: format!("production-{stack}"),
        template: format!("stacks/{stack}/template.json"),
        configuration: None,
        approvals: 1,
        release: false,
        author_may_approve: true,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::000000000000:role/changegate/deployers/stack".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
    }
}
