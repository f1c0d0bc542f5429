//! Proves a job before it is believed.
//!
//! The event of an invoke action names neither pipeline nor run and carries no signature: whoever may invoke the
//! function can forge one. So CodePipeline's own history must show this very action in progress in this run with
//! exactly these parameters, and the pipeline must be one that the root pipeline provisioned, or the root itself.
//! Only then does its gate count, and only by hash.

#[cfg(test)]
mod tests;

use super::FlowError;
use super::ports::{ActionExecution, ReadObjects, ReadPipelines, ReadStacks};
use crate::domain::actions::{CREATE_CHANGE_SET, PIPELINE_TYPE};
use crate::domain::gate::Gate;
use crate::domain::history;
use crate::domain::job::Job;
use crate::domain::keys;
use crate::domain::pipelines::logical_id;
use crate::domain::planned_change::PLAN_SHA256;
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::{ROOT_GATE, UserParameters};

/// What the deployment itself says about its pipelines.
#[derive(Debug, Clone)]
pub struct ProofSettings {
    /// Name of the pipeline that provisions the other pipelines.
    pub root_pipeline: String,
    /// Name of the stack that holds the provisioned pipelines.
    pub pipelines_stack: String,
    /// Gate of the root pipeline, from the SAM parameters.
    pub root_gate: Gate,
}

/// A job that was proved: everything here was confirmed by CodePipeline, CloudFormation and a hash.
#[derive(Debug, Clone)]
pub struct ProvenJob {
    /// The parameters of the action, as CodePipeline's history shows them.
    pub parameters: UserParameters,
    /// Name of the pipeline.
    pub pipeline: String,
    /// Id of the pipeline execution.
    pub execution: String,
    /// Whether this is the root pipeline.
    pub is_root: bool,
    /// The gate.
    pub gate: Gate,
    /// Hash of the gate document.
    pub gate_sha256: Sha256,
    /// The action execution of this job.
    pub action: ActionExecution,
    /// All actions of the run, newest first.
    pub actions: Vec<ActionExecution>,
}

impl ProvenJob {
    /// The S3 version that a source action of this run read, from its output variables.
    ///
    /// # Errors
    ///
    /// [`FlowError::NotYet`] while the history shows no success of this action with a version: it succeeded before this
    /// action began, so the history lags behind, or the bucket has no versions.
    pub fn source_version(&self, action: &str) -> Result<&str, FlowError> {
        history::output(&self.actions, action, "VersionId").ok_or_else(|| {
            FlowError::NotYet(format!(
                "the history of run {} shows no object version for its source action `{action}`; unless it comes, the \
                 source bucket is not versioned",
                self.execution
            ))
        })
    }

    /// Whether the history shows what `CreateChangeSet` of this run came to.
    ///
    /// # Errors
    ///
    /// [`FlowError::NotYet`] when it does not.
    pub fn must_show_the_plan(&self) -> Result<(), FlowError> {
        match history::output(&self.actions, CREATE_CHANGE_SET, PLAN_SHA256) {
            Some(_) => Ok(()),
            None => Err(FlowError::NotYet(format!(
                "the history of run {} does not show what its action `{CREATE_CHANGE_SET}` came to",
                self.execution
            ))),
        }
    }
}

/// Proves that `job` is the action named `action_name`, in progress now, of a pipeline of this deployment.
///
/// # Errors
///
/// [`FlowError::Refused`] when it is not, [`FlowError::NotYet`] while the history may only lag behind, and
/// [`FlowError::Port`] when a call did not succeed.
pub async fn prove_job(
    pipelines: &impl ReadPipelines,
    stacks: &impl ReadStacks,
    source: &impl ReadObjects,
    settings: &ProofSettings,
    job: &Job,
    action_name: &str,
) -> Result<ProvenJob, FlowError> {
    let parameters: UserParameters = serde_json::from_str(&job.user_parameters).map_err(|error| {
        FlowError::configuration(format!(
            "reading the action's UserParameters: {error}; only pipelines that Changegate provisions may call this \
             function"
        ))
    })?;
    let is_root = parameters.pipeline == settings.root_pipeline;
    if is_root != (parameters.gate == ROOT_GATE) {
        return Err(FlowError::permission(format!(
            "the gate `{ROOT_GATE}` belongs to the pipeline `{}` and to no other; provision the pipelines again",
            settings.root_pipeline
        )));
    }
    let actions = pipelines
        .action_executions(&parameters.pipeline, &parameters.execution)
        .await?;
    let action = shown(&actions, &parameters, &job.user_parameters, action_name)?.clone();
    let (gate, gate_sha256) = if is_root {
        (settings.root_gate.clone(), settings.root_gate.digest())
    } else {
        let (gate, hash) = gate(source, &parameters.gate).await?;
        must_be_provisioned(stacks, settings, &parameters.pipeline, &gate.stack).await?;
        (gate, hash)
    };
    Ok(ProvenJob {
        pipeline: parameters.pipeline.clone(),
        execution: parameters.execution.clone(),
        parameters,
        is_root,
        gate,
        gate_sha256,
        action,
        actions,
    })
}

