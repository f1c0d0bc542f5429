//! The subcommands that start, show and end the environment.

pub mod check;
pub mod down;
pub mod review;
pub mod roughness;
pub mod serve;
pub mod status;
pub mod up;
