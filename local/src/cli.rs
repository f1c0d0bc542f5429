//! What `cargo local` can be asked to do.
//!
//! A subcommand is one variant of `Command`, one line in `run` and one module with `Arguments` and `run`.

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{bench, commands, demo};

/// What a subcommand answers: the exit code, or the error to print.
pub type Outcome = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Changegate on one machine: no AWS account, no Docker.
///
/// Everything runs on loopback: MiniStack in the place of AWS, a CodePipeline engine, and a Git host in the place of
/// GitHub. The functions are the real binaries, deployed from the real template.yaml, under the permissions that it
/// gives them.
#[derive(Debug, Parser)]
#[command(
    name = "cargo local",
    bin_name = "cargo local",
    after_help = "Start with `cargo local demo`: it shows the whole way from a push to a changed stack.\n\
                  For a repository of your own: `cargo local up`, then push to the address it prints."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the whole way from a push to a changed stack, and check every step.
    Demo(demo::Arguments),
    /// Start everything, deploy Changegate, and leave it running.
    Up(commands::up::Arguments),
    /// Measure what things cost, side by side in one run.
    Bench(bench::Arguments),
    /// Check a repository as the functions would, with no account and no network.
    Check(commands::check::Arguments),
    /// Render a saved change set as a review.
    Review(commands::review::Arguments),
    /// Show what runs, and how to use it.
    Status(commands::status::Arguments),
    /// End what `up` started.
    Down(commands::down::Arguments),
    /// Hold the environment until standard input closes; `up` and `demo` start this.
    #[command(hide = true)]
    Serve(commands::serve::Arguments),
}

/// Reads the command line, runs what it asks for, and prints the error if there is one.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return refuse(&error),
    };
    let code = match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => refuse(error.as_ref()),
    };
    // A question at the terminal that nobody answers any more would be waited for otherwise.
    runtime.shutdown_background();
    code
}

async fn run(command: Command) -> Outcome {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Up(arguments) => commands::up::run(arguments).await,
        Command::Bench(arguments) => bench::run(arguments).await,
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Review(arguments) => commands::review::run(&arguments),
        Command::Status(arguments) => commands::status::run(arguments).await,
        Command::Down(arguments) => commands::down::run(arguments).await,
        Command::Serve(arguments) => commands::serve::run(arguments).await,
    }
}

/// Prints an error with its causes, one a line.
fn refuse(error: &dyn Error) -> ExitCode {
    eprintln!("error: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::Cli;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }
}
