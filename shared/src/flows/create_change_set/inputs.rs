//! What a plan is made of: the template, the configuration, and where both come from.

use std::collections::BTreeMap;

use super::CreateSettings;
use crate::domain::actions::{CONFIGURATION, TEMPLATE};
use crate::domain::configuration::{EffectiveConfiguration, ParameterValue};
use crate::domain::job::Job;
use crate::domain::keys;
use crate::domain::planning::TemplateFacts;
use crate::domain::provenance::SourceFacts;
use crate::domain::sha256::Sha256;
use crate::flows::FlowError;
use crate::flows::ports::{JobArtifacts, ReadObjects};
use crate::flows::prove_job::ProvenJob;
use crate::flows::run_sources::{RunOfStack, Source, Sources, not_together};

/// Largest template that CloudFormation takes, in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_TEMPLATE_BYTES: u64 = 1_000_000;
/// Largest configuration that is read, in bytes: 200 parameters of 4 KB and 50 tags.
const MAX_CONFIGURATION_BYTES: u64 = 1_000_000;

/// What a plan is made of.
pub(super) struct Inputs {
    /// Text of the template.
    pub template: String,
    /// What is known of the template.
    pub facts: TemplateFacts,
    /// Hash of the template's bytes.
    pub template_sha256: Sha256,
    /// Key of the template under `.packages/`, where it is stored when it is too large for a request.
    pub template_key: String,
    /// Parameters; `None` stands for `UsePreviousValue`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Newest commit that the sources were written from.
    pub commit: String,
    /// Number of the record that goes with it; absent where the sources are from before there were numbers.
    pub sequence: Option<u64>,
    /// Source action to S3 version id.
    pub source_versions: BTreeMap<String, String>,
}

/// Reads the inputs of a run.
pub(super) async fn read(
    source: &impl ReadObjects,
    settings: &CreateSettings,
    proven: &ProvenJob,
    job: &Job,
    artifacts: &impl JobArtifacts,
) -> Result<Inputs, FlowError> {
    let bytes = artifacts.read(TEMPLATE, MAX_TEMPLATE_BYTES).await?;
    let template_sha256 = Sha256::of(&bytes);
    let template = String::from_utf8(bytes).map_err(|_| {
        FlowError::configuration(format!(
            "template `{}` is not UTF-8; save it as UTF-8",
            proven.gate.template
        ))
    })?;
    let configuration = if job.input_artifacts.iter().any(|name| name == CONFIGURATION) {
        let bytes = artifacts.read(CONFIGURATION, MAX_CONFIGURATION_BYTES).await?;
        EffectiveConfiguration::from_json(&bytes).map_err(|error| {
            FlowError::configuration(format!("reading the effective configuration: {error}; start the sync"))
        })?
    } else {
        EffectiveConfiguration::default()
    };
    let (source_versions, newest) = provenance(source, settings, proven).await?;
    let parameters = configuration.parameters.into_iter().map(|(key, value)| match value {
        ParameterValue::Text(text) => (key, Some(text)),
        ParameterValue::UsePrevious => (key, None),
    });
    let extension = if proven.is_root {
        "json"
    } else {
        proven
            .gate
            .template
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension)
    };
    Ok(Inputs {
        facts: TemplateFacts::of(&template),
        template,
        template_sha256,
        template_key: keys::package(template_sha256, extension),
        parameters: parameters.collect(),
        tags: configuration.tags,
        commit: newest.commit,
        sequence: newest.sequence,
        source_versions,
    })
}

/// The pinned object versions of the run, and what the newest of them was written from.
async fn provenance(
    source: &impl ReadObjects,
    settings: &CreateSettings,
    proven: &ProvenJob,
) -> Result<(BTreeMap<String, String>, SourceFacts), FlowError> {
    let of = RunOfStack {
        environment: &settings.environment,
        gate: &proven.gate,
        is_root: proven.is_root,
        actions: &proven.actions,
    };
    let mut sources = Sources::of(source, of).await?;
    let mut versions = BTreeMap::new();
    let mut written: Vec<SourceFacts> = Vec::new();
    for Source { action, key, facts, .. } in &sources.read {
        let version = proven.source_version(action)?;
        let facts = facts.clone().ok_or_else(|| {
            FlowError::permission(format!(
                "version {version} of `{key}` does not say which commit it was written from, so the sync did not write \
                 it; find out who did (CloudTrail), and let the sync audit the bucket"
            ))
        })?;
        versions.insert((*action).to_owned(), version.to_owned());
        written.push(facts);
    }
    if let Some(apart) = sources.apart(source).await? {
        return Err(not_together(&apart));
    }
    let newest = SourceFacts::newest(&written).ok_or_else(|| {
        let commits: Vec<&str> = written.iter().map(|source| source.commit.as_str()).collect();
        FlowError::job(format!(
            "the sources of the run were written from the commits {} by a version of the sync that did not number them, \
             and it cannot be told which is the newer; change the template or the configuration in a new commit",
            commits.join(" and ")
        ))
    })?;
    Ok((versions, newest.clone()))
}
