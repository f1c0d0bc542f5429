//! Everything that is known of a run.

use std::collections::BTreeMap;

use super::{EndedRun, RecordPorts, RecordSettings};
use crate::domain::actions::EXECUTE_CHANGE_SET;
use crate::domain::claim::Claim;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::outcome::{End, Facts, MAX_STACK_EVENTS, Outcome, StackEventRecord};
use crate::domain::retry::Retry;
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::UserParameters;
use crate::flows::ports::{Clock, ReadObjects, ReadPipelines, ReadStacks};
use crate::flows::{FlowError, run_sources};

/// What is known of a run.
pub(super) struct Gathered {
    pub outcome: Outcome,
    pub gate: Option<Gate>,
    pub actions: Vec<ActionExecution>,
}

/// Reads what is known of a run. What cannot be known any more is left out; what cannot be read now is an error.
pub(super) async fn gather<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    run: &EndedRun,
) -> Result<Gathered, FlowError>
where
    P: ReadPipelines,
    C: ReadStacks,
    S: ReadObjects,
    E: ReadObjects,
    K: Clock,
{
    let execution = ports
        .pipelines
        .pipeline_execution(&run.pipeline, &run.execution)
        .await?;
    let actions = match &execution {
        Some(_) => ports.pipelines.action_executions(&run.pipeline, &run.execution).await?,
        // The pipeline was removed meanwhile, and its history with it.
        None => Vec::new(),
    };
    let runs = ports.pipelines.pipeline_executions(&run.pipeline, 100).await?;
    let listed = runs.iter().find(|listed| listed.id == run.execution);
    let is_root = run.pipeline == settings.root_pipeline;
    let hash = gate_hash(&actions);
    let gate = if is_root {
        Some(settings.root_gate.clone())
    } else {
        gate(ports.source, hash.as_deref()).await?
    };
    let claim = claim(ports.evidence, run).await?;
    let retry = ports.evidence.get(&keys::retry(&run.pipeline), None).await?;
    let retry: Option<Retry> = retry.and_then(|note| serde_json::from_slice(&note.bytes).ok());
    let is_waiting = retry.is_some_and(|note| note.execution == run.execution);
    let versions = run_sources::versions(&actions);
    let mut outcome = Outcome {
        version: 1,
        fingerprint: String::new(),
        environment: settings.environment.clone(),
        repository: settings.repository.clone(),
        pipeline: run.pipeline.clone(),
        execution: run.execution.clone(),
        stack: match &gate {
            Some(gate) => gate.stack.clone(),
            None => run
                .pipeline
                .strip_prefix(&settings.pipeline_prefix)
                .unwrap_or(&run.pipeline)
                .to_owned(),
        },
        stack_name: gate.as_ref().map(|gate| gate.stack_name.clone()),
        gate: hash,
        end: End::Failed,
        summary: String::new(),
        started: listed.and_then(|listed| listed.started.clone()),
        ended: Some(
            listed
                .and_then(|listed| listed.updated.clone())
                .unwrap_or_else(|| ports.clock.now().to_string()),
        ),
        trigger: execution.as_ref().and_then(|execution| execution.trigger_type.clone()),
        started_by: execution
            .as_ref()
            .and_then(|execution| execution.trigger_detail.clone()),
        source_versions: versions.clone(),
        commit: None,
        commits: Vec::new(),
        plan: None,
        review: None,
        approvals: Vec::new(),
        execution_result: None,
        actions: Vec::new(),
        stack_status: None,
        stack_events: Vec::new(),
        notes: Vec::new(),
    };
    outcome.tell(&Facts {
        state: &run.state,
        actions: &actions,
        claim: claim.as_ref(),
        stop_words: listed.and_then(|listed| listed.stop_reason.as_deref()),
        is_waiting,
    });
    if let Some(gate) = &gate {
        commits(ports.source, settings, gate, is_root, &versions, &mut outcome).await?;
        stack(ports.cloudformation, gate, run, &actions, &mut outcome).await?;
    }
    Ok(Gathered { outcome, gate, actions })
}

