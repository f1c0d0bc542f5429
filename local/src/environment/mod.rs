//! What runs on this machine: `MiniStack`, the CodePipeline engine, the Git host.
//!
//! One process holds all of it ([`server`]). Whoever starts it ([`Environment`]) holds the other end of its standard
//! input: when that closes, for whatever reason, everything ends, unless it was told to stay.

pub mod control;
mod lock;
pub mod ministack;
pub mod ports;
pub mod server;

pub use lock::Lock;

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::places::Places;
use crate::state::{self, State, StateError};

/// The word that lets the environment outlive its starter.
pub const STAY: &str = "stay";
/// What the server prints once everything answers.
pub const READY: &str = "ready";
const STOP: Duration = Duration::from_secs(15);

/// Why the environment does not run.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// It runs already.
    #[error("an environment runs already (process {pid}); use it, or end it with `cargo local down`")]
    Running {
        /// Its process.
        pid: u32,
    },
    /// Another process is starting one.
    #[error(
        "another `cargo local` is starting an environment in the same place; wait until it says that Changegate runs, or \
         end it"
    )]
    Starting,
    /// A file could not be made.
    #[error(
        "writing {}: see that the disk has room, and that its folder belongs to you and can be written",
        path.display()
    )]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process could not be started.
    #[error("starting the process that holds the environment")]
    Spawn(#[source] io::Error),
    /// It ended before it was ready.
    #[error("the environment did not start: {said}; its log is {}", log.display())]
    Ended {
        /// Its last words.
        said: String,
        /// Its log.
        log: PathBuf,
    },
    /// The record of what runs could not be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A running environment, held by this process.
#[derive(Debug)]
pub struct Environment {
    child: Child,
    lifeline: Option<ChildStdin>,
    /// What runs, and how to reach it.
    pub state: State,
}

impl Environment {
    /// Starts everything and waits until it answers.
    ///
    /// # Errors
    ///
    /// When an environment runs already in this place, or a part of it does not start.
    pub async fn start(places: &Places) -> Result<Self, EnvironmentError> {
        if let Some(state) = running(places).await? {
            return Err(EnvironmentError::Running { pid: state.pid });
        }
        clear(places)?;
        let log = places.logs().join("environment.log");
        let errors = File::create(&log).map_err(|source| EnvironmentError::File {
            path: log.clone(),
            source,
        })?;
        let mut child = Command::new(own_program().map_err(EnvironmentError::Spawn)?)
            .arg("serve")
            .arg("--run-directory")
            .arg(places.run())
            .args(places.rough().map(|seed| format!("--rough={seed}")))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            // Ctrl-C in a terminal goes to the whole group of processes in front; this one ends by its lifeline.
            .process_group(0)
            .spawn()
            .map_err(EnvironmentError::Spawn)?;
        let lifeline = child.stdin.take();
        let mut said = String::new();
        if let Some(output) = child.stdout.take() {
            // Without a line the process is gone, which the next lines tell.
            drop(BufReader::new(output).read_line(&mut said).await);
        }
        if said.trim() != READY {
            let said = if said.trim().is_empty() {
                "it said nothing".to_owned()
            } else {
                said.trim().to_owned()
            };
            return Err(EnvironmentError::Ended { said, log });
        }
        let Some(state) = state::read(places)? else {
            return Err(EnvironmentError::Ended {
                said: "it left no record".to_owned(),
                log,
            });
        };
        Ok(Environment { child, lifeline, state })
    }

    /// Lets it run on after this process.
    ///
    /// # Errors
    ///
    /// When it is gone.
    pub async fn leave_running(mut self) -> io::Result<()> {
        if let Some(mut lifeline) = self.lifeline.take() {
            lifeline.write_all(format!("{STAY}\n").as_bytes()).await?;
            lifeline.flush().await?;
        }
        Ok(())
    }

    /// Ends it and waits until it is gone.
    pub async fn stop(mut self) {
        drop(self.lifeline.take());
        if timeout(STOP, self.child.wait()).await.is_err() {
            // It is stuck; what it holds watches its own lifelines.
            drop(self.child.kill().await);
        }
    }
}

/// What runs in this place already, if something does.
///
/// # Errors
///
/// When the record of what runs cannot be read.
pub async fn running(places: &Places) -> Result<Option<State>, StateError> {
    match state::read(places)? {
        Some(state) if control::is_running(&state).await => Ok(Some(state)),
        _ => Ok(None),
    }
}

/// Removes what an earlier run left, so that nothing of it is taken for this one's.
fn clear(places: &Places) -> Result<(), EnvironmentError> {
    match fs::remove_dir_all(places.run()) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            return Err(EnvironmentError::File {
                path: places.run().to_path_buf(),
                source,
            });
        }
        _ => {}
    }
    for path in [places.logs(), places.git()] {
        fs::create_dir_all(&path).map_err(|source| EnvironmentError::File { path, source })?;
    }
    Ok(())
}

/// This program. Building the functions may have replaced its file meanwhile, which Linux marks behind the name.
fn own_program() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    let replaced = program.to_str().and_then(|name| name.strip_suffix(" (deleted)"));
    Ok(replaced.map_or_else(|| program.clone(), PathBuf::from))
}
