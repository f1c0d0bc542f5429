//! Changegate on one machine.
//!
//! `MiniStack` (S3, SQS, SNS, Lambda, CloudFormation, IAM), a CodePipeline engine and a Git host run on loopback; the
//! functions, `template.yaml` and everything that the functions talk to are the real ones.
//! Nothing here is ever a dependency of the functions.

// First, for its macros are known only below it.
#[macro_use]
mod output;

pub mod aws;
pub mod bench;
pub mod check;
pub mod cli;
pub mod codepipeline;
pub mod commands;
pub mod demo;
pub mod deploy;
pub mod environment;
pub mod githost;
pub mod http;
pub mod people;
pub mod places;
pub mod progress;
pub mod python;
pub mod state;
