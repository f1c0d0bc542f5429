//! Where the templates and configurations stand that the catalogue names.

use super::candidates::configuration_path;
use super::{CATALOGUE_FILE, read};
use crate::domain::sync::places::{Places, is_nameable};

/// What is synced for the stacks of this environment besides `stacks/` and `policies/`; `None` where the catalogue cannot
/// be read.
pub fn places(catalogue: &[u8], environment: &str) -> Option<Places> {
    let catalogue = read::read(CATALOGUE_FILE, catalogue, &mut Vec::new())?;
    let paths: Vec<String> = catalogue
        .stacks
        .iter()
        .flat_map(|(_, entry)| {
            let template = entry.template.iter().map(|path| path.value.clone());
            let configuration = entry
                .configuration
                .iter()
                .filter_map(|path| configuration_path(&path.value, environment));
            template.chain(configuration)
        })
        .filter(|path| is_nameable(path))
        .collect();
    Some(Places::of(paths.iter().map(String::as_str)))
}
