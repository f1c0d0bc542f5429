//! Comparing the snapshot with the bucket.

use super::{Listing, Snapshot, StoredObject};
use crate::domain::keys;

impl Snapshot {
    /// Forgets what the listing of the bucket contradicts, so that it is written again or found to be good after all.
    /// Answers with the keys that were contradicted.
    pub fn doubt(&mut self, listing: &Listing, environment: &str) -> Vec<String> {
        let mut contradicted = Vec::new();
        for (path, file) in &mut self.files {
            let key = keys::source(path);
            let is_as_known = listing.get(&key).is_some_and(|(etag, _)| *etag == file.etag);
            if file.entry.is_file() && !file.etag.is_empty() && !is_as_known {
                file.etag.clear();
                contradicted.push(key);
            }
        }
        let mut check = |key: String, object: &mut Option<StoredObject>| {
            let Some(known) = object else { return };
            let is_as_known = listing
                .get(&key)
                .is_some_and(|(etag, version)| *etag == known.etag && *version == known.version);
            if !is_as_known {
                *object = None;
                contradicted.push(key);
            }
        };
        for (name, stack) in &mut self.stacks {
            check(keys::zipped(&keys::source(&stack.template)), &mut stack.template_zip);
            let key = keys::zipped(&keys::configuration(environment, name));
            check(key, &mut stack.configuration_zip);
            if stack.packages.iter().any(|key| !listing.contains_key(key)) {
                // Its packages are made again together with its template.
                stack.packages.retain(|key| listing.contains_key(key));
                stack.template_zip = None;
            }
        }
        check(keys::catalogue(environment), &mut self.catalogue);
        check(keys::zipped(&keys::catalogue(environment)), &mut self.catalogue_zip);
        contradicted
    }
}
