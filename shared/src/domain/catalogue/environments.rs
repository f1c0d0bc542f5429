//! The environments that a catalogue speaks of.

use std::collections::BTreeSet;

use super::pattern::matches;
use super::problem::{ProblemKind, nearest};
use super::resolve::Resolver;
use super::schema::{At, CatalogueFile, Settings};
use super::{CATALOGUE_FILE, RepositoryFiles, read};

/// Names of the environments that the catalogue speaks of: its list where it has one, else every name in it without
/// `*`; none when it speaks of none. It needs the content of `changegate.yaml`.
pub fn environments(files: &RepositoryFiles<'_>) -> Vec<String> {
    let text = files.contents.get(CATALOGUE_FILE);
    let Some(catalogue) = text.and_then(|text| read::read(CATALOGUE_FILE, text, &mut Vec::new())) else {
        return Vec::new();
    };
    if let Some(listed) = &catalogue.environments {
        return listed.iter().map(|name| name.value.clone()).collect();
    }
    let names: BTreeSet<&str> = named(&catalogue).map(|name| name.value.as_str()).collect();
    names
        .into_iter()
        .filter(|name| !name.contains('*'))
        .map(str::to_owned)
        .collect()
}

/// Every block of settings, without those for one environment.
pub(super) fn blocks(catalogue: &CatalogueFile) -> impl Iterator<Item = &Settings> {
    std::iter::once(&catalogue.defaults)
        .chain(catalogue.paths.iter().map(|(_, settings)| settings))
        .chain(catalogue.stacks.iter().map(|(_, entry)| &entry.settings))
}

/// Every name of an environment below the top of the catalogue.
fn named(catalogue: &CatalogueFile) -> impl Iterator<Item = &At<String>> {
    blocks(catalogue).flat_map(|block| {
        let listed = block.environments.iter().flatten();
        listed.chain(block.per_environment.iter().map(|(name, _)| name))
    })
}

impl Resolver<'_> {
    /// Where the catalogue says which environments there are, no other may be named.
    pub(super) fn check_environments(&mut self) {
        let catalogue = self.catalogue;
        let Some(known) = &catalogue.environments else {
            return;
        };
        let names: Vec<&str> = known.iter().map(|name| name.value.as_str()).collect();
        if let (Some(first), false) = (known.first(), names.contains(&self.environment.name.as_str())) {
            let kind = ProblemKind::BadValue {
                setting: "list of environments",
                value: names.join(", "),
                expected: format!("this deployment is the environment `{}`; add it", self.environment.name),
            };
            self.refuse_at(first, None, kind);
        }
        for name in named(catalogue) {
            if !names.iter().any(|known| matches(&name.value, known)) {
                let expected = match nearest(&name.value, names.iter().copied()) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => format!("`environments` at the top says {}", names.join(", ")),
                };
                let kind = ProblemKind::BadValue {
                    setting: "environment of this repository",
                    value: name.value.clone(),
                    expected,
                };
                self.refuse_at(name, None, kind);
            }
        }
    }
}
