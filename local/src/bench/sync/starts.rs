//! CodePipeline as far as the sync needs it: every pipeline is there, and every start is taken.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// Pipelines on one page of a list.
const PAGE: usize = 1000;

#[derive(Default)]
struct Board {
    pipelines: Vec<String>,
    started: Vec<String>,
}

/// A running endpoint.
pub(super) struct Starts {
    board: Arc<Mutex<Board>>,
    url: String,
}

impl Starts {
    /// Starts on a free port.
    pub(super) async fn start() -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let board = Arc::<Mutex<Board>>::default();
        let routes = Router::new().fallback(answer).with_state(Arc::clone(&board));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { board, url })
    }

    /// Base URL, without a final slash.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// From now on these pipelines are there, and no others.
    pub(super) fn set(&self, pipelines: Vec<String>) {
        self.board.lock().unwrap_or_else(PoisonError::into_inner).pipelines = pipelines;
    }

    /// Pipelines that were started since this was last asked.
    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.board.lock().unwrap_or_else(PoisonError::into_inner).started)
    }
}

async fn answer(State(board): State<Arc<Mutex<Board>>>, headers: HeaderMap, body: String) -> Response {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok());
    let operation = target.and_then(|target| target.split_once('.')).map(|(_, name)| name);
    let request: Value = serde_json::from_str(&body).unwrap_or_default();
    let mut board = board.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, answer) = match operation {
        Some("ListPipelines") => (StatusCode::OK, page(&board.pipelines, &request)),
        Some("ListPipelineExecutions") => (StatusCode::OK, json!({"pipelineExecutionSummaries": []})),
        Some("StartPipelineExecution") => {
            let name = request["name"].as_str().unwrap_or_default().to_owned();
            if board.pipelines.contains(&name) {
                board.started.push(name);
                let id = format!("00000000-0000-4000-8000-{:012}", board.started.len());
                (StatusCode::OK, json!({"pipelineExecutionId": id}))
            } else {
                let error = json!({"__type": "PipelineNotFoundException", "message": name});
                (StatusCode::BAD_REQUEST, error)
            }
        }
        _ => (StatusCode::BAD_REQUEST, json!({"__type": "UnknownOperationException"})),
    };
    let headers = [("content-type", "application/x-amz-json-1.1")];
    (status, headers, answer.to_string()).into_response()
}

fn page(pipelines: &[String], request: &Value) -> Value {
    let from: usize = request["nextToken"]
        .as_str()
        .and_then(|token| token.parse().ok())
        .unwrap_or(0);
    let until = (from + PAGE).min(pipelines.len());
    let listed: Vec<Value> = pipelines[from.min(until)..until]
        .iter()
        .map(|name| json!({"name": name, "version": 1}))
        .collect();
    let mut answer = json!({"pipelines": listed});
    if until < pipelines.len() {
        answer["nextToken"] = json!(until.to_string());
    }
    answer
}
