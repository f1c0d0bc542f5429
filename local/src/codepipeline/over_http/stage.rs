//! What stands around the engine in these tests: the front, IAM, S3, Lambda, SNS and EventBridge, as far as the engine
//! asks them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use crate::codepipeline::{Config, Pace, Running, serve};

pub(super) const SECRET: &str = "only the front knows";
pub(super) const ROLE: &str = "arn:aws:iam::000000000000:role/pipeline";
pub(super) const MAKER: &str = "arn:aws:iam::000000000000:user/maker";
/// Everything answers within milliseconds; a test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// One version of an object: its id, its bytes, its revision summary.
type Version = (String, Vec<u8>, Option<String>);

#[derive(Default)]
pub(super) struct Memory {
    /// Versions by `bucket/key`.
    pub(super) objects: BTreeMap<String, Vec<Version>>,
    /// Session policies by access key id.
    pub(super) sessions: BTreeMap<String, Option<String>>,
    /// What is forbidden: `s3:GetObject`, `lambda:InvokeFunction`, `iam:PassRole`, `sts:AssumeRole`.
    pub(super) denied: BTreeSet<&'static str>,
    /// Functions that do not exist.
    pub(super) missing: BTreeSet<String>,
    /// Headers of the last signed request to a service.
    pub(super) signed: BTreeMap<&'static str, HeaderMap>,
}

pub(super) struct Outside {
    pub(super) memory: Mutex<Memory>,
    engine: Mutex<String>,
    jobs: mpsc::UnboundedSender<(String, Value)>,
    events: mpsc::UnboundedSender<Value>,
    notices: mpsc::UnboundedSender<String>,
}

/// The engine and what is around it.
pub(super) struct Stage {
    pub(super) outside: Arc<Outside>,
    pub(super) engine: Running,
    /// Base URL of the front.
    pub(super) front: String,
    jobs: AsyncMutex<mpsc::UnboundedReceiver<(String, Value)>>,
    events: AsyncMutex<mpsc::UnboundedReceiver<Value>>,
    notices: AsyncMutex<mpsc::UnboundedReceiver<String>>,
}

impl Stage {
    pub(super) async fn set() -> Self {
        let (jobs, jobs_out) = mpsc::unbounded_channel();
        let (events, events_out) = mpsc::unbounded_channel();
        let (notices, notices_out) = mpsc::unbounded_channel();
        let outside = Arc::new(Outside {
            memory: Mutex::default(),
            engine: Mutex::default(),
            jobs,
            events,
            notices,
        });
        let router = Router::new()
            .route("/", post(root))
            .route("/_local/session", post(session))
            .route("/_local/events", post(publish))
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .route("/{bucket}/{*key}", any(object))
            .with_state(outside.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let front = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let config = Config {
            rough: None,
            listen: "127.0.0.1:0".parse().unwrap(),
            ministack: front.clone(),
            front_secret: SECRET.into(),
            account: "000000000000".into(),
            region: "eu-west-1".into(),
            pace: Pace {
                continuation: Duration::from_millis(10),
                ..Pace::default()
            },
        };
        let engine = serve(TcpListener::bind(config.listen).await.unwrap(), config).unwrap();
        *outside.engine.lock().unwrap() = engine.url();
        Self {
            outside,
            engine,
            front,
            jobs: AsyncMutex::new(jobs_out),
            events: AsyncMutex::new(events_out),
            notices: AsyncMutex::new(notices_out),
        }
    }

    pub(super) fn put(&self, key: &str, body: &[u8], summary: Option<&str>) -> String {
        let mut memory = self.outside.memory.lock().unwrap();
        let versions = memory.objects.entry(key.to_owned()).or_default();
        let id = format!("v{}", versions.len() + 1);
        versions.push((id.clone(), body.to_vec(), summary.map(str::to_owned)));
        id
    }

    /// The newest bytes of an object.
    pub(super) fn bytes(&self, bucket: &str, key: &str) -> Vec<u8> {
        self.outside.memory.lock().unwrap().objects[&format!("{bucket}/{key}")]
            .last()
            .unwrap()
            .1
            .clone()
    }

    pub(super) fn deny(&self, action: &'static str) {
        self.outside.memory.lock().unwrap().denied.insert(action);
    }

    /// The next job: the function's name and the event.
    pub(super) async fn job(&self) -> (String, Value) {
        let mut jobs = self.jobs.lock().await;
        tokio::time::timeout(PATIENCE, jobs.recv())
            .await
            .expect("a job is delivered")
            .unwrap()
    }

    pub(super) async fn notice(&self) -> String {
        let mut notices = self.notices.lock().await;
        tokio::time::timeout(PATIENCE, notices.recv())
            .await
            .expect("a topic is told")
            .unwrap()
    }

    /// Waits for an event whose kind (`Pipeline`, `Stage`, `Action`) and state are as wanted; gives its entry.
    pub(super) async fn event(&self, kind: &str, state: &str) -> Value {
        let mut events = self.events.lock().await;
        loop {
            let entry = tokio::time::timeout(PATIENCE, events.recv())
                .await
                .expect("an event comes")
                .unwrap();
            let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
            if entry["DetailType"].as_str().unwrap().split(' ').nth(1) == Some(kind) && detail["state"] == state {
                return json!({ "entry": entry, "detail": detail });
            }
        }
    }

    /// A request of the protocol through the front, as a user.
    pub(super) async fn call(&self, operation: &str, body: Value) -> Result<Value, (String, String)> {
        let answer = crate::http::client()
            .post(&self.front)
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=maker/20261123/eu-west-1/codepipeline/aws4_request",
            )
            .header("x-amz-target", format!("CodePipeline_20150709.{operation}"))
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        if status.is_success() {
            return Ok(body);
        }
        let part = |key: &str| body[key].as_str().unwrap_or_default().to_owned();
        Err((part("__type"), part("message")))
    }

