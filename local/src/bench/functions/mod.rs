//! `cargo local bench functions`: what the deployed binaries cost to start and to run.
//!
//! Each function runs as it is deployed (the release build) under a loopback Runtime API, against service endpoints
//! with TLS. Beside it runs a handler for the same event written the usual way in Python with boto3, so that the
//! ratio is measured in one run.

pub(super) mod endpoints;
pub(super) mod process;
pub(super) mod recording;
pub(super) mod runtime_api;
pub(super) mod scenarios;
mod table;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use flate2::Compression;
use flate2::write::DeflateEncoder;

use self::endpoints::Endpoint;
use self::process::{Sample, sample};
use self::recording::{Match, Recording, Replay};
use self::scenarios::{RECORDINGS, SCENARIOS, Scenario};
use self::table::Row;
use crate::cli::Outcome;
use crate::places::Places;
use crate::progress::Progress;
use crate::python::Venv;

/// Measure size, start, invocations, memory and requests of every function.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Print JSON, times in microseconds.
    #[arg(long)]
    json: bool,
    /// How many processes of each function to start.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    runs: u16,
    /// Measure only this function; may be given several times.
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// Folder of the release binaries; they are built there when none is given.
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
    /// Leave out the comparison with Python and boto3.
    #[arg(long)]
    no_python: bool,
}

/// Invocations of each process after its first.
const LATER: usize = 5;

/// Runs the benchmark and prints its table.
///
/// # Errors
///
/// When a binary cannot be built, started or measured.
pub async fn run(arguments: Arguments) -> Outcome {
    let places = Places::of_this_repository();
    let root = places.repository();
    let chosen: Vec<&Scenario> = SCENARIOS
        .iter()
        .filter(|scenario| arguments.functions.is_empty() || arguments.functions.iter().any(|n| n == scenario.function))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = SCENARIOS.iter().map(|scenario| scenario.function).collect();
        return Err(format!("no function has that name; there are: {}", names.join(", ")).into());
    }
    let binaries = match arguments.binaries {
        Some(folder) => folder,
        None => build(root, chosen.iter().map(|scenario| scenario.function)).await?,
    };
    let python = if arguments.no_python {
        None
    } else {
        Some(Venv::ensure(&places, &Progress::default()).await?.program("python"))
    };
    let folder = tempfile::tempdir()?;
    let mut rows = Vec::new();
    for scenario in chosen {
        eprintln!("measuring {}: {} processes", scenario.function, arguments.runs);
        let binary = binaries.join(scenario.function);
        let recording = Recording::read(&root.join(RECORDINGS), scenario.function)?;
        let samples = repeat(arguments.runs, &recording, Match::Exact, folder.path(), &binary, &[]).await?;
        let python = match &python {
            Some(python) => {
                let runtime = root.join("local/bench/runtime.py");
                let given = [runtime.as_os_str(), OsStr::new(scenario.python)];
                Some(repeat(arguments.runs, &recording, Match::Loose, folder.path(), python, &given).await?)
            }
            None => None,
        };
        rows.push(Row::new(
            scenario.function,
            sizes(&binary)?,
            &samples,
            python.as_deref(),
        ));
    }
    let text = if arguments.json {
        table::json(&rows)?
    } else {
        table::text(&rows, arguments.runs)
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

/// Builds the release binaries, as they are deployed, for this machine.
pub(super) async fn build(
    root: &Path,
    functions: impl Iterator<Item = &'static str>,
) -> Result<PathBuf, Box<dyn std::error::Error + Send + Sync>> {
    eprintln!("building the release binaries (minutes the first time)");
    let mut cargo = tokio::process::Command::new("cargo");
    cargo
        .current_dir(root)
        .args(["build", "--release", "--locked", "--quiet"]);
    for function in functions {
        cargo.args(["--package", function]);
    }
    if cargo.status().await?.success() {
        Ok(root.join("target/release"))
    } else {
        Err("the release build did not succeed; its messages are above".into())
    }
}

async fn repeat(
    runs: u16,
    recording: &Recording,
    how: Match,
    folder: &Path,
    program: &Path,
    arguments: &[&OsStr],
) -> Result<Vec<Sample>, Box<dyn std::error::Error + Send + Sync>> {
    let replay = Replay::new(recording, how);
    let endpoint = Endpoint::start(folder, replay.clone()).await?;
    let event = recording.event();
    let variables = recording.variables(&endpoint.url());
    let mut samples = Vec::new();
    for _ in 0..=runs {
        samples.push(sample(program, arguments, &variables, (&endpoint, &replay), &event, LATER).await?);
    }
    // The first process may have waited for this machine's disk, where the program was not in memory.
    samples.remove(0);
    Ok(samples)
}

/// Bytes of the binary, and of its compressed form in a deployment package.
fn sizes(binary: &Path) -> std::io::Result<(u64, u64)> {
    let bytes = std::fs::read(binary)?;
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&bytes)?;
    Ok((bytes.len() as u64, deflate.finish()?.len() as u64))
}
