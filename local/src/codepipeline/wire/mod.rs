//! The protocol: a request of an operation becomes a call of the engine, its answer JSON.

mod executions;
mod history;
mod jobs;
mod paging;
mod pipelines;
mod requests;
mod state;
mod tags;

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::engine::Engine;
use super::error::ApiError;
use super::operations::operations;

pub use tags::checked as checked_tags;

/// Answers one request. `caller` is the ARN of who asks.
///
/// # Errors
///
/// Whatever the operation refuses, with AWS's code.
pub fn answer(engine: &mut Engine, operation: &str, caller: &str, body: &Value) -> Result<Value, ApiError> {
    let answer = match operation {
        "CreatePipeline" => pipelines::create(engine, parse(body)?, caller),
        "UpdatePipeline" => pipelines::update(engine, parse(body)?),
        "GetPipeline" => pipelines::get(engine, &parse(body)?),
        "DeletePipeline" => Ok(pipelines::delete(engine, &parse(body)?)),
        "ListPipelines" => pipelines::list(engine, &parse(body)?),
        "GetPipelineState" => state::get(engine, &parse(body)?),
        "StartPipelineExecution" => executions::start(engine, parse(body)?, caller),
        "StopPipelineExecution" => executions::stop(engine, parse(body)?),
        "RetryStageExecution" => executions::retry(engine, &parse(body)?),
        "OverrideStageCondition" => executions::override_condition(engine, &parse(body)?),
        "GetPipelineExecution" => executions::get(engine, &parse(body)?),
        "ListPipelineExecutions" => executions::list(engine, &parse(body)?),
        "ListActionExecutions" => history::actions(engine, &parse(body)?),
        "ListRuleExecutions" => history::rules(engine, &parse(body)?),
        "PutApprovalResult" => jobs::approve(engine, parse(body)?, caller),
        "PutJobSuccessResult" => jobs::succeed(engine, parse(body)?),
        "PutJobFailureResult" => jobs::fail(engine, parse(body)?),
        "ListTagsForResource" => tags::list(engine, &parse(body)?),
        "TagResource" => tags::add(engine, parse(body)?),
        "UntagResource" => tags::remove(engine, &parse(body)?),
        other if operations().contains_key(other) => Err(ApiError::not_emulated(&format!("the operation {other}"))),
        other => Err(ApiError::new(
            "UnknownOperationException",
            format!("CodePipeline has no operation {other}"),
        )),
    };
    answer.map(without_nulls)
}

fn parse<T: DeserializeOwned>(body: &Value) -> Result<T, ApiError> {
    serde_json::from_value(body.clone())
        .map_err(|error| ApiError::validation(format!("The request is not valid: {error}")))
}

/// AWS leaves absent fields out.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key, without_nulls(value)))
            .collect(),
        Value::Array(items) => items.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// Seconds since 1970, as JSON 1.1 carries times.
fn seconds(time: Timestamp) -> Value {
    json!(time.as_duration().as_secs_f64())
}
