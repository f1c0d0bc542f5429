//! The story: six pushes, and what becomes of each.

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::Stack;
use aws_sdk_codepipeline::types::PipelineExecutionStatus;
use jiff::Timestamp;

use super::ask::Answer;
use super::runs::Question;
use super::world::{DemoError, World};
use crate::deploy::ENVIRONMENT;

const ROOT: &str = "changegate-root";
/// The stacks of the example, in the order in which they can stand.
const STACKS: [&str; 4] = ["network", "data", "orders-service", "alarms"];

/// Tells it from the first push to the last, checking every claim.
///
/// # Errors
///
/// When it cannot go on; a claim that does not hold is in the report.
pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    first_push(world).await?;
    replacing_push(world).await?;
    empty_push(world).await?;
    rejected_push(world).await?;
    superseded_push(world).await?;
    nothing_pending(world).await
}

fn yes(words: &str) -> Answer {
    Answer {
        approved: true,
        words: words.to_owned(),
    }
}

fn pipeline(stack: &str) -> String {
    format!("changegate-{stack}")
}

/// Answers a question that the story says yes to, and checks the claim. False when the person at the terminal said no:
/// then it is checked that this counted.
async fn agree(world: &mut World, question: &Question, words: &str, claim: &str) -> Result<bool, DemoError> {
    let answer = world.answer(question, &yes(words)).await?;
    let status = world.runs.wait_for_end(&question.pipeline, &question.execution).await?;
    if answer.approved {
        world
            .report
            .check(claim, status == PipelineExecutionStatus::Succeeded, || {
                status.as_str().to_owned()
            });
    } else {
        check_rejection(world, question, &answer, &status).await?;
    }
    Ok(answer.approved)
}

/// The story cannot do without this one.
async fn must_agree(world: &mut World, question: &Question, words: &str, claim: &str) -> Result<(), DemoError> {
    if agree(world, question, words, claim).await? {
        return Ok(());
    }
    Err(DemoError::TurnedDown {
        pipeline: question.pipeline.clone(),
    })
}

/// A rejection ends the run and is recorded with who said it and how.
async fn check_rejection(
    world: &mut World,
    question: &Question,
    answer: &Answer,
    status: &PipelineExecutionStatus,
) -> Result<(), DemoError> {
    world.report.check(
        &format!("the rejected run of {} ended", question.pipeline),
        *status == PipelineExecutionStatus::Failed,
        || status.as_str().to_owned(),
    );
    let outcome = world.outcome(&question.pipeline, &question.execution).await?;
    let text = outcome["approvals"].to_string();
    let who = format!("user/{}", world.rejecter.name);
    // As JSON spells the words.
    let words = serde_json::Value::from(answer.words.as_str()).to_string();
    world.report.check(
        "the outcome says who rejected it, and with which words",
        outcome["end"] == "rejected" && text.contains(&who) && text.contains(&words),
        || outcome.to_string(),
    );
    Ok(())
}

async fn first_push(world: &mut World) -> Result<(), DemoError> {
    world.progress.headline("The first push: four stacks");
    let pushed = Timestamp::now();
    let commit = world.copy.push("Add network, data, orders service and alarms").await?;
    world.progress.step(&format!("pushed {}", &commit[..7]));
    let question = world.runs.wait_for_question(ROOT, None).await?;
    let actions = world.runs.actions(ROOT, &question.execution).await?;
    world
        .timings
        .add("first push, root pipeline", pushed, &actions, Timestamp::now());
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

async fn replacing_push(world: &mut World) -> Result<(), DemoError> {
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
    let pushed = Timestamp::now();
    let commit = world.copy.push("Tell those on duty").await?;
    let name = pipeline("alarms");
    world
        .runs
        .wait_for_run(&name, before.get(&name).copied().unwrap_or(0))
        .await?;
    let last = last_run_before(world, &name, &before).await?;
    let question = world.runs.wait_for_question(&name, last.as_deref()).await?;
    let actions = world.runs.actions(&name, &question.execution).await?;
    world
        .timings
        .add("second push, one stack", pushed, &actions, Timestamp::now());
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

async fn empty_push(world: &mut World) -> Result<(), DemoError> {
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

async fn rejected_push(world: &mut World) -> Result<(), DemoError> {
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

async fn superseded_push(world: &mut World) -> Result<(), DemoError> {
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

/// GitHub keeps a commit from being merged, and people waiting, as long as a status of it is pending.
async fn nothing_pending(world: &mut World) -> Result<(), DemoError> {
    let mut pending = Vec::new();
    for commit in world.copy.commits().await? {
        for status in world.statuses(&commit).await? {
            if status["state"] == "pending" {
                pending.push(format!("{} of {}", status["context"], &commit[..7]));
            }
        }
    }
    world
        .report
        .check("no status of any commit stays pending", pending.is_empty(), || {
            pending.join(", ")
        });
    Ok(())
}

/// The newest run that there was when the counts were taken.
async fn last_run_before(
    world: &World,
    pipeline: &str,
    before: &BTreeMap<String, usize>,
) -> Result<Option<String>, DemoError> {
    let runs = world.runs.of(pipeline).await?;
    let had = before.get(pipeline).copied().unwrap_or(0);
    let index = runs.len().checked_sub(had);
    Ok(index.and_then(|index| runs.get(index)?.pipeline_execution_id().map(str::to_owned)))
}

async fn check_counts(
    world: &mut World,
    before: &BTreeMap<String, usize>,
    more: &[(&str, usize)],
    claim: &str,
) -> Result<(), DemoError> {
    let now = world.runs.counts().await?;
    let mut expected = before.clone();
    for (stack, runs) in more {
        *expected.entry(pipeline(stack)).or_default() += runs;
    }
    world.report.check(claim, now == expected, || {
        format!("runs before {before:?}, now {now:?}")
    });
    Ok(())
}

async fn check_status(world: &mut World, commit: &str, stack: &str, wanted: &str) -> Result<(), DemoError> {
    let context = &format!("changegate/{ENVIRONMENT}/{stack}");
    let mut found = None;
    for _ in 0..100 {
        found = world.status(commit, context).await?;
        if found.as_deref() == Some(wanted) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    world.report.check(
        &format!("the commit's status {context} is {wanted}"),
        found.as_deref() == Some(wanted),
        || format!("{found:?}"),
    );
    Ok(())
}

async fn stack_of(world: &World, stack: &str) -> Result<Option<Stack>, DemoError> {
    let name = format!("production-{stack}");
    match world.aws.cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(described) => Ok(described.stacks.unwrap_or_default().into_iter().next()),
        Err(_) => Ok(None),
    }
}

/// What an update of a stack would change.
fn fingerprint(stack: &Stack) -> String {
    format!(
        "{:?} {:?} {:?}",
        stack.stack_status(),
        stack.last_updated_time(),
        stack.parameters()
    )
}

/// The physical id of a resource.
async fn resource(world: &World, stack: &str, logical_id: &str) -> Result<String, DemoError> {
    let described = world
        .aws
        .cloudformation
        .describe_stack_resource()
        .stack_name(format!("production-{stack}"))
        .logical_resource_id(logical_id)
        .send()
        .await
        .map_err(|error| DemoError::sdk("DescribeStackResource", &error))?;
    Ok(described
        .stack_resource_detail()
        .and_then(|detail| detail.physical_resource_id())
        .unwrap_or_default()
        .to_owned())
}
