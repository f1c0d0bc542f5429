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
    let places = Places::of_this_repository().with_run_directory(arguments.run_directory);
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
