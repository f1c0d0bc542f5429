//! The subcommands that start, show and end the environment.

pub mod review;
pub mod status;
