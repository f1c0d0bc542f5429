//! `cargo local status`.

use std::process::ExitCode;

use aws_sdk_codepipeline::types::StageState;

use super::up;
use crate::aws::Aws;
use crate::cli::Outcome;
use crate::demo::runs::Runs;
use crate::environment::control;
use crate::places::Places;
use crate::state;

/// Arguments of `cargo local status`.
#[derive(Debug, clap::Args)]
pub struct Arguments {}

/// Shows what runs, every pipeline's state, and how to use it.
///
/// # Errors
///
/// When the state file is there and cannot be read, or CodePipeline does not answer.
pub async fn run(_: Arguments) -> Outcome {
    let places = Places::of_this_repository();
    let Some(state) = state::read(&places)? else {
        println!("nothing runs; start it with `cargo local up`");
        return Ok(ExitCode::FAILURE);
    };
    if !control::is_running(&state).await {
        println!("process {} is gone; start it again with `cargo local up`", state.pid);
        return Ok(ExitCode::FAILURE);
    }
    println!("{state}");
    let aws = Aws::root(&state.endpoint);
    let listed = aws.codepipeline.list_pipelines().send().await?;
    let runs = Runs::new(aws.clone(), places.clone());
    for pipeline in listed.pipelines() {
        let name = pipeline.name().unwrap_or_default();
        let described = aws.codepipeline.get_pipeline_state().name(name).send().await?;
        println!("{name:<32} {}", line(described.stage_states()));
        if let Some(question) = runs.question(name).await? {
            println!("{:<32} {} waits: {}", "", question.action, question.text);
            println!("{:<32} review: {}", "", question.link);
        }
    }
    print!("\n{}", up::usage(&state, &places));
    Ok(ExitCode::SUCCESS)
}

fn line(stages: &[StageState]) -> String {
    let stages = stages.iter().map(|stage| {
        let status = stage.latest_execution().map(|execution| execution.status().as_str());
        format!("{} {}", stage.stage_name().unwrap_or_default(), status.unwrap_or("-"))
    });
    stages.collect::<Vec<_>>().join(", ")
}
