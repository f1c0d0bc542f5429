//! `cargo local bench`: what things cost, measured side by side in one run.

pub mod functions;
pub mod sync;

use clap::{Args, Subcommand};

use crate::cli::Outcome;

/// Measure what things cost.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Size, start, invocations, memory and requests of every function.
    Functions(functions::Arguments),
    /// Requests, bytes and time of a sync, beside other ways to do it.
    Sync(sync::Arguments),
}

/// Runs the benchmark that was asked for.
///
/// # Errors
///
/// When something cannot be started or measured.
pub async fn run(arguments: Arguments) -> Outcome {
    match arguments.what {
        What::Functions(arguments) => functions::run(arguments).await,
        What::Sync(arguments) => sync::run(arguments).await,
    }
}
