//! Brings the bucket up to a commit.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::contents::Contents;
use super::observe::{self, Observed};
use super::stacks::{self, Configured, Effective, Stacks};
use super::store::{Ensured, Form, Store};
use super::{
    Halt, Held, SourceBucket, SourcePipelines, SourceRepository, SyncReport, SyncSettings, World, provenance, starts,
    statuses, write_snapshot,
};
use crate::domain::keys;
use crate::domain::provenance::{COMMIT_METADATA, Commit, Provenance, ROOT_STACK, SUMMARY_METADATA};
use crate::domain::sync::files::{FileEntry, Files};
use crate::domain::sync::plan::{SyncPlan, Wanted, WantedStack};
use crate::domain::sync::snapshot::{Listing, OwedStart, Snapshot, StoredFile, StoredObject};
use crate::domain::sync::start::{CATALOGUE_ACTION, CONFIGURATION_ACTION, TEMPLATE_ACTION, variables};
use crate::flows::ports::{NewObject, PortErrorKind, WriteCondition};

/// Objects that are written at the same time.
const CONCURRENCY: usize = 32;
/// Longest key of an object, with `TemplateSource/` and `.zip`.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
const KEY_LIMIT_BYTES: usize = 1024;
/// How problems end that every sync finds anew, whether it resolves the catalogue or not.
const TOO_LONG: &str = "the path is too long for an S3 key; shorten it";
const TOO_LARGE: &str = "the file is larger than the 100 MB that GitHub serves";

/// Brings the bucket up to the head.
#[expect(
    clippy::too_many_lines,
    reason = "the order of these steps is what survives a crash, so it is read in one place"
)]
pub(super) async fn bring_up_to<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    held: Held,
    observed: Observed,
    listing: Option<Listing>,
) -> Result<SyncReport, Halt> {
    let environment = settings.environment.name.as_str();
    let before = held.snapshot;
    // What the snapshot says and the bucket does not confirm is forgotten.
    let mut snapshot = before.clone();
    let doubted = listing
        .as_ref()
        .map_or_else(Vec::new, |listing| snapshot.doubt(listing, environment));
    let observe::WantedFiles { root, mut files } = observe::files(world.repository, &observed, &snapshot).await?;
    let too_long = drop_long_paths(&mut files);

    let contents = Contents::new(world.repository);
    prefetch(&contents, &observed, &files, &snapshot, settings).await;
    let mut resolved = stacks::resolve(&contents, &files, &snapshot, settings).await?;
    let is_found_anew = |problem: &String| problem.ends_with(TOO_LONG) || problem.ends_with(TOO_LARGE);
    resolved.problems.retain(|problem| !is_found_anew(problem));
    resolved.problems.extend(too_long);
    let changed = changed_paths(&files, &snapshot);
    let effective = effective_of_affected(&contents, &files, &mut resolved, &changed, &snapshot, settings).await?;
    let wanted = wanted(files, &resolved, &effective);
    let mut plan = SyncPlan::between(&wanted, &snapshot);
    plan.retire(&wanted, &snapshot, environment);
    if let Some(listing) = &listing {
        plan.removals
            .extend(strays(listing, &wanted, &plan, &snapshot, environment));
    }
    tracing::info!(commit = observed.head.sha, "{plan}");

    let mut next = Snapshot {
        settings: Some(settings.digest()),
        commit: observed.head.sha.clone(),
        pending: None,
        root,
        files: stored_files(&wanted.files, &snapshot),
        stacks: resolved.stacks,
        catalogue_files: resolved.catalogue_files,
        problems: resolved.problems,
        ..snapshot.clone()
    };
    let pending_before = before.pending.is_some();
    let is_suspect = listing.is_some();
    if plan.is_empty() && !pending_before && snapshot.owed.is_empty() && snapshot.retired.is_empty() {
        statuses::tell(world.repository, settings, &observed.head.sha, &before, &next, &[]).await;
        if next != before {
            write_snapshot(world.source, &next, held.condition).await?;
        }
        return Ok(report(&observed, plan, &next, Vec::new()));
    }

    let record = if plan.writes_nothing() {
        None
    } else {
        let mut stacks = plan.started();
        if plan.catalogue || plan.catalogue_zip {
            stacks.insert(ROOT_STACK);
        }
        let stacks = stacks.into_iter().map(str::to_owned).collect();
        let previous = snapshot.recorded.as_deref();
        let record = provenance::gather(world.repository, settings, &observed, previous, stacks).await?;
        write_record(world.source, &record).await?;
        next.recorded = Some(record.commit.clone());
        Some(record)
    };
    let mark = Snapshot {
        pending: Some(observed.head.sha.clone()),
        ..before.clone()
    };
    let store = Store {
        source: world.source,
        mark: write_snapshot(world.source, &mark, held.condition).await?,
        listing: listing.as_ref(),
        metadata: metadata(&observed, record.as_ref()),
    };
    let too_large = write_files(&store, &contents, &plan, &wanted.files, &snapshot, &mut next).await?;
    next.problems.extend(too_large);
    write_addressed(&store, &plan, &resolved.gates, &effective).await?;
    write_zips(&store, &plan, &effective, &snapshot, &mut next, environment).await?;
    if let Some(document) = &resolved.document {
        write_catalogue(&store, &plan, document, &snapshot, &mut next, environment).await?;
    }

    let facts = record.as_ref().and_then(|record| record.commits.last());
    let mut due = before.owed.clone();
    due.retain(|_, owed| {
        owed.is_doubtful = true;
        true
    });
    due.extend(due_starts(
        &before,
        &next,
        settings,
        facts,
        is_suspect,
        pending_before,
        &doubted,
    ));
    let made = starts::make(world.pipelines, due, &settings.environment.pipeline_prefix).await;
    next.owed = made.owed;
    statuses::tell(
        world.repository,
        settings,
        &observed.head.sha,
        &before,
        &next,
        &made.refused,
    )
    .await;
    remove(world, &plan, &mut next, settings).await?;
    write_snapshot(world.source, &next, WriteCondition::Matches(store.mark)).await?;

    let mut report = report(&observed, plan, &next, made.started);
    report.owed = made.error;
    report.mended = if pending_before { Vec::new() } else { doubted };
    Ok(report)
}

