//! Change sets: what CloudFormation says it would do, and what that means.

pub mod ask;
pub mod build;
mod changes;
pub(in crate::domain) mod context;
mod deferred;
pub mod description;
mod details;
pub(in crate::domain) mod diff;
mod exceeded;
pub mod hooks;
mod kept;
mod known_secrets;
pub mod nested;
mod opaque;
pub mod own_packages;
mod pairs;
mod place;
mod replacement;
pub mod resource;
pub mod review;
mod run_facts;
pub mod saved;
mod settings;
pub mod tree;
pub mod values;

use super::template;
use super::template::evaluate;
