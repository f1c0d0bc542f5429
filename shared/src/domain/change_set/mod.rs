//! Change sets: what CloudFormation says it would do, and what that means.

pub mod description;
pub mod tree;