fn report(observed: &Observed, plan: SyncPlan, next: &Snapshot, started: Vec<String>) -> SyncReport {
    let of_stacks = next.stacks.values().flat_map(|stack| &stack.problems);
    SyncReport {
        commit: Some(observed.head.sha.clone()),
        plan,
        started,
        problems: next.problems.iter().chain(of_stacks).cloned().collect(),
        ..SyncReport::default()
    }
}

/// Takes out paths that are too long to be keys, and says so.
fn drop_long_paths(files: &mut Files) -> Vec<String> {
    let is_long = |path: &str| keys::zipped(&keys::source(path)).len() > KEY_LIMIT_BYTES;
    let long: Vec<String> = files.keys().filter(|path| is_long(path)).cloned().collect();
    files.retain(|path, _| !is_long(path));
    let problem = |path: String| format!("{path}:1:1: {TOO_LONG}");
    long.into_iter().map(problem).collect()
}

fn changed_paths(files: &Files, snapshot: &Snapshot) -> BTreeSet<String> {
    let known = |path: &String| snapshot.files.get(path).map(|file| &file.entry.id);
    let changed = files
        .iter()
        .filter(|(path, entry)| known(path) != Some(&entry.id))
        .map(|(path, _)| path);
    let gone = snapshot.files.keys().filter(|path| !files.contains_key(*path));
    changed.chain(gone).cloned().collect()
}

/// Downloads the archive when much is needed.
async fn prefetch<R: SourceRepository>(
    contents: &Contents<'_, R>,
    observed: &Observed,
    files: &Files,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) {
    let mut needed = changed_paths(files, snapshot);
    let unstored = snapshot
        .files
        .iter()
        .filter(|(_, file)| file.entry.is_file() && file.etag.is_empty());
    needed.extend(unstored.map(|(path, _)| path.clone()));
    // Other settings may make every stack anew.
    if snapshot.settings != Some(settings.digest()) {
        needed.extend(files.keys().cloned());
    }
    contents.prefetch(&observed.head.sha, files, &needed).await;
}

