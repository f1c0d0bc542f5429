//! What passed between a function and the services in one recorded invocation, and the services' part played back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use serde::Deserialize;

/// A recorded invocation, as `local/bench/record.py` writes it.
#[derive(Debug, Clone, Deserialize)]
pub(in crate::bench) struct Recording {
    /// The function's settings; `{endpoint}` stands for the address of the services.
    variables: BTreeMap<String, String>,
    event: serde_json::Value,
    exchanges: Vec<Exchange>,
}

#[derive(Debug, Clone, Deserialize)]
struct Exchange {
    method: String,
    path: String,
    operation: String,
    status: u16,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    text: String,
    base64: Option<String>,
    /// Asked for by a new process only.
    #[serde(default)]
    once: bool,
}

/// A recording could not be read.
#[derive(Debug, thiserror::Error)]
pub(in crate::bench) enum RecordingError {
    /// The file.
    #[error("reading {}", path.display())]
    File {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// Its JSON.
    #[error("reading {}; record it anew with `cargo local demo --yes --record FOLDER`", path.display())]
    Json {
        /// Where.
        path: PathBuf,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
}

impl Recording {
    /// Reads the recording of a function from `folder`.
    pub(in crate::bench) fn read(folder: &Path, function: &str) -> Result<Self, RecordingError> {
        let path = folder.join(format!("{function}.json"));
        let text = std::fs::read_to_string(&path).map_err(|source| RecordingError::File {
            path: path.clone(),
            source,
        })?;
        serde_json::from_str(&text).map_err(|source| RecordingError::Json { path, source })
    }

    /// The event of the invocation, as JSON.
    pub(in crate::bench) fn event(&self) -> Vec<u8> {
        self.event.to_string().into_bytes()
    }

    /// The function's settings, with the services at `endpoint`.
    pub(in crate::bench) fn variables(&self, endpoint: &str) -> Vec<(String, String)> {
        let filled = |value: &String| value.replace("{endpoint}", endpoint);
        self.variables
            .iter()
            .map(|(key, value)| (key.clone(), filled(value)))
            .collect()
    }
}

/// How strictly requests are compared with the recorded ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bench) enum Match {
    /// Exactly the recorded requests, each as often as it was recorded.
    Exact,
    /// The recorded answer of the same operation, for a handler that does the same in another way.
    Loose,
}

/// The services' part of a recording.
#[derive(Clone)]
pub(in crate::bench) struct Replay(Arc<Mutex<Playing>>);

struct Playing {
    exchanges: Vec<Exchange>,
    how: Match,
    taken: Vec<bool>,
    unexpected: Vec<String>,
    is_new: bool,
}

impl Replay {
    /// Begins with a process that is new.
    pub(in crate::bench) fn new(recording: &Recording, how: Match) -> Self {
        Self(Arc::new(Mutex::new(Playing {
            taken: vec![false; recording.exchanges.len()],
            exchanges: recording.exchanges.clone(),
            how,
            unexpected: Vec::new(),
            is_new: true,
        })))
    }

    /// Another process, new again.
    pub(in crate::bench) fn start_over(&self) {
        let mut playing = self.lock();
        playing.is_new = true;
        playing.rewind();
    }

    /// The recorded answer to a request.
    pub(in crate::bench) fn answer(&self, method: &str, path: &str, operation: &str) -> Response {
        let mut playing = self.lock();
        let same =
            |exchange: &Exchange| exchange.method == method && exchange.operation == operation && exchange.path == path;
        let alike = |exchange: &Exchange| {
            exchange.status < 400
                && exchange.method == method
                && exchange.operation == operation
                && (!operation.is_empty() || bare(&exchange.path) == bare(path) || method == "PUT")
        };
        let found = match playing.how {
            Match::Exact => {
                (0..playing.exchanges.len()).find(|at| !playing.taken[*at] && same(&playing.exchanges[*at]))
            }
            // A handler of its own may write other objects; writing succeeds as it did for the recorded ones.
            Match::Loose => playing.exchanges.iter().position(alike),
        };
        let Some(at) = found else {
            playing.unexpected.push(format!("{method} {operation}{path}"));
            return (StatusCode::NOT_FOUND, "this request is not in the recording").into_response();
        };
        playing.taken[at] = true;
        playing.exchanges[at].answer()
    }

