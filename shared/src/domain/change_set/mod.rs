//! Change sets: what CloudFormation says it would do, and what that means.

pub mod description;
mod diff;
mod entropy;
pub mod secrets;
pub mod tree;
pub mod values;

#[cfg(test)]
mod secrets_tests;
