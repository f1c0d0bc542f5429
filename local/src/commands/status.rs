//! `cargo local status`.

use std::process::ExitCode;

use crate::cli::Outcome;
use crate::places::Places;
use crate::state;

/// Arguments of `cargo local status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Shows what runs.
///
/// # Errors
///
/// When the state file is there and cannot be read.
pub async fn run(_: Arguments) -> Outcome {
    let places = Places::of_this_repository();
    match state::read(&places)? {
        None => {
            println!("nothing runs; start it with `cargo local up`");
            Ok(ExitCode::FAILURE)
        }
        Some(state) => {
            print!("{state}");
            Ok(ExitCode::SUCCESS)
        }
    }
}
