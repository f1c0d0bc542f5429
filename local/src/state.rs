//! The record of what runs: `.local/run/state.json`.

use std::fmt;
use std::io::ErrorKind;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::places::Places;

/// What runs, and how to reach it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Process that holds everything.
    pub pid: u32,
    /// The endpoint of every AWS service, CodePipeline among them.
    pub endpoint: String,
    /// Base URL of the Git host; its REST interface is below `/api/v3`.
    pub git_host: String,
    /// URL to push to.
    pub push_url: String,
    /// Branch that is watched.
    pub branch: String,
    /// Directory of the logs.
    pub logs: PathBuf,
}

/// Why the record could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be used; remove it when nothing runs", path.display())]
pub struct StateError {
    path: PathBuf,
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// The record, or nothing when nothing runs.
///
/// # Errors
///
/// When the file is there and cannot be read, or holds something else.
pub fn read(places: &Places) -> Result<Option<State>, StateError> {
    let path = places.state();
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return Err(StateError {
                path,
                source: error.into(),
            });
        }
    };
    serde_json::from_slice(&bytes).map(Some).map_err(|error| StateError {
        path,
        source: error.into(),
    })
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "process   {}", self.pid)?;
        writeln!(f, "AWS       {}", self.endpoint)?;
        writeln!(f, "Git host  {}", self.git_host)?;
        writeln!(f, "push to   {} (branch {})", self.push_url, self.branch)?;
        writeln!(f, "logs      {}", self.logs.display())
    }
}
