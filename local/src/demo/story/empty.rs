//! The third push: nothing changes, and nobody is asked.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;

use super::claims::check_counts;
use super::pipeline;
use crate::demo::world::{DemoError, World};

pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    world
        .progress
        .headline("The third push: a comment, which changes nothing");
    let before = world.runs.counts().await?;
    let name = pipeline("network");
    world.copy.replace(
        "stacks/network/template.yaml",
        "Description: Network of one environment.",
        "# Peerings come later.\nDescription: Network of one environment.",
    )?;
    world.copy.push("Note what comes later").await?;
    let run = world
        .runs
        .wait_for_run(&name, before.get(&name).copied().unwrap_or(0))
        .await?;
    let status = world.runs.wait_for_end(&name, &run).await?;
    let outcome = world.runs.variable(&name, &run, "CreateChangeSet", "Outcome").await?;
    world.report.check(
        "the run ended green, because nothing changes",
        status == PipelineExecutionStatus::Succeeded && outcome.as_deref() == Some("no-changes"),
        || format!("{status}, outcome {outcome:?}"),
    );
    let actions = world.runs.actions(&name, &run).await?;
    let in_apply: Vec<&str> = actions
        .iter()
        .filter(|action| action.stage_name() == Some("Apply"))
        .filter_map(|action| action.action_name())
        .collect();
    world
        .report
        .check("nobody was asked", in_apply.is_empty(), || in_apply.join(", "));
    check_counts(world, &before, &[("network", 1)], "no other pipeline ran").await
}
