//! Where the environment keeps its files.

use std::path::{Path, PathBuf};

/// The directories that the environment reads and writes.
#[derive(Debug, Clone)]
pub struct Places {
    repository: PathBuf,
    run: PathBuf,
    recordings: Option<PathBuf>,
    is_release: bool,
    rough: Option<u64>,
}

impl Places {
    /// The places of the repository that this program was built from.
    pub fn of_this_repository() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
        let repository = manifest.parent().unwrap_or(manifest).to_path_buf();
        let run = repository.join(".local/run");
        Places {
            repository,
            run,
            recordings: None,
            is_release: false,
            rough: None,
        }
    }

    /// The same places with another directory for what a run leaves behind, so that two can run side by side.
    #[must_use]
    pub fn with_run_directory(self, run: PathBuf) -> Self {
        Places { run, ..self }
    }

    /// The same places, with every function's invocations written into a folder.
    #[must_use]
    pub fn with_recordings(self, folder: PathBuf) -> Self {
        Places {
            recordings: Some(folder),
            ..self
        }
    }

    /// The same places, with the functions built as they are deployed.
    #[must_use]
    pub fn with_release_builds(self) -> Self {
        Places {
            is_release: true,
            ..self
        }
    }

    /// The same places, with the worst that AWS is allowed, from this seed.
    #[must_use]
    pub fn with_roughness(self, seed: u64) -> Self {
        Places {
            rough: Some(seed),
            ..self
        }
    }

    /// The seed of the worst that AWS is allowed; absent where everything is as it should be.
    pub fn rough(&self) -> Option<u64> {
        self.rough
    }

    /// Whether the functions are built as they are deployed.
    pub fn is_release(&self) -> bool {
        self.is_release
    }

    /// Where the functions' invocations are written, when they are.
    pub fn recordings(&self) -> Option<&Path> {
        self.recordings.as_deref()
    }

    /// Root of the Changegate repository.
    pub fn repository(&self) -> &Path {
        &self.repository
    }

    /// The Python virtual environment.
    pub fn venv(&self) -> PathBuf {
        self.repository.join(".local/venv")
    }

    /// The Python sources that start `MiniStack`.
    pub fn ministack(&self) -> PathBuf {
        self.repository.join("local/ministack")
    }

    /// What one run leaves behind: state, logs, the Git repository, the emulator's files.
    pub fn run(&self) -> &Path {
        &self.run
    }

    /// Logs, one file per function and part.
    pub fn logs(&self) -> PathBuf {
        self.run.join("logs")
    }

    /// The functions' logs, one file each.
    pub fn function_logs(&self) -> PathBuf {
        self.logs().join("functions")
    }

    /// Mail that SNS sent, one file each.
    pub fn mail(&self) -> PathBuf {
        self.run.join("mail")
    }

    /// What runs, for `status` and `down`.
    pub fn state(&self) -> PathBuf {
        self.run.join("state.json")
    }

    /// The bare repository behind the Git host.
    pub fn git(&self) -> PathBuf {
        self.run.join("git")
    }
}
