//! The guard: reads what its checks need, in their order, and stops at the first that refuses.

use super::{ExecutePorts, ExecuteSettings, Run, Verdict, has_begun, sources};
use crate::domain::actions::PIPELINE_TYPE;
use crate::domain::approvals::{self, Reviewed};
use crate::domain::authors::CommitRange;
use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::change_set::tree::ChangeSetTree;
use crate::domain::claim::Claim;
use crate::domain::digest::first_difference;
use crate::domain::guard::{self, Refusal, StackNow, Staleness};
use crate::domain::keys;
use crate::domain::sha256::Sha256;
use crate::flows::FlowError;
use crate::flows::digest_inputs::{DigestError, DigestInputs, attempt, inputs_with};
use crate::flows::ports::{Clock, ReadChangeSets, ReadObjects, ReadPipelines, ReadStacks, WriteObjects};
use crate::flows::run_sources::Sources;

/// Token of a delivery that waits until no pipeline that would be updated executes a change set.
const WAITS_FOR_PIPELINES: &str = "pipelines";

/// Checks everything that must hold before the change of `run` is executed. `claim` is who decided about the run so
/// far; it is made `executing` only after every check, so that a run which is refused can still be superseded.
pub(super) async fn guard<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    run: &Run,
    claim: Option<Claim>,
    change_set: Option<&ChangeSetDescription>,
) -> Result<Verdict, FlowError>
where
    C: ReadChangeSets + ReadStacks,
    P: ReadPipelines,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    K: Clock,
{
    if let Err(refusal) = belongs_to_run(ports, run, claim, change_set).await? {
        return Ok(Verdict::Refuse(refusal));
    }
    let mut sources = sources::read(ports, settings, run).await?;
    if let Some(apart) = sources.apart(ports.source).await? {
        return Ok(Verdict::Refuse(Refusal::Apart(apart)));
    }
    let inputs = match reviewed(ports, run).await? {
        Ok(inputs) => inputs,
        Err(refusal) => return Ok(Verdict::Refuse(refusal)),
    };
    if let Err(staleness) = fresh(ports, run, change_set).await? {
        return Ok(Verdict::Refuse(Refusal::Stale(staleness)));
    }
    match approved(ports, settings, run, &sources).await? {
        Verdict::Go => {}
        other => return Ok(other),
    }
    if let Err(refusal) = guard::window(&run.proven.gate, ports.clock.now()) {
        if let Refusal::OutsideWindow { opens: Some(opens), .. } = &refusal {
            super::start::note_retry(ports, run, opens.timestamp()).await?;
        }
        return Ok(Verdict::Refuse(refusal));
    }
    if run.proven.is_root
        && let Some(summary) = pipelines_in_the_way(ports, &inputs).await?
    {
        return Ok(Verdict::Wait {
            token: WAITS_FOR_PIPELINES.to_owned(),
            summary,
        });
    }
    Ok(Verdict::Go)
}

/// The plan is, byte for byte, what this run wrote.
pub(super) fn plan_as_written(run: &Run) -> Result<(), Refusal> {
    guard::plan_as_written(&run.proven.actions, run.planned_sha256)
}

/// The run may execute at all, and what is to be executed is its own.
async fn belongs_to_run<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    claim: Option<Claim>,
    change_set: Option<&ChangeSetDescription>,
) -> Result<Result<(), Refusal>, FlowError>
where
    P: ReadPipelines,
{
    let proven = &run.proven;
    if let Some(Claim::Superseded { by }) = claim {
        return Ok(Err(Refusal::Superseded { by }));
    }
    let execution = ports
        .pipelines
        .pipeline_execution(&proven.pipeline, &proven.execution)
        .await?;
    // Who is not told what started the run does not know that it is no rollback.
    let Some(execution) = execution else {
        return Err(FlowError::NotYet(format!(
            "CodePipeline does not tell what started run {} of pipeline `{}`",
            proven.execution, proven.pipeline
        )));
    };
    let is_rollback = execution.execution_type.as_deref() == Some("ROLLBACK")
        || execution
            .trigger_type
            .is_some_and(|trigger| trigger.ends_with("Rollback"));
    if is_rollback {
        return Ok(Err(Refusal::RolledBack));
    }
    let planned = guard::planned_by_run(
        &proven.actions,
        &proven.parameters,
        &proven.gate,
        &run.planned,
        &run.template,
    );
    if let Err(refusal) = planned.and_then(|()| plan_as_written(run)) {
        return Ok(Err(refusal));
    }
    if let Some(change_set) = change_set {
        if let Err(refusal) = guard::change_set_of_run(&proven.execution, &run.planned, change_set) {
            return Ok(Err(refusal));
        }
        if has_begun(change_set) {
            return Ok(Err(Refusal::ExecutedElsewhere(change_set.execution_status.clone())));
        }
    } else if run.planned.change_set_arn.is_some() {
        return Ok(Err(Refusal::Stale(Staleness::ChangeSetGone)));
    }
    Ok(Ok(()))
}

