//! The whole system on this machine: the demo, and what people do with an environment that runs.
//!
//! All tests here share one environment: the one that the demo leaves. It ends with this process, whose end closes
//! the demo's standard input.

mod attacks;
mod bad_input;
mod budget;
mod cargo_lambda;
mod command_line;
mod demo;
mod git;
mod interruption;
mod on_real_aws;
mod permissions;
mod python;
mod rough;

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use local::deploy::build::of_the_outer_cargo;
use local::places::Places;
use local::state::{self, State};
use tempfile::TempDir;

/// The line after which a demo only waits.
const HELD: &str = "held until standard input closes";

/// A running environment with the demo's stacks in it.
pub(crate) struct System {
    /// What the demo printed.
    pub(crate) story: String,
    /// What runs; nothing when the demo could not hold it.
    state: Option<State>,
    // Held, so that the environment lives as long as this process.
    _demo: Child,
    _directory: TempDir,
}

static SYSTEM: LazyLock<System> = LazyLock::new(System::start);

/// The environment that all tests share; the first caller starts it.
pub(crate) fn system() -> &'static System {
    &SYSTEM
}

/// Who changes the stack of the alarms has it alone.
static ALARMS: Mutex<()> = Mutex::new(());

/// Holds off others that change the stack of the alarms.
pub(crate) fn alarms() -> MutexGuard<'static, ()> {
    ALARMS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Who changes permissions has the pipelines alone.
static PIPELINES: RwLock<()> = RwLock::new(());

/// Keeps permissions as they are while runs are made.
pub(crate) fn undisturbed() -> RwLockReadGuard<'static, ()> {
    // A test that failed leaves nothing half done behind this lock.
    PIPELINES.read().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps everybody else from making runs.
pub(crate) fn alone() -> RwLockWriteGuard<'static, ()> {
    PIPELINES.write().unwrap_or_else(PoisonError::into_inner)
}

impl System {
    fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let run_directory = directory.path().join("run");
        let mut demo = local_command()
            .args(["demo", "--yes", "--hold", "--run-directory"])
            .arg(&run_directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut story = String::new();
        for line in BufReader::new(demo.stdout.take().unwrap())
            .lines()
            .map_while(Result::ok)
        {
            story.push_str(&line);
            story.push('\n');
            if line == HELD {
                break;
            }
        }
        let places = Places::of_this_repository().with_run_directory(run_directory);
        System {
            story,
            state: state::read(&places).unwrap(),
            _demo: demo,
            _directory: directory,
        }
    }

    /// What runs.
    pub(crate) fn state(&self) -> &State {
        self.state
            .as_ref()
            .unwrap_or_else(|| panic!("the demo left nothing running; it said:\n{}", self.story))
    }

    /// Runs the AWS CLI as the root user and gives its JSON.
    pub(crate) fn aws(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.try_aws(arguments);
        assert!(
            output.status.success(),
            "aws {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Runs the AWS CLI as the root user.
    pub(crate) fn try_aws(&self, arguments: &[&str]) -> Output {
        self.with_aws(&mut Command::new(program("aws")))
            .args(["--output", "json"])
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Points a program at the environment, as the root user.
    pub(crate) fn with_aws<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .env("AWS_ENDPOINT_URL", &self.state().endpoint)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_REGION", "eu-west-1")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
    }

    /// An output of the deployed stack.
    pub(crate) fn output(&self, key: &str) -> String {
        let described = self.aws(&["cloudformation", "describe-stacks", "--stack-name", "changegate"]);
        let outputs = described["Stacks"][0]["Outputs"].as_array().unwrap().clone();
        let found = outputs.iter().find(|output| output["OutputKey"] == key);
        found.unwrap_or_else(|| panic!("no output {key}: {outputs:?}"))["OutputValue"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Asks until the answer is there.
    pub(crate) fn eventually<T>(&self, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
        for _ in 0..1500 {
            if let Some(found) = ask() {
                return found;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        panic!(
            "{what} did not come within five minutes; the logs are in {}",
            self.state().logs.display()
        );
    }
}

/// `cargo local …`, in this repository.
pub(crate) fn local_command() -> Command {
    let mut command = Command::new(env!("CARGO"));
    for name in of_the_outer_cargo() {
        command.env_remove(name);
    }
    command
        .current_dir(repository())
        .args(["run", "--quiet", "--package", "local", "--"]);
    command
}

/// Root of the repository.
pub(crate) fn repository() -> PathBuf {
    Places::of_this_repository().repository().to_path_buf()
}

/// A program of the Python environment.
pub(crate) fn program(name: &str) -> PathBuf {
    Places::of_this_repository().venv().join("bin").join(name)
}

/// Runs a program and gives what it printed; fails with what it complained about.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?} ended with {}:\n{}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