/// Makes what the pipelines of all affected stacks read; problems go into the stacks.
async fn effective_of_affected<R: SourceRepository>(
    contents: &Contents<'_, R>,
    files: &Files,
    resolved: &mut Stacks,
    changed: &BTreeSet<String>,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) -> Result<BTreeMap<String, Effective>, Halt> {
    let affected: Vec<(String, _)> = resolved
        .stacks
        .iter()
        .filter(|(name, stack)| stack.gate.is_some() && stacks::is_affected(name, stack, changed, snapshot))
        .map(|(name, stack)| (name.clone(), stack.clone()))
        .collect();
    let made: Vec<(String, Result<Effective, Vec<String>>)> = stream::iter(affected)
        .map(|(name, stack)| async move {
            let known = snapshot.stacks.get(&name);
            let made = stacks::effective(contents, files, &stack, known, changed, settings).await?;
            Ok::<_, Halt>((name, made))
        })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let mut effective = BTreeMap::new();
    for (name, made) in made {
        let Some(stack) = resolved.stacks.get_mut(&name) else {
            continue;
        };
        match made {
            Ok(made) => {
                stack.problems.clear();
                stack.parts.clone_from(&made.packaged.parts);
                stack.declared = Some(made.declared);
                effective.insert(name, made);
            }
            Err(problems) => stack.problems = problems,
        }
    }
    Ok(effective)
}

fn wanted(files: Files, resolved: &Stacks, effective: &BTreeMap<String, Effective>) -> Wanted {
    let stacks = resolved.stacks.iter().map(|(name, stack)| {
        let made = effective.get(name);
        let kept = |object: &Option<StoredObject>| object.as_ref().map(|object| object.content);
        let wanted = WantedStack {
            template: stack.template.clone(),
            effective_template: made.map_or_else(|| kept(&stack.template_zip), |made| Some(made.template_digest())),
            effective_configuration: made.map_or_else(
                || kept(&stack.configuration_zip),
                |made| Some(made.configuration_digest()),
            ),
            packages: made.map_or_else(
                || stack.packages.clone(),
                |made| made.packaged.packages.keys().cloned().collect(),
            ),
            gate: stack.gate,
        };
        (name.clone(), wanted)
    });
    Wanted {
        stacks: stacks.collect(),
        files,
        catalogue: resolved.document.as_ref().map(crate::domain::sha256::Sha256::of),
    }
}

/// Objects below `TemplateSource/` that nothing accounts for. Packages are named by their content and stay, and so
/// does a ZIP beside a file of the branch: the article's script left one beside each, and other pipelines may read it.
fn strays(listing: &Listing, wanted: &Wanted, plan: &SyncPlan, snapshot: &Snapshot, environment: &str) -> Vec<String> {
    let files = wanted.files.iter().filter(|(_, entry)| entry.is_file());
    let mut known: BTreeSet<String> = files
        .map(|(path, _)| keys::source(path))
        .flat_map(|key| [keys::zipped(&key), key])
        .collect();
    for (name, stack) in &wanted.stacks {
        known.insert(keys::zipped(&keys::source(&stack.template)));
        known.insert(keys::zipped(&keys::configuration(environment, name)));
    }
    known.insert(keys::catalogue(environment));
    known.insert(keys::zipped(&keys::catalogue(environment)));
    known.extend(plan.retirements.keys().chain(snapshot.retired.keys()).cloned());
    let strays = listing
        .keys()
        .filter(|key| !key.starts_with("TemplateSource/.packages/"));
    strays.filter(|key| !known.contains(*key)).cloned().collect()
}

/// The files as they stand in the next snapshot; those that are written get their entity tags later.
fn stored_files(files: &Files, snapshot: &Snapshot) -> BTreeMap<String, StoredFile> {
    let stored = files.iter().map(|(path, entry)| {
        let known = snapshot.files.get(path).filter(|known| known.entry.id == entry.id);
        let stored = StoredFile {
            entry: entry.clone(),
            etag: known.map(|known| known.etag.clone()).unwrap_or_default(),
        };
        (path.clone(), stored)
    });
    stored.collect()
}

