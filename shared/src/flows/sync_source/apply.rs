//! Brings the bucket up to a commit.

mod due;
mod pairs;
mod removals;
mod wanted;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join, try_join3};

use super::contents::Contents;
use super::effective::{Effective, Maker};
use super::held::{self, Held};
use super::observe::{self, Observed};
use super::provenance::Gathered;
use super::stacks::{self, Stacks};
use super::store::Store;
use super::{
    Halt, SourceBucket, SourcePipelines, SourceRepository, SyncReport, SyncSettings, World, provenance, starts,
    statuses,
};
use crate::domain::provenance::Provenance;
use crate::domain::sync::plan::SyncPlan;
use crate::domain::sync::snapshot::{Listing, Snapshot, StoredStack};
use crate::domain::sync::trace::{self, Change};
use crate::flows::ports::WriteCondition;
use due::due_starts;
use removals::remove;
use wanted::{IN_THE_WAY, TOO_LONG, drop_unstorable, effective_of_affected, prefetch, stored_files, strays, wanted};
use writes::{
    TOO_LARGE, enter_catalogue, enter_files, enter_zips, metadata, write_addressed, write_catalogue, write_files,
    write_record, write_zips,
};

/// Objects that are written at the same time.
const CONCURRENCY: usize = 32;

/// Brings the bucket up to the head.
#[expect(
    clippy::too_many_lines,
    reason = "the order of these steps is what survives a crash, so it is read in one place"
)]
pub(super) async fn bring_up_to<R: SourceRepository, B: SourceBucket, P: SourcePipelines>(
    world: World<'_, R, B, P>,
    settings: &SyncSettings,
    held: &Held,
    observed: &Observed,
    contents: &Contents<'_, R>,
    listing: Option<Listing>,
) -> Result<SyncReport, Halt> {
    let environment = settings.environment.name.as_str();
    let before = &held.snapshot;
    // What the snapshot says and the bucket does not confirm is forgotten.
    let mut doubted = Vec::new();
    let confirmed = listing.as_ref().map(|listing| {
        let mut confirmed = before.clone();
        doubted = confirmed.doubt(listing, environment);
        confirmed
    });
    let snapshot = confirmed.as_ref().unwrap_or(before);
    // Whatever concerns stacks that are not at hand is decided with all of them at hand.
    let is_partial = snapshot.cut.is_some();
    let mut found = if is_partial {
        observe::proven(observed, snapshot).ok_or(Halt::Narrow)?
    } else {
        Box::pin(observe::files(world.repository, observed, snapshot)).await?
    };
    let places = stacks::places(contents, &found.files, snapshot, settings).await?;
    if places != snapshot.places {
        if is_partial {
            return Err(Halt::Narrow);
        }
        found = Box::pin(observe::files_at(world.repository, observed, snapshot, &places)).await?;
    }
    let observe::WantedFiles { root, mut files } = found;
    let unstorable = drop_unstorable(&mut files);

    prefetch(contents, observed, &files, snapshot, settings).await;
    if is_partial && (stacks::is_stale(&files, snapshot, settings) || !unstorable.is_empty()) {
        return Err(Halt::Narrow);
    }
    let mut resolved = stacks::resolve(contents, &files, snapshot, settings).await?;
    let is_found_anew = |problem: &String| {
        [TOO_LONG, IN_THE_WAY, TOO_LARGE]
            .iter()
            .any(|end| problem.ends_with(end))
    };
    resolved.problems.retain(|problem| !is_found_anew(problem));
    resolved.problems.extend(unstorable);
    let changed = trace::changed(&files, snapshot);
    let maker = Maker::new(contents, &files, settings);
    let effective = effective_of_affected(&maker, &mut resolved, &changed, snapshot).await?;
    if is_partial && concerns_more(&resolved, &effective, snapshot) {
        return Err(Halt::Narrow);
    }
    let wanted = wanted(files, &resolved, &effective);
    let mut plan = SyncPlan::between(&wanted, snapshot);
    plan.retire(&wanted, snapshot, environment);
    if let Some(listing) = &listing {
        plan.removals
            .extend(strays(listing, &wanted, &plan, snapshot, environment));
    }
    tracing::info!(commit = observed.head.sha, "{plan}");

    // A wrong catalogue does not tell which files it is made of.
    if !resolved.problems.is_empty() {
        let known = snapshot.catalogue_files.iter().cloned();
        let files: BTreeSet<String> = known.chain(std::mem::take(&mut resolved.catalogue_files)).collect();
        resolved.catalogue_files = files.into_iter().collect();
    }
    let mut next = Snapshot {
        settings: Some(settings.digest()),
        commit: observed.head.sha.clone(),
        pending: None,
        root,
        places: places.clone(),
        files: stored_files(&wanted.files, snapshot),
        stacks: resolved.stacks,
        catalogue_files: resolved.catalogue_files,
        problems: resolved.problems,
        version: snapshot.version,
        repository: snapshot.repository.clone(),
        recorded: snapshot.recorded.clone(),
        sequence: snapshot.sequence,
        all: snapshot.all,
        wrong_since: snapshot.wrong_since,
        catalogue_touched: snapshot.catalogue_touched,
        unnumbered: snapshot.unnumbered.clone(),
        base: None,
        cut: snapshot.cut.clone(),
        declarations: snapshot.declarations.clone(),
        configurations: snapshot.configurations.clone(),
        catalogue: snapshot.catalogue.clone(),
        catalogue_zip: snapshot.catalogue_zip.clone(),
        retired: snapshot.retired.clone(),
        owed: snapshot.owed.clone(),
    };
    let declarations = effective
        .values()
        .filter_map(|made| Some((made.declared, made.declaration.clone()?)));
    next.declare(declarations);
    next.keep_configurations(
        snapshot,
        &changed,
        effective.values().filter_map(Effective::configuration_text),
    );
    let pending_before = before.pending.is_some();
    let is_suspect = listing.is_some();
    if plan.is_empty()
        && changed.is_empty()
        && !pending_before
        && snapshot.owed.is_empty()
        && snapshot.retired.is_empty()
    {
        statuses::tell(world.repository, settings, &observed.head.sha, before, &next, &[], &[]).await;
        if next != *before {
            let report = report(observed, plan, &next, Vec::new());
            let (condition, limits) = (held.condition.clone(), &settings.cut_limits);
            held.write_next(world.source, next, condition, limits).await?;
            return Ok(report);
        }
        return Ok(report(observed, plan, &next, Vec::new()));
    }

    // Whatever differs is recorded, also where nothing is written or started because of it.
    let mut record = None;
    if !(plan.writes_nothing() && changed.is_empty()) {
        let previous = snapshot.recorded.as_deref();
        let either = places.and(&snapshot.places);
        let Gathered { commits, steps } = Box::pin(provenance::gather(
            world.repository,
            settings,
            observed,
            previous,
            &either,
        ))
        .await?;
        if is_partial && (!steps.paths.is_subset(&changed) || snapshot.leaves_out(&steps.left())) {
            return Err(Halt::Narrow);
        }
        let change = Change {
            before: snapshot,
            files: &wanted.files,
            stacks: &next.stacks,
            wanted: &wanted.stacks,
            catalogue_files: &next.catalogue_files,
            is_sound: next.problems.is_empty(),
            plan: &plan,
            steps: &steps,
        };
        let traced = change.trace(snapshot.sequence + 1);
        traced.enter(&mut next);
        let trace = traced.trace;
        next.recorded = Some(observed.head.sha.clone());
        record = Some(Provenance {
            version: Provenance::VERSION,
            repository: settings.repository.clone(),
            repository_id: snapshot.repository.as_ref().map(|pin| pin.id),
            branch: settings.branch.clone(),
            commit: observed.head.sha.clone(),
            previous: previous.map(str::to_owned),
            stacks: trace.stacks.keys().cloned().collect(),
            complete: steps.is_complete,
            commits,
            trace: Some(trace),
        });
    }
    let mark = before.mark(&observed.head.sha, next.sequence, held.version.as_deref());
    let (recorded, mark) = join(
        write_record(world.source, record.as_ref()),
        held::write(world.source, &mark, held.condition.clone()),
    )
    .await;
    // Who is overtaken starts over anyway.
    let mark = mark?;
    recorded?;
    let store = Store {
        source: world.source,
        mark,
        listing: listing.as_ref(),
        metadata: metadata(observed, record.as_ref()),
    };
    // Before what refers to them.
    let maker = Maker::new(contents, &wanted.files, settings);
    write_addressed(&store, &maker, &plan, &resolved.gates, &effective, &next.stacks).await?;
    let (files, zips, catalogue) = try_join3(
        write_files(&store, contents, &plan, &wanted.files, snapshot),
        write_zips(&store, &maker, &plan, &effective, snapshot, &next.stacks),
        write_catalogue(&store, &plan, resolved.document.as_deref(), snapshot, environment),
    )
    .await?;
    enter_files(&mut next, files);
    let found = pairs::only_found(&zips, record.as_ref());
    enter_zips(&mut next, zips, &effective);
    pairs::renew(&store, found, environment, &mut next).await?;
    enter_catalogue(&mut next, catalogue);
    // What was made and written takes the room that the snapshot of many stacks needs.
    drop((effective, resolved.gates, resolved.document, wanted));
    contents.forget();

    let facts = record.as_ref().and_then(|record| record.commits.last());
    let mut due = before.owed.clone();
    due.retain(|_, owed| {
        owed.is_doubtful = true;
        true
    });
    due.extend(due_starts(
        before,
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
        before,
        &next,
        &made.started,
        &made.refused,
    )
    .await;
    remove(world, &plan, &mut next, settings).await?;
    let mut report = report(observed, plan, &next, made.started);
    let condition = WriteCondition::Matches(store.mark);
    held.write_next(world.source, next, condition, &settings.cut_limits)
        .await?;
    report.owed = made.error;
    report.mended = if pending_before { Vec::new() } else { doubted };
    Ok(report)
}

/// Whether what was made of the stacks at hand may depend on what is not at hand: a part that seems to be missing may
/// stand in a folder that was not read.
fn concerns_more(resolved: &Stacks, effective: &BTreeMap<String, Effective>, snapshot: &Snapshot) -> bool {
    let is_new = |(name, stack): (&String, &StoredStack)| {
        let known = snapshot.stacks.get(name);
        !stack.problems.is_empty() && known.is_none_or(|known| known.problems != stack.problems)
    };
    let has_problems = resolved.stacks.iter().any(is_new);
    let mut templates = effective.values().filter_map(|made| made.template.as_ref());
    has_problems || templates.any(|template| snapshot.leaves_out(&template.parts))
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
