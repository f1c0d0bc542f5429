//! How the story answers a question, and what has to come of it.

use aws_sdk_codepipeline::types::PipelineExecutionStatus;

use crate::demo::ask::Answer;
use crate::demo::runs::Question;
use crate::demo::world::{DemoError, World};

/// Answers a question that the story says yes to, and checks the claim. False when the person at the terminal said no:
/// then it is checked that this counted.
pub(super) async fn agree(world: &mut World, question: &Question, words: &str, claim: &str) -> Result<bool, DemoError> {
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
pub(super) async fn must_agree(
    world: &mut World,
    question: &Question,
    words: &str,
    claim: &str,
) -> Result<(), DemoError> {
    if agree(world, question, words, claim).await? {
        return Ok(());
    }
    Err(DemoError::TurnedDown {
        pipeline: question.pipeline.clone(),
    })
}

/// A rejection ends the run and is recorded with who said it and how.
pub(super) async fn check_rejection(
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

fn yes(words: &str) -> Answer {
    Answer {
        approved: true,
        words: words.to_owned(),
    }
}
