//! Writes what is wanted and not there.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::CONCURRENCY;
use crate::domain::keys;
use crate::domain::provenance::{COMMIT_METADATA, Provenance, SUMMARY_METADATA};
use crate::domain::sync::files::{FileEntry, Files};
use crate::domain::sync::plan::SyncPlan;
use crate::domain::sync::snapshot::{Snapshot, StoredObject};
use crate::flows::ports::{NewObject, PortErrorKind, WriteCondition};
use crate::flows::sync_source::contents::Contents;
use crate::flows::sync_source::observe::Observed;
use crate::flows::sync_source::stacks::{Configured, Effective};
use crate::flows::sync_source::store::{Ensured, Form, Store};
use crate::flows::sync_source::{Halt, SourceBucket, SourceRepository};

/// How a problem ends that every sync finds anew, whether it resolves the catalogue or not.
pub(super) const TOO_LARGE: &str = "the file is larger than the 100 MB that GitHub serves";

pub(super) async fn write_record<B: SourceBucket>(source: &B, record: &Provenance) -> Result<(), Halt> {
    let object = NewObject {
        key: keys::provenance(&record.commit),
        bytes: serde_json::to_vec(record).unwrap_or_default(),
        content_type: "application/json",
        metadata: BTreeMap::new(),
        // The branch may come back to a commit: what was recorded of it stays.
        condition: WriteCondition::Absent,
    };
    match source.put(object).await {
        Err(error) if error.kind != PortErrorKind::Conflict => Err(error.into()),
        _ => Ok(()),
    }
}

