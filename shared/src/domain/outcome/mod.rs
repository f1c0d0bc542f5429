//! The record of how a run ended: one object for each end, written once and never changed.

mod end;
mod shown;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use end::{End, end_of};
pub use words::{Verdict, status_of, to_comment, to_text};

use super::actions::{CREATE_CHANGE_SET, DESCRIBE_CHANGE_SET, EXECUTE_CHANGE_SET};
use super::claim::Claim;
use super::history::ActionExecution;
use super::provenance::Commit;
use super::sha256::Sha256;
use super::sync::pin::RepositoryId;

/// The document at [`crate::domain::keys::outcome`].
///
/// A run that was retried ends more than once; each end has its own document, told apart by `fingerprint`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outcome {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Hash over the attempts that this end is the end of; equal for every delivery of the same end.
    pub fingerprint: String,
    /// Name of the environment.
    pub environment: String,
    /// `owner/name` of the repository.
    pub repository: String,
    /// GitHub's number of the repository that the commits are of; absent where no record tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository_id: Option<RepositoryId>,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// Name of the stack in the catalogue.
    pub stack: String,
    /// Name of the CloudFormation stack; absent when the run ended before its gate was known.
    pub stack_name: Option<String>,
    /// Hash of the gate, or `root`; absent when the run ended before its gate was known.
    pub gate: Option<String>,
    /// How it ended.
    pub end: End,
    /// The end in one line.
    pub summary: String,
    /// When the run began (RFC 3339).
    pub started: Option<String>,
    /// When it ended (RFC 3339).
    pub ended: Option<String>,
    /// What started it, such as `StartPipelineExecution`.
    pub trigger: Option<String>,
    /// Who started it: an ARN.
    pub started_by: Option<String>,
    /// Source action to S3 version id.
    pub source_versions: BTreeMap<String, String>,
    /// Newest commit that the sources were written from.
    pub commit: Option<String>,
    /// Every commit since the last execution that touched the stack, oldest first, with their authors, pull requests and
    /// reviews.
    pub commits: Vec<Commit>,
    /// What was planned; absent when nothing was.
    pub plan: Option<Plan>,
    /// What was reviewed; absent when nothing was.
    pub review: Option<Review>,
    /// Every answer to a request for approval, oldest first.
    pub approvals: Vec<Approval>,
    /// What was executed; absent when nothing was.
    pub execution_result: Option<ExecutionResult>,
    /// Every action of the run, oldest first.
    pub actions: Vec<ActionRecord>,
    /// Status of the stack when the record was made; absent when there is none.
    pub stack_status: Option<String>,
    /// What CloudFormation did for this run, oldest first.
    pub stack_events: Vec<StackEventRecord>,
    /// What somebody should know or do.
    pub notes: Vec<String>,
}

/// What was planned, from the output variables of `CreateChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// `changes`, `no-changes`, `held` or `blocked`.
    pub outcome: String,
    /// ARN of the change set, or `none`.
    pub change_set_arn: String,
    /// `CREATE` or `UPDATE`.
    pub change_set_type: String,
    /// Hash of the submitted template.
    pub template_sha256: String,
    /// In one line.
    pub summary: String,
}

/// What was reviewed, from the output variables of `DescribeChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Review {
    /// In a few lines.
    pub summary: String,
    /// Digest over everything that an approval covers.
    pub digest: String,
    /// Where it can be read.
    pub link: String,
    /// How risky it is.
    pub risk: String,
}

/// One request for approval and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Approval {
    /// Name of the action.
    pub action: String,
    /// `approved`, `rejected`, `timed-out` or `unanswered`.
    pub answer: String,
    /// ARN of who answered.
    pub by: Option<String>,
    /// When (RFC 3339).
    pub at: Option<String>,
    /// The words that came with the answer; never an identity.
    pub words: Option<String>,
}

/// What was executed, from `ExecuteChangeSet`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExecutionResult {
    /// Status of the action: `Succeeded`, `Failed`, `Abandoned`, `InProgress`.
    pub status: String,
    /// Output variables of the action.
    pub variables: BTreeMap<String, String>,
    /// What it said of itself.
    pub summary: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// One action of the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActionRecord {
    /// Id; each attempt has its own.
    pub id: String,
    /// Name of the stage.
    pub stage: String,
    /// Name of the action.
    pub action: String,
    /// `InProgress`, `Succeeded`, `Failed`, `Abandoned`.
    pub status: String,
    /// When it began (RFC 3339).
    pub started: Option<String>,
    /// When it last changed (RFC 3339).
    pub updated: Option<String>,
    /// Who last updated it: an ARN.
    pub by: Option<String>,
    /// What it said of itself.
    pub summary: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
}

