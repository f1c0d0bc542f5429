//! Records how a stack came to rest after its run had ended: a run that is stopped leaves CloudFormation at work.

use std::collections::BTreeMap;

use super::{RecordPorts, RecordSettings, last_outcome, restart};
use crate::domain::catalogue::ResolvedCatalogue;
use crate::domain::headline;
use crate::domain::keys;
use crate::domain::outcome::{End, StackEnd};
use crate::domain::secrecy::public;
use crate::domain::stack_state::{Readiness, readiness};
use crate::flows::FlowError;
use crate::flows::ports::{
    Clock, ControlPipelines, NewObject, Notify, PortErrorKind, ReadObjects, ReadPipelines, ReadStacks, StackEvent,
    WriteCondition, WriteObjects,
};

/// A stack that was announced to have come to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackRest {
    /// ARN of the stack.
    pub stack_id: String,
    /// The status that was announced.
    pub status: String,
}

/// Records the rest of a stack whose run ended before it, and starts what waited for its exports.
///
/// # Errors
///
/// When a call does not succeed; then Lambda delivers the event again.
pub async fn record_stack_end<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    rest: &StackRest,
) -> Result<(), FlowError>
where
    P: ReadPipelines + ControlPipelines,
    C: ReadStacks,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    K: Clock,
{
    if let Some((pipeline, topic)) = pipeline_of(ports.source, settings, &rest.stack_id).await? {
        abandoned(ports, settings, rest, &pipeline, topic.as_deref()).await?;
    }
    restart::what_waits_for_exports(ports.pipelines, ports.cloudformation, ports.evidence).await
}

/// Records the rest of the stack for the run that executed last, when that run ended without seeing it.
async fn abandoned<P, C, S, E, N, G, K>(
    ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
    settings: &RecordSettings,
    rest: &StackRest,
    pipeline: &str,
    topic: Option<&str>,
) -> Result<(), FlowError>
where
    C: ReadStacks,
    E: ReadObjects + WriteObjects,
    N: Notify,
    K: Clock,
{
    let has_token = |event: &StackEvent| event.client_request_token.is_some();
    let events = ports.cloudformation.stack_events(&rest.stack_id, &has_token).await?;
    let token = events
        .iter()
        .rev()
        .find_map(|event| event.client_request_token.as_deref());
    let Some(execution) = token.and_then(|token| token.strip_prefix("cg-")) else {
        return Ok(());
    };
    let Some(outcome) = last_outcome(ports.evidence, pipeline, execution).await? else {
        // Its run has not ended: it follows the stack itself.
        return Ok(());
    };
    let status = outcome.stack_status.as_deref();
    let was_at_work = matches!(readiness(&outcome.stack, status), Readiness::Wait(_));
    if outcome.end == End::Executed || !was_at_work {
        return Ok(());
    }
    let key = keys::stack_end(pipeline, execution);
    if ports.evidence.head(&key, None).await?.is_some() {
        return Ok(());
    }
    let stack = ports.cloudformation.stack(&rest.stack_id).await?;
    let record = StackEnd {
        version: 1,
        pipeline: pipeline.to_owned(),
        execution: execution.to_owned(),
        stack_id: rest.stack_id.clone(),
        status: rest.status.clone(),
        reason: stack.map(|stack| stack.status_reason).unwrap_or_default(),
        seen: ports.clock.now().to_string(),
    };
    let subject = headline::subject(
        &public(&settings.environment),
        "came to rest:",
        &public(&outcome.stack),
        [public(&record.status)],
    );
    let body = format!(
        "Run {execution} of pipeline {pipeline} ended ({}) while CloudFormation was at work.\nThe stack has come to \
         rest now: {} {}\n",
        public(&outcome.summary).visible(),
        record.status,
        public(&record.reason).visible()
    );
    let published = ports
        .topics
        .publish(topic.unwrap_or(&settings.topic), &subject, &body)
        .await;
    if let Err(error) = published {
        if error.is_transient() {
            return Err(error.into());
        }
        tracing::error!(%error, "nobody was told how a stack came to rest");
    }
    let bytes = serde_json::to_vec_pretty(&record.shown())
        .map_err(|error| FlowError::job(format!("writing how a stack came to rest: {error}")))?;
    let object = NewObject {
        key,
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match ports.evidence.put(object).await {
        Ok(_) => Ok(()),
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The pipeline that changes a stack, and the topic of its gate; `None` for a stack that is not under a gate.
async fn pipeline_of(
    source: &impl ReadObjects,
    settings: &RecordSettings,
    stack_id: &str,
) -> Result<Option<(String, Option<String>)>, FlowError> {
    // arn:<partition>:cloudformation:<region>:<account>:stack/<name>/<id>
    let Some(name) = stack_id.split('/').nth(1) else {
        return Ok(None);
    };
    if name == settings.root_gate.stack_name {
        return Ok(Some((
            settings.root_pipeline.clone(),
            settings.root_gate.notify.clone(),
        )));
    }
    let object = source.get(&keys::catalogue(&settings.environment), None).await?;
    let catalogue = object.and_then(|object| ResolvedCatalogue::from_json(&object.bytes).ok());
    let stack = catalogue.and_then(|catalogue| catalogue.stacks.into_iter().find(|stack| stack.stack_name == name));
    Ok(stack.map(|stack| (format!("{}{}", settings.pipeline_prefix, stack.name), None)))
}
