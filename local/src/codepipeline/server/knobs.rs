//! The knobs of tests: what may be changed while the engine runs.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::Shared;
use crate::codepipeline::driver::Driver;

/// What may be changed while the engine runs; what is absent stays.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Knobs {
    /// Milliseconds between a continuation token and the next job.
    pub continuation_interval: Option<u64>,
    /// Milliseconds that a job may take to answer.
    pub reply_limit: Option<u64>,
    /// How many of the next jobs are delivered twice.
    pub duplicate_deliveries: Option<u32>,
}

/// Turns the knobs of a running engine.
#[derive(Clone)]
pub struct Turner(pub(super) Arc<Driver>);

impl Turner {
    /// Sets what is given, and says how all of them stand.
    pub fn turn(&self, wanted: &Knobs) -> Knobs {
        turn(&self.0, wanted)
    }
}

pub(super) async fn read_knobs(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    knobs(&shared, &headers, &Knobs::default())
}

pub(super) async fn turn_knobs(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    match serde_json::from_slice::<Knobs>(&body) {
        Ok(wanted) => knobs(&shared, &headers, &wanted),
        Err(error) => {
            let words = "the knobs are continuationInterval, replyLimit (milliseconds) and duplicateDeliveries";
            (StatusCode::BAD_REQUEST, format!("{error}: {words}\n")).into_response()
        }
    }
}

fn knobs(shared: &Shared, headers: &HeaderMap, wanted: &Knobs) -> Response {
    if let Err(error) = shared.admit(headers) {
        return (StatusCode::FORBIDDEN, error.message).into_response();
    }
    axum::Json(turn(&shared.driver, wanted)).into_response()
}

fn turn(driver: &Arc<Driver>, wanted: &Knobs) -> Knobs {
    let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    driver.with(|engine| {
        let world = &mut engine.world;
        if let Some(interval) = wanted.continuation_interval {
            world.pace.continuation = Duration::from_millis(interval);
        }
        if let Some(limit) = wanted.reply_limit {
            world.pace.reply = Duration::from_millis(limit);
        }
        world.duplicates = wanted.duplicate_deliveries.unwrap_or(world.duplicates);
        Knobs {
            continuation_interval: Some(millis(world.pace.continuation)),
            reply_limit: Some(millis(world.pace.reply)),
            duplicate_deliveries: Some(world.duplicates),
        }
    })
}
