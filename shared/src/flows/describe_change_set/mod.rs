//! Makes the review of a run's change set, when it is this run's turn, and tells those who decide.

mod context;
mod delivery;
mod freshness;
mod gates;
mod templates;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::FlowError;
use super::digest_inputs::{DigestInputs, agreed_inputs, attempt};
use super::ports::{
    Clock, JobArtifacts, NewObject, Notify, PortErrorKind, ReadChangeSets, ReadObjects, ReadPipelines, ReadStacks,
    Stack, TellRepository, WriteCondition, WriteObjects,
};
use super::prove_job::{ProofSettings, ProvenJob, prove_job};
use crate::domain::actions::{CREATE_CHANGE_SET, DESCRIBE_CHANGE_SET, TEMPLATE};
use crate::domain::change_set::build::{DeployedStack, Inputs};
use crate::domain::change_set::description::present;
use crate::domain::change_set::review::Review;
use crate::domain::guard::plan_as_written;
use crate::domain::job::{FailureKind, Job, JobOutcome};
use crate::domain::keys;
use crate::domain::packaging::Destination;
use crate::domain::planned_change::{ARTIFACT, PlannedChange};
use crate::domain::sha256::Sha256;
use crate::domain::sync::pin::RepositoryId;
use crate::review;

use self::delivery::{Delivered, Record};
use self::freshness::{must_be_fresh, not_reviewed, out_of_date};

/// Longest template that is read; CloudFormation itself takes 1 MB.
const TEMPLATE_BYTES: u64 = 2 * 1024 * 1024;
/// Longest planned change that is read.
const PLANNED_BYTES: u64 = 1024 * 1024;
/// Name of the file with what is hashed.
const DIGEST_FILE: &str = "digest.json";
/// Name of the file with who was told, written last.
const DELIVERY_FILE: &str = "delivery.json";
/// Name of the page.
const PAGE_FILE: &str = "review.html";

/// What this function is told by its deployment.
#[derive(Debug, Clone)]
pub struct DescribeSettings {
    /// How jobs are proved.
    pub proof: ProofSettings,
    /// Name of the environment, as the catalogue spells it.
    pub environment: String,
    /// ARN of the topic of stacks that name none of their own.
    pub topic: String,
    /// Repository that is watched, `owner/name`.
    pub repository: String,
    /// Where the sync keeps what templates refer to.
    pub packages: Destination,
    /// Base URL of GitHub's pages, without a final slash.
    pub web_url: String,
    /// Base URL of the page at which a review is read; the object's key is appended.
    pub review_url: String,
}

/// What the flow reaches.
#[derive(Debug, Clone, Copy)]
pub struct Ports<'a, P, C, S, E, N, G, K> {
    /// CodePipeline.
    pub pipelines: &'a P,
    /// CloudFormation.
    pub cloudformation: &'a C,
    /// The source bucket.
    pub source: &'a S,
    /// The evidence bucket.
    pub evidence: &'a E,
    /// Topics.
    pub topics: &'a N,
    /// GitHub.
    pub repository: &'a G,
    /// The clock.
    pub clock: &'a K,
}

/// The run that is described.
struct Run {
    proven: ProvenJob,
    planned: PlannedChange,
    template: Vec<u8>,
    attempt: u32,
}