/// The entry of the history that is this job's action: in progress, with exactly the job's parameters.
///
/// AWS says neither when the history shows an action nor in how many steps, so whatever it may still come to show is
/// *not yet*: no entry, one whose parameters are not there yet, one attempt while the next has begun. The envelope asks
/// again a bounded number of times. Parameters that are there and differ are a forgery at once.
fn shown<'a>(
    history: &'a [ActionExecution],
    parameters: &UserParameters,
    sent: &str,
    action_name: &str,
) -> Result<&'a ActionExecution, FlowError> {
    let (pipeline, execution) = (&parameters.pipeline, &parameters.execution);
    let named: Vec<_> = history.iter().filter(|action| action.action == action_name).collect();
    let parameters_of = |action: &'a ActionExecution| action.resolved_configuration.get("UserParameters");
    let is_open = |action: &ActionExecution| action.status == "InProgress";
    let same = |action: &&&'a ActionExecution| parameters_of(action).is_some_and(|held| held == sent);
    if let Some(action) = named.iter().filter(same).find(|action| is_open(action)) {
        return Ok(action);
    }
    let not_yet = |what: &str| {
        Err(FlowError::NotYet(format!(
            "the history of pipeline `{pipeline}` {what} in run {execution}"
        )))
    };
    if named.is_empty() {
        return not_yet(&format!("shows no action `{action_name}`"));
    }
    if named
        .iter()
        .any(|action| is_open(action) && parameters_of(action).is_none())
    {
        return not_yet(&format!("shows `{action_name}` in progress and not yet its parameters"));
    }
    if named.iter().any(|action| same(&action)) {
        return not_yet(&format!("shows only attempts of `{action_name}` that have ended"));
    }
    Err(FlowError::permission(format!(
        "the history of pipeline `{pipeline}` does not show `{action_name}` in progress in run {execution} with these \
         parameters: this job was not sent by CodePipeline, or its run has ended"
    )))
}

/// The pipeline must be the one that the pipelines stack holds for the stack of its gate.
///
/// That stack is asked, not who owns the pipeline: several resources may have one physical id, and then CloudFormation
/// names any of them.
async fn must_be_provisioned(
    stacks: &impl ReadStacks,
    settings: &ProofSettings,
    pipeline: &str,
    stack: &str,
) -> Result<(), FlowError> {
    let held = stacks
        .stack_resource(&settings.pipelines_stack, &logical_id(stack))
        .await?;
    let is_ours =
        held.is_some_and(|resource| resource.physical_id == pipeline && resource.resource_type == PIPELINE_TYPE);
    if is_ours {
        return Ok(());
    }
    Err(FlowError::permission(format!(
        "pipeline `{pipeline}` is not one of stack `{}`, whose pipelines alone may change stacks; add the stack to \
         the catalogue and let the root pipeline provision it",
        settings.pipelines_stack
    )))
}

/// The gate document with this hash, and the hash.
async fn gate(source: &impl ReadObjects, hash: &str) -> Result<(Gate, Sha256), FlowError> {
    let again = "start the sync, then provision the pipelines again";
    let hash: Sha256 = hash
        .parse()
        .map_err(|error| FlowError::configuration(format!("the action's gate: {error}; {again}")))?;
    let key = keys::gate(hash);
    let object = source.get(&key, None).await?.ok_or_else(|| {
        FlowError::configuration(format!(
            "the gate document `{key}` is not in the source bucket; {again}"
        ))
    })?;
    if Sha256::of(&object.bytes) != hash {
        return Err(FlowError::permission(format!(
            "the gate document `{key}` was changed in the source bucket: its bytes do not have the hash in its name; \
             find out who wrote it (CloudTrail), then {again}"
        )));
    }
    let gate: Gate = serde_json::from_slice(&object.bytes)
        .map_err(|error| FlowError::configuration(format!("reading the gate document `{key}`: {error}; {again}")))?;
    match gate.version {
        1 => Ok((gate, hash)),
        other => Err(FlowError::configuration(format!(
            "the gate document `{key}` has version {other}, and this version of Changegate knows only 1; {again}"
        ))),
    }
}
