//! One process of a function, from its start to its end.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::endpoints::Endpoint;
use super::recording::Replay;
use super::runtime_api::RuntimeApi;

/// What one process of a function was seen to do.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    /// From the start of the process to its first request for work.
    pub(super) start: Duration,
    /// The first invocation, with the first TLS handshakes.
    pub(super) first: Duration,
    /// The later invocations.
    pub(super) later: Vec<Duration>,
    /// Requests that the first invocation made.
    pub(super) first_requests: u64,
    /// Requests that each later invocation made.
    pub(super) later_requests: Vec<u64>,
    /// Peak resident memory in KiB.
    pub(super) peak_kib: u64,
}

/// A process could not be measured.
#[derive(Debug, thiserror::Error)]
pub(super) enum SampleError {
    /// The process or the Runtime API could not be started.
    #[error("starting `{program}` on loopback")]
    Start {
        /// What was started.
        program: String,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The process asked for no work.
    #[error("`{0}` ended, or asked for no work within 30 s; its last lines:\n{1}")]
    NoPoll(String, String),
    /// The process did not answer an event.
    #[error("`{0}` ended, or did not answer an event within 30 s; its last lines:\n{1}")]
    NoAnswer(String, String),
    /// The process asked the services for something else than was recorded.
    #[error(
        "`{0}` does not ask for what was recorded; record it anew with `cargo local demo --yes --record FOLDER` \
             if it should not:\n{1}"
    )]
    Differs(String, String),
    /// The process answered an event with an error.
    #[error("`{0}` answered with an error: {1}")]
    Failed(String, String),
}

/// Lines of a process's output that an error shows.
const LAST_LINES: usize = 20;
/// How long a process may take for anything.
const PATIENCE: Duration = Duration::from_secs(30);

/// Runs one process: starts it, gives it the event once and then `later` times, and ends it.
pub(super) async fn sample(
    program: &Path,
    arguments: &[&OsStr],
    variables: &[(String, String)],
    (endpoint, replay): (&Endpoint, &Replay),
    event: &[u8],
    later: usize,
) -> Result<Sample, SampleError> {
    let name = program.display().to_string();
    let start_error = |source| SampleError::Start {
        program: name.clone(),
        source,
    };
    let api = RuntimeApi::start(Duration::from_mins(1)).await.map_err(start_error)?;
    let output = tempfile::tempfile().map_err(start_error)?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(variables.iter().map(|(key, value)| (key, value)))
        .env("AWS_LAMBDA_RUNTIME_API", api.authority())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_DEFAULT_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "AKIDBENCH")
        .env("AWS_SECRET_ACCESS_KEY", "bench")
        .env("AWS_ENDPOINT_URL", endpoint.url())
        // The Rust functions read the first name, boto3 the second.
        .env("SSL_CERT_FILE", endpoint.authority())
        .env("AWS_CA_BUNDLE", endpoint.authority())
        .stdout(output.try_clone().map_err(start_error)?)
        .stderr(output.try_clone().map_err(start_error)?)
        .kill_on_drop(true);
    replay.start_over();
    let started = Instant::now();
    let mut child = command.spawn().map_err(start_error)?;
    let polled = tokio::select! {
        polled = tokio::time::timeout(PATIENCE, api.first_poll()) => polled.ok(),
        _ = child.wait() => None,
    };
    let start = polled
        .ok_or_else(|| SampleError::NoPoll(name.clone(), last_lines(&output)))?
        .duration_since(started);

    let (first, first_requests) = invoke(&name, &api, &mut child, &output, (endpoint, replay), event).await?;
    let (mut rest, mut rest_requests) = (Vec::new(), Vec::new());
    for _ in 0..later {
        let (took, requests) = invoke(&name, &api, &mut child, &output, (endpoint, replay), event).await?;
        rest.push(took);
        rest_requests.push(requests);
    }
    let peak_kib = child.id().map_or(0, peak_kib);
    // The process is measured; that it may have gone by itself does not matter any more.
    let _ = child.kill().await;
    Ok(Sample {
        start,
        first,
        later: rest,
        first_requests,
        later_requests: rest_requests,
        peak_kib,
    })
}

async fn invoke(
    name: &str,
    api: &RuntimeApi,
    child: &mut Child,
    output: &File,
    (endpoint, replay): (&Endpoint, &Replay),
    event: &[u8],
) -> Result<(Duration, u64), SampleError> {
    let before = endpoint.requests();
    let answer = tokio::select! {
        answer = tokio::time::timeout(PATIENCE, api.invoke(event.to_vec())) => answer.ok().flatten(),
        _ = child.wait() => None,
    };
    let invocation = answer.ok_or_else(|| SampleError::NoAnswer(name.to_owned(), last_lines(output)))?;
    if invocation.is_error {
        return Err(SampleError::Failed(
            name.to_owned(),
            String::from_utf8_lossy(&invocation.body).into_owned(),
        ));
    }
    let differences = replay.differences();
    if !differences.is_empty() {
        return Err(SampleError::Differs(name.to_owned(), differences.join("\n")));
    }
    Ok((invocation.took, endpoint.requests() - before))
}

/// The end of what a process printed.
fn last_lines(mut output: &File) -> String {
    let mut text = Vec::new();
    // Output that cannot be read is missing from an error that says enough without it.
    let _ = output
        .seek(SeekFrom::Start(0))
        .and_then(|_| output.read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}

/// Peak resident memory of a process, in KiB; 0 where the machine does not tell.
pub(in crate::bench) fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next())
        .and_then(|kib| kib.parse().ok())
        .unwrap_or(0)
}
