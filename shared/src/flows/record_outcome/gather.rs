//! Everything that is known of a run.

use super::{EndedRun, RecordPorts, RecordSettings, commits, lag};
use crate::domain::actions::EXECUTE_CHANGE_SET;
use crate::domain::catalogue::ResolvedCatalogue;
use crate::domain::claim::Claim;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::outcome::{End, Facts, MAX_STACK_EVENTS, Outcome, StackEventRecord};
use crate::domain::retry::Retry;
use crate::domain::sha256::Sha256;
use crate::domain::user_parameters::UserParameters;
use crate::flows::ports::{Clock, PipelineExecution, ReadObjects, ReadPipelines, ReadStacks, Stack};
use crate::flows::{FlowError, run_sources};

/// More than the clocks of two services differ.
const CLOCKS_DIFFER: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// What is known of a run.
pub(super) struct Gathered {
    /// The outcome.
    pub outcome: Outcome,
    /// The gate of the run, else of its stack as the catalogue has it now.
    pub gate: Option<Gate>,
    /// The actions of the run until this end, newest first.
    pub actions: Vec<ActionExecution>,
    /// Whether no stage was retried after this end.
    pub is_current: bool,
    /// Whether a newer run has the same sources: then that one has the last word about the commit.
    pub is_overtaken: bool,
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
    let mut actions = match &execution {
        Some(_) => ports.pipelines.action_executions(&run.pipeline, &run.execution).await?,
        // The pipeline was removed meanwhile, and its history with it.
        None => Vec::new(),
    };
    let is_current = !cut(&mut actions, run.time.as_deref());
    let runs = ports.pipelines.pipeline_executions(&run.pipeline, 100).await?;
    let listed = runs.iter().find(|listed| listed.id == run.execution);
    lag::must_show_the_end(run, listed, &actions, ports.clock.now())?;
    let is_overtaken = is_overtaken(listed, &runs);
    let hash = gate_hash(&actions);
    let gate = gate_of_run(ports.source, settings, run, hash.as_deref()).await?;
    let claim = claim(ports.evidence, run).await?;
    let retry = ports.evidence.get(&keys::retry(&run.pipeline), None).await?;
    let retry: Option<Retry> = retry.and_then(|note| serde_json::from_slice(&note.bytes).ok());
    let is_waiting = retry.is_some_and(|note| note.execution == run.execution);
    let mut versions = run_sources::versions(&actions);
    if let Some(listed) = listed.filter(|_| versions.is_empty()) {
        versions.clone_from(&listed.source_revisions);
    }
    let held = match &gate {
        Some(gate) => ports.cloudformation.stack(&gate.stack_name).await?,
        None => None,
    };
    let mut outcome = Outcome {
        version: 1,
        fingerprint: String::new(),
        environment: settings.environment.clone(),
        repository: settings.repository.clone(),
        repository_id: None,
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
        stack_status: held.as_ref().map(|held| held.status.as_str()),
    });
    if let Some(gate) = &gate {
        let (source, evidence) = (ports.source, ports.evidence);
        commits::enter(source, evidence, settings, (gate, &actions), &versions, &mut outcome).await?;
    }
    if let Some(held) = held {
        stack(ports.cloudformation, held, run, &actions, &mut outcome).await?;
    }
    Ok(Gathered {
        outcome,
        gate,
        actions,
        is_current,
        is_overtaken,
    })
}

/// Whether a run newer than `own` has the same sources. `runs` are newest first.
fn is_overtaken(own: Option<&PipelineExecution>, runs: &[PipelineExecution]) -> bool {
    own.is_some_and(|own| {
        let mut newer = runs.iter().take_while(|newer| newer.id != own.id);
        !own.source_revisions.is_empty() && newer.any(|newer| newer.source_revisions == own.source_revisions)
    })
}

/// Takes away the actions that began after an end was announced at `time`: they belong to a retry. Tells whether there
/// were any.
///
/// An announcement has whole seconds, so an action of the same second and the next still belongs to the end.
fn cut(actions: &mut Vec<ActionExecution>, time: Option<&str>) -> bool {
    let Some(time) = time.and_then(|time| time.parse::<jiff::Timestamp>().ok()) else {
        return false;
    };
    let is_later = |action: &ActionExecution| {
        let started = action
            .started
            .as_deref()
            .and_then(|time| time.parse::<jiff::Timestamp>().ok());
        started.is_some_and(|started| started.as_second() > time.as_second() + 1)
    };
    let (later, kept): (Vec<_>, Vec<_>) = std::mem::take(actions).into_iter().partition(is_later);
    *actions = kept;
    !later.is_empty()
}

/// The gate of a run; where it ended before any action of ours, that of its stack as the catalogue has it now.
async fn gate_of_run(
    source: &impl ReadObjects,
    settings: &RecordSettings,
    run: &EndedRun,
    hash: Option<&str>,
) -> Result<Option<Gate>, FlowError> {
    if run.pipeline == settings.root_pipeline {
        return Ok(Some(settings.root_gate.clone()));
    }
    match gate(source, hash).await? {
        None => gate_of_catalogue(source, settings, run).await,
        gate => Ok(gate),
    }
}

/// The gate of the pipeline's stack, as the catalogue has it now.
async fn gate_of_catalogue(
    source: &impl ReadObjects,
    settings: &RecordSettings,
    run: &EndedRun,
) -> Result<Option<Gate>, FlowError> {
    let object = source.get(&keys::catalogue(&settings.environment), None).await?;
    let catalogue = object.and_then(|object| ResolvedCatalogue::from_json(&object.bytes).ok());
    let name = run.pipeline.strip_prefix(&settings.pipeline_prefix);
    let stack = catalogue.and_then(|catalogue| {
        let mut stacks = catalogue.stacks.into_iter();
        stacks.find(|stack| Some(stack.name.as_str()) == name)
    });
    let hash = stack.map(|stack| stack.gate.to_string());
    gate(source, hash.as_deref()).await
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

/// The stack as it stands, and what CloudFormation did to it for this run.
async fn stack(
    cloudformation: &impl ReadStacks,
    stack: Stack,
    run: &EndedRun,
    actions: &[ActionExecution],
    outcome: &mut Outcome,
) -> Result<(), FlowError> {
    let name = &stack.name;
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
        // Events are newest first; what is older than the action's own start is not this run's. CloudFormation has
        // another clock than CodePipeline, and the token tells whose an event is.
        let is_older = |time: &str| match (time.parse::<jiff::Timestamp>(), started) {
            (Ok(time), Some(started)) => time < started - CLOCKS_DIFFER,
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
