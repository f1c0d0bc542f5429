//! What every part of the engine shares: the clock's last reading, ids, what is owed to the outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use super::effects::{Deadline, Effect};
use crate::codepipeline::rough::Moods;

/// How fast the engine goes about things for which AWS takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Between a continuation token and the next job. AWS does not document its own.
    pub continuation: Duration,
    /// How long a job may take to answer; AWS: 20 minutes.
    pub reply: Duration,
    /// How long an invoke action may take in all; AWS: 24 hours.
    pub lifetime: Duration,
    /// How long an approval waits when its action says nothing; AWS: 7 days.
    pub approval: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            continuation: Duration::from_millis(500),
            reply: Duration::from_mins(20),
            lifetime: Duration::from_hours(24),
            approval: Duration::from_hours(24 * 7),
        }
    }
}

/// Where new ids come from: random outside, counted in tests.
pub trait Ids: Send {
    /// A new UUID in its textual form.
    fn uuid(&mut self) -> String;
}

/// Random ids.
#[derive(Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn uuid(&mut self) -> String {
        uuid::Uuid::new_v4().to_string()
    }
}

/// A job that was created, and the action execution it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the action execution.
    pub action_execution: String,
    /// Whether its result is still awaited.
    pub open: bool,
}

/// What every part of the engine shares.
pub struct World {
    /// Account number.
    pub account: String,
    /// Region.
    pub region: String,
    /// Time limits.
    pub pace: Pace,
    /// How many of the next jobs are delivered twice.
    pub duplicates: u32,
    /// What the engine itself does otherwise where the world is rough.
    pub rough: Option<Moods>,
    /// The time of the event that is being handled.
    pub now: Timestamp,
    /// Every job of every pipeline that exists.
    pub jobs: BTreeMap<String, JobRecord>,
    pub(super) effects: Vec<Effect>,
    pub(super) deadlines: BTreeSet<(Timestamp, Deadline)>,
    ids: Box<dyn Ids>,
}

impl World {
    pub(super) fn new(account: &str, region: &str, pace: Pace, ids: Box<dyn Ids>) -> Self {
        Self {
            account: account.to_owned(),
            region: region.to_owned(),
            pace,
            duplicates: 0,
            rough: None,
            now: Timestamp::UNIX_EPOCH,
            jobs: BTreeMap::new(),
            effects: Vec::new(),
            deadlines: BTreeSet::new(),
            ids,
        }
    }

    /// A new id.
    pub fn id(&mut self) -> String {
        self.ids.uuid()
    }

    /// Seven letters or digits, as AWS ends an artifact's key.
    pub fn key_suffix(&mut self) -> String {
        let id = self.ids.uuid();
        let digits: String = id.chars().rev().filter(char::is_ascii_alphanumeric).take(7).collect();
        digits
    }

    /// Asks the outside for something.
    pub fn ask(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    /// Remembers that something is due.
    pub fn due_in(&mut self, wait: Duration, deadline: Deadline) -> Timestamp {
        let at = self.now.checked_add(wait).unwrap_or(Timestamp::MAX);
        self.deadlines.insert((at, deadline));
        at
    }

    /// The ARN of a pipeline.
    ///
    /// Shape: <https://docs.aws.amazon.com/codepipeline/latest/userguide/security_iam_service-with-iam.html>
    pub fn pipeline_arn(&self, name: &str) -> String {
        format!("arn:aws:codepipeline:{}:{}:{name}", self.region, self.account)
    }
}
