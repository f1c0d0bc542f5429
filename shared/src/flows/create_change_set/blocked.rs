//! Templates that import what no stack exports yet.

use std::collections::{BTreeMap, BTreeSet};

use super::inputs::Inputs;
use super::{CreateSettings, Plan, Ports};
use crate::domain::catalogue::ResolvedCatalogue;
use crate::domain::configuration::{EffectiveConfiguration, ParameterValue};
use crate::domain::gate::Gate;
use crate::domain::job::JobOutcome;
use crate::domain::keys;
use crate::domain::planning::TemplateFacts;
use crate::domain::waiting::Waiting;
use crate::flows::FlowError;
use crate::flows::ports::{JobArtifacts, NewObject, ReadObjects, ReadStacks, WriteCondition, WriteObjects};
use crate::flows::prove_job::ProvenJob;

/// The first export that the template needs for certain and that does not exist.
pub(super) async fn missing_import(
    cloudformation: &impl ReadStacks,
    settings: &CreateSettings,
    proven: &ProvenJob,
    inputs: &Inputs,
) -> Result<Option<String>, FlowError> {
    let given = inputs
        .parameters
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()));
    let values = values(given, settings, &proven.gate, &proven.gate.stack_name);
    let wanted = inputs.facts.imports(&values);
    if wanted.is_empty() {
        return Ok(None);
    }
    let exports = cloudformation.exports().await?;
    let exported: BTreeSet<_> = exports.iter().map(|export| export.name.as_str()).collect();
    Ok(wanted.into_iter().find(|name| !exported.contains(name.as_str())))
}

/// What references in a template come to: its parameters, and what CloudFormation tells of the stack itself. `None`
/// stands for a value that only CloudFormation knows.
fn values(
    parameters: impl Iterator<Item = (String, Option<String>)>,
    settings: &CreateSettings,
    gate: &Gate,
    stack_name: &str,
) -> BTreeMap<String, Option<String>> {
    let mut values: BTreeMap<_, _> = parameters.collect();
    // arn:<partition>:iam::<account>:role/…
    let mut deployer = gate.deployer.split(':');
    let (partition, account) = (deployer.nth(1), deployer.nth(2));
    for (name, value) in [
        ("AWS::Region", Some(settings.region.as_str())),
        ("AWS::StackName", Some(stack_name)),
        ("AWS::Partition", partition),
        ("AWS::AccountId", account),
    ] {
        values.insert(name.to_owned(), value.map(str::to_owned));
    }
    values
}

/// Ends waiting for an export, and leaves the note by which the run is started again.
pub(super) async fn end<P, C, S: ReadObjects, E: WriteObjects>(
    ports: Ports<'_, P, C, S, E>,
    settings: &CreateSettings,
    plan: &Plan<'_, impl JobArtifacts>,
    is_create: bool,
    export: &str,
) -> Result<JobOutcome, FlowError> {
    note(ports.evidence, plan.proven, plan.inputs, export).await?;
    let what = if is_create { "created" } else { "updated" };
    let stack = &plan.proven.gate.stack_name;
    let waits_for = match exporter(ports.source, settings, plan.proven, export).await {
        Some(exporter) => format!("`{export}` of stack `{exporter}`, which does not export it yet"),
        None => format!("`{export}`, which no stack of this region exports yet"),
    };
    let summary = format!(
        "blocked: stack `{stack}` imports {waits_for}. It is {what} as soon as the export exists: the run is started \
         again then"
    );
    plan.ended("blocked", None, None, summary).await
}

/// Name of the stack under the gate whose template has this export; `None` when no template says so plainly.
///
/// It is only for the summary: whatever cannot be read is passed over.
async fn exporter(
    source: &impl ReadObjects,
    settings: &CreateSettings,
    proven: &ProvenJob,
    export: &str,
) -> Option<String> {
    let read = async |key: &str| source.get(key, None).await.ok().flatten().map(|object| object.bytes);
    let catalogue = read(&keys::catalogue(&settings.environment)).await?;
    let catalogue = ResolvedCatalogue::from_json(&catalogue).ok()?;
    for stack in catalogue.stacks.iter().filter(|stack| stack.name != proven.gate.stack) {
        let Some(Ok(template)) = read(&keys::source(&stack.template)).await.map(String::from_utf8) else {
            continue;
        };
        let configuration = read(&keys::configuration(&settings.environment, &stack.name)).await;
        let configuration = configuration.and_then(|bytes| EffectiveConfiguration::from_json(&bytes).ok());
        let given = configuration.unwrap_or_default().parameters.into_iter();
        let given = given.map(|(key, value)| match value {
            ParameterValue::Text(text) => (key, Some(text)),
            ParameterValue::UsePrevious => (key, None),
        });
        let values = values(given, settings, &proven.gate, &stack.stack_name);
        if TemplateFacts::of(&template)
            .exports(&values)
            .iter()
            .any(|name| name == export)
        {
            return Some(stack.stack_name.clone());
        }
    }
    None
}

/// Leaves the note by which the pipeline is started again once the export exists.
async fn note(
    evidence: &impl WriteObjects,
    proven: &ProvenJob,
    inputs: &Inputs,
    export: &str,
) -> Result<(), FlowError> {
    let waiting = Waiting {
        version: 1,
        pipeline: proven.pipeline.clone(),
        execution: proven.execution.clone(),
        stack: proven.gate.stack.clone(),
        commit: inputs.commit.clone(),
        export: export.to_owned(),
    };
    let bytes = serde_json::to_vec_pretty(&waiting)
        .map_err(|error| FlowError::job(format!("writing the note of a blocked run: {error}")))?;
    let object = NewObject {
        key: keys::waiting(&proven.pipeline),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    evidence.put(object).await?;
    Ok(())
}
