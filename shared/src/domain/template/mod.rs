//! CloudFormation templates: one model of what is written, for everything that decides about them.

mod boolean;

pub use boolean::{boolean, is_no_echo};
