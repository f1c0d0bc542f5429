//! Executes exactly what was reviewed and approved, or says why not.
//!
//! The flow keeps nothing between two deliveries but what CloudFormation, CodePipeline and the evidence bucket hold,
//! so that it can be killed anywhere and be delivered again: the claim says whether an execution may have begun, the
//! change set whether it has.

mod executed;
mod follow;
mod guard;
mod history;
mod nested;
mod sources;
mod start;
#[cfg(test)]
mod tests;

use super::FlowError;
use super::fresh_run::start_fresh_run;
use super::ports::{
    ChangeSetRef, Clock, ControlPipelines, ExecuteChangeSets, JobArtifacts, ReadChangeSets, ReadObjects, ReadPipelines,
    ReadStacks, WriteObjects, WriteStackPolicies,
};
use super::prove_job::{ProofSettings, ProvenJob, prove_job};
use crate::domain::actions::{APPLY_STAGE, EXECUTE_CHANGE_SET, TEMPLATE};
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::claim::Claim;
use crate::domain::console;
use crate::domain::guard::{Refusal, RunRef};
use crate::domain::job::{Job, JobOutcome};
use crate::domain::keys;
use crate::domain::planned_change::{self, PlannedChange};
use crate::domain::sha256::Sha256;

/// Largest template that CloudFormation takes, in bytes; also more than any plan needs.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const ARTIFACT_LIMIT_BYTES: u64 = 1_048_576;

/// What the deployment says about itself.
#[derive(Debug, Clone)]
pub struct ExecuteSettings {
    /// How jobs are proved.
    pub proof: ProofSettings,
    /// Name of the environment, as the catalogue spells it.
    pub environment: String,
}

/// The services that the flow works with.
#[derive(Debug)]
pub struct ExecutePorts<'a, C, P, S, E, K> {
    /// CloudFormation.
    pub cloudformation: &'a C,
    /// CodePipeline.
    pub pipelines: &'a P,
    /// The source bucket.
    pub source: &'a S,
    /// The evidence bucket.
    pub evidence: &'a E,
    /// The time.
    pub clock: &'a K,
}

/// The run whose change is to be executed: proved, and read.
struct Run {
    proven: ProvenJob,
    planned: PlannedChange,
    /// Hash of the plan as the artifact has it.
    planned_sha256: Sha256,
    template: Vec<u8>,
}

impl Run {
    fn reference(&self) -> RunRef {
        RunRef {
            pipeline: self.proven.pipeline.clone(),
            execution: self.proven.execution.clone(),
            stage: APPLY_STAGE.to_owned(),
        }
    }

    /// Token of the execution, one for each run: CloudFormation writes it to every event and takes it only once.
    fn request_token(&self) -> String {
        format!("cg-{}", self.proven.execution)
    }

    /// The planned change set: its ARN, with the stack that it was made for.
    fn change_set<'a>(&'a self, arn: &'a str) -> ChangeSetRef<'a> {
        let stack = self.planned.stack_id.as_deref();
        ChangeSetRef::of(stack.unwrap_or(&self.planned.stack_name), arn)
    }

    fn is_create(&self) -> bool {
        self.planned.change_set_type == "CREATE"
    }
}

/// What the guard came to.
enum Verdict {
    /// Execute.
    Go,
    /// Wait, and ask again.
    Wait {
        /// What the next delivery is told.
        token: String,
        /// What is being waited for.
        summary: String,
    },
    /// Do not execute.
    Refuse(Refusal),
}

