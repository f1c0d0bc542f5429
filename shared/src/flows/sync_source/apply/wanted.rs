//! What should be in the bucket, and what is there that should not.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt, TryStreamExt};

use crate::domain::keys;
use crate::domain::sync::files::{FileEntry, Files};
use crate::domain::sync::plan::{SyncPlan, Wanted, WantedStack};
use crate::domain::sync::snapshot::{Listing, Snapshot, StoredFile, StoredObject};
use crate::domain::sync::trace;
use crate::flows::sync_source::contents::Contents;
use crate::flows::sync_source::effective::{self, Effective, Maker};
use crate::flows::sync_source::observe::Observed;
use crate::flows::sync_source::stacks::Stacks;
use crate::flows::sync_source::{Halt, SourceRepository, SyncSettings};

/// Stacks whose templates are packaged at the same time: everything that one is made of is in memory meanwhile.
const PACKAGED_TOGETHER: usize = 8;
/// Longest key of an object, with `TemplateSource/` and `.zip`.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
const KEY_LIMIT_BYTES: usize = 1024;
/// How a problem ends that every sync finds anew, whether it resolves the catalogue or not.
pub(super) const TOO_LONG: &str = "the path is too long for an S3 key; shorten it";

/// How a problem ends of a file that would stand in the place of an archive that the sync makes.
pub(super) const IN_THE_WAY: &str = "the archive of the file beside it is stored under this name; rename it";

/// Takes out paths that cannot be keys of raw objects, and says so.
pub(super) fn drop_unstorable(files: &mut Files) -> Vec<String> {
    let around = keys::zipped(&keys::source("")).len();
    let problem_of = |path: &str| {
        let is_long = around + path.len() > KEY_LIMIT_BYTES;
        let archived = path.strip_suffix(".zip");
        let is_in_the_way = archived.is_some_and(|beside| files.get(beside).is_some_and(FileEntry::is_file));
        match (is_long, is_in_the_way) {
            (true, _) => Some(TOO_LONG),
            (_, true) => Some(IN_THE_WAY),
            _ => None,
        }
    };
    let found: BTreeMap<String, &str> = files
        .keys()
        .filter_map(|path| Some((path.clone(), problem_of(path)?)))
        .collect();
    files.retain(|path, _| !found.contains_key(path));
    found
        .into_iter()
        .map(|(path, problem)| format!("{path}:1:1: {problem}"))
        .collect()
}

/// Downloads the archive when much is needed.
pub(super) async fn prefetch<R: SourceRepository>(
    contents: &Contents<'_, R>,
    observed: &Observed,
    files: &Files,
    snapshot: &Snapshot,
    settings: &SyncSettings,
) {
    let mut needed = trace::changed(files, snapshot);
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
pub(super) async fn effective_of_affected<R: SourceRepository>(
    maker: &Maker<'_, '_, R>,
    resolved: &mut Stacks,
    changed: &BTreeSet<String>,
    snapshot: &Snapshot,
) -> Result<BTreeMap<String, Effective>, Halt> {
    let affected: Vec<(String, _)> = resolved
        .stacks
        .iter()
        // A stack that left the branch while the catalogue is wrong is kept as it is.
        .filter(|(_, stack)| stack.gate.is_some() && maker.files.contains_key(&stack.template))
        .filter(|(name, stack)| effective::is_affected(name, stack, changed, snapshot))
        .map(|(name, stack)| (name.clone(), stack.clone()))
        .collect();
    let made = stream::iter(affected)
        .map(|(name, stack)| async move {
            let made = maker.effective((&name, &stack), changed, snapshot).await?;
            Ok::<_, Halt>((name, made))
        })
        .buffered(PACKAGED_TOGETHER);
    let mut made = std::pin::pin!(made);
    let mut room = maker.settings.kept_bytes;
    let mut effective = BTreeMap::new();
    while let Some((name, made)) = made.try_next().await? {
        let Some(stack) = resolved.stacks.get_mut(&name) else {
            continue;
        };
        match made {
            Ok(mut made) => {
                stack.problems.clear();
                if let Some(template) = &mut made.template {
                    stack.parts.clone_from(&template.parts);
                    template.keep_within(&mut room);
                }
                stack.declared = Some(made.declared);
                effective.insert(name, made);
            }
            Err(problems) => stack.problems = problems,
        }
    }
    Ok(effective)
}

pub(super) fn wanted(files: Files, resolved: &Stacks, effective: &BTreeMap<String, Effective>) -> Wanted {
    let stacks = resolved.stacks.iter().map(|(name, stack)| {
        let made = effective.get(name);
        let template = made.and_then(|made| made.template.as_ref());
        let kept = |object: &Option<StoredObject>| object.as_ref().map(|object| object.content);
        let wanted = WantedStack {
            template: stack.template.clone(),
            effective_template: template
                .map(|template| template.digest)
                .or_else(|| kept(&stack.template_zip)),
            effective_configuration: made.map_or_else(
                || kept(&stack.configuration_zip),
                |made| Some(made.configuration_digest()),
            ),
            packages: template.map_or(&stack.packages, |template| &template.packages).clone(),
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
pub(super) fn strays(
    listing: &Listing,
    wanted: &Wanted,
    plan: &SyncPlan,
    snapshot: &Snapshot,
    environment: &str,
) -> Vec<String> {
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
pub(super) fn stored_files(files: &Files, snapshot: &Snapshot) -> BTreeMap<String, StoredFile> {
    let stored = files.iter().map(|(path, entry)| {
        let known = snapshot.files.get(path).filter(|known| known.entry.id == entry.id);
        let stored = StoredFile {
            entry: entry.clone(),
            etag: known.map(|known| known.etag.clone()).unwrap_or_default(),
            touched: snapshot.files.get(path).map_or(0, |known| known.touched),
        };
        (path.clone(), stored)
    });
    stored.collect()
}
