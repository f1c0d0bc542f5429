//! What the engine remembers of a pipeline and its runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::effects::{Artifact, Variables};
use crate::codepipeline::declaration::{Action, Declaration, Rule, Stage};

/// A pipeline with its whole history.
#[derive(Debug, Clone)]
pub struct Pipeline {
    /// The declaration in force.
    pub declaration: Arc<Declaration>,
    /// Every declaration there was, the first at position 0.
    pub versions: Vec<Arc<Declaration>>,
    /// ARN.
    pub arn: String,
    /// When it was created.
    pub created: Timestamp,
    /// When it was last updated.
    pub updated: Timestamp,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Runs, in the order in which they started.
    pub runs: Vec<Run>,
    /// Stages by name: who is in, who waits.
    pub slots: BTreeMap<String, Slot>,
    /// Idempotency tokens of started runs.
    pub start_tokens: BTreeMap<String, String>,
}

/// Who is in a stage and who waits in front of it; positions in [`Pipeline::runs`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slot {
    /// The run that holds the stage's lock.
    pub occupant: Option<usize>,
    /// The run that enters next.
    pub waiting: Option<usize>,
    /// The run that entered last.
    pub latest: Option<usize>,
}

/// State of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunStatus {
    /// Under way or waiting for a stage.
    InProgress,
    /// Asked to stop; running actions are awaited.
    Stopping,
    /// Stopped on request.
    Stopped,
    /// Through all stages.
    Succeeded,
    /// Overtaken by a newer run while it waited.
    Superseded,
    /// A stage failed.
    Failed,
    /// The pipeline was updated before the run was through.
    Cancelled,
}

impl RunStatus {
    /// The word of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Succeeded => "Succeeded",
            Self::Superseded => "Superseded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
        }
    }
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In front of a stage that another run holds.
    Waiting(usize),
    /// In a stage, holding its lock.
    Inside(usize),
    /// Nowhere: it ended.
    Ended,
}

/// What started a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// `CreatePipeline`, `StartPipelineExecution`.
    pub kind: &'static str,
    /// ARN of who did it, where one is known.
    pub detail: Option<String>,
}

/// One run of a pipeline.
#[derive(Debug, Clone)]
pub struct Run {
    /// Id of the pipeline execution.
    pub id: String,
    /// The declaration that it follows to its end.
    pub declaration: Arc<Declaration>,
    /// State.
    pub status: RunStatus,
    /// Words about the state.
    pub summary: Option<String>,
    /// When it started.
    pub started: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// What started it.
    pub trigger: Trigger,
    /// Words of who stopped it.
    pub stop_reason: Option<String>,
    /// Whether a stop was asked for.
    pub stopped: bool,
    /// Whether the pipeline was updated meanwhile.
    pub cancelled: bool,
    /// How often it was started and retried.
    pub attempt: u32,
    /// Values of the pipeline variables.
    pub variables: Variables,
    /// Source action to the version that it must take.
    pub pins: BTreeMap<String, String>,
    /// Where it stands.
    pub position: Position,
    /// The stages that it entered, in order.
    pub stages: Vec<StageRun>,
    /// Every action execution, retries included, in order of their start.
    pub actions: Vec<ActionRun>,
    /// Artifacts that actions produced.
    pub artifacts: BTreeMap<String, Artifact>,
    /// Namespaces of output variables.
    pub namespaces: BTreeMap<String, Variables>,
}

/// State of a stage in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageStatus {
    /// Actions run.
    InProgress,
    /// All actions succeeded.
    Succeeded,
    /// An action failed, or an entry condition with result `FAIL` did not hold.
    Failed,
    /// A stop is awaited.
    Stopping,
    /// Stopped.
    Stopped,
    /// The pipeline was updated.
    Cancelled,
    /// An entry condition with result `SKIP` did not hold.
    Skipped,
}

impl StageStatus {
    /// The word of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Stopping => "Stopping",
            Self::Stopped => "Stopped",
            Self::Cancelled => "Cancelled",
            Self::Skipped => "Skipped",
        }
    }
}

/// A stage that a run entered.
#[derive(Debug, Clone)]
pub struct StageRun {
    /// Position of the stage in the declaration.
    pub index: usize,
    /// State.
    pub status: StageStatus,
    /// Position in [`Run::actions`] from which actions count for the present attempt.
    pub since: usize,
    /// How often the stage was retried by hand.
    pub retries: u32,
    /// What the entry condition found.
    pub entry: Vec<RuleRun>,
    /// Whether somebody overrode the entry condition.
    pub overridden: bool,
}

/// What a rule of an entry condition found.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleRun {
    /// Id.
    pub id: String,
    /// The rule.
    pub rule: Rule,
    /// Its configuration with variables resolved.
    pub resolved: Variables,
    /// Whether the rule holds.
    pub holds: bool,
    /// What was compared.
    pub summary: String,
    /// When.
    pub at: Timestamp,
}

