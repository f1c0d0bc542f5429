//! `cargo local serve`: the process behind `up` and `demo`.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::cli::Outcome;
use crate::environment::server;
use crate::places::Places;
use crate::progress::Progress;
use crate::python::Venv;

/// Arguments of `cargo local serve`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where this run keeps its files.
    #[arg(long)]
    run_directory: PathBuf,
    /// Make the local world as hostile as AWS is allowed to be, from this seed.
    #[arg(long, value_name = "SEED")]
    rough: Option<u64>,
}

/// Holds the environment until standard input closes.
///
/// # Errors
///
/// When a part does not start.
pub async fn run(arguments: Arguments) -> Outcome {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let mut places = Places::of_this_repository().with_run_directory(arguments.run_directory);
    if let Some(seed) = arguments.rough {
        places = places.with_roughness(seed);
    }
    let venv = Venv::ensure(&places, &Progress::default()).await?;
    match server::serve(&places, &venv).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => {
            // The starter reads one line.
            println!("{error}");
            Err(error.into())
        }
    }
}
