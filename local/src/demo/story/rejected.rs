//! The fourth push: a person says no.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;

use super::answers::check_rejection;
use super::claims::{check_status, last_run_before};
use super::pipeline;
use super::stacks::{fingerprint, stack_of};
use crate::demo::ask::Answer;
use crate::demo::world::{DemoError, World};

pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    const WORDS: &str = "two years are too few for the tax office";
    world.progress.headline("The fourth push: a change that is rejected");
    let name = pipeline("data");
    let before = world.runs.counts().await?;
    let last = last_run_before(world, &name, &before).await?;
    let stood = stack_of(world, "data").await?;
    world.copy.replace("stacks/data/production.json", "3650", "730")?;
    let commit = world.copy.push("Keep invoices for two years").await?;
    let question = world.runs.wait_for_question(&name, last.as_deref()).await?;
    let answer = world
        .answer(
            &question,
            &Answer {
                approved: false,
                words: WORDS.to_owned(),
            },
        )
        .await?;
    let status = world.runs.wait_for_end(&name, &question.execution).await?;
    if answer.approved {
        // Whoever sits at the terminal decides, not the story.
        world.report.check(
            "the change that was approved, unlike in the story, was executed",
            status == PipelineExecutionStatus::Succeeded,
            || status.as_str().to_owned(),
        );
        return check_status(world, &commit, "data", "success").await;
    }
    check_rejection(world, &question, &answer, &status).await?;
    let stands = stack_of(world, "data").await?;
    let untouched = stood.as_ref().map(fingerprint) == stands.as_ref().map(fingerprint);
    world
        .report
        .check("nothing changed", untouched, || format!("{stands:?}"));
    check_status(world, &commit, "data", "failure").await
}