async fn write_record<B: SourceBucket>(source: &B, record: &Provenance) -> Result<(), Halt> {
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
fn metadata(observed: &Observed, record: Option<&Provenance>) -> BTreeMap<String, String> {
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
async fn write_files<R: SourceRepository, B: SourceBucket>(
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
async fn write_addressed<B: SourceBucket>(
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
        objects.extend(
            made.packaged
                .packages
                .iter()
                .map(|(key, bytes)| (key.clone(), bytes.clone())),
        );
    }
    stream::iter(objects)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |(key, bytes)| store.ensure_addressed(key, bytes))
        .await
}

/// Writes the zips that pipelines read.
async fn write_zips<B: SourceBucket>(
    store: &Store<'_, B>,
    plan: &SyncPlan,
    effective: &BTreeMap<String, Effective>,
    snapshot: &Snapshot,
    next: &mut Snapshot,
    environment: &str,
) -> Result<(), Halt> {
    let templates = plan.templates.iter().filter_map(|name| {
        let made = effective.get(name)?;
        Some((name.clone(), made.packaged.template.as_slice(), true))
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
        if let Some(stack) = next.stacks.get_mut(name) {
            stack.packages = made.packaged.packages.keys().cloned().collect();
        }
    }
    Ok(())
}

async fn write_catalogue<B: SourceBucket>(
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

/// The starts that follow from what was written or found.
fn due_starts(
    before: &Snapshot,
    next: &Snapshot,
    settings: &SyncSettings,
    facts: Option<&Commit>,
    is_suspect: bool,
    was_pending: bool,
    doubted: &[String],
) -> BTreeMap<String, OwedStart> {
    let environment = settings.environment.name.as_str();
    // A pipeline is started for new content. After a sync that died it is also started for content that is as before,
    // because that sync may have started it with other content.
    let is_due = |key: &str, old: Option<&StoredObject>, new: Option<&StoredObject>| match (old, new) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(old), Some(new)) => {
            old.content != new.content
                || (was_pending && old.version != new.version && doubted.iter().any(|doubted| doubted == key))
        }
    };
    let mut due = BTreeMap::new();
    for (name, stack) in &next.stacks {
        let (Some(template), Some(configuration)) = (&stack.template_zip, &stack.configuration_zip) else {
            continue;
        };
        let old = before.stacks.get(name);
        let template_key = keys::zipped(&keys::source(&stack.template));
        let configuration_key = keys::zipped(&keys::configuration(environment, name));
        let old_template = old.and_then(|old| old.template_zip.as_ref());
        let old_configuration = old.and_then(|old| old.configuration_zip.as_ref());
        if stack.problems.is_empty()
            && (is_due(&template_key, old_template, Some(template))
                || is_due(&configuration_key, old_configuration, Some(configuration)))
        {
            let versions = [(TEMPLATE_ACTION, template), (CONFIGURATION_ACTION, configuration)]
                .map(|(action, object)| (action.to_owned(), object.version.clone()));
            let start = OwedStart {
                versions: versions.into(),
                variables: variables(&next.commit, facts),
                is_doubtful: is_suspect,
            };
            due.insert(format!("{}{name}", settings.environment.pipeline_prefix), start);
        }
    }
    let key = keys::zipped(&keys::catalogue(environment));
    if let Some(zip) = &next.catalogue_zip
        && is_due(&key, before.catalogue_zip.as_ref(), Some(zip))
    {
        let start = OwedStart {
            versions: [(CATALOGUE_ACTION.to_owned(), zip.version.clone())].into(),
            variables: variables(&next.commit, facts),
            is_doubtful: is_suspect,
        };
        due.insert(settings.root_pipeline.clone(), start);
    }
    due
}

/// Removes what is gone from the branch, and the zips whose pipelines are gone too.
async fn remove<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    plan: &SyncPlan,
    next: &mut Snapshot,
    settings: &SyncSettings,
) -> Result<(), Halt> {
    let prefix = settings.environment.pipeline_prefix.as_str();
    for (key, stack) in &plan.retirements {
        next.retired.insert(key.clone(), format!("{prefix}{stack}"));
    }
    let in_use = next.keys_in_use(&settings.environment.name);
    next.retired.retain(|key, _| !in_use.contains(key));
    let mut removals: Vec<String> = plan.removals.iter().cloned().collect();
    if !next.retired.is_empty() {
        match world.pipelines.pipeline_names(prefix).await {
            Ok(pipelines) => {
                let pipelines: BTreeSet<String> = pipelines.into_iter().collect();
                let gone = next
                    .retired
                    .iter()
                    .filter(|(_, pipeline)| !pipelines.contains(*pipeline));
                let gone: Vec<String> = gone.map(|(key, _)| key.clone()).collect();
                for key in &gone {
                    next.retired.remove(key);
                }
                removals.extend(gone);
            }
            Err(error) => tracing::warn!("zips of retired stacks are kept for now: {error}"),
        }
    }
    stream::iter(removals)
        .map(Ok)
        .try_for_each_concurrent(CONCURRENCY, |key| async move {
            world.source.delete(&key).await?;
            Ok::<_, Halt>(())
        })
        .await
}