/// What CloudFormation holds is what was reviewed.
async fn reviewed<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
) -> Result<Result<DigestInputs, Refusal>, FlowError>
where
    C: ReadChangeSets + ReadStacks,
    E: ReadObjects,
{
    let proven = &run.proven;
    let arn = run.planned.change_set_arn.as_deref();
    let reviewed = proven.parameters.digest.clone().unwrap_or_default();
    let read = inputs_with(&reviewed, ports.cloudformation, arn, &run.template, &proven.gate).await;
    let inputs = match read {
        Ok(Some(inputs)) => inputs,
        Ok(None) => return Ok(Err(Refusal::Stale(Staleness::ChangeSetGone))),
        Err(DigestError::Unshown(unshown)) => return Ok(Err(Refusal::Unshown(unshown))),
        Err(DigestError::Port(error)) => return Err(error.into()),
        Err(error @ DigestError::Unsteady) => return Err(FlowError::NotYet(error.to_string())),
    };
    let current = inputs.document.sha256().to_string();
    if reviewed == current {
        return Ok(Ok(inputs));
    }
    let key = keys::review(
        &proven.pipeline,
        &proven.execution,
        attempt(&proven.actions),
        "digest.json",
    );
    // The reviewed document only explains the refusal; it counts for nothing unless it has the reviewed digest.
    let document = ports
        .evidence
        .get(&key, None)
        .await?
        .filter(|object| Sha256::of(&object.bytes).to_string() == reviewed)
        .and_then(|object| serde_json::from_slice(&object.bytes).ok());
    let difference = document.and_then(|document| first_difference(&document, &inputs.document.to_value()));
    Ok(Err(Refusal::Changed {
        reviewed,
        current,
        difference,
    }))
}

/// Change set and stack are as they were when the change was planned.
async fn fresh<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    run: &Run,
    change_set: Option<&ChangeSetDescription>,
) -> Result<Result<(), Staleness>, FlowError>
where
    C: ReadStacks,
{
    if let Some(Err(staleness)) = change_set.map(guard::available) {
        return Ok(Err(staleness));
    }
    let name = run.planned.stack_id.as_deref().unwrap_or(&run.planned.stack_name);
    let stack = ports.cloudformation.stack(name).await?;
    let policy = match &stack {
        Some(stack) if !run.is_create() => ports.cloudformation.stack_policy(&stack.id).await?,
        _ => None,
    };
    let now = stack.as_ref().map(|stack| StackNow {
        id: &stack.id,
        status: &stack.status,
        last_changed: stack.last_updated.as_deref().or(stack.created.as_deref()),
        policy: policy.as_deref(),
    });
    Ok(guard::unchanged(
        &run.planned,
        now,
        run.proven.gate.stack_policy.as_deref(),
    ))
}

/// The approvals are enough, the change is released, and its commits were reviewed where the gate wants it.
async fn approved<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    settings: &ExecuteSettings,
    run: &Run,
    sources: &Sources,
) -> Result<Verdict, FlowError>
where
    S: ReadObjects,
    E: ReadObjects,
{
    let (proven, gate) = (&run.proven, &run.proven.gate);
    let digest = proven.parameters.digest.as_deref().unwrap_or_default();
    let Some(reviewed) = Reviewed::newest(digest, &proven.actions) else {
        return Ok(Verdict::Refuse(Refusal::NotReviewed(digest.to_owned())));
    };
    let needs_authors = gate.approvals > 0 && !gate.author_may_approve;
    let range = if needs_authors || gate.require_pull_request {
        sources::commit_range(ports, settings, run, sources).await?
    } else {
        CommitRange::default()
    };
    let given = approvals::given_to(&reviewed, &proven.actions);
    if let Err(shortfall) = approvals::check(gate, &given, &range.authors()) {
        return Ok(Verdict::Refuse(Refusal::Approvals(shortfall)));
    }
    if let Err(refusal) = guard::release(gate, &reviewed, &proven.actions) {
        return Ok(Verdict::Refuse(refusal));
    }
    if gate.require_pull_request
        && let Err(refusal) = guard::pull_requests(gate, &range)
    {
        return Ok(Verdict::Refuse(refusal));
    }
    Ok(Verdict::Go)
}

/// The pipelines that the change would update or remove while they execute a change set: updating a pipeline ends its
/// runs, and nobody would follow that execution any more.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/pipelines-edit.html>
async fn pipelines_in_the_way<C, P, S, E, K>(
    ports: &ExecutePorts<'_, C, P, S, E, K>,
    inputs: &DigestInputs,
) -> Result<Option<String>, FlowError>
where
    P: ReadPipelines,
    E: ReadObjects,
{
    let changes = inputs.tree.iter().flat_map(ChangeSetTree::resource_changes);
    let touched = changes.filter_map(|(_, change)| {
        let is_touched = change.resource_type == PIPELINE_TYPE && change.action != "Add";
        change
            .physical_resource_id
            .as_deref()
            .filter(|name| is_touched && !name.is_empty())
    });
    let mut executing = Vec::new();
    for pipeline in touched {
        for run in ports.pipelines.pipeline_executions(pipeline, 20).await? {
            if run.status != "InProgress" && run.status != "Stopping" {
                continue;
            }
            let claim = ports.evidence.get(&keys::claim(pipeline, &run.id), None).await?;
            let claim = claim.and_then(|object| serde_json::from_slice::<Claim>(&object.bytes).ok());
            if claim == Some(Claim::Executing) {
                executing.push(pipeline.to_owned());
            }
        }
    }
    Ok((!executing.is_empty()).then(|| {
        format!(
            "waiting until {} has executed its change set, which updating the pipeline would leave unobserved",
            executing.join(", ")
        )
    }))
}
