//! The record of what runs: `.local/run/state.json`. Only its owner can read it: it holds this run's tokens.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::places::Places;

/// What runs, and how to reach it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Tells this environment from any other.
    pub instance: String,
    /// Process that holds everything.
    pub pid: u32,
    /// The endpoint of every AWS service, CodePipeline among them.
    pub endpoint: String,
    /// Base URL of the Git host; its REST interface is below `/api/v3`.
    pub git_host: String,
    /// `owner/name` on the Git host.
    pub repository: String,
    /// Branch that is watched.
    pub branch: String,
    /// URL to push to, with its token.
    pub push_url: String,
    /// What people authenticate with at the Git host.
    pub people_token: String,
    /// What the deployed functions authenticate with at the Git host.
    pub functions_token: String,
    /// What deliveries are signed with.
    pub webhook_secret: String,
    /// Directory of the logs.
    pub logs: PathBuf,
    /// Directory of the mail that SNS sent.
    pub mail: PathBuf,
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("pid", &self.pid)
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
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

/// Writes the record.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write(places: &Places, state: &State) -> Result<(), StateError> {
    let path = places.state();
    let text = serde_json::to_vec_pretty(state).map_err(|error| StateError {
        path: path.clone(),
        source: error.into(),
    })?;
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(&text))
        .map_err(|error| StateError {
            path,
            source: error.into(),
        })
}

/// Removes the record.
///
/// # Errors
///
/// When the file is there and cannot be removed.
pub fn remove(places: &Places) -> Result<(), StateError> {
    let path = places.state();
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(StateError {
            path,
            source: error.into(),
        }),
        _ => Ok(()),
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "process     {}", self.pid)?;
        writeln!(f, "AWS         {}", self.endpoint)?;
        writeln!(f, "Git host    {} (REST below /api/v3)", self.git_host)?;
        writeln!(f, "push to     {} (branch {})", self.push_url, self.branch)?;
        writeln!(
            f,
            "logs        {} (functions/ has one file for each function)",
            self.logs.display()
        )?;
        writeln!(f, "mail        {}", self.mail.display())
    }
}
