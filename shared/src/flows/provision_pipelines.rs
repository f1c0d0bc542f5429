//! From the resolved catalogue to the template of the pipelines: the first action of the root pipeline's plan.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::FlowError;
use super::pipeline_changes::pipeline_changes;
use super::ports::{
    JobArtifacts, NewObject, PortErrorKind, ReadObjects, ReadPipelines, ReadStacks, WriteCondition, WriteObjects,
};
use super::prove_job::{ProofSettings, prove_job};
use crate::domain::actions::{CATALOGUE, PROVISION_PIPELINES, TEMPLATE};
use crate::domain::catalogue::{CatalogueStack, ResolvedCatalogue};
use crate::domain::gate::{Floor, Gate};
use crate::domain::job::{Job, JobOutcome};
use crate::domain::keys;
use crate::domain::pipelines::{FILE, PipelinesSettings, render};
use crate::domain::sha256::Sha256;

/// Greatest size of the resolved catalogue in bytes: some thousand stacks.
const MAX_CATALOGUE_BYTES: u64 = 8_000_000;
/// How many gate documents are read at the same time.
const CONCURRENCY: usize = 16;

/// What the deployment says.
#[derive(Debug, Clone)]
pub struct ProvisionSettings {
    /// What proves the job.
    pub proof: ProofSettings,
    /// What every pipeline gets.
    pub pipelines: PipelinesSettings,
    /// What every gate must keep to.
    pub floor: Floor,
}

