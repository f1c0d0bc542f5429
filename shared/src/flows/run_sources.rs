//! Where the sources of a run come from: object versions, and the commits that they were written from.

mod gate;

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::FlowError;
use super::ports::{PortError, ReadObjects};
use crate::domain::actions::{CATALOGUE, CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::authors::{CommitRange, ExecutedRecord, Gap, ProvenanceWalk};
use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::job::FailureKind;
use crate::domain::keys;
use crate::domain::provenance::{Apart, Provenance, ROOT_STACK, RecordId, SourceFacts, Together};
use crate::domain::sha256::Sha256;

/// Records that are read at the same time.
const CONCURRENCY: usize = 8;

/// Key of the object that a source action reads; `None` for an action that no pipeline of ours has.
pub(crate) fn key_of(environment: &str, gate: &Gate, is_root: bool, action: &str) -> Option<String> {
    match (is_root, action) {
        (true, CATALOGUE) => Some(keys::zipped(&keys::catalogue(environment))),
        (false, TEMPLATE) => Some(keys::zipped(&keys::source(&gate.template))),
        (false, CONFIGURATION) => Some(keys::zipped(&keys::configuration(environment, &gate.stack))),
        _ => None,
    }
}

/// The object versions that the source actions of a run read: action name to version id.
pub(crate) fn versions(actions: &[ActionExecution]) -> BTreeMap<String, String> {
    let sources = actions
        .iter()
        .rev()
        .filter(|action| action.stage == SOURCE_STAGE && action.status == "Succeeded");
    let versions = sources.filter_map(|action| {
        let version = action.output_variables.get("VersionId")?;
        Some((action.action.clone(), version.clone())).filter(|(_, version)| !version.is_empty())
    });
    versions.collect()
}

/// What a version of an object was written from; `None` when the sync did not write it.
pub(crate) async fn written_from(
    source: &impl ReadObjects,
    key: &str,
    version: &str,
) -> Result<Option<SourceFacts>, PortError> {
    let head = source.head(key, Some(version)).await?;
    Ok(head.and_then(|head| SourceFacts::of(&head.metadata, head.modified)))
}

/// A record; `None` when there is none that can be read.
pub(crate) async fn record_of(source: &impl ReadObjects, id: &RecordId) -> Result<Option<Provenance>, PortError> {
    let record = source.get(&keys::provenance(id), None).await?;
    Ok(record.and_then(|record| serde_json::from_slice(&record.bytes).ok()))
}

/// Why a run whose sources did not stand together is neither planned nor reviewed.
pub(crate) fn not_together(apart: &Apart) -> FlowError {
    FlowError::Refused {
        kind: FailureKind::RevisionOutOfSync,
        message: format!("{apart}; {}", Apart::WHAT_TO_DO),
    }
}

/// What `pipeline` executed last; `None` when it executed nothing yet.
pub(crate) async fn last_executed(evidence: &impl ReadObjects, pipeline: &str) -> Result<Option<Executed>, FlowError> {
    let key = keys::executed(pipeline);
    let Some(object) = evidence.get(&key, None).await? else {
        return Ok(None);
    };
    serde_json::from_slice(&object.bytes).map(Some).map_err(|error| {
        FlowError::job(format!(
            "reading `{key}` in the evidence bucket: {error}; restore the version before it"
        ))
    })
}

/// Which run it is whose sources are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunOfStack<'r> {
    pub(crate) environment: &'r str,
    pub(crate) gate: &'r Gate,
    pub(crate) is_root: bool,
    pub(crate) actions: &'r [ActionExecution],
}

/// One source of a run.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) action: &'static str,
    pub(crate) key: String,
    /// The version that the history shows; absent where it shows none.
    pub(crate) version: Option<String>,
    /// What that version was written from; absent when the sync did not write it.
    pub(crate) facts: Option<SourceFacts>,
}

/// The sources of a run.
///
/// They are found from the versions in CodePipeline's history, whose metadata the sync wrote, and never from pipeline
/// variables, which whoever starts a run can set.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// Catalogue name of the stack.
    stack: String,
    /// Hash of the gate that is in force; absent for the root pipeline, whose gate no commit changes.
    gate: Option<Sha256>,
    pub(crate) read: Vec<Source>,
    /// The records that were read already.
    records: BTreeMap<RecordId, Option<Provenance>>,
}

impl Sources {
    /// Looks up what the sources of a run were written from.
    pub(crate) async fn of(source: &impl ReadObjects, run: RunOfStack<'_>) -> Result<Self, PortError> {
        Self::of_versions(source, run, &versions(run.actions)).await
    }

