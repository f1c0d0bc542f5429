//! `cargo local demo`: the whole story on a real repository of stacks, every line of it checked against the services.

pub mod ask;
pub mod report;
pub mod repository;
pub mod runs;
pub mod scan;
mod story;
pub mod timings;
pub mod world;

use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Outcome;
use crate::commands::roughness::Roughness;
use crate::commands::up;
use crate::environment::{Environment, Lock};
use crate::places::Places;
use crate::progress::Progress;
use world::World;

/// Arguments of `cargo local demo`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct Arguments {
    /// Approve and reject by itself, as IAM users with the operators' policy; without it the terminal asks.
    #[arg(long)]
    pub yes: bool,
    /// Leave everything running in the end; `cargo local down` ends it.
    #[arg(long)]
    pub keep: bool,
    /// Print how long each step took, from the push to the question.
    #[arg(long)]
    pub timings: bool,
    /// Run the functions as they are deployed, optimized; building them takes about ten minutes the first time.
    #[arg(long)]
    pub release: bool,
    #[command(flatten)]
    pub rough: Roughness,
    /// Write every event and every answer of the services into this folder, for `cargo local bench functions`.
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub record: Option<std::path::PathBuf>,
    /// Keep everything running in the end until standard input closes.
    #[arg(long, hide = true)]
    pub hold: bool,
    /// Where this run keeps its files.
    #[arg(long, hide = true)]
    pub run_directory: Option<std::path::PathBuf>,
}

/// Exit code of a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

/// Starts everything, tells the story, checks it, and ends everything.
///
/// # Errors
///
/// When a part does not start or the story cannot go on; then nothing is left running.
pub async fn run(arguments: Arguments) -> Outcome {
    let mut places = Places::of_this_repository();
    if let Some(directory) = &arguments.run_directory {
        places = places.with_run_directory(directory.clone());
    }
    places = arguments.rough.of(places, "demo");
    if arguments.release {
        places = places.with_release_builds();
    }
    if let Some(folder) = &arguments.record {
        places = places.with_recordings(std::path::absolute(folder)?);
    }
    let progress = Progress::default();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    if !arguments.yes && ask::nobody_is_there().await {
        return Err(world::DemoError::NobodyThere.into());
    }
    let lock = Lock::take(&places)?;
    // Dropping the environment ends it: so an interrupted start leaves nothing either.
    let environment = tokio::select! {
        started = up::start(&places, &progress, &lock) => started?,
        _ = terminate.recv() => return Ok(interrupted()),
        _ = interrupt.recv() => return Ok(interrupted()),
    };
    let told = tokio::select! {
        told = tell(&arguments, &places, &environment, progress) => Some(told),
        _ = terminate.recv() => None,
        _ = interrupt.recv() => None,
    };
    let Some(told) = told else {
        environment.stop().await;
        return Ok(interrupted());
    };
    end(&arguments, &places, environment, told.is_ok()).await?;
    told
}

fn interrupted() -> ExitCode {
    eprintln!("\ninterrupted; everything was ended");
    ExitCode::from(INTERRUPTED)
}

/// How long the disk is waited for.
const SETTLING: Duration = Duration::from_mins(1);

/// Waits until what was built a moment ago is on the disk: as long as it is being written, every step takes longer. Where
/// that cannot be waited for, the figures are what they are.
async fn settle_disk(progress: &Progress) {
    progress.step("waiting until the disk has what was built, so that nothing else is measured");
    let mut sync = tokio::process::Command::new("sync");
    let _ = tokio::time::timeout(SETTLING, sync.kill_on_drop(true).status()).await;
}

async fn tell(arguments: &Arguments, places: &Places, environment: &Environment, progress: Progress) -> Outcome {
    let mut world = World::prepare(places, &environment.state, progress, arguments.yes).await?;
    if arguments.timings {
        settle_disk(&world.progress).await;
    }
    let told = story::tell(&mut world).await;
    if arguments.timings {
        world.timings.add_invocations(&places.function_logs())?;
        println!("\n{}", world.timings);
    }
    let found = scan::scan(&environment.state, &world.secrets())?;
    world.report.check(
        &format!(
            "no secret, credential or event body is in the {} files of logs",
            found.files
        ),
        found.hits.is_empty(),
        || found.hits.join("; "),
    );
    println!("\n{}", world.report);
    if let Err(error) = told {
        return Err(error.into());
    }
    Ok(if world.report.holds() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn end(
    arguments: &Arguments,
    places: &Places,
    environment: Environment,
    is_well: bool,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    if arguments.keep && is_well {
        let state = environment.state.clone();
        environment.leave_running().await?;
        print!("\nEverything runs on.\n\n{state}\n{}", up::usage(&state, places));
    } else if arguments.hold && is_well {
        println!("held until standard input closes");
        let (sender, receiver) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            // Whatever ends the reading ends the hold.
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            let _ = sender.send(());
        });
        let _ = receiver.await;
        environment.stop().await;
    } else {
        let logs = environment.state.logs.clone();
        environment.stop().await;
        println!("everything was ended; the logs are in {}", logs.display());
    }
    Ok(())
}