/// Metadata that every written object carries.
pub(super) fn metadata(observed: &Observed, record: Option<&Provenance>) -> BTreeMap<String, String> {
    let head = &observed.head;
    let commit = record.and_then(|record| record.commits.iter().find(|commit| commit.sha == head.sha));
    let pull = commit.and_then(|commit| commit.pull_request.as_ref());
    let subject = head.message.lines().next().unwrap_or_default();
    let pull = pull
        .map(|pull| format!(" (#{} by {})", pull.number, pull.author))
        .unwrap_or_default();
    let short = head.sha.get(..7).unwrap_or(&head.sha);
    let summary: String = format!("{short} {subject}{pull}")
        .chars()
        // Metadata travels in HTTP headers.
        .map(|character| if matches!(character, ' '..='~') { character } else { '?' })
        .take(500)
        .collect();
    [
        (COMMIT_METADATA, head.sha.clone()),
        (SUMMARY_METADATA, summary.trim().to_owned()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// Writes raw objects; answers with the problems of files that are too large.
pub(super) async fn write_files<R: SourceRepository, B: SourceBucket>(
    store: &Store<'_, B>,
    contents: &Contents<'_, R>,
    plan: &SyncPlan,
    files: &Files,
    snapshot: &Snapshot,
    next: &mut Snapshot,
) -> Result<Vec<String>, Halt> {
    let due = plan.files.iter().filter_map(|path| Some((path, files.get(path)?)));
    let written: Vec<(&String, Option<Ensured>)> = stream::iter(due.collect::<Vec<(&String, &FileEntry)>>())
        .map(|(path, entry)| async move {
            let content = match contents.blob(&entry.id).await {
                Err(error) if error.kind == PortErrorKind::Refused => return Ok((path, None)),
                content => content?,
            };
            let known = snapshot.files.get(path).map(|file| file.etag.as_str());
            let key = keys::source(path);
            let ensured = store.ensure(&key, &content, Form::Raw, known).await?;
            Ok::<_, Halt>((path, Some(ensured)))
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut problems = Vec::new();
    for (path, ensured) in written {
        match ensured {
            Some(ensured) => {
                if let Some(file) = next.files.get_mut(path) {
                    file.etag = ensured.etag;
                }
            }
            None => problems.push(format!("{path}:1:1: {TOO_LARGE}")),
        }
    }
    problems.sort();
    Ok(problems)
}

/// Writes packages and gate documents, whose keys name their contents.
pub(super) async fn write_addressed<B: SourceBucket>(
    store: &Store<'_, B>,
    plan: &SyncPlan,
    gates: &BTreeMap<String, crate::domain::gate::Gate>,
    effective: &BTreeMap<String, Effective>,
) -> Result<(), Halt> {
    let mut objects: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for gate in plan.gates.iter().filter_map(|name| gates.get(name)) {
        objects.insert(keys::gate(gate.digest()), gate.to_canonical_json().into_bytes());
    }
    for made in plan.packages.iter().filter_map(|name| effective.get(name)) {
        objects.extend(made.packages().map(|(key, bytes)| (key.clone(), bytes.clone())));
    }
    stream::iter(objects)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |(key, bytes)| store.ensure_addressed(key, bytes))
        .await
}

/// Writes the zips that pipelines read.
pub(super) async fn write_zips<B: SourceBucket>(
    store: &Store<'_, B>,
    plan: &SyncPlan,
    effective: &BTreeMap<String, Effective>,
    snapshot: &Snapshot,
    next: &mut Snapshot,
    environment: &str,
) -> Result<(), Halt> {
    let templates = plan.templates.iter().filter_map(|name| {
        let made = effective.get(name)?.packaged.as_ref()?;
        Some((name.clone(), made.template.as_slice(), true))
    });
    // One that is kept is never planned to be written.
    let configurations = plan
        .configurations
        .iter()
        .filter_map(|name| match &effective.get(name)?.configuration {
            Configured::Made(text) => Some((name.clone(), text.as_bytes(), false)),
            Configured::Kept(_) => None,
        });
    let stacks = &next.stacks;
    let written: Vec<(String, bool, StoredObject)> = stream::iter(templates.chain(configurations).collect::<Vec<_>>())
        .map(|(name, content, is_template)| async move {
            let path = stacks.get(&name).map_or("", |stack| stack.template.as_str());
            let known = snapshot.stacks.get(&name);
            let (key, file, known) = if is_template {
                let known = known.filter(|known| known.template == path);
                let file = path.rsplit('/').next().unwrap_or(path).to_owned();
                let zip = known.and_then(|known| known.template_zip.as_ref());
                (keys::source(path), file, zip)
            } else {
                let zip = known.and_then(|known| known.configuration_zip.as_ref());
                let key = keys::configuration(environment, &name);
                (key, format!("{name}.json"), zip)
            };
            let known = known.map(|known| known.etag.as_str());
            let ensured = store
                .ensure(&keys::zipped(&key), content, Form::Zip(&file), known)
                .await?;
            let content = crate::domain::sha256::Sha256::of(content);
            Ok::<_, Halt>((name, is_template, stored(content, ensured)))
        })
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await?;
    for (name, is_template, object) in written {
        let Some(stack) = next.stacks.get_mut(&name) else {
            continue;
        };
        if is_template {
            stack.template_zip = Some(object);
        } else {
            stack.configuration_zip = Some(object);
        }
    }
    for (name, made) in effective {
        if let (Some(stack), Some(packaged)) = (next.stacks.get_mut(name), &made.packaged) {
            stack.packages = packaged.packages.keys().cloned().collect();
        }
    }
    Ok(())
}

pub(super) async fn write_catalogue<B: SourceBucket>(
    store: &Store<'_, B>,
    plan: &SyncPlan,
    document: &str,
    snapshot: &Snapshot,
    next: &mut Snapshot,
    environment: &str,
) -> Result<(), Halt> {
    let key = keys::catalogue(environment);
    let content = crate::domain::sha256::Sha256::of(document);
    let etag = |object: &Option<StoredObject>| object.as_ref().map(|object| object.etag.clone());
    if plan.catalogue {
        let known = etag(&snapshot.catalogue);
        let ensured = store
            .ensure(&key, document.as_bytes(), Form::Raw, known.as_deref())
            .await?;
        next.catalogue = Some(stored(content, ensured));
    }
    if plan.catalogue_zip {
        let known = etag(&snapshot.catalogue_zip);
        let file = format!("{environment}.json");
        let zip = keys::zipped(&key);
        let ensured = store
            .ensure(&zip, document.as_bytes(), Form::Zip(&file), known.as_deref())
            .await?;
        next.catalogue_zip = Some(stored(content, ensured));
    }
    Ok(())
}

fn stored(content: crate::domain::sha256::Sha256, ensured: Ensured) -> StoredObject {
    StoredObject {
        content,
        etag: ensured.etag,
        version: ensured.version,
    }
}