    /// Looks up what these versions were written from: source action name to version id.
    pub(crate) async fn of_versions(
        source: &impl ReadObjects,
        run: RunOfStack<'_>,
        versions: &BTreeMap<String, String>,
    ) -> Result<Self, PortError> {
        let actions: &[&'static str] = if run.is_root {
            &[CATALOGUE]
        } else {
            &[TEMPLATE, CONFIGURATION]
        };
        let read = actions.iter().filter_map(|&action| {
            let key = key_of(run.environment, run.gate, run.is_root, action)?;
            Some((action, key, versions.get(action).cloned()))
        });
        let read = stream::iter(read.collect::<Vec<_>>())
            .map(|(action, key, version)| async move {
                let facts = match &version {
                    Some(version) => written_from(source, &key, version).await?,
                    None => None,
                };
                Ok::<_, PortError>(Source {
                    action,
                    key,
                    version,
                    facts,
                })
            })
            .buffered(CONCURRENCY);
        Ok(Self {
            stack: if run.is_root { ROOT_STACK } else { &run.gate.stack }.to_owned(),
            gate: (!run.is_root).then(|| run.gate.digest()),
            read: read.try_collect().await?,
            records: BTreeMap::new(),
        })
    }

    /// Why the template and the configuration of the run are not such as the branch had together; `None` when they are.
    ///
    /// Where no record tells, because an older version of the sync wrote one of them or the record is gone, the versions
    /// must be those that the bucket holds now.
    pub(crate) async fn apart(&mut self, source: &impl ReadObjects) -> Result<Option<Apart>, PortError> {
        let [template, configuration] = self.read.as_slice() else {
            return Ok(None);
        };
        let mut together = Together::Untold;
        if let (Some(template), Some(configuration)) = (&template.facts, &configuration.facts)
            && let Some(sequence) = template.sequence.max(configuration.sequence)
        {
            let id = RecordId::Sequence(sequence);
            let record = record_of(source, &id).await?;
            together = Together::of(&self.stack, template, configuration, record.as_ref());
            self.records.insert(id, record);
        }
        let is_apart = match together {
            Together::Yes => false,
            Together::No => true,
            Together::Untold => !(is_latest(source, template).await? && is_latest(source, configuration).await?),
        };
        let commit = |source: &Source| source.facts.as_ref().map(|facts| facts.commit.clone());
        Ok(is_apart.then(|| Apart {
            template: commit(template),
            configuration: commit(configuration),
            is_told: together == Together::No,
        }))
    }

    /// Every commit since the pipeline's last execution that touched the stack, and those that changed the gate in force
    /// since the sources were written. `last` is what the pipeline executed last.
    pub(crate) async fn commit_range(
        &self,
        source: &impl ReadObjects,
        evidence: &impl ReadObjects,
        last: Option<&Executed>,
        root_pipeline: &str,
    ) -> Result<CommitRange, FlowError> {
        let mut records = self.records.clone();
        if let Some(id) = self.newest().filter(|id| !records.contains_key(id)) {
            let record = record_of(source, &id).await?;
            records.insert(id, record);
        }
        let mut range = self.touching(source, last, &records).await?;
        range.add(self.gate_range(source, evidence, root_pipeline, &records).await?);
        Ok(range)
    }

    /// The record that the newest source was written under, where it has a number.
    fn newest(&self) -> Option<RecordId> {
        let sequences = self.read.iter().filter_map(|read| read.facts.as_ref()?.sequence);
        sequences.max().map(RecordId::Sequence)
    }

    /// Every commit since the pipeline's last execution that touched the stack.
    async fn touching(
        &self,
        source: &impl ReadObjects,
        last: Option<&Executed>,
        records: &BTreeMap<RecordId, Option<Provenance>>,
    ) -> Result<CommitRange, PortError> {
        let mut gaps = Vec::new();
        let mut from = Vec::new();
        for read in &self.read {
            let executed = last.and_then(|last| last.source_versions.get(read.action));
            if read.version.is_some() && executed == read.version.as_ref() {
                continue;
            }
            match &read.facts {
                Some(facts) => from.push(facts.record()),
                None => gaps.push(Gap::UnknownSource(read.action.to_owned())),
            }
        }
        let executed = last.map(|last| ExecutedRecord {
            commit: last.commit.clone(),
            sequence: last.sequence,
        });
        let mut walk = ProvenanceWalk::new(&self.stack, from, executed);
        for (id, record) in records {
            walk.add(id.clone(), record.clone());
        }
        loop {
            let needed = walk.needed();
            if needed.is_empty() {
                break;
            }
            let mut records = stream::iter(needed)
                .map(|id| async move { Ok::<_, PortError>((record_of(source, &id).await?, id)) })
                .buffered(CONCURRENCY);
            while let Some((record, id)) = records.try_next().await? {
                walk.add(id, record);
            }
        }
        let mut range = walk.into_range();
        range.gaps.extend(gaps);
        Ok(range)
    }
}

/// Whether the version that a source read is the one that the bucket holds now.
async fn is_latest(source: &impl ReadObjects, read: &Source) -> Result<bool, PortError> {
    let Some(version) = &read.version else {
        return Ok(false);
    };
    let head = source.head(&read.key, None).await?;
    Ok(head.is_some_and(|head| head.version == *version))
}
