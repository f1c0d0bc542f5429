//! Decides. Pure: no I/O, no clock, no environment, no SDK types.

pub mod actions;
pub mod approvals;
pub mod archive;
pub mod authors;
pub mod catalogue;
pub mod change_set;
pub mod claim;
pub mod configuration;
pub mod continuation;
pub mod digest;
pub mod document;
pub mod executed;
pub mod failure;
pub mod gate;
pub mod history;
pub mod job;
pub mod keys;
pub mod people;
pub mod planned_change;
pub mod progress;
pub mod provenance;
pub mod sha256;
pub mod stack_event;
pub mod stack_policy;
pub mod user_parameters;
pub mod window;
