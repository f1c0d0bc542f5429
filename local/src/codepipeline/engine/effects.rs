//! What the engine asks the world to do, and what the world tells it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::codepipeline::declaration::EncryptionKey;

/// Where an artifact lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Name in the pipeline.
    pub name: String,
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
    /// What the artifact holds: the version id of the source object.
    pub revision: Option<String>,
}

/// Something that only the outside can do.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Copy one version of a source object into the artifact bucket; answered by [`super::Engine::source_fetched`].
    FetchSource(FetchSource),
    /// Deliver a job to a function; answered by [`super::Engine::delivered`] when that is impossible.
    Invoke(Box<Invocation>),
    /// Tell a topic that an approval waits.
    AskApproval(ApprovalNotice),
    /// Publish a change of state.
    Emit(StateChange),
}

/// A source object to copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSource {
    /// Pipeline.
    pub pipeline: String,
    /// Id of the action execution that waits for it.
    pub action_execution: String,
    /// Role that reads and writes.
    pub role: String,
    /// Bucket of the source.
    pub bucket: String,
    /// Key of the source.
    pub key: String,
    /// Version that the run pins; the newest when absent.
    pub version: Option<String>,
    /// Where the copy goes.
    pub into: Artifact,
    /// Key that encrypts artifacts.
    pub encryption_key: Option<EncryptionKey>,
}

/// What a source action found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Version id of the object.
    pub version: String,
    /// `ETag` without quotes.
    pub etag: String,
    /// The object's metadata `codepipeline-artifact-revision-summary`.
    pub summary: Option<String>,
}

/// A job to deliver.
#[derive(Debug, Clone, PartialEq)]
pub struct Invocation {
    /// Id of the job.
    pub job: String,
    /// Role that invokes, and whose rights on the artifact bucket the job gets.
    pub role: String,
    /// Name or ARN of the function.
    pub function: String,
    /// Bucket to which the job's credentials are limited.
    pub artifact_bucket: String,
    /// The event, complete but for `artifactCredentials`, which never enter the engine.
    pub event: Value,
    /// How many times the event is delivered; more than once only on demand.
    pub deliveries: u32,
}

/// An approval that a topic is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalNotice {
    /// Role that publishes.
    pub role: String,
    /// ARN of the topic.
    pub topic: String,
    /// Subject of the message.
    pub subject: String,
    /// The message: JSON.
    pub message: String,
}

/// An event for EventBridge.
#[derive(Debug, Clone, PartialEq)]
pub struct StateChange {
    /// Such as `CodePipeline Pipeline Execution State Change`.
    pub detail_type: &'static str,
    /// ARN of the pipeline.
    pub resource: String,
    /// When.
    pub time: Timestamp,
    /// The event's `detail`.
    pub detail: Value,
}

/// Why an action failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// CodePipeline's failure type, such as `PermissionError`.
    pub code: String,
    /// What went wrong.
    pub message: String,
}

impl Failure {
    /// A failure of a type.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            message: message.into(),
        }
    }
}

/// Something that is due at a time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deadline {
    /// A continued action is invoked again.
    Continue { pipeline: String, action_execution: String },
    /// A job that has not answered fails its action.
    Reply { job: String },
    /// An invoke action has lasted too long in all.
    Lifetime { pipeline: String, action_execution: String },
    /// An approval that nobody gave fails its action.
    Approval { pipeline: String, action_execution: String },
}

/// Names to values.
pub type Variables = BTreeMap<String, String>;