    /// A request to a route of the engine itself.
    pub(super) async fn direct(&self, method: Method, path: &str, secret: &str, body: Value) -> (StatusCode, String) {
        let answer = crate::http::client()
            .request(method, format!("{}{path}", self.engine.url()))
            .header("x-changegate-front", secret)
            .body(body.to_string())
            .send()
            .await
            .unwrap();
        (answer.status(), answer.text().await.unwrap())
    }
}

/// The front, and the query services: both answer at `/`.
async fn root(State(outside): State<Arc<Outside>>, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
    let authorization = text("authorization");
    let credential = authorization.split("Credential=").nth(1).unwrap_or_default();
    let parts: Vec<&str> = credential.split('/').collect();
    let target = text("x-amz-target");
    if !target.is_empty() {
        let engine = outside.engine.lock().unwrap().clone();
        let answer = crate::http::client()
            .post(engine)
            .header("x-amz-target", target)
            .header("x-changegate-front", SECRET)
            .header(
                "x-principal-arn",
                format!("arn:aws:iam::000000000000:user/{}", parts[0]),
            )
            .header("x-region", parts[2])
            .body(body)
            .send()
            .await
            .unwrap();
        let status = StatusCode::from_u16(answer.status().as_u16()).unwrap();
        let kind = [("content-type", "application/x-amz-json-1.1")];
        return (status, kind, answer.bytes().await.unwrap()).into_response();
    }
    let form = String::from_utf8(body.to_vec()).unwrap();
    if form.contains("SimulatePrincipalPolicy") {
        let denied = outside.memory.lock().unwrap().denied.contains("iam:PassRole");
        let decision = if denied { "implicitDeny" } else { "allowed" };
        return format!("<x><EvalDecision>{decision}</EvalDecision></x>").into_response();
    }
    outside.memory.lock().unwrap().signed.insert("sns", headers);
    outside.notices.send(form).unwrap();
    "<PublishResponse/>".into_response()
}

async fn session(State(outside): State<Arc<Outside>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["x-changegate-front"], SECRET);
    let body: Value = serde_json::from_slice(&body).unwrap();
    let mut memory = outside.memory.lock().unwrap();
    if memory.denied.contains("sts:AssumeRole") {
        return (
            StatusCode::FORBIDDEN,
            json!({ "error": "the trust policy names another" }).to_string(),
        )
            .into_response();
    }
    let key = format!("ASIA{}", memory.sessions.len());
    memory
        .sessions
        .insert(key.clone(), body["policy"].as_str().map(str::to_owned));
    json!({ "access_key_id": key, "secret_access_key": "secret", "session_token": format!("token of {key}") })
        .to_string()
        .into_response()
}

