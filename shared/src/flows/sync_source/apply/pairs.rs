//! Sees to it that some record says of the two sources of each stack that they stand together.
//!
//! The record of this sync says it of whatever it writes. Where both sources were found as they should be, the newer one
//! may have been written for another commit: by a sync that died before it wrote the other one, or for another stack with
//! the same template. Then the configuration, which no other stack reads, is written once more.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::CONCURRENCY;
use super::writes::WrittenZips;
use crate::domain::keys;
use crate::domain::provenance::{Provenance, RecordId, SourceFacts, Together};
use crate::domain::sync::snapshot::{Snapshot, StoredObject, StoredStack};
use crate::flows::ports::PortError;
use crate::flows::run_sources::{record_of, written_from};
use crate::flows::sync_source::store::Store;
use crate::flows::sync_source::{Halt, SourceBucket};

/// What was found of a stack's sources, by whether it is the template.
pub(super) type Found = BTreeMap<bool, Option<SourceFacts>>;

/// The stacks of which nothing was written under the record, only found.
pub(super) fn only_found(written: &WrittenZips, record: Option<&Provenance>) -> BTreeMap<String, Found> {
    let own = record
        .and_then(|record| record.trace.as_ref())
        .map(|trace| trace.sequence);
    let mut stacks: BTreeMap<String, Found> = BTreeMap::new();
    for zip in written {
        let found = stacks.entry(zip.stack.clone()).or_default();
        found.insert(zip.is_template, zip.facts.clone());
    }
    stacks.retain(|_, found| {
        let mut sequences = found.values().map(|facts| facts.as_ref()?.sequence);
        sequences.all(|sequence| sequence.is_none() || sequence != own)
    });
    stacks
}

/// Writes the configurations anew of those stacks whose sources no record names together.
pub(super) async fn renew<B: SourceBucket>(
    store: &Store<'_, B>,
    found: BTreeMap<String, Found>,
    environment: &str,
    next: &mut Snapshot,
) -> Result<(), Halt> {
    let stacks = found
        .into_iter()
        .filter_map(|(name, found)| Some((next.stacks.get(&name)?.clone(), name, found)));
    let renewed: Vec<(String, StoredObject)> = stream::iter(stacks.collect::<Vec<_>>())
        .map(|(stack, name, found)| async move {
            let renewed = renewed(store, &name, &stack, found, environment).await?;
            Ok::<_, Halt>(renewed.map(|object| (name, object)))
        })
        .buffer_unordered(CONCURRENCY)
        .try_filter_map(|renewed| std::future::ready(Ok(renewed)))
        .try_collect()
        .await?;
    for (name, object) in renewed {
        if let Some(stack) = next.stacks.get_mut(&name) {
            stack.configuration_zip = Some(object);
        }
    }
    Ok(())
}

/// The configuration as it was written anew; `None` where that is not needed.
async fn renewed<B: SourceBucket>(
    store: &Store<'_, B>,
    name: &str,
    stack: &StoredStack,
    mut found: Found,
    environment: &str,
) -> Result<Option<StoredObject>, Halt> {
    let (Some(template), Some(configuration)) = (&stack.template_zip, &stack.configuration_zip) else {
        return Ok(None);
    };
    let template_key = keys::zipped(&keys::source(&stack.template));
    let configuration_key = keys::zipped(&keys::configuration(environment, name));
    let mut facts = async |is_template, key: &str, object: &StoredObject| match found.remove(&is_template) {
        Some(facts) => Ok::<_, PortError>(facts),
        None => written_from(store.source, key, &object.version).await,
    };
    let template = facts(true, &template_key, template).await?;
    let known = facts(false, &configuration_key, configuration).await?;
    if let (Some(template), Some(known)) = (template, known)
        && let Some(sequence) = template.sequence.max(known.sequence)
    {
        let record = record_of(store.source, &RecordId::Sequence(sequence)).await?;
        if Together::of(name, &template, &known, record.as_ref()) == Together::Yes {
            return Ok(None);
        }
    }
    let written = store.renew(&configuration_key, &configuration.etag).await?;
    Ok(Some(StoredObject {
        content: configuration.content,
        etag: written.etag,
        version: written.version,
    }))
}
