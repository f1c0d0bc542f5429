//! What a plan is made of: the template, the configuration, and where both come from.

use std::collections::BTreeMap;

use super::CreateSettings;
use crate::domain::actions::{CATALOGUE, CONFIGURATION, TEMPLATE};
use crate::domain::configuration::{EffectiveConfiguration, ParameterValue};
use crate::domain::job::Job;
use crate::domain::keys;
use crate::domain::planning::TemplateFacts;
use crate::domain::provenance::{COMMIT_METADATA, Provenance};
use crate::domain::sha256::Sha256;
use crate::flows::FlowError;
use crate::flows::ports::{JobArtifacts, ReadObjects};
use crate::flows::prove_job::ProvenJob;

/// Largest template that CloudFormation takes, in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_TEMPLATE_BYTES: u64 = 1_000_000;
/// Largest configuration that is read, in bytes: 200 parameters of 4 KB and 50 tags.
const MAX_CONFIGURATION_BYTES: u64 = 1_000_000;
/// How far back the records of two sources are compared.
const MAX_RECORDS: usize = 100;

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
    let (source_versions, commit) = provenance(source, settings, proven).await?;
    let parameters = configuration.parameters.into_iter().map(|(key, value)| match value {
        ParameterValue::Text(text) => (key, Some(text)),
        ParameterValue::UsePrevious => (key, None),
    });
    let extension = match proven.is_root {
        true => "json",
        false => proven
            .gate
            .template
            .rsplit_once('.')
            .map_or("", |(_, extension)| extension),
    };
    Ok(Inputs {
        facts: TemplateFacts::of(&template),
        template,
        template_sha256,
        template_key: keys::package(template_sha256, extension),
        parameters: parameters.collect(),
        tags: configuration.tags,
        commit,
        source_versions,
    })
}

/// The pinned object versions of the run, and the newest commit that they were written from.
async fn provenance(
    source: &impl ReadObjects,
    settings: &CreateSettings,
    proven: &ProvenJob,
) -> Result<(BTreeMap<String, String>, String), FlowError> {
    let environment = &settings.environment;
    let objects = if proven.is_root {
        vec![(CATALOGUE, keys::zipped(&keys::catalogue(environment)))]
    } else {
        let configuration = keys::configuration(environment, &proven.gate.stack);
        vec![
            (TEMPLATE, keys::zipped(&keys::source(&proven.gate.template))),
            (CONFIGURATION, keys::zipped(&configuration)),
        ]
    };
    let mut versions = BTreeMap::new();
    let mut commits: Vec<String> = Vec::new();
    for (action, key) in objects {
        let version = proven.source_version(action)?;
        let head = source.head(&key, Some(version)).await?;
        let commit = head.and_then(|head| head.metadata.get(COMMIT_METADATA).cloned());
        let commit = commit.filter(|commit| is_commit(commit)).ok_or_else(|| {
            FlowError::permission(format!(
                "version {version} of `{key}` does not say which commit it was written from, so the sync did not write \
                 it; find out who did (CloudTrail), and let the sync audit the bucket"
            ))
        })?;
        versions.insert(action.to_owned(), version.to_owned());
        if !commits.contains(&commit) {
            commits.push(commit);
        }
    }
    let commit = match commits.as_slice() {
        [one, other] => newer(source, one, other).await?,
        [one, ..] => one.clone(),
        [] => return Err(FlowError::job("the run has no sources")),
    };
    Ok((versions, commit))
}

fn is_commit(text: &str) -> bool {
    text.len() >= 7 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The newer of two commits: the one from whose record the other can be reached. The first when neither can.
async fn newer(source: &impl ReadObjects, one: &str, other: &str) -> Result<String, FlowError> {
    for (from, to) in [(one, other), (other, one)] {
        let mut commit = from.to_owned();
        for _ in 0..MAX_RECORDS {
            if commit == to {
                return Ok(from.to_owned());
            }
            let record = source.get(&keys::provenance(&commit), None).await?;
            let record = record.and_then(|record| serde_json::from_slice::<Provenance>(&record.bytes).ok());
            match record.and_then(|record| record.previous) {
                Some(previous) => commit = previous,
                None => break,
            }
        }
    }
    Ok(one.to_owned())
}