/// Makes the review of the run that `job` belongs to, writes it once, and tells those who decide.
///
/// A second delivery of the same job finds what the first one wrote: it tells nobody twice and answers the same.
///
/// # Errors
///
/// When the job is not proved, something cannot be read or written, or the plan is out of date. That somebody could
/// not be told is no error: it stands in the summary, in the record beside the review, and in the log.
pub async fn describe_change_set<P, C, S, E, N, G, K>(
    ports: Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<JobOutcome, FlowError>
where
    P: ReadPipelines,
    C: ReadStacks + ReadChangeSets,
    S: ReadObjects,
    E: ReadObjects + WriteObjects,
    N: Notify,
    G: TellRepository,
    K: Clock,
{
    let proven = prove_job(
        ports.pipelines,
        ports.cloudformation,
        ports.source,
        &settings.proof,
        job,
        DESCRIBE_CHANGE_SET,
    )
    .await?;
    let attempt = attempt(&proven.actions);
    if let Some(record) = recorded(ports.evidence, &proven, attempt).await? {
        return Ok(succeeded(record.variables));
    }
    let run = read_run(artifacts, proven, attempt).await?;
    let change_set = change_set_of(&run)?;
    let mut inputs = agreed_inputs(ports.cloudformation, change_set, &run.template, &run.proven.gate)
        .await
        .map_err(not_reviewed)?
        .ok_or_else(|| out_of_date("its change set does not exist any more"))?;
    let stack = ports.cloudformation.stack(&run.proven.gate.stack_name).await?;
    must_be_fresh(&run, &inputs, stack.as_ref())?;
    let digest = inputs.document.sha256();
    let key = |file: &str| keys::review(&run.proven.pipeline, &run.proven.execution, run.attempt, file);
    let link = format!("{}{}", settings.review_url, key(PAGE_FILE));
    let (review, repository) = make_review(&ports, settings, &run, &mut inputs, stack.as_ref(), digest, &link).await?;
    write_once(ports.evidence, &key, &inputs, &review).await?;
    let delivered = delivery::deliver(&ports, settings, &run, (&review, repository), &link).await;
    let mut variables = variables(&review, digest, &link);
    note_failures(&mut variables, &delivered);
    let record = Record {
        version: 1,
        variables,
        delivered,
    };
    write_record(ports.evidence, key(DELIVERY_FILE), &record).await?;
    Ok(succeeded(record.variables))
}

/// What an earlier delivery of this job recorded when it was done.
async fn recorded(evidence: &impl ReadObjects, proven: &ProvenJob, attempt: u32) -> Result<Option<Record>, FlowError> {
    let key = keys::review(&proven.pipeline, &proven.execution, attempt, DELIVERY_FILE);
    let object = evidence.get(&key, None).await?;
    Ok(object.and_then(|object| serde_json::from_slice(&object.bytes).ok()))
}

async fn read_run(artifacts: &impl JobArtifacts, proven: ProvenJob, attempt: u32) -> Result<Run, FlowError> {
    proven.must_show_the_plan()?;
    let template = artifacts.read(TEMPLATE, TEMPLATE_BYTES).await?;
    let planned = artifacts.read(ARTIFACT, PLANNED_BYTES).await?;
    plan_as_written(&proven.actions, Sha256::of(&planned)).map_err(|refusal| out_of_date(&refusal.to_string()))?;
    let planned: PlannedChange = serde_json::from_slice(&planned).map_err(|error| {
        FlowError::job(format!(
            "reading the artifact `{ARTIFACT}`: {error}; it was written by another version of Changegate: start the \
             pipeline again"
        ))
    })?;
    // Artifacts can be written by more hands than the history, so the history decides which template was planned.
    let submitted = Sha256::of(&template).to_string();
    let is_the_one = proven
        .actions
        .iter()
        .find(|action| action.action == CREATE_CHANGE_SET && action.status == "Succeeded")
        .and_then(|action| action.output_variables.get("TemplateSha256"))
        .is_some_and(|hash| *hash == submitted);
    if !is_the_one || planned.template_sha256.to_string() != submitted {
        return Err(out_of_date(
            "the template in its artifact is not the one that the change set was made from",
        ));
    }
    Ok(Run {
        proven,
        planned,
        template,
        attempt,
    })
}

/// The change set that the history names; `None` when only the stack policy changes.
fn change_set_of(run: &Run) -> Result<Option<&str>, FlowError> {
    let named = run.proven.parameters.change_set.as_deref();
    let named = present(named).ok_or_else(|| {
        FlowError::configuration("the action names no change set; provision the pipelines again".to_owned())
    })?;
    let change_set = Some(named).filter(|arn| *arn != "none");
    if change_set == run.planned.change_set_arn.as_deref() {
        Ok(change_set)
    } else {
        Err(out_of_date("its artifact and its history name different change sets"))
    }
}

async fn make_review<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    run: &Run,
    inputs: &mut DigestInputs,
    stack: Option<&Stack>,
    digest: Sha256,
    link: &str,
) -> Result<(Review, Option<RepositoryId>), FlowError>
where
    P: ReadPipelines,
    C: ReadStacks + ReadChangeSets,
    S: ReadObjects,
    E: ReadObjects,
    K: Clock,
{
    let gate = &run.proven.gate;
    let is_new = run.planned.change_set_type == "CREATE";
    let mut warnings = context::hooks(ports.cloudformation, inputs.tree.as_mut()).await?;
    let facts = context::read(ports, settings, run, stack, digest, link, &mut warnings).await?;
    let effects = gates::read(ports, settings, run, &mut warnings).await?;
    warnings.extend(context::validations(ports.cloudformation, inputs).await?);
    let templates = templates::read(ports, run, inputs, &facts.last_template_versions, &mut warnings).await?;
    let deployed = stack.filter(|_| !is_new).map(deployed);
    let review = Review::of(&Inputs {
        title: &gate.stack,
        stack_name: &gate.stack_name,
        is_new,
        tree: inputs.tree.as_ref(),
        deployed: deployed.as_ref(),
        templates: &templates,
        stack_policy_before: run.planned.stack_policy_before.as_deref(),
        stack_policy_after: gate.stack_policy.as_deref(),
        run: Some(facts.run),
        gates: effects.differences,
        ends_runs: effects.ends_runs,
        packages: Some(&settings.packages),
        warnings,
    });
    Ok((review, facts.repository))
}

