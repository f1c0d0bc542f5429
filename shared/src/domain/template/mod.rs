//! CloudFormation templates: one model of what is written, for everything that decides about them.

mod boolean;

pub use boolean::{boolean, is_no_echo};

/// Type of a stack as a resource of another, and of a stack's events about itself.
pub const NESTED_STACK: &str = "AWS::CloudFormation::Stack";
