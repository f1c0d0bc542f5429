//! The resolved catalogue: the root pipeline's source.

use serde::{Deserialize, Serialize};

use super::Resolution;
use crate::domain::keys;
use crate::domain::sha256::Sha256;

/// Every stack of one environment with the hash of its gate. Equal catalogues give equal bytes, and the object changes
/// only when a pipeline has to change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResolvedCatalogue {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the environment.
    pub environment: String,
    /// The stacks, in the order of their names.
    pub stacks: Vec<CatalogueStack>,
    /// What is wrong with the catalogue, one line each; pipelines are provisioned only when it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
}

/// One stack of the resolved catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CatalogueStack {
    /// Name in the catalogue.
    pub name: String,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// Hash of the gate document, which is at [`keys::gate`].
    pub gate: Sha256,
    /// Path of the template in the repository.
    pub template: String,
    /// Path of the configuration in the repository; absent when the stack has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<String>,
    /// Key of the zipped effective template in the source bucket.
    pub template_key: String,
    /// Key of the zipped effective configuration in the source bucket.
    pub configuration_key: String,
}

/// A resolved catalogue cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the resolved catalogue cannot be read; the next sync writes it anew")]
pub struct NotACatalogue(#[from] serde_json::Error);

impl ResolvedCatalogue {
    pub(super) fn new(environment: &str, resolution: &Resolution) -> Self {
        let stacks = resolution.stacks.iter().map(|gate| CatalogueStack {
            name: gate.stack.clone(),
            stack_name: gate.stack_name.clone(),
            gate: gate.digest(),
            template: gate.template.clone(),
            configuration: gate.configuration.clone(),
            template_key: keys::zipped(&keys::source(&gate.template)),
            configuration_key: keys::zipped(&keys::configuration(environment, &gate.stack)),
        });
        Self {
            version: 1,
            environment: environment.to_owned(),
            stacks: stacks.collect(),
            problems: resolution.lines(),
        }
    }

    /// The bytes of the object: JSON, indented, ending in a line break.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads the object.
    ///
    /// # Errors
    ///
    /// When the bytes are not what [`ResolvedCatalogue::to_json`] writes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, NotACatalogue> {
        Ok(serde_json::from_slice(bytes)?)
    }
}
