//! The gate of one stack: all that decides about its changes, as one canonical document.
//!
//! A gate document is content-addressed ([`crate::domain::keys::gate`]); the pipeline carries only its hash, so a
//! commit cannot lower its own gate.

pub mod changes;
mod floor;
mod strength;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::digest::to_canonical_json;
use super::sha256::Sha256;

pub use floor::matches;
pub use strength::Strength;

/// Everything that decides about one stack's changes, resolved: no defaults are left to apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gate {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the stack in the catalogue, such as `data-orders`.
    pub stack: String,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Path of the template in the repository.
    pub template: String,
    /// Path of the configuration in the repository; absent when the stack has none.
    pub configuration: Option<String>,
    /// How many people must approve: 0, 1 or 2.
    pub approvals: u8,
    /// Whether a last approval, `Release`, is pressed in maintenance hours.
    pub release: bool,
    /// Whether somebody who wrote the change may approve it.
    pub author_may_approve: bool,
    /// Whether every commit must have come through a merged pull request that somebody else approved.
    pub require_pull_request: bool,
    /// When changes may be executed; absent means at any time.
    pub window: Option<Window>,
    /// Text of the stack policy, as the repository holds it; absent leaves the stack's own policy alone.
    pub stack_policy: Option<Arc<str>>,
    /// ARN of the role that CloudFormation uses.
    pub deployer: String,
    /// Capabilities that are acknowledged, such as `CAPABILITY_NAMED_IAM`; sorted.
    pub capabilities: Vec<String>,
    /// ARN of the topic that hears of reviews and outcomes; absent means the environment's topic.
    pub notify: Option<String>,
    /// ARNs of the topics that CloudFormation tells of stack events; sorted.
    pub notification_arns: Vec<String>,
    /// What the run that creating the pipeline starts may do.
    pub first_run: FirstRun,
    /// GitHub login to the ARNs of the IAM principals that are the same person.
    pub people: Arc<BTreeMap<String, Vec<String>>>,
    /// ARNs of roles whose session names are enforced, so that each session name is one person; sorted.
    pub session_name_roles: Vec<String>,
    /// Who may approve and release, as [`crate::domain::approvers`] reads it; sorted. Absent means whoever IAM lets.
    ///
    /// A gate without it has the bytes, and so the hash, that it had before there were approvers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<String>>,
}

/// What the run that creating a pipeline starts may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FirstRun {
    /// It plans like any other run.
    Plan,
    /// It ends after saying how to start the pipeline.
    Hold,
}

/// When changes may be executed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Window {
    /// Days of the week, Monday 1 to Sunday 7; sorted, not empty.
    pub days: Vec<u8>,
    /// First minute of the day, from midnight: 540 is 09:00.
    pub from_minute: u16,
    /// Minute of the day at which it closes, exclusive; less than `from_minute` when it passes midnight.
    pub to_minute: u16,
    /// IANA time zone, such as `Asia/Kolkata`.
    pub time_zone: String,
}

/// What SAM parameters demand of every gate; a catalogue cannot go below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Floor {
    /// Least number of approvals of any stack.
    pub minimum_approvals: u8,
    /// Whether a catalogue may let authors approve.
    pub author_may_approve: bool,
    /// What every deployer's ARN must start with, such as `arn:aws:iam::111122223333:role/changegate/deployers/`.
    pub deployer_prefix: String,
    /// Pattern that stack names must match, a `*` standing for any text, such as `prod-*`; `*` allows all.
    pub stack_name_pattern: String,
    /// Names of stacks that no entry may resolve to: Changegate's own.
    pub reserved_stack_names: Vec<String>,
    /// Who may approve at most, as in [`Gate::approvers`]; absent means whoever IAM lets.
    #[serde(default)]
    pub approvers: Option<Vec<String>>,
}

impl Gate {
    /// The canonical bytes of the document: compact JSON, keys sorted.
    pub fn to_canonical_json(&self) -> String {
        // Whether serde_json's own map sorts its keys depends on what else is built, so the keys are sorted here.
        serde_json::to_value(self)
            .map(|value| to_canonical_json(&value))
            .unwrap_or_default()
    }

    /// The hash that a pipeline carries.
    pub fn digest(&self) -> Sha256 {
        Sha256::of(self.to_canonical_json())
    }
}

#[cfg(test)]
mod tests;
