//! The first push: four stacks, one of which waits for what another exports.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;

use super::answers::must_agree;
use super::stacks::{resource, stack_of};
use super::{ROOT, STACKS, pipeline};
use crate::demo::world::{DemoError, World};

pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    world.progress.headline("The first push: four stacks");
    let (commit, pushed) = world
        .copy
        .timed_push("Add network, data, orders service and alarms")
        .await?;
    world.progress.step(&format!("pushed {}", &commit[..7]));
    let question = world.runs.wait_for_question(ROOT, None).await?;
    let actions = world.runs.actions(ROOT, &question.execution).await?;
    world.timings.add("first push, root pipeline", pushed, &actions);
    must_agree(
        world,
        &question,
        "four pipelines, as the catalogue says",
        "the root pipeline asked, and made the pipelines",
    )
    .await?;
    let pipelines = world.runs.pipelines().await?;
    let missing: Vec<&str> = STACKS
        .into_iter()
        .filter(|stack| !pipelines.contains(&pipeline(stack)))
        .collect();
    world.report.check(
        "there is one pipeline for each of the four stacks",
        missing.is_empty(),
        || format!("no pipeline for {}", missing.join(", ")),
    );

    let blocked = pipeline("orders-service");
    let run = world.runs.wait_for_run(&blocked, 0).await?;
    let ended = world.runs.wait_for_end(&blocked, &run).await?;
    let outcome = world
        .runs
        .variable(&blocked, &run, "CreateChangeSet", "Outcome")
        .await?;
    world.report.check(
        "the orders service, which imports what does not exist yet, waits without failing",
        ended == PipelineExecutionStatus::Succeeded && outcome.as_deref() == Some("blocked"),
        || format!("{ended}, outcome {outcome:?}"),
    );
    for stack in STACKS {
        world.progress.step(&format!("waiting for the plan of {stack}"));
        let question = world.runs.wait_for_question(&pipeline(stack), None).await?;
        if stack == "orders-service" {
            world.report.check(
                "the orders service went on by itself once it could",
                question.execution != run,
                || format!("run {run} asked although it was blocked"),
            );
        }
        let claim = format!("{stack} was planned, reviewed, approved and executed");
        must_agree(world, &question, "reviewed", &claim).await?;
    }
    for stack in STACKS {
        let found = stack_of(world, stack).await?;
        let stands = found
            .as_ref()
            .and_then(|stack| stack.stack_status())
            .map(|status| status.as_str().to_owned());
        world.report.check(
            &format!("the stack production-{stack} stands"),
            stands.as_deref() == Some("CREATE_COMPLETE"),
            || format!("{stands:?}"),
        );
    }
    let table = resource(world, "data", "Orders").await?;
    let described = world
        .cli
        .run(&["dynamodb", "describe-table", "--table-name", &table])
        .await;
    world
        .report
        .check("DynamoDB has the table of orders", described.is_ok(), || {
            format!("{described:?}")
        });
    let queue = resource(world, "orders-service", "OrderQueue").await?;
    let described = world
        .cli
        .run(&["sqs", "get-queue-attributes", "--queue-url", &queue])
        .await;
    world
        .report
        .check("SQS has the queue of orders", described.is_ok(), || {
            format!("{described:?}")
        });
    let mail = std::fs::read_dir(&world.state.mail).map_or(0, Iterator::count);
    world
        .report
        .check("the reviewers got mail for every review", mail >= STACKS.len(), || {
            format!("{mail} letters")
        });
    Ok(())
}
