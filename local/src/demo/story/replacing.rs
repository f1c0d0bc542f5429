//! The second push: one stack, and a topic of it is replaced.

use super::answers::agree;
use super::claims::{check_counts, check_status, last_run_before};
use super::pipeline;
use super::stacks::resource;
use crate::demo::world::{DemoError, World};

pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    world
        .progress
        .headline("The second push: template and configuration of one stack, a topic is replaced");
    let before = world.runs.counts().await?;
    let topic = resource(world, "alarms", "OnCall").await?;
    world.copy.replace(
        "stacks/alarms/production.json",
        "\"TopicName\": \"on-call\"",
        "\"TopicName\": \"on-duty\"",
    )?;
    world.copy.replace(
        "stacks/alarms/template.json",
        "Orders wait longer than they should.",
        "Orders have waited for a quarter of an hour.",
    )?;
    let (commit, pushed) = world.copy.timed_push("Tell those on duty").await?;
    let name = pipeline("alarms");
    world
        .runs
        .wait_for_run(&name, before.get(&name).copied().unwrap_or(0))
        .await?;
    let last = last_run_before(world, &name, &before).await?;
    let question = world.runs.wait_for_question(&name, last.as_deref()).await?;
    let actions = world.runs.actions(&name, &question.execution).await?;
    world.timings.add("second push, one stack", pushed, &actions);
    let review = world.review(&question).await?;
    let line = review
        .lines()
        .find(|line| line.contains("OnCall") && line.to_lowercase().contains("replace"));
    world.report.check(
        "the review says that the topic OnCall is replaced",
        line.is_some(),
        || review.clone(),
    );
    if !agree(
        world,
        &question,
        "the new topic is agreed",
        "the replacement was executed",
    )
    .await?
    {
        return Ok(());
    }
    check_counts(world, &before, &[("alarms", 1)], "exactly one pipeline ran, once").await?;
    let now = resource(world, "alarms", "OnCall").await?;
    let exists = world
        .cli
        .run(&["sns", "get-topic-attributes", "--topic-arn", &now])
        .await
        .is_ok();
    let is_gone = world
        .cli
        .run(&["sns", "get-topic-attributes", "--topic-arn", &topic])
        .await
        .is_err();
    world.report.check(
        "the new topic exists and the old one is gone",
        now != topic && exists && is_gone,
        || format!("{topic} → {now}, new exists: {exists}, old is gone: {is_gone}"),
    );
    let outcome = world.outcome(&name, &question.execution).await?;
    world.report.check(
        "its outcome says: executed, this commit",
        outcome["end"] == "executed" && outcome["commit"] == commit.as_str(),
        || outcome.to_string(),
    );
    check_status(world, &commit, "alarms", "success").await
}
