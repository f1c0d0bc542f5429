//! Creates the change set of a run: supersede or wait, create or update by the stack's real state, and tell the
//! endings apart.
//!
//! A delivery that was killed leaves nothing that the next one does not find: claims and change sets are looked up
//! before they are made, and what is made bears the mark of the attempt that made it. Deleting is left to the end of
//! the run and to later runs, so that no delivery can make a change set twice.

mod blocked;
mod failed;
mod inputs;
mod leftovers;
mod request;
mod supersede;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::FlowError;
use super::ports::{
    ChangeSetRef, ControlPipelines, JobArtifacts, PortError, ReadChangeSets, ReadObjects, ReadPipelines, ReadStacks,
    Stack, WriteChangeSets, WriteObjects,
};
use super::prove_job::{ProofSettings, ProvenJob, prove_job};
use crate::domain::actions::CREATE_CHANGE_SET;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::gate::FirstRun;
use crate::domain::job::{FailureKind, Job, JobOutcome};
use crate::domain::planned_change::{ARTIFACT, FILE, PLAN_SHA256, PlannedChange};
use crate::domain::planning::{self, Ending};
use crate::domain::sha256::Sha256;
use crate::domain::stack_policy;
use crate::domain::stack_state::{Readiness, readiness};

use self::inputs::Inputs;

/// What this function is told by its deployment.
#[derive(Debug, Clone)]
pub struct CreateSettings {
    /// How jobs are proved.
    pub proof: ProofSettings,
    /// Name of the environment, as the catalogue spells it.
    pub environment: String,
    /// Repository that is watched, `owner/name`.
    pub repository: String,
    /// Name of the source bucket; CloudFormation reads large templates from there.
    pub source_bucket: String,
    /// Region of the source bucket.
    pub region: String,
}

/// What the flow reaches.
#[derive(Debug, Clone, Copy)]
pub struct Ports<'a, P, C, S, E> {
    /// CodePipeline.
    pub pipelines: &'a P,
    /// CloudFormation.
    pub cloudformation: &'a C,
    /// The source bucket.
    pub source: &'a S,
    /// The evidence bucket.
    pub evidence: &'a E,
}

/// Longest wait for CloudFormation to make a change set, in deliveries; at CodePipeline's pace some hours.
const MAX_POLLS: u32 = 480;

