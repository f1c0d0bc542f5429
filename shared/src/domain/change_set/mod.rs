//! Change sets: what CloudFormation says it would do, and what that means.

pub mod build;
pub(in crate::domain) mod context;
mod deferred;
pub mod description;
mod details;
pub(in crate::domain) mod diff;
mod entropy;
mod exceeded;
pub mod hooks;
mod kept;
mod known_secrets;
mod mask;
pub mod nested;
mod opaque;
mod pairs;
mod place;
mod replacement;
pub mod resource;
pub mod review;
pub mod saved;
mod secret_names;
pub(in crate::domain) mod secrets;
mod settings;
pub mod tree;
pub mod values;

use super::template;
use super::template::evaluate;

#[cfg(test)]
mod secrets_tests;
