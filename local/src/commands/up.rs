//! `cargo local up`.

use std::process::ExitCode;

use crate::aws::Aws;
use crate::cli::Outcome;
use crate::deploy;
use crate::environment::{self, Environment, EnvironmentError};
use crate::places::Places;
use crate::progress::Progress;
use crate::python::Venv;
use crate::state::State;

/// Arguments of `cargo local up`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Starts everything, deploys Changegate, and leaves it running in the background.
///
/// # Errors
///
/// When a part does not start, or Changegate cannot be deployed; then nothing is left running.
pub async fn run(_: Arguments) -> Outcome {
    let places = Places::of_this_repository();
    if let Some(state) = environment::running(&places).await? {
        print!(
            "Changegate runs already; to run what you changed since, `cargo local down` first.\n\n{state}\n{}",
            usage(&state, &places)
        );
        return Ok(ExitCode::SUCCESS);
    }
    let progress = Progress::default();
    let environment = start(&places, &progress).await?;
    let state = environment.state.clone();
    environment.leave_running().await?;
    print!(
        "\nChangegate runs on this machine.\n\n{state}\n{}",
        usage(&state, &places)
    );
    Ok(ExitCode::SUCCESS)
}

/// Starts everything and deploys Changegate. What was started ends again when a step fails or this process does.
///
/// # Errors
///
/// When a part does not start, or Changegate cannot be deployed.
pub async fn start(
    places: &Places,
    progress: &Progress,
) -> Result<Environment, Box<dyn std::error::Error + Send + Sync>> {
    // Before a build that would be for nothing.
    if let Some(state) = environment::running(places).await? {
        return Err(EnvironmentError::Running { pid: state.pid }.into());
    }
    progress.step("building the functions");
    // The one waits for the network, the other for the processor.
    let (venv, built) = tokio::join!(Venv::ensure(places, progress), deploy::build::build(places));
    venv?;
    built?;
    progress.step("starting MiniStack, the CodePipeline engine and the Git host");
    let environment = Environment::start(places).await?;
    progress.step(&format!(
        "AWS answers at {}, the Git host at {}",
        environment.state.endpoint, environment.state.git_host
    ));
    let aws = Aws::root(&environment.state.endpoint).await;
    deploy::deploy(places, &environment.state, &aws, progress).await?;
    Ok(environment)
}

/// How to use what runs.
pub fn usage(state: &State, places: &Places) -> String {
    let bin = places.venv().join("bin");
    let aws = format!("{} --endpoint-url {}", bin.join("aws").display(), state.endpoint);
    format!(
        "Push stacks of your own (any repository with a folder stacks/; examples/infrastructure is one):\n\
         \x20 git push {push_url} HEAD:{branch}\n\
         Talk to AWS as its root user:\n\
         \x20 export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-west-1\n\
         \x20 {aws} codepipeline list-pipelines\n\
         \x20 {aws} codepipeline get-pipeline-state --name changegate-root\n\
         Approve (the token is in get-pipeline-state, at the action Approve1):\n\
         \x20 {aws} codepipeline put-approval-result --pipeline-name changegate-root --stage-name Apply \\\n\
         \x20   --action-name Approve1 --token TOKEN --result status=Approved,summary=fine\n\
         Read what the functions say, and the mail:\n\
         \x20 tail -f {logs}/functions/*.log\n\
         \x20 ls {mail}\n\
         End it:\n\
         \x20 cargo local down\n",
        push_url = state.push_url,
        branch = state.branch,
        logs = state.logs.display(),
        mail = state.mail.display(),
    )
}
