//! `cargo local down`.

use std::process::ExitCode;

use crate::cli::Outcome;
use crate::environment::control;
use crate::places::Places;
use crate::state;

/// Arguments of `cargo local down`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Ends what runs.
///
/// # Errors
///
/// When it does not end.
pub async fn run(_: Arguments) -> Outcome {
    let places = Places::of_this_repository();
    let Some(state) = state::read(&places)? else {
        println!("nothing runs");
        return Ok(ExitCode::SUCCESS);
    };
    if !control::is_running(&state).await {
        state::remove(&places)?;
        println!(
            "nothing runs; the record of process {}, which is gone, was removed",
            state.pid
        );
        return Ok(ExitCode::SUCCESS);
    }
    if control::end(&state).await {
        println!("ended; its logs are in {}", state.logs.display());
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!(
        "process {} does not end; see {}",
        state.pid,
        state.logs.join("environment.log").display()
    )
    .into())
}