/// One thing that CloudFormation did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackEventRecord {
    /// When (RFC 3339).
    pub time: String,
    /// Logical id of the resource.
    pub logical_id: String,
    /// Type of the resource.
    pub resource_type: String,
    /// Status, such as `UPDATE_COMPLETE`.
    pub status: String,
    /// CloudFormation's words.
    pub reason: String,
}

/// How a stack came to rest after its run had ended: the document at [`crate::domain::keys::stack_end`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackEnd {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution that had begun the change.
    pub execution: String,
    /// ARN of the stack.
    pub stack_id: String,
    /// Status in which it rests.
    pub status: String,
    /// CloudFormation's words about it.
    pub reason: String,
    /// When that was seen (RFC 3339).
    pub seen: String,
}

/// Most stack events that an outcome holds; the latest ones are kept.
pub const MAX_STACK_EVENTS: usize = 500;

impl Plan {
    /// The plan that a run's newest attempt made.
    pub fn of(actions: &[ActionExecution]) -> Option<Self> {
        let mut variables = newest(actions, CREATE_CHANGE_SET, "Succeeded")?
            .output_variables
            .clone();
        let mut take = |name: &str| variables.remove(name).unwrap_or_default();
        Some(Self {
            outcome: take("Outcome"),
            change_set_arn: take("ChangeSetArn"),
            change_set_type: take("ChangeSetType"),
            template_sha256: take("TemplateSha256"),
            summary: take("Summary"),
        })
    }
}

impl Review {
    /// The review that a run's newest attempt made.
    pub fn of(actions: &[ActionExecution]) -> Option<Self> {
        let mut variables = newest(actions, DESCRIBE_CHANGE_SET, "Succeeded")?
            .output_variables
            .clone();
        let mut take = |name: &str| variables.remove(name).unwrap_or_default();
        Some(Self {
            summary: take("Summary"),
            digest: take("Digest"),
            link: take("Link"),
            risk: take("Risk"),
        })
    }
}

impl ExecutionResult {
    /// What the newest attempt to execute came to.
    pub fn of(actions: &[ActionExecution]) -> Option<Self> {
        let action = actions.iter().find(|action| action.action == EXECUTE_CHANGE_SET)?;
        Some(Self {
            status: action.status.clone(),
            variables: action.output_variables.clone(),
            summary: action.summary.clone(),
            error: action.error_message.clone(),
        })
    }
}

fn newest<'a>(actions: &'a [ActionExecution], name: &str, status: &str) -> Option<&'a ActionExecution> {
    actions
        .iter()
        .find(|action| action.action == name && action.status == status)
}

/// A hash over the attempts of a run and how they ended: the same for every delivery of one end, another one after a
/// retry.
pub fn fingerprint(state: &str, actions: &[ActionExecution]) -> String {
    let mut attempts: Vec<_> = actions
        .iter()
        .filter(|action| action.status != "InProgress")
        .map(|action| format!("{} {}", action.id, action.status))
        .collect();
    attempts.sort();
    Sha256::of(format!("{}\n{}", state.to_ascii_uppercase(), attempts.join("\n"))).to_string()
}

/// The end of a run, before it is known how: everything that the history tells.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// CodePipeline's state of the run.
    pub state: &'a str,
    /// The actions of the run, newest first.
    pub actions: &'a [ActionExecution],
    /// Who decided about the run first; absent when nobody did.
    pub claim: Option<&'a Claim>,
    /// The words of who stopped it.
    pub stop_words: Option<&'a str>,
    /// Whether a note says that the run waits for its window.
    pub is_waiting: bool,
    /// Status of the stack by now; absent when there is none.
    pub stack_status: Option<&'a str>,
}

impl Outcome {
    /// Fills in what follows from the history, and says it in one line.
    pub fn tell(&mut self, facts: &Facts<'_>) {
        let actions = facts.actions;
        self.fingerprint = fingerprint(facts.state, actions);
        self.plan = Plan::of(actions);
        self.review = Review::of(actions);
        self.approvals = end::approvals(actions);
        self.execution_result = ExecutionResult::of(actions);
        self.actions = actions.iter().rev().map(ActionRecord::from).collect();
        self.end = end_of(
            facts.state,
            actions,
            self.plan.as_ref(),
            matches!(facts.claim, Some(Claim::Superseded { .. })),
            facts.is_waiting,
        );
        self.summary = words::summary(self, facts);
    }
}

impl From<&ActionExecution> for ActionRecord {
    fn from(action: &ActionExecution) -> Self {
        Self {
            id: action.id.clone(),
            stage: action.stage.clone(),
            action: action.action.clone(),
            status: action.status.clone(),
            started: action.started.clone(),
            updated: action.updated.clone(),
            by: action.updated_by.clone(),
            summary: action.summary.clone(),
            error: action.error_message.clone(),
        }
    }
}
