//! Whether the two sources of a run stood together on the branch.
//!
//! Whoever starts a run may pin each source to any version that there ever was, so each alone may be as somebody reviewed
//! it, and the two together as nobody ever did. The record that the newer one was written under says what the stack read
//! at that commit.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Provenance, SourceFacts};
use crate::domain::authors::short;
use crate::domain::sha256::Sha256;

/// What the pipeline of a stack is to read at one commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackReads {
    /// Hash of the effective template.
    pub template: Sha256,
    /// Hash of the effective configuration.
    pub configuration: Sha256,
}

/// Whether two sources stood together on the branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Together {
    /// They did.
    Yes,
    /// They did not, at no commit.
    No,
    /// No record tells: an older version of the sync wrote one of the two, or the record is missing or damaged.
    Untold,
}

impl Together {
    /// Whether these sources of the stack stood together. `record` is the one with the greater number of the two.
    pub fn of(stack: &str, template: &SourceFacts, configuration: &SourceFacts, record: Option<&Provenance>) -> Self {
        let number = template.sequence.max(configuration.sequence);
        let Some(trace) = record
            .filter(|record| record.version >= 3)
            .and_then(|record| record.trace.as_ref())
            .filter(|trace| Some(trace.sequence) == number)
        else {
            return Self::Untold;
        };
        let Some(reads) = trace.stacks.get(stack).and_then(|touched| touched.reads) else {
            return Self::No;
        };
        match (template.content, configuration.content) {
            (Some(template), Some(configuration))
                if reads
                    == (StackReads {
                        template,
                        configuration,
                    }) =>
            {
                Self::Yes
            }
            (Some(_), Some(_)) => Self::No,
            (_, _) => Self::Untold,
        }
    }
}

/// Two sources that did not stand together on the branch, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Commit of the template; absent where its object names none.
    pub template: Option<String>,
    /// Commit of the configuration; absent where its object names none.
    pub configuration: Option<String>,
    /// Whether a record says so. Otherwise none tells, and the bucket holds others by now.
    pub is_told: bool,
}

impl Apart {
    /// What to do about it.
    pub const WHAT_TO_DO: &'static str = "start the pipeline again without naming versions, which reads both as they \
                                          are now";
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commit = |commit: &Option<String>| match commit {
            Some(commit) => format!("commit {}", short(commit)),
            None => "an unknown commit".to_owned(),
        };
        write!(
            f,
            "the run reads the template of {} with the configuration of {}, ",
            commit(&self.template),
            commit(&self.configuration)
        )?;
        f.write_str(if self.is_told {
            "and the branch had these together at no commit"
        } else {
            "no record of the sync tells whether the branch had these together, and the source bucket holds others by now"
        })
    }
}

#[cfg(test)]
mod tests;