/// Creates the change set of the run that `job` belongs to, or continues to wait for it.
///
/// # Errors
///
/// When the job cannot be proved, an input is wrong, or a call does not succeed.
pub async fn create_change_set<P, C, S, E>(
    ports: Ports<'_, P, C, S, E>,
    settings: &CreateSettings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks + ReadChangeSets + WriteChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
{
    let Ports {
        pipelines,
        cloudformation,
        source,
        evidence,
    } = ports;
    let proven = prove_job(
        pipelines,
        cloudformation,
        source,
        &settings.proof,
        job,
        CREATE_CHANGE_SET,
    )
    .await?;
    let inputs = inputs::read(source, settings, &proven, job, artifacts).await?;
    let plan = Plan {
        proven: &proven,
        inputs: &inputs,
        artifacts,
    };
    if let Some(made) = Made::parse(job.continuation_token.as_deref())? {
        let set = cloudformation
            .change_set(ChangeSetRef::of(&proven.gate.stack_name, &made.arn))
            .await?;
        let set = set.ok_or_else(|| {
            out_of_date(&format!(
                "change set `{}` was deleted while CloudFormation made it",
                made.arn
            ))
        })?;
        return conclude(ports, settings, &plan, set, made.polls).await;
    }

    let runs = pipelines.pipeline_executions(&proven.pipeline, 100).await?;
    // Which runs are older is told by their order, so it must be known where this one stands.
    let own = runs.iter().find(|run| run.id == proven.execution).ok_or_else(|| {
        FlowError::NotYet(format!(
            "the latest runs of pipeline `{}` do not show run {}",
            proven.pipeline, proven.execution
        ))
    })?;
    let is_first = own.trigger_type.as_deref() == Some("CreatePipeline");
    if is_first && proven.gate.first_run == FirstRun::Hold {
        let summary = format!(
            "held: the catalogue says `first_run: hold` for stack `{}`. When it is time, run `aws codepipeline \
             start-pipeline-execution --name {}`",
            proven.gate.stack, proven.pipeline
        );
        return plan.ended("held", None, None, summary).await;
    }
    if let Some(waiting) = supersede::supersede(pipelines, evidence, &proven, &runs).await? {
        return Ok(wait(&waiting));
    }

    let stack = cloudformation.stack(&proven.gate.stack_name).await?;
    let status = stack.as_ref().map(|stack| stack.status.as_str());
    let is_create = match readiness(&proven.gate.stack_name, status) {
        Readiness::Create => true,
        Readiness::Update => false,
        Readiness::Wait(reason) => return Ok(wait(&reason)),
        Readiness::Stuck(reason) => return Err(FlowError::job(reason)),
    };
    if let Some(parent) = stack.as_ref().and_then(|stack| stack.parent_id.as_deref()) {
        return Err(FlowError::configuration(format!(
            "stack `{}` is a nested stack of `{parent}`: change it through its parent, and remove it from the catalogue",
            proven.gate.stack_name
        )));
    }

    let name = planning::change_set_name(&inputs.commit, &proven.execution);
    let existing = cloudformation.find_change_set(&proven.gate.stack_name, &name).await?;
    let arn = match existing {
        Some(set) if planning::is_of_attempt(set.description.as_deref(), &proven.action.id) => set.change_set_id,
        found => {
            if let Some(export) = blocked::missing_import(cloudformation, settings, &proven, &inputs).await? {
                return blocked::end(ports, settings, &plan, is_create, &export).await;
            }
            // An earlier attempt of this run, before its stage was retried, planned from what was then.
            if let Some(earlier) = found {
                leftovers::delete_earlier(cloudformation, &earlier).await?;
            }
            leftovers::delete(pipelines, cloudformation, &proven, &runs).await?;
            let new = request::new_change_set(source, settings, &proven, &inputs, is_create, name).await?;
            match cloudformation.create_change_set(new).await {
                Ok(created) => created.arn,
                Err(error) => {
                    let export = failed::refused(error, &proven, &inputs)?;
                    return blocked::end(ports, settings, &plan, is_create, &export).await;
                }
            }
        }
    };
    let set = cloudformation
        .change_set(ChangeSetRef::of(&proven.gate.stack_name, &arn))
        .await?;
    let set = set.ok_or_else(|| FlowError::NotYet(format!("change set `{arn}` was made and is not visible")))?;
    conclude(ports, settings, &plan, set, 0).await
}

/// Ends by what became of the change set.
async fn conclude<P, C, S, E>(
    ports: Ports<'_, P, C, S, E>,
    settings: &CreateSettings,
    plan: &Plan<'_, impl JobArtifacts>,
    set: ChangeSetDescription,
    polls: u32,
) -> Result<JobOutcome, FlowError>
where
    C: ReadStacks + ReadChangeSets,
    S: ReadObjects,
    E: WriteObjects,
{
    let cloudformation = ports.cloudformation;
    let gate = &plan.proven.gate;
    let stack_name = &gate.stack_name;
    let became = failed::become_of(cloudformation, &set).await?;
    match became.ending {
        Ending::Pending if polls >= MAX_POLLS => Err(FlowError::job(format!(
            "CloudFormation has not finished change set `{}` for hours; delete it and retry this stage",
            set.change_set_id
        ))),
        Ending::Pending => Ok(JobOutcome::Continue {
            token: Made {
                arn: set.change_set_id,
                polls: polls + 1,
            }
            .to_token(),
            summary: format!("CloudFormation is making the change set of stack `{stack_name}`"),
            percent: None,
        }),
        Ending::Changes => {
            let stack = stack_of(cloudformation, &set).await?;
            let before = policy_of(cloudformation, stack.as_ref()).await?;
            let is_create = stack.as_ref().is_none_or(is_shell);
            let what = if is_create { "create" } else { "update" };
            let summary = format!("would {what} stack `{stack_name}`: {}", planning::counts(&set));
            plan.ended("changes", Some((&set, is_create)), Some((stack, before)), summary)
                .await
        }
        Ending::NoChanges => {
            let stack = stack_of(cloudformation, &set).await?;
            // Nothing is as any commit says while there is no stack.
            if stack.as_ref().is_none_or(is_shell) {
                return Ok(failed::empty(&set));
            }
            let before = policy_of(cloudformation, stack.as_ref()).await?;
            if stack_policy::to_set(gate.stack_policy.as_deref(), before.as_deref()).is_some() {
                let summary = format!("would set the stack policy of `{stack_name}`; its resources stay as they are");
                return plan.ended("changes", None, Some((stack, before)), summary).await;
            }
            let short: String = plan.inputs.commit.chars().take(7).collect();
            let summary = format!("stack `{stack_name}` is already as commit {short} says");
            plan.ended("no-changes", None, Some((stack, before)), summary).await
        }
        Ending::Blocked { export } => {
            let is_create = stack_of(cloudformation, &set).await?.as_ref().is_none_or(is_shell);
            blocked::end(ports, settings, plan, is_create, &export).await
        }
        Ending::OutOfDate => Err(out_of_date(&format!(
            "change set `{}` cannot be executed any more ({} {}): the stack was changed meanwhile",
            set.change_set_id, set.status, set.execution_status
        ))),
        Ending::Failed(reason) => failed::end(cloudformation, plan, set, &became.reason_of, &reason).await,
    }
}

/// The stack of a change set.
async fn stack_of(cloudformation: &impl ReadStacks, set: &ChangeSetDescription) -> Result<Option<Stack>, PortError> {
    cloudformation.stack(&set.stack_name).await
}

/// Whether a stack is only the shell of a first change set: it has no template and no resources.
fn is_shell(stack: &Stack) -> bool {
    stack.status == "REVIEW_IN_PROGRESS"
}

/// The policy of a stack that has more than a name.
async fn policy_of(cloudformation: &impl ReadStacks, stack: Option<&Stack>) -> Result<Option<String>, PortError> {
    match stack.filter(|stack| !is_shell(stack)) {
        Some(stack) => cloudformation.stack_policy(&stack.name).await,
        None => Ok(None),
    }
}

fn wait(reason: &str) -> JobOutcome {
    JobOutcome::Continue {
        token: WAITING.to_owned(),
        summary: format!("waiting: {reason}"),
        percent: None,
    }
}

fn out_of_date(reason: &str) -> FlowError {
    FlowError::Refused {
        kind: FailureKind::RevisionOutOfSync,
        message: format!("{reason}. Retry this stage to plan again"),
    }
}

/// The token of a delivery that has made nothing yet.
const WAITING: &str = "waiting";

/// The token of a delivery that has made its change set.
#[derive(Debug, PartialEq, Eq)]
struct Made {
    arn: String,
    polls: u32,
}

impl Made {
    /// Reads the token of the delivery before; `None` when it made nothing.
    fn parse(token: Option<&str>) -> Result<Option<Self>, FlowError> {
        let made = match token {
            None | Some(WAITING) => return Ok(None),
            Some(token) => token.strip_prefix("made:").and_then(|rest| rest.split_once(':')),
        };
        let made = made.and_then(|(polls, arn)| {
            Some(Self {
                arn: arn.to_owned(),
                polls: polls.parse().ok()?,
            })
        });
        made.map(Some)
            .ok_or_else(|| FlowError::job("the continuation token is not this function's own; retry this stage"))
    }

    fn to_token(&self) -> String {
        format!("made:{}:{}", self.polls, self.arn)
    }
}

/// What an ending is made of.
struct Plan<'a, A> {
    proven: &'a ProvenJob,
    inputs: &'a Inputs,
    artifacts: &'a A,
}

