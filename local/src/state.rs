//! The record of what runs: `.local/run/state.json`. Only its owner can read it: it holds this run's tokens.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::commands::up::word;
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
pub enum StateError {
    /// It is there and cannot be read.
    #[error("reading {}, which says what runs: see that it belongs to you", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error(
        "{file} is damaged, so it cannot be told what runs. End the process that `ps -ef | grep '[s]erve --run-directory'` \
         shows, if there is one, then remove the file: rm {file}",
        file = word(path)
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It cannot be written or removed.
    #[error(
        "writing {}, which says what runs: see that the disk has room, and that its folder belongs to you and can be \
         written",
        path.display()
    )]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
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
        Err(source) => return Err(StateError::Unreadable { path, source }),
    };
    let read = serde_json::from_slice(&bytes).map(Some);
    read.map_err(|source| StateError::Damaged { path, source })
}

/// Writes the record, whole or not at all.
///
/// # Errors
///
/// When the file cannot be written.
pub fn write(places: &Places, state: &State) -> Result<(), StateError> {
    let path = places.state();
    let new = path.with_extension("new");
    let written = serde_json::to_vec_pretty(state)
        .map_err(io::Error::from)
        .and_then(|text| {
            let mut options = OpenOptions::new();
            let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&text)?;
            std::fs::rename(&new, &path)
        });
    written.map_err(|source| StateError::Unwritable { path, source })
}

/// Removes the record.
///
/// # Errors
///
/// When the file is there and cannot be removed.
pub fn remove(places: &Places) -> Result<(), StateError> {
    let path = places.state();
    match std::fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(StateError::Unwritable { path, source }),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &tempfile::TempDir) -> Places {
        let run = folder.path().join("größer and wider");
        std::fs::create_dir_all(&run).unwrap();
        Places::of_this_repository().with_run_directory(run)
    }

    fn state() -> State {
        State {
            instance: "i".to_owned(),
            pid: 1,
            endpoint: String::new(),
            git_host: String::new(),
            repository: String::new(),
            branch: String::new(),
            push_url: String::new(),
            people_token: String::new(),
            functions_token: String::new(),
            webhook_secret: String::new(),
            logs: PathBuf::new(),
            mail: PathBuf::new(),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_only_by_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        assert!(read(&places).unwrap().is_none());
        write(&places, &state()).unwrap();
        assert_eq!(read(&places).unwrap().unwrap().pid, 1);
        let mode = std::fs::metadata(places.state()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        remove(&places).unwrap();
        remove(&places).unwrap();
        assert!(read(&places).unwrap().is_none());
    }

    #[test]
    fn a_damaged_record_is_told_with_what_to_do_and_never_with_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        for damage in ["", "{", "[]", r#"{"pid": "secret-token"}"#, "\u{0}"] {
            std::fs::write(places.state(), damage).unwrap();
            let error = read(&places).unwrap_err().to_string();
            assert!(error.contains("is damaged"), "{error}");
            let removal = error.rsplit_once("remove the file: ").unwrap().1.to_owned();
            let removed = std::process::Command::new("sh")
                .args(["-c", &removal])
                .status()
                .unwrap();
            assert!(removed.success() && !places.state().exists(), "{removal}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_written_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let places = places(&folder);
        write(&places, &state()).unwrap();
        // Something stands in the way.
        std::fs::create_dir(places.state().with_extension("new")).unwrap();
        let error = write(&places, &state()).unwrap_err();
        assert!(error.to_string().contains("see that the disk has room"), "{error}");
        assert_eq!(read(&places).unwrap().unwrap().pid, 1);
    }
}