    /// Ends an invocation: what it asked for beyond the recording, and what it did not ask for.
    pub(in crate::bench) fn differences(&self) -> Vec<String> {
        let mut playing = self.lock();
        let mut differences: Vec<String> = playing
            .unexpected
            .iter()
            .map(|request| format!("not recorded: {request}"))
            .collect();
        if playing.how == Match::Exact {
            let missing = playing.exchanges.iter().zip(&playing.taken);
            let missing = missing.filter(|(exchange, taken)| !**taken && (playing.is_new || !exchange.once));
            differences.extend(missing.map(|(exchange, _)| {
                format!(
                    "recorded, but not asked for: {} {}{}",
                    exchange.method, exchange.operation, exchange.path
                )
            }));
        }
        playing.is_new = false;
        playing.rewind();
        differences
    }

    fn lock(&self) -> MutexGuard<'_, Playing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Playing {
    fn rewind(&mut self) {
        self.taken.fill(false);
        self.unexpected.clear();
    }
}

impl Exchange {
    fn answer(&self) -> Response {
        let body = match &self.base64 {
            Some(encoded) => base64::engine::general_purpose::STANDARD
                .decode(encoded)
                .unwrap_or_default(),
            None => self.text.clone().into_bytes(),
        };
        let mut answer = Response::new(Body::from(body));
        *answer.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        for (name, value) in &self.headers {
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
                answer.headers_mut().insert(name, value);
            }
        }
        answer
    }
}

/// A path without its query.
fn bare(path: &str) -> &str {
    path.split('?').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording() -> Recording {
        let exchange = |operation: &str, once: bool| {
            serde_json::json!({
                "method": "POST", "path": "/", "operation": operation, "status": 200, "headers": {}, "text": "{}",
                "once": once,
            })
        };
        serde_json::from_value(serde_json::json!({
            "variables": {"CHANGEGATE_QUEUE_URL": "{endpoint}/queue"},
            "event": {},
            "exchanges": [exchange("GetSecretValue", true), exchange("SendMessage", false)],
        }))
        .unwrap()
    }

    #[test]
    fn the_recorded_requests_are_all_that_may_be_asked() {
        let replay = Replay::new(&recording(), Match::Exact);
        assert_eq!(replay.answer("POST", "/", "GetSecretValue").status(), StatusCode::OK);
        assert_eq!(replay.answer("POST", "/", "SendMessage").status(), StatusCode::OK);
        assert!(replay.differences().is_empty());
        // A process that is not new keeps its secrets; a second message is one too many.
        assert_eq!(replay.answer("POST", "/", "SendMessage").status(), StatusCode::OK);
        assert_eq!(
            replay.answer("POST", "/", "SendMessage").status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(replay.differences(), ["not recorded: POST SendMessage/"]);
        replay.start_over();
        assert_eq!(replay.differences().len(), 2);
    }

    #[test]
    fn a_handler_that_asks_in_another_way_gets_the_answer_of_the_same_operation() {
        let replay = Replay::new(&recording(), Match::Loose);
        for _ in 0..2 {
            assert_eq!(replay.answer("POST", "/?x=1", "SendMessage").status(), StatusCode::OK);
        }
        assert!(replay.differences().is_empty());
        assert_eq!(replay.answer("GET", "/elsewhere", "").status(), StatusCode::NOT_FOUND);
        assert_eq!(replay.differences(), ["not recorded: GET /elsewhere"]);
    }

    #[test]
    fn settings_name_the_services_where_they_are_now() {
        let variables = recording().variables("https://127.0.0.1:1");
        assert_eq!(
            variables,
            [(
                "CHANGEGATE_QUEUE_URL".to_owned(),
                "https://127.0.0.1:1/queue".to_owned()
            )]
        );
    }
}