impl<A: JobArtifacts> Plan<'_, A> {
    /// Writes the plan for the later actions, and ends well.
    async fn ended(
        &self,
        outcome: &str,
        set: Option<(&ChangeSetDescription, bool)>,
        before: Option<(Option<Stack>, Option<String>)>,
        summary: String,
    ) -> Result<JobOutcome, FlowError> {
        let (stack, policy_before) = before.unwrap_or_default();
        let stack = stack.filter(|stack| !is_shell(stack));
        let kind = match set {
            Some((_, true)) => "CREATE",
            Some((_, false)) => "UPDATE",
            None if stack.is_some() => "UPDATE",
            None => "CREATE",
        };
        let arn = set.map(|(set, _)| set.change_set_id.clone());
        let stack_id = set
            .map(|(set, _)| set.stack_id.clone())
            .or_else(|| stack.as_ref().map(|stack| stack.id.clone()));
        let planned = PlannedChange {
            version: 1,
            stack_name: self.proven.gate.stack_name.clone(),
            stack_id,
            change_set_arn: arn.clone(),
            change_set_type: kind.to_owned(),
            template_sha256: self.inputs.template_sha256,
            template_key: self.inputs.template_key.clone(),
            stack_last_changed: stack.and_then(|stack| stack.last_updated.or(stack.created)),
            stack_policy_before: policy_before,
            parameters: self.inputs.parameters.clone(),
            tags: self.inputs.tags.clone(),
            commit: self.inputs.commit.clone(),
            sequence: self.inputs.sequence,
            source_versions: self.inputs.source_versions.clone(),
        };
        let bytes = serde_json::to_vec_pretty(&planned)
            .map_err(|error| FlowError::job(format!("writing the planned change: {error}")))?;
        self.artifacts.write(ARTIFACT, FILE, &bytes).await?;
        let variables = [
            ("Outcome", outcome.to_owned()),
            ("ChangeSetArn", arn.clone().unwrap_or_else(|| "none".to_owned())),
            ("ChangeSetType", kind.to_owned()),
            ("TemplateSha256", self.inputs.template_sha256.to_string()),
            (PLAN_SHA256, Sha256::of(&bytes).to_string()),
            ("Summary", summary.clone()),
        ];
        let variables: BTreeMap<_, _> = variables.map(|(name, value)| (name.to_owned(), value)).into();
        Ok(JobOutcome::Succeeded {
            variables,
            summary,
            external_execution_id: arn,
        })
    }
}
