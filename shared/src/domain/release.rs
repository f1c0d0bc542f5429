//! Which packages the functions were deployed with, and what runs instead.
//!
//! `scripts/deploy` writes the hashes of the packages into the template: only who may deploy Changegate can say what is
//! to run.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::headline::in_bounds;
use super::secrecy::public;

/// After how long people are told again of what is still not mended.
const REMINDED_AFTER: Duration = Duration::from_hours(24);

/// The packages that a deployment was made with: name of a function, without the deployment's prefix, to the SHA-256 of
/// its package in base64, as Lambda tells it. Empty when the deployment does not say.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Release(BTreeMap<String, String>);

impl Release {
    /// The functions, in order, without the deployment's prefix.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Where the deployed functions differ from the release, in the order of their names. `deployed` has what was found
    /// for each of [`Release::functions`]; a function that was not looked at counts as missing.
    pub fn differences(&self, deployed: &BTreeMap<String, DeployedCode>) -> Vec<Difference> {
        if self.0.is_empty() {
            return vec![Difference::Unknown];
        }
        let mut found = Vec::new();
        for (function, released) in &self.0 {
            let Some(code) = deployed.get(function) else {
                found.push(Difference::Missing(function.clone()));
                continue;
            };
            if code.sha256 != *released {
                found.push(Difference::OtherPackage {
                    function: function.clone(),
                    runs: code.sha256.clone(),
                    released: released.clone(),
                });
            }
            if !code.layers.is_empty() {
                found.push(Difference::Layers {
                    function: function.clone(),
                    layers: code.layers.clone(),
                });
            }
        }
        found
    }
}

/// The code that a function runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployedCode {
    /// SHA-256 of the package, in base64.
    pub sha256: String,
    /// ARNs of the versions of layers that are laid over it.
    pub layers: Vec<String>,
}

/// Where what runs is not what was released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The deployment does not say which packages it was made with.
    Unknown,
    /// There is no such function.
    Missing(String),
    /// The function runs another package.
    OtherPackage {
        /// Name of the function, without the deployment's prefix.
        function: String,
        /// SHA-256 of the package that it runs, in base64.
        runs: String,
        /// SHA-256 of the package of the release, in base64.
        released: String,
    },
    /// Code of layers runs in the function; no release has any.
    Layers {
        /// Name of the function, without the deployment's prefix.
        function: String,
        /// ARNs of the versions of the layers.
        layers: Vec<String>,
    },
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(
                "the deployment does not say which packages it was made with, so nobody can tell what runs: deploy it with \
                 scripts/deploy",
            ),
            Self::Missing(function) => write!(f, "{function}: there is no such function"),
            Self::OtherPackage {
                function,
                runs,
                released,
            } => write!(f, "{function}: runs the package {runs}, but {released} was released"),
            Self::Layers { function, layers } => {
                write!(f, "{function}: runs code of the layers {}", layers.join(", "))
            }
        }
    }
}

/// What people were told last: the document at [`crate::domain::keys::RELEASE_TOLD`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Told {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// When they were told (RFC 3339).
    pub at: String,
    /// The differences, in words; empty when they were told that all is as released again.
    pub differences: Vec<String>,
}

/// What people have to be told of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// Nothing: there are no differences, or people know of them.
    Nothing,
    /// These differences.
    Differs(Told),
    /// That those which they were told of are mended.
    Mended(Told),
}

impl News {
    /// The news of a comparison at `now`, for people who were told `told`. Differences are told at once when they are
    /// others than before, and once a day until they are mended.
    pub fn of(differences: &[Difference], told: Option<&Told>, now: Timestamp) -> Self {
        let words: Vec<String> = differences.iter().map(Difference::to_string).collect();
        let known = told.map_or(&[][..], |told| &told.differences);
        let is_due = told.is_none_or(|told| {
            // A time that cannot be read is long ago.
            let at = told.at.parse::<Timestamp>().unwrap_or(Timestamp::MIN);
            now.duration_since(at).unsigned_abs() >= REMINDED_AFTER
        });
        if words == known && (words.is_empty() || !is_due) {
            return Self::Nothing;
        }
        let news = Told {
            version: 1,
            at: now.to_string(),
            differences: words,
        };
        if news.differences.is_empty() {
            Self::Mended(news)
        } else {
            Self::Differs(news)
        }
    }

    /// Subject and body of the message for people, who know the deployment as `deployment`; nothing when there is none.
    pub fn message(&self, deployment: &str) -> Option<(String, String)> {
        match self {
            Self::Nothing => None,
            Self::Differs(told) => Some((
                subject(&format!(
                    "Changegate {deployment}: functions run other code than was released"
                )),
                format!(
                    "These functions do not run what Changegate {deployment} was deployed with:\n\n- {}\n\n\
                     Approve nothing until you know who changed them and why: look for UpdateFunctionCode and \
                     UpdateFunctionConfiguration in CloudTrail. Then assume the break-glass role and deploy the release \
                     again with scripts/deploy.\n",
                    told.differences.join("\n- ")
                ),
            )),
            Self::Mended(_) => Some((
                subject(&format!("Changegate {deployment}: functions run the release again")),
                format!("All functions of Changegate {deployment} run what it was deployed with again.\n"),
            )),
        }
    }
}

/// What fits into a subject.
fn subject(text: &str) -> String {
    in_bounds(&public(text))
}

#[cfg(test)]
mod tests;