async fn publish(State(outside): State<Arc<Outside>>, headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers["x-changegate-front"], SECRET);
    let body: Value = serde_json::from_slice(&body).unwrap();
    for entry in body["Entries"].as_array().unwrap() {
        outside.events.send(entry.clone()).unwrap();
    }
    "{}".into_response()
}

async fn invoke(
    State(outside): State<Arc<Outside>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert_eq!(headers["x-amz-invocation-type"], "Event");
    let mut memory = outside.memory.lock().unwrap();
    if memory.denied.contains("lambda:InvokeFunction") {
        let said = json!({ "Message": "not authorized to perform: lambda:InvokeFunction" });
        return (StatusCode::FORBIDDEN, said.to_string()).into_response();
    }
    if memory.missing.contains(&name) {
        let said = json!({ "Message": format!("Function not found: {name}") });
        return (StatusCode::NOT_FOUND, said.to_string()).into_response();
    }
    memory.signed.insert("lambda", headers);
    outside
        .jobs
        .send((name, serde_json::from_slice(&body).unwrap()))
        .unwrap();
    StatusCode::ACCEPTED.into_response()
}

async fn object(
    State(outside): State<Arc<Outside>>,
    method: Method,
    uri: Uri,
    Path((bucket, key)): Path<(String, String)>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    assert!(
        headers.contains_key("x-amz-content-sha256"),
        "{uri}: S3 wants the hash of the payload signed"
    );
    let mut memory = outside.memory.lock().unwrap();
    let right = if method == Method::GET {
        "s3:GetObject"
    } else {
        "s3:PutObject"
    };
    memory.signed.insert("s3", headers);
    if memory.denied.contains(right) {
        return (StatusCode::FORBIDDEN, "<Error><Message>Access Denied</Message></Error>").into_response();
    }
    let place = format!("{bucket}/{key}");
    if method == Method::PUT {
        memory
            .objects
            .entry(place)
            .or_default()
            .push(("null".into(), body.to_vec(), None));
        return StatusCode::OK.into_response();
    }
    let versions = memory.objects.get(&place);
    let found = versions.and_then(|versions| match query.get("versionId") {
        Some(wanted) => versions.iter().find(|(id, _, _)| id == wanted),
        None => versions.last(),
    });
    let Some((id, bytes, summary)) = found else {
        let said = "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>";
        return (StatusCode::NOT_FOUND, said).into_response();
    };
    let mut headers = HeaderMap::new();
    headers.insert("x-amz-version-id", id.parse().unwrap());
    headers.insert("etag", "\"etag\"".parse().unwrap());
    if let Some(summary) = summary {
        headers.insert(
            "x-amz-meta-codepipeline-artifact-revision-summary",
            summary.parse().unwrap(),
        );
    }
    (headers, bytes.clone()).into_response()
}

/// A pipeline of one source, one function and one approval.
pub(super) fn declaration() -> Value {
    json!({
        "name": "S-network",
        "roleArn": ROLE,
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "pipelineType": "V2",
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Template",
                "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" },
                "configuration": { "S3Bucket": "source", "S3ObjectKey": "a b/t.zip", "PollForSourceChanges": "false" },
                "outputArtifacts": [{ "name": "Template" }],
                "namespace": "TemplateSource",
            }] },
            { "name": "Work", "actions": [
                {
                    "name": "Go",
                    "actionTypeId": { "category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1" },
                    "configuration": { "FunctionName": "worker", "UserParameters": "#{TemplateSource.VersionId}" },
                    "inputArtifacts": [{ "name": "Template" }],
                    "outputArtifacts": [{ "name": "Made" }],
                    "namespace": "Work",
                },
                {
                    "name": "Ask",
                    "actionTypeId": { "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1" },
                    "runOrder": 2,
                    "configuration": {
                        "NotificationArn": "arn:aws:sns:eu-west-1:000000000000:people",
                        "CustomData": "#{Work.Summary}",
                    },
                },
            ] },
        ],
    })
}