fn deployed(stack: &Stack) -> DeployedStack {
    DeployedStack {
        id: stack.id.clone(),
        status: stack.status.clone(),
        parameters: stack.parameters.iter().cloned().collect(),
        tags: stack.tags.iter().cloned().collect(),
        capabilities: stack.capabilities.clone(),
        notification_arns: stack.notification_arns.clone(),
    }
}

/// Makes one rendering of a review.
type Render = fn(&Review) -> String;

/// Writes the review, each file once. Files of an earlier delivery stay, provided that they say the same.
async fn write_once(
    evidence: &(impl ReadObjects + WriteObjects),
    key: &impl Fn(&str) -> String,
    inputs: &DigestInputs,
    review: &Review,
) -> Result<(), FlowError> {
    let digest = inputs.document.to_canonical_json();
    let written = write(evidence, key(DIGEST_FILE), "application/json", digest.clone()).await?;
    if !written {
        must_be_the_same(evidence, &key(DIGEST_FILE), &digest).await?;
    }
    // Each is as long as the review; none is held while another is made.
    let renderings: [(&str, &'static str, Render); 4] = [
        ("review.json", "application/json", review::json),
        ("review.md", "text/markdown; charset=utf-8", review::markdown),
        ("review.txt", "text/plain; charset=utf-8", review::text),
        (PAGE_FILE, "text/html; charset=utf-8", review::html),
    ];
    for (file, content_type, render) in renderings {
        write(evidence, key(file), content_type, render(review)).await?;
    }
    Ok(())
}

/// Writes a file; `false` when it is there already.
async fn write(
    evidence: &impl WriteObjects,
    key: String,
    content_type: &'static str,
    content: String,
) -> Result<bool, FlowError> {
    let written = evidence
        .put(NewObject {
            key,
            bytes: content.into_bytes(),
            content_type,
            metadata: BTreeMap::new(),
            condition: WriteCondition::Absent,
        })
        .await;
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(false),
        Err(error) => Err(error.into()),
    }
}

async fn must_be_the_same(evidence: &impl ReadObjects, key: &str, content: &str) -> Result<(), FlowError> {
    let held = evidence.get(key, None).await?;
    if held.is_some_and(|object| object.bytes == content.as_bytes()) {
        return Ok(());
    }
    Err(FlowError::Refused {
        kind: FailureKind::RevisionOutOfSync,
        message: "what CloudFormation would do changed while the review was made; retry the stage to review it anew"
            .to_owned(),
    })
}

async fn write_record(evidence: &impl WriteObjects, key: String, record: &Record) -> Result<(), FlowError> {
    let mut bytes =
        serde_json::to_vec_pretty(record).map_err(|error| FlowError::job(format!("writing who was told: {error}")))?;
    bytes.push(b'\n');
    let written = evidence
        .put(NewObject {
            key,
            bytes,
            content_type: "application/json",
            metadata: BTreeMap::new(),
            condition: WriteCondition::Absent,
        })
        .await;
    match written {
        // Another delivery of this job was quicker; what it recorded holds.
        Err(error) if error.kind != PortErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

fn variables(review: &Review, digest: Sha256, link: &str) -> BTreeMap<String, String> {
    [
        ("Summary", review::summary(review)),
        ("Digest", digest.to_string()),
        ("Link", link.to_owned()),
        ("Risk", review.risk.name().to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Whoever approves reads in the approval itself that others were not told.
fn note_failures(variables: &mut BTreeMap<String, String>, delivered: &[Delivered]) {
    let failed: Vec<_> = delivered
        .iter()
        .filter(|delivered| delivered.error.is_some())
        .map(|delivered| delivered.what.as_str())
        .collect();
    if !failed.is_empty()
        && let Some(summary) = variables.get_mut("Summary")
    {
        *summary = review::with_note(summary, &format!("NOT TOLD: {}", failed.join(", ")));
    }
}

fn succeeded(variables: BTreeMap<String, String>) -> JobOutcome {
    JobOutcome::Succeeded {
        summary: variables.get("Summary").cloned().unwrap_or_default(),
        external_execution_id: variables.get("Digest").cloned(),
        variables,
    }
}