/// The gate that the run's actions were rendered with.
fn gate_hash(actions: &[ActionExecution]) -> Option<String> {
    actions.iter().find_map(|action| {
        let parameters = action.resolved_configuration.get("UserParameters")?;
        let parameters: UserParameters = serde_json::from_str(parameters).ok()?;
        Some(parameters.gate)
    })
}

/// The gate document with this hash; `None` when there is none with these bytes.
async fn gate(source: &impl ReadObjects, hash: Option<&str>) -> Result<Option<Gate>, FlowError> {
    let Some(hash) = hash.and_then(|hash| hash.parse::<Sha256>().ok()) else {
        return Ok(None);
    };
    let object = source.get(&keys::gate(hash), None).await?;
    let object = object.filter(|object| Sha256::of(&object.bytes) == hash);
    Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
}

/// Who decided about the run first.
async fn claim(evidence: &impl ReadObjects, run: &EndedRun) -> Result<Option<Claim>, FlowError> {
    let object = evidence.get(&keys::claim(&run.pipeline, &run.execution), None).await?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
}

/// The newest commit of the sources, and the record that it came with.
async fn commits(
    source: &impl ReadObjects,
    settings: &RecordSettings,
    gate: &Gate,
    is_root: bool,
    versions: &BTreeMap<String, String>,
    outcome: &mut Outcome,
) -> Result<(), FlowError> {
    let mut commits = Vec::new();
    for (action, version) in versions {
        let key = run_sources::key_of(&settings.environment, gate, is_root, action);
        if let Some(key) = key
            && let Some(commit) = run_sources::commit_of(source, &key, version).await?
        {
            commits.push(commit);
        }
    }
    outcome.commit = run_sources::newest(source, &commits).await?;
    if let Some(commit) = &outcome.commit {
        let record = run_sources::record_of(source, commit).await?;
        outcome.commits = record.map(|record| record.commits).unwrap_or_default();
    }
    Ok(())
}

/// The stack as it stands, and what CloudFormation did to it for this run.
async fn stack(
    cloudformation: &impl ReadStacks,
    gate: &Gate,
    run: &EndedRun,
    actions: &[ActionExecution],
    outcome: &mut Outcome,
) -> Result<(), FlowError> {
    let name = &gate.stack_name;
    let Some(stack) = cloudformation.stack(name).await? else {
        return Ok(());
    };
    if stack.status == "REVIEW_IN_PROGRESS" && outcome.end != End::Executed {
        outcome.notes.push(format!(
            "stack `{name}` is an empty shell that the plan of its creation left (REVIEW_IN_PROGRESS). The next run \
             uses it; `aws cloudformation delete-stack --stack-name {name}` removes it"
        ));
    }
    outcome.stack_status = Some(stack.status);
    let execute = actions.iter().rev().find(|action| action.action == EXECUTE_CHANGE_SET);
    if let Some(execute) = execute {
        let token = format!("cg-{}", run.execution);
        let started = execute.started.clone().unwrap_or_default();
        let started: Option<jiff::Timestamp> = started.parse().ok();
        // Events are newest first; what is older than the action's own start is not this run's.
        let is_older = |time: &str| match (time.parse::<jiff::Timestamp>(), started) {
            (Ok(time), Some(started)) => time < started,
            _ => false,
        };
        let events = cloudformation
            .stack_events(&stack.id, &|event| is_older(&event.time))
            .await?;
        let ours = events
            .into_iter()
            .filter(|event| event.client_request_token.as_deref() == Some(token.as_str()));
        let mut ours: Vec<_> = ours
            .take(MAX_STACK_EVENTS)
            .map(|event| StackEventRecord {
                time: event.time,
                logical_id: event.logical_id,
                resource_type: event.resource_type,
                status: event.status,
                reason: event.reason,
            })
            .collect();
        ours.reverse();
        outcome.stack_events = ours;
    }
    Ok(())
}
