//! A Lambda Runtime API on loopback that hands out one event after another and notes when each call arrives.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{Notify, oneshot};

/// How one invocation went.
#[derive(Debug, Clone)]
pub(in crate::bench) struct Invocation {
    /// From handing out the event to the answer's arrival.
    pub(in crate::bench) took: Duration,
    /// The answer's body.
    pub(in crate::bench) body: Vec<u8>,
    /// Whether the function answered with an error.
    pub(in crate::bench) is_error: bool,
}

struct Pending {
    event: Vec<u8>,
    answer: oneshot::Sender<Invocation>,
}

#[derive(Default)]
struct Calls {
    first_poll: Option<Instant>,
    waiting: VecDeque<Pending>,
    running: Option<(Instant, oneshot::Sender<Invocation>)>,
    number: u32,
}

/// A running Runtime API for one process.
#[derive(Clone)]
pub(in crate::bench) struct RuntimeApi {
    calls: Arc<Mutex<Calls>>,
    changed: Arc<Notify>,
    address: SocketAddr,
    limit: Duration,
}

impl RuntimeApi {
    /// Starts to listen on a free port. An invocation is told that it may take as long as `limit`.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub(in crate::bench) async fn start(limit: Duration) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let api = Self {
            calls: Arc::default(),
            changed: Arc::new(Notify::new()),
            address: listener.local_addr()?,
            limit,
        };
        let routes = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .with_state(api.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(api)
    }

    /// What a function finds in `AWS_LAMBDA_RUNTIME_API`.
    pub(in crate::bench) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// When the process asked for work first.
    pub(in crate::bench) async fn first_poll(&self) -> Instant {
        loop {
            let changed = self.changed.notified();
            if let Some(at) = self.lock().first_poll {
                return at;
            }
            changed.await;
        }
    }

    /// Hands out `event` and waits for the answer; `None` when the process went away without one.
    pub(in crate::bench) async fn invoke(&self, event: Vec<u8>) -> Option<Invocation> {
        let (answer, answered) = oneshot::channel();
        self.lock().waiting.push_back(Pending { event, answer });
        self.changed.notify_waiters();
        answered.await.ok()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answer(&self, body: &Bytes, is_error: bool) -> StatusCode {
        if let Some((since, answer)) = self.lock().running.take() {
            // The receiver is gone only when the benchmark itself gave up on the invocation.
            let _ = answer.send(Invocation {
                took: since.elapsed(),
                body: body.to_vec(),
                is_error,
            });
        }
        StatusCode::ACCEPTED
    }
}

async fn next(State(api): State<RuntimeApi>) -> Response {
    loop {
        let changed = api.changed.notified();
        tokio::pin!(changed);
        // Registered before the look at the queue: an event that is queued in between is not missed.
        changed.as_mut().enable();
        {
            let mut calls = api.lock();
            if calls.first_poll.is_none() {
                calls.first_poll = Some(Instant::now());
                api.changed.notify_waiters();
            }
            if let Some(pending) = calls.waiting.pop_front() {
                calls.number += 1;
                calls.running = Some((Instant::now(), pending.answer));
                return (headers(calls.number, api.limit), pending.event).into_response();
            }
        }
        changed.await;
    }
}

fn headers(number: u32, limit: Duration) -> HeaderMap {
    let deadline = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + limit;
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (
            "lambda-runtime-aws-request-id",
            format!("00000000-0000-4000-8000-{number:012}"),
        ),
        ("lambda-runtime-deadline-ms", deadline.as_millis().to_string()),
        (
            "lambda-runtime-invoked-function-arn",
            "arn:aws:lambda:eu-west-1:000000000000:function:bench".to_owned(),
        ),
    ] {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    headers
}

async fn response(State(api): State<RuntimeApi>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    api.answer(&body, false)
}

async fn error(State(api): State<RuntimeApi>, Path(_id): Path<String>, body: Bytes) -> StatusCode {
    api.answer(&body, true)
}
