//! The starts that a sync owes to pipelines.

use std::collections::BTreeMap;

use crate::domain::keys;
use crate::domain::provenance::Commit;
use crate::domain::sync::snapshot::{OwedStart, Snapshot, StoredObject};
use crate::domain::sync::start::{CATALOGUE_ACTION, CONFIGURATION_ACTION, TEMPLATE_ACTION, variables};
use crate::flows::sync_source::SyncSettings;

/// The starts that follow from what was written or found.
pub(super) fn due_starts(
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
    let is_due = |key: &dyn Fn() -> String, old: Option<&StoredObject>, new: &StoredObject| match old {
        None => true,
        Some(old) => {
            old.content != new.content || (was_pending && old.version != new.version && doubted.contains(&key()))
        }
    };
    let mut due = BTreeMap::new();
    for (name, stack) in &next.stacks {
        let (Some(template), Some(configuration)) = (&stack.template_zip, &stack.configuration_zip) else {
            continue;
        };
        let old = before.stacks.get(name);
        let template_key = || keys::zipped(&keys::source(&stack.template));
        let configuration_key = || keys::zipped(&keys::configuration(environment, name));
        let old_template = old.and_then(|old| old.template_zip.as_ref());
        let old_configuration = old.and_then(|old| old.configuration_zip.as_ref());
        if stack.problems.is_empty()
            && (is_due(&template_key, old_template, template)
                || is_due(&configuration_key, old_configuration, configuration))
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
    let key = || keys::zipped(&keys::catalogue(environment));
    if let Some(zip) = &next.catalogue_zip
        && is_due(&key, before.catalogue_zip.as_ref(), zip)
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
