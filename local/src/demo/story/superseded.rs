//! The fifth push, which the sixth supersedes while it waits.

use super::answers::agree;
use super::claims::{check_counts, check_status, last_run_before};
use super::pipeline;
use super::stacks::resource;
use crate::demo::world::{DemoError, World};

pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    world.progress.headline("The fifth push, and while it waits, the sixth");
    let name = pipeline("orders-service");
    let before = world.runs.counts().await?;
    let last = last_run_before(world, &name, &before).await?;
    world.copy.replace(
        "stacks/orders-service/production.yaml",
        "BatchSize: \"10\"",
        "BatchSize: \"5\"",
    )?;
    world.copy.push("Take five orders at once").await?;
    let fifth = world.runs.wait_for_question(&name, last.as_deref()).await?;
    world.progress.step("the fifth waits for its answer; pushing the sixth");
    world.copy.replace(
        "stacks/orders-service/production.yaml",
        "BatchSize: \"5\"",
        "BatchSize: \"6\"",
    )?;
    let commit = world.copy.push("Take six orders at once").await?;
    let sixth = world.runs.wait_for_question(&name, Some(&fifth.execution)).await?;
    world.runs.wait_for_end(&name, &fifth.execution).await?;
    let outcome = world.outcome(&name, &fifth.execution).await?;
    world
        .report
        .check("the fifth was superseded", outcome["end"] == "superseded", || {
            outcome["end"].to_string()
        });
    let late = world.answer_as_approver(&fifth).await;
    world
        .report
        .check("the fifth cannot be approved any more", late.is_err(), || {
            "it was".to_owned()
        });
    if !agree(world, &sixth, "six it is", "the sixth was asked about and executed").await? {
        return Ok(());
    }
    let settings = resource(world, "orders-service", "Settings").await?;
    let value = world.cli.run(&["ssm", "get-parameter", "--name", &settings]).await?;
    let text = value["Parameter"]["Value"].as_str().unwrap_or_default().to_owned();
    world.report.check(
        "the settings hold the sixth's value",
        text.contains("\"batchSize\":6"),
        || text.clone(),
    );
    check_counts(
        world,
        &before,
        &[("orders-service", 2)],
        "only this pipeline ran, once for each push",
    )
    .await?;
    check_status(world, &commit, "orders-service", "success").await
}
