//! `cargo local up`.

use std::process::ExitCode;

use crate::aws::Aws;
use crate::cli::Outcome;
use crate::deploy::{self, STACK};
use crate::environment::{self, Environment, EnvironmentError};
use crate::people;
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
    let aws = Aws::root(&state.endpoint);
    progress.step("hiring ada and grace: IAM users with the operators' policy and nothing else");
    people::hire_all(&places, &state, &deploy::stack::outputs(&aws).await?).await?;
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
    progress.step(if places.is_release() {
        "building the functions as they are deployed, which takes about ten minutes the first time"
    } else {
        "building the functions"
    });
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
    let aws = Aws::root(&environment.state.endpoint);
    deploy::deploy(places, &environment.state, &aws, progress).await?;
    Ok(environment)
}

/// How to use what runs.
pub fn usage(state: &State, places: &Places) -> String {
    let aws = places.venv().join("bin/aws");
    format!(
        "Push a repository of your own, any with a folder stacks/, or to begin with the example:
  cp -r {example} /tmp/infrastructure && cd /tmp/infrastructure
  git init --initial-branch main && git add --all && git commit --message 'Add stacks'
  git push {push_url} HEAD:{branch}
Talk to AWS with the AWS CLI, as root or as one of the people who may approve, ada and grace:
  export AWS_CONFIG_FILE={profiles}
  aws() {{ {aws} --endpoint-url {endpoint} \"$@\"; }}
  aws --profile root codepipeline get-pipeline-state --name {pipeline}
Approve what waits; {pipeline} asks first, and root is nobody to the gate:
  token=$(aws --profile ada codepipeline get-pipeline-state --name {pipeline} --output text --query \\
    'stageStates[?stageName==`Apply`].actionStates[] | [?actionName==`Approve1`].latestExecution.token | [0]')
  aws --profile ada codepipeline put-approval-result --pipeline-name {pipeline} --stage-name Apply \\
    --action-name Approve1 --token \"$token\" --result status=Approved,summary=fine
Read the reviews that came by mail, and what the functions say:
  cat {mail}/*
  tail -f {logs}/functions/*.log
See what waits, and end it:
  cargo local status
  cargo local down
",
        example = places.repository().join("examples/infrastructure").display(),
        push_url = state.push_url,
        branch = state.branch,
        profiles = people::profiles(places).display(),
        aws = aws.display(),
        endpoint = state.endpoint,
        pipeline = format_args!("{STACK}-root"),
        logs = state.logs.display(),
        mail = state.mail.display(),
    )
}