/// Guards and executes the change set of one run, or sets the stack policy where only that changes, and follows the
/// stack to rest.
///
/// # Errors
///
/// As [`prove_job`], and when a service refuses or does not answer.
pub async fn execute_change_set<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError>
where
    C: ReadChangeSets + ReadStacks + ExecuteChangeSets + WriteStackPolicies,
    P: ReadPipelines + ControlPipelines,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    let proven = prove_job(
        ports.pipelines,
        ports.cloudformation,
        ports.source,
        &settings.proof,
        job,
        EXECUTE_CHANGE_SET,
    )
    .await?;
    let (planned, planned_sha256) = read_plan(artifacts).await?;
    let run = Run {
        proven,
        planned,
        planned_sha256,
        template: artifacts.read(TEMPLATE, ARTIFACT_LIMIT_BYTES).await?,
    };
    let change_set = match &run.planned.change_set_arn {
        None => None,
        Some(arn) => ports.cloudformation.change_set(run.change_set(arn)).await?,
    };
    let claim = read_claim(ports.evidence, &run).await?;
    let is_claimed = claim == Some(Claim::Executing);
    if let Some(change_set) = change_set.as_ref().filter(|set| is_claimed && has_begun(set)) {
        // What is put back or recorded in the end is read from the plan, so it must be the one that was approved.
        guard::plan_as_written(&run).map_err(|refusal| {
            FlowError::permission(format!(
                "{refusal}; the execution has begun and goes on without this action: look at stack {}, find out who \
                 wrote the artifact (CloudTrail), then start the pipeline again",
                run.planned.stack_name
            ))
        })?;
        return follow::follow(ports, &run, change_set).await;
    }
    let token = job.continuation_token.as_deref();
    let verdict = guard::guard(ports, settings, &run, claim, change_set.as_ref()).await?;
    match history::asked_again(verdict, token) {
        Verdict::Go => start::start(ports, &run, change_set.as_ref()).await,
        Verdict::Wait { token, summary } => Ok(JobOutcome::Continue {
            token,
            summary,
            percent: None,
        }),
        Verdict::Refuse(refusal) => match overtaken(ports, &run, is_claimed).await? {
            Some(change_set) => follow::follow(ports, &run, &change_set).await,
            None => refuse(ports, &run, &refusal).await,
        },
    }
}

/// The change set, if another delivery of this very job has begun to execute it while this one was looking: then
/// what this one saw may be a mixture of before and after.
async fn overtaken<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    was_claimed: bool,
) -> Result<Option<ChangeSetDescription>, FlowError>
where
    C: ReadChangeSets,
    E: ReadObjects,
{
    if read_claim(ports.evidence, run).await? != Some(Claim::Executing) {
        return Ok(None);
    }
    let change_set = match &run.planned.change_set_arn {
        None => None,
        Some(arn) => ports
            .cloudformation
            .change_set(run.change_set(arn))
            .await?
            .filter(has_begun),
    };
    if change_set.is_none() && !was_claimed {
        return Err(FlowError::NotYet(
            "another delivery of this job is about to execute the change".to_owned(),
        ));
    }
    Ok(change_set)
}

/// Whether somebody has executed the change set.
fn has_begun(change_set: &ChangeSetDescription) -> bool {
    change_set.execution_status.starts_with("EXECUTE_")
}

async fn read_plan(artifacts: &impl JobArtifacts) -> Result<(PlannedChange, Sha256), FlowError> {
    let bytes = artifacts.read(planned_change::ARTIFACT, ARTIFACT_LIMIT_BYTES).await?;
    let planned = serde_json::from_slice(&bytes).map_err(|error| {
        FlowError::job(format!(
            "reading `{}` in the artifact {}: {error}; start the pipeline again",
            planned_change::FILE,
            planned_change::ARTIFACT
        ))
    })?;
    Ok((planned, Sha256::of(&bytes)))
}

async fn read_claim(evidence: &impl ReadObjects, run: &Run) -> Result<Option<Claim>, FlowError> {
    let key = keys::claim(&run.proven.pipeline, &run.proven.execution);
    let Some(object) = evidence.get(&key, None).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&object.bytes)
        .map(Some)
        .map_err(|error| FlowError::job(format!("reading the claim `{key}`: {error}; start the pipeline again")))
}

/// Ends the action without having touched the stack. A stale run is followed by a fresh one first.
async fn refuse<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    refusal: &Refusal,
) -> Result<JobOutcome, FlowError>
where
    P: ReadPipelines + ControlPipelines,
    E: ReadObjects + WriteObjects,
{
    let fresh = match refusal {
        Refusal::Stale(_) => {
            let (pipeline, execution) = (&run.proven.pipeline, &run.proven.execution);
            let fresh = start_fresh_run(ports.pipelines, ports.evidence, pipeline, execution).await?;
            let stack = run.planned.stack_id.as_deref().unwrap_or_default();
            let page = fresh.run().and_then(|id| console::run_page(stack, pipeline, id));
            Some(page.map_or_else(|| fresh.to_string(), |page| format!("{fresh}: {page}")))
        }
        _ => None,
    };
    Ok(JobOutcome::Failed {
        kind: refusal.kind(),
        message: refusal.message(&run.reference(), fresh.as_deref()),
        external_execution_id: run.planned.change_set_arn.clone(),
    })
}