/// Renders the template of the pipelines and says what it would change. Nothing is changed here: the template goes
/// through the root pipeline's plan, review and approval like any other.
///
/// # Errors
///
/// When the job cannot be proved, the catalogue is broken or below the floor, a gate document is missing or was
/// changed, or the pipelines do not fit; and when a call does not succeed.
pub async fn provision_pipelines(
    pipelines: &impl ReadPipelines,
    stacks: &impl ReadStacks,
    source: &(impl ReadObjects + WriteObjects),
    settings: &ProvisionSettings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError> {
    let proven = prove_job(pipelines, stacks, source, &settings.proof, job, PROVISION_PIPELINES).await?;
    if !proven.is_root {
        return Err(FlowError::permission(format!(
            "pipeline `{}` is not the root pipeline; only that one provisions pipelines",
            proven.pipeline
        )));
    }
    let catalogue = read_catalogue(artifacts, settings).await?;
    let gates = read_gates(source, &catalogue).await?;
    refuse_below_floor(&gates, &settings.floor)?;
    refuse_shared_stacks(&gates)?;
    let template = render(&gates, &settings.pipelines).map_err(|errors| {
        FlowError::configuration(listed(
            "the pipelines cannot be rendered",
            errors.iter().map(ToString::to_string),
        ))
    })?;
    let hashes = catalogue.stacks.iter().map(|stack| stack.gate);
    let known = hashes.zip(gates.iter().cloned()).collect();
    let plan = pipeline_changes(stacks, source, &settings.proof.pipelines_stack, &template, known).await?;
    tracing::info!(plan = plan.summary(), "rendered the pipelines");

    let digest = Sha256::of(&template);
    store(source, digest, &template).await?;
    artifacts.write(TEMPLATE, FILE, template.as_bytes()).await?;
    let (added, changed, removed) = plan.counts();
    let weakened = plan.weakened().len();
    let variables = [
        ("Added", added.to_string()),
        ("Changed", changed.to_string()),
        ("Removed", removed.to_string()),
        ("Weakened", weakened.to_string()),
        ("Summary", plan.summary()),
        ("TemplateSha256", digest.to_string()),
    ];
    Ok(JobOutcome::Succeeded {
        variables: variables.map(|(name, value)| (name.to_owned(), value)).into(),
        summary: format!("{} pipelines: {}", gates.len(), plan.summary()),
        external_execution_id: None,
    })
}

async fn read_catalogue(
    artifacts: &impl JobArtifacts,
    settings: &ProvisionSettings,
) -> Result<ResolvedCatalogue, FlowError> {
    let bytes = artifacts.read(CATALOGUE, MAX_CATALOGUE_BYTES).await?;
    let catalogue =
        ResolvedCatalogue::from_json(&bytes).map_err(|error| FlowError::configuration(error_and_cause(&error)))?;
    if catalogue.version != 1 {
        return Err(FlowError::configuration(format!(
            "the resolved catalogue has version {}, and this version of Changegate knows only 1; deploy source-sync and \
             pipelines-provision together",
            catalogue.version
        )));
    }
    let (named, deployed) = (&catalogue.environment, &settings.pipelines.environment);
    if named != deployed {
        return Err(FlowError::configuration(format!(
            "the resolved catalogue is for the environment `{named}`, and this deployment is `{deployed}`; give the root \
             pipeline the catalogue of its own environment"
        )));
    }
    if !catalogue.problems.is_empty() {
        let what = "the catalogue is broken, so every pipeline stays as it is; correct it and push";
        return Err(FlowError::configuration(listed(
            what,
            catalogue.problems.iter().cloned(),
        )));
    }
    Ok(catalogue)
}

fn error_and_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// A heading and as many texts as a job's failure message takes, which is one line.
fn listed(what: &str, lines: impl Iterator<Item = String>) -> String {
    let lines: Vec<String> = lines.collect();
    let mut text = format!("{what}:");
    for (index, line) in lines.iter().enumerate() {
        if text.len() + line.len() > 4_500 {
            text.push_str(&format!("; and {} more", lines.len() - index));
            break;
        }
        text.push_str(if index == 0 { " " } else { "; " });
        text.push_str(line);
    }
    text
}

/// The gate of every stack, by its hash.
async fn read_gates(source: &impl ReadObjects, catalogue: &ResolvedCatalogue) -> Result<Vec<Gate>, FlowError> {
    stream::iter(&catalogue.stacks)
        .map(|stack| read_gate(source, stack))
        .buffered(CONCURRENCY)
        .try_collect()
        .await
}

async fn read_gate(source: &impl ReadObjects, stack: &CatalogueStack) -> Result<Gate, FlowError> {
    let key = keys::gate(stack.gate);
    let again = "start the sync, which writes it anew, then this pipeline";
    let object = source.get(&key, None).await?.ok_or_else(|| {
        let name = &stack.name;
        FlowError::configuration(format!(
            "the gate document `{key}` of `{name}` is not in the source bucket; {again}"
        ))
    })?;
    if Sha256::of(&object.bytes) != stack.gate {
        return Err(FlowError::permission(format!(
            "the gate document `{key}` was changed in the source bucket: its bytes do not have the hash in its name; \
             find out who wrote it (CloudTrail), then {again}"
        )));
    }
    let gate: Gate = serde_json::from_slice(&object.bytes)
        .map_err(|error| FlowError::configuration(format!("reading the gate document `{key}`: {error}; {again}")))?;
    let is_this = gate.version == 1
        && gate.stack == stack.name
        && gate.stack_name == stack.stack_name
        && gate.template == stack.template
        && gate.configuration == stack.configuration;
    if !is_this {
        let name = &stack.name;
        return Err(FlowError::configuration(format!(
            "the gate document `{key}` is not that of `{name}` as the resolved catalogue has it; {again}"
        )));
    }
    Ok(gate)
}

fn refuse_below_floor(gates: &[Gate], floor: &Floor) -> Result<(), FlowError> {
    let refusals: Vec<String> = gates.iter().flat_map(|gate| floor.refusals(gate)).collect();
    if refusals.is_empty() {
        return Ok(());
    }
    let what =
        "the catalogue goes below what the parameters of this deployment demand, so every pipeline stays as it is";
    Err(FlowError::permission(listed(what, refusals.into_iter())))
}

/// Two pipelines of one stack would let a change choose the weaker gate, and two whose names differ in case alone would
/// be taken for one.
fn refuse_shared_stacks(gates: &[Gate]) -> Result<(), FlowError> {
    let mut owners: BTreeMap<String, &Gate> = BTreeMap::new();
    for gate in gates {
        if let Some(other) = owners.insert(gate.stack_name.to_lowercase(), gate) {
            let (one, stack, stack_name) = (&other.stack, &gate.stack, &gate.stack_name);
            let what = if other.stack_name == *stack_name {
                format!("`{one}` and `{stack}` are both the CloudFormation stack `{stack_name}`")
            } else {
                format!(
                    "`{one}` is the CloudFormation stack `{}` and `{stack}` is `{stack_name}`, which differ in upper and \
                     lower case alone",
                    other.stack_name
                )
            };
            return Err(FlowError::configuration(format!(
                "{what}; write another `stack_name` in one of the two"
            )));
        }
    }
    Ok(())
}

/// Stores the template where CloudFormation reads it; what is there already has the same bytes.
async fn store(source: &impl WriteObjects, digest: Sha256, template: &str) -> Result<(), FlowError> {
    let written = source
        .put(NewObject {
            key: keys::package(digest, "json"),
            bytes: template.as_bytes().to_vec(),
            content_type: "application/json",
            metadata: BTreeMap::new(),
            condition: WriteCondition::Absent,
        })
        .await;
    match written {
        Err(error) if error.kind != PortErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}
