//! How soon the webhook answers: a cold process, and a warm one at several rates.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::process::Command;
use tokio::task::JoinSet;

use super::{BenchError, Failure};
use crate::bench::functions::endpoints::Endpoint;
use crate::bench::functions::recording::{Match, Recording, Replay};
use crate::bench::functions::runtime_api::RuntimeApi;
use crate::bench::functions::scenarios::RECORDINGS;

/// Requests in a second.
const RATES: [u64; 3] = [1, 10, 100];
/// How long each rate is kept up.
const SPAN: Duration = Duration::from_secs(3);
/// What one invocation may take.
const LIMIT: Duration = Duration::from_mins(1);

/// Answer times at one rate, in microseconds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answers {
    requests_per_second: u64,
    /// From the start of the process to its first answer.
    cold: u128,
    /// From a request's arrival to its answer, with what it waited for others; the process is warm.
    warm_median: u128,
    warm_slowest: u128,
    warm_requests: usize,
}

/// Measures every rate with a process of its own.
pub(super) async fn measure(root: &Path, binary: &Path) -> Result<Vec<Answers>, Failure> {
    let mut all = Vec::new();
    for rate in RATES {
        all.push(at_rate(root, binary, rate).await?);
    }
    Ok(all)
}

async fn at_rate(root: &Path, binary: &Path, rate: u64) -> Result<Answers, Failure> {
    let recording = Recording::read(&root.join(RECORDINGS), "github-webhook")?;
    let folder = tempfile::tempdir()?;
    let endpoint = Endpoint::start(folder.path(), Replay::new(&recording, Match::Loose)).await?;
    let api = RuntimeApi::start(LIMIT).await?;
    let event = recording.event();
    let started = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .envs(recording.variables(&endpoint.url()))
        .env("AWS_LAMBDA_RUNTIME_API", api.authority())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_ENDPOINT_URL", endpoint.url())
        .env("SSL_CERT_FILE", endpoint.authority())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    answered(&api, event.clone()).await?;
    let cold = started.elapsed();
    let mut running = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / u32::try_from(rate)?);
    let count = rate * SPAN.as_secs();
    for _ in 0..count {
        pace.tick().await;
        let (api, event) = (api.clone(), event.clone());
        running.spawn(async move {
            let arrived = Instant::now();
            answered(&api, event).await.map(|()| arrived.elapsed())
        });
    }
    let mut warm = Vec::new();
    while let Some(took) = running.join_next().await {
        warm.push(took??.as_micros());
    }
    child.kill().await?;
    warm.sort_unstable();
    Ok(Answers {
        requests_per_second: rate,
        cold: cold.as_micros(),
        warm_median: warm.get(warm.len() / 2).copied().unwrap_or_default(),
        warm_slowest: warm.last().copied().unwrap_or_default(),
        warm_requests: warm.len(),
    })
}

async fn answered(api: &RuntimeApi, event: Vec<u8>) -> Result<(), Failure> {
    let answer = tokio::time::timeout(LIMIT, api.invoke(event)).await.ok().flatten();
    let said = answer.map(|answer| String::from_utf8_lossy(&answer.body).into_owned());
    match said {
        Some(said) if said.contains("queued") => Ok(()),
        said => Err(BenchError::Failed {
            what: "the webhook",
            said: said.unwrap_or_else(|| "it did not answer".to_owned()),
        }
        .into()),
    }
}

/// The answers as a table; times in milliseconds.
pub(super) fn text(all: &[Answers]) -> String {
    let milliseconds = |micros: u128| format!("{}.{:01} ms", micros / 1000, micros % 1000 / 100);
    let mut text = format!(
        "The webhook's answers\n{:<14}{:>14}{:>14}{:>14}\n",
        "a second", "cold", "warm median", "warm slowest"
    );
    for answers in all {
        text.push_str(&format!(
            "{:<14}{:>14}{:>14}{:>14}\n",
            answers.requests_per_second,
            milliseconds(answers.cold),
            milliseconds(answers.warm_median),
            milliseconds(answers.warm_slowest)
        ));
    }
    text
}
