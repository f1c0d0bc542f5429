//! The Python virtual environment that holds `MiniStack`, the AWS CLI and boto3.
//!
//! It is made once, below `.local/venv`; a marker file holds the hash of the requirements that it satisfies.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use changegate::domain::sha256::Sha256;
use tokio::process::Command;

use crate::places::Places;
use crate::progress::Progress;

/// Least version of Python, as `MiniStack` demands it.
const LEAST: (u32, u32) = (3, 10);
const MARKER: &str = "changegate-requirements";

/// Why there is no virtual environment.
#[derive(Debug, thiserror::Error)]
pub enum PythonError {
    /// There is no `python3`.
    #[error("`{program}` was not found; install Python {}.{} or newer, or name one in PYTHON", LEAST.0, LEAST.1)]
    Missing {
        /// The program.
        program: String,
    },
    /// It is too old.
    #[error("`{program}` is Python {found}; {}.{} or newer is needed: install it, or name one in PYTHON", LEAST.0, LEAST.1)]
    Old {
        /// The program.
        program: String,
        /// What it says it is.
        found: String,
    },
    /// A step of making it ended with an error.
    #[error("{what}: {said}")]
    Step {
        /// What was tried, and what to do about it.
        what: &'static str,
        /// Last lines of what the program said.
        said: String,
    },
    /// A file could not be read or written.
    #[error("{}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// A virtual environment that satisfies the pinned requirements.
#[derive(Debug, Clone)]
pub struct Venv {
    root: PathBuf,
}

impl Venv {
    /// The environment, made or renewed when it does not hold what is pinned.
    ///
    /// # Errors
    ///
    /// When Python is missing or too old, or the packages cannot be had.
    pub async fn ensure(places: &Places, progress: &Progress) -> Result<Self, PythonError> {
        let venv = Venv { root: places.venv() };
        // Two that start at the same time make one environment.
        let path = places.repository().join(".local/venv.lock");
        let fail = |source| PythonError::File {
            path: path.clone(),
            source,
        };
        std::fs::create_dir_all(places.repository().join(".local")).map_err(fail)?;
        let lock = std::fs::File::create(&path).map_err(fail)?;
        // Another program may hold it for minutes; meanwhile this one must hear Ctrl-C.
        let locked = tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await;
        let _lock = locked.map_err(|error| fail(error.into()))?.map_err(fail)?;
        let requirements = places.ministack().join("requirements.txt");
        let wanted = hash_of(&requirements)?;
        let marker = venv.root.join(MARKER);
        if std::fs::read_to_string(&marker).is_ok_and(|found| found == wanted) && venv.program("python").exists() {
            return Ok(venv);
        }
        let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        check_version(&python).await?;
        progress.step("making the Python environment: MiniStack, AWS CLI, boto3 (about 400 MB, once)");
        if venv.root.exists() {
            std::fs::remove_dir_all(&venv.root).map_err(|source| PythonError::File {
                path: venv.root.clone(),
                source,
            })?;
        }
        run(
            Command::new(&python).args(["-m", "venv"]).arg(&venv.root),
            "making a virtual environment; on Debian and Ubuntu install python3-venv",
        )
        .await?;
        run(
            Command::new(venv.program("python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
                .arg(&requirements),
            "installing the Python packages; check that the package index can be reached (PIP_INDEX_URL, proxy) and run again",
        )
        .await?;
        std::fs::write(&marker, wanted).map_err(|source| PythonError::File { path: marker, source })?;
        progress.step("the Python environment is ready");
        Ok(venv)
    }

    /// Path of a program in the environment.
    pub fn program(&self, name: &str) -> PathBuf {
        self.root.join("bin").join(name)
    }
}

fn hash_of(requirements: &Path) -> Result<String, PythonError> {
    let text = std::fs::read(requirements).map_err(|source| PythonError::File {
        path: requirements.to_path_buf(),
        source,
    })?;
    Ok(Sha256::of(&text).to_string())
}

async fn check_version(python: &str) -> Result<(), PythonError> {
    let output = Command::new(python)
        .args(["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
        .output()
        .await
        .map_err(|_| PythonError::Missing {
            program: python.to_owned(),
        })?;
    let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if is_new_enough(&found) {
        Ok(())
    } else {
        Err(PythonError::Old {
            program: python.to_owned(),
            found,
        })
    }
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= LEAST,
        _ => false,
    }
}

async fn run(command: &mut Command, what: &'static str) -> Result<(), PythonError> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| PythonError::Step {
            what,
            said: error.to_string(),
        })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().collect();
    Err(PythonError::Step {
        what,
        said: lines[lines.len().saturating_sub(5)..].join("; "),
    })
}

#[cfg(test)]
mod tests {
    use super::is_new_enough;

    #[test]
    fn python_before_3_10_is_too_old() {
        assert!(!is_new_enough("3.9"));
        assert!(!is_new_enough("2.7"));
        assert!(is_new_enough("3.10"));
        assert!(is_new_enough("4.0"));
        assert!(!is_new_enough("what"));
    }
}