/// State of an action execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActionStatus {
    /// Under way.
    InProgress,
    /// Left alone: the run was stopped, or its pipeline updated.
    Abandoned,
    /// Done.
    Succeeded,
    /// Failed.
    Failed,
}

impl ActionStatus {
    /// The word of the interface.
    pub fn word(self) -> &'static str {
        match self {
            Self::InProgress => "InProgress",
            Self::Abandoned => "Abandoned",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// What an action execution waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Awaits {
    /// The copy of a source object.
    Source,
    /// The answer to a job.
    Job {
        /// Id of the job.
        id: String,
    },
    /// The moment to deliver the next job.
    Turn {
        /// What the function asked to be told.
        token: String,
    },
    /// A person.
    Approval {
        /// Token that an answer must carry.
        token: String,
        /// When it fails without one.
        expires: Timestamp,
    },
    /// Nothing more.
    Nothing,
}

/// One execution of an action.
#[derive(Debug, Clone)]
pub struct ActionRun {
    /// Id of the action execution.
    pub id: String,
    /// Position of the stage in the declaration.
    pub stage: usize,
    /// Position of the action in its stage.
    pub action: usize,
    /// State.
    pub status: ActionStatus,
    /// When it started.
    pub started: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// ARN of who answered; approvals have it.
    pub updated_by: Option<String>,
    /// Configuration with variables resolved.
    pub resolved: Variables,
    /// Artifacts it reads.
    pub inputs: Vec<Artifact>,
    /// Artifacts it writes.
    pub outputs: Vec<Artifact>,
    /// Its output variables.
    pub variables: Variables,
    /// What the action calls its work elsewhere.
    pub external_id: Option<String>,
    /// One line about how it went, or the approver's comment.
    pub summary: Option<String>,
    /// Progress, 0 to 100.
    pub percent: Option<u8>,
    /// Revision that a source or job reported.
    pub revision: Option<Revision>,
    /// Why it failed: CodePipeline's type and words.
    pub error: Option<(String, String)>,
    /// What it waits for.
    pub awaits: Awaits,
    /// The token of the approval, also after the answer.
    pub approval_token: Option<String>,
}

/// A revision that an action reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Id: a version of an object, a commit.
    pub id: String,
    /// Change identifier; for an S3 source its `ETag`.
    pub change: String,
    /// When it was made.
    pub created: Timestamp,
    /// A sentence about it.
    pub summary: Option<String>,
}

impl Run {
    /// Whether it can still change by itself.
    pub fn in_flight(&self) -> bool {
        self.position != Position::Ended
    }

    /// The declaration of an action execution's stage.
    pub fn stage(&self, index: usize) -> &Stage {
        &self.declaration.stages[index]
    }

    /// The declaration of an action execution.
    pub fn action(&self, run: &ActionRun) -> &Action {
        &self.declaration.stages[run.stage].actions[run.action]
    }

    /// The present attempt at a stage.
    pub fn stage_run(&self, index: usize) -> Option<&StageRun> {
        self.stages.iter().find(|stage| stage.index == index)
    }

    pub(super) fn stage_run_mut(&mut self, index: usize) -> Option<&mut StageRun> {
        self.stages.iter_mut().find(|stage| stage.index == index)
    }

    /// The newest execution of an action in the present attempt at its stage.
    pub fn latest_of(&self, stage: usize, action: usize) -> Option<&ActionRun> {
        let since = self.stage_run(stage)?.since;
        self.actions[since..]
            .iter()
            .rev()
            .find(|run| run.stage == stage && run.action == action)
    }

    /// Positions in [`Run::actions`] of what is under way.
    pub(super) fn under_way(&self) -> Vec<usize> {
        self.actions
            .iter()
            .enumerate()
            .filter(|(_, run)| run.status == ActionStatus::InProgress)
            .map(|(index, _)| index)
            .collect()
    }
}

impl Pipeline {
    /// The position of a run.
    pub fn run_index(&self, id: &str) -> Option<usize> {
        self.runs.iter().position(|run| run.id == id)
    }

    /// A run by its id.
    pub fn run(&self, id: &str) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    /// Positions of the run and of the action execution with an id.
    pub(super) fn find_action(&self, action_execution: &str) -> Option<(usize, usize)> {
        self.runs.iter().enumerate().rev().find_map(|(run, entry)| {
            entry
                .actions
                .iter()
                .position(|action| action.id == action_execution)
                .map(|action| (run, action))
        })
    }

    pub(super) fn slot(&mut self, stage: &str) -> &mut Slot {
        self.slots.entry(stage.to_owned()).or_default()
    }

    /// Number of the declaration in force.
    pub fn version(&self) -> u32 {
        self.declaration.version.unwrap_or(1)
    }
}
