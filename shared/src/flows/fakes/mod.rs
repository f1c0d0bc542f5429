//! Stateful stand-ins for the services behind the ports.
//!
//! Each holds a state that tests set up and look at, answers as the service does, and passes every call over one
//! [`Wire`], on which tests count calls and let them fail, lose their answer, or be the last thing a process does.
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fake is part of a test: a wrong set-up must end it"
)]

mod artifacts;
mod cloudformation;
mod codepipeline;
mod functions;
mod gates;
mod github;
mod objects;
mod people;
mod planted;
mod sources;
mod wire;

pub use artifacts::FakeArtifacts;
pub use cloudformation::{FakeChangeSet, FakeCloudFormation, FakeStack};
pub use codepipeline::{FakeCodePipeline, FakeRun};
pub use functions::FakeFunctions;
pub use gates::gate;
pub use github::FakeGitHub;
pub use objects::FakeBucket;
pub use people::{FakeClock, FakeRepository, FakeTopics, REPOSITORY};
pub use planted::{CREDENTIAL, assert_harmless, planted};
pub use sources::{FakeSource, record, seed_record, seed_sources};
pub use wire::{Fault, Wire};

use super::ports::{PortError, PortErrorKind};

/// An answer of a service that is an error.
pub fn refusal(
    operation: &'static str,
    subject: &str,
    kind: PortErrorKind,
    code: &str,
    message: impl Into<String>,
) -> PortError {
    PortError {
        operation,
        subject: subject.to_owned(),
        kind,
        code: Some(code.to_owned()).filter(|code| !code.is_empty()),
        message: message.into(),
        source: None,
    }
}
