//! The HTTP server: what the front forwards, what CloudFormation's handler asks, and the knobs of tests.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::driver::{Aws, Driver};
use super::engine::Engine;
use super::engine::effects::Failure;
use super::engine::world::{Pace, RandomIds};
use super::error::ApiError;
use super::{cloudformation, validation, wire};

/// The header that carries the secret which only the front knows.
pub const FRONT_HEADER: &str = "x-changegate-front";
/// The header that carries the ARN of the verified caller.
pub const PRINCIPAL_HEADER: &str = "x-principal-arn";
/// The header that carries the region for which the request was signed.
pub const REGION_HEADER: &str = "x-region";
/// Requests of CodePipeline are small; the largest declaration has 500 actions.
const BODY_LIMIT: usize = 4 * 1024 * 1024;

/// What the engine needs to know.
#[derive(Clone)]
pub struct Config {
    /// Where [`start`] listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Base URL of MiniStack, without a final slash.
    pub ministack: String,
    /// Secret that the front and the engine share.
    pub front_secret: String,
    /// Account number.
    pub account: String,
    /// Region.
    pub region: String,
    /// Time limits.
    pub pace: Pace,
}

/// Why the engine does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The port is taken, or may not be used.
    #[error("listening for CodePipeline on {0}: choose another port, or 0 for a free one")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The HTTP client could not be made.
    #[error("making the HTTP client of the CodePipeline engine")]
    Client(#[source] reqwest::Error),
    /// The secret is empty.
    #[error("the secret between MiniStack's front and the CodePipeline engine is empty: give one")]
    NoSecret,
}

/// A running engine; it ends when this is stopped or dropped.
pub struct Running {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    driver: Arc<Driver>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Base URL, without a final slash.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Turns its knobs.
    pub fn turner(&self) -> Turner {
        Turner(self.driver.clone())
    }

    /// Ends it. What is under way outside is not waited for.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        self.driver.stop();
        // The task ends by itself; a panic in it was reported by the runtime.
        let _ = self.task.await;
    }
}

/// Turns the knobs of a running engine.
#[derive(Clone)]
pub struct Turner(Arc<Driver>);

impl Turner {
    /// Sets what is given, and says how all of them stand.
    pub fn turn(&self, wanted: &Knobs) -> Knobs {
        turn(&self.0, wanted)
    }
}

/// Starts an engine without pipelines.
///
/// # Errors
///
/// When the port is taken, or the HTTP client cannot be made.
pub async fn start(config: Config) -> Result<Running, StartError> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| StartError::Listen(config.listen, error))?;
    serve(listener, config)
}

/// Starts an engine without pipelines on a port that is bound already; must be called within a tokio runtime.
///
/// # Errors
///
/// When the HTTP client cannot be made.
pub fn serve(listener: TcpListener, config: Config) -> Result<Running, StartError> {
    if config.front_secret.is_empty() {
        return Err(StartError::NoSecret);
    }
    let address = listener
        .local_addr()
        .map_err(|error| StartError::Listen(config.listen, error))?;
    let engine = Engine::new(&config.account, &config.region, config.pace, Box::new(RandomIds));
    let aws = Aws::new(&config).map_err(StartError::Client)?;
    let driver = Driver::start(engine, aws);
    let shared = Arc::new(Shared {
        driver: driver.clone(),
        config,
    });
    let router = Router::new()
        .route("/", post(api))
        .route("/cloudformation", post(from_cloudformation))
        .route("/knobs", get(read_knobs).put(turn_knobs))
        .route("/health", get(|| async { "CodePipeline engine\n" }))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(shared);
    let (stop, mut stopped) = watch::channel(false);
    let task = tokio::spawn(async move {
        let end = async move {
            // An error means that the handle was dropped, which ends the server as well.
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(end).await {
            tracing::error!(%error, "the CodePipeline engine stopped serving");
        }
    });
    Ok(Running {
        address,
        stop,
        task,
        driver,
    })
}

struct Shared {
    driver: Arc<Driver>,
    config: Config,
}

impl Shared {
    /// Only the front may ask: it verified who the caller is.
    fn admit(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let given = headers.get(FRONT_HEADER).map_or(&b""[..], |value| value.as_bytes());
        if same(given, self.config.front_secret.as_bytes()) {
            return Ok(());
        }
        Err(ApiError::new(
            "AccessDeniedException",
            "The local CodePipeline engine answers MiniStack's front only: send the request to MiniStack's port",
        ))
    }
}

/// Compares without telling by its time how much is equal.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}

async fn api(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let answer = answer_api(&shared, &headers, &body).await;
    let (status, body) = match answer {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => (StatusCode::BAD_REQUEST, error.body()),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-amz-json-1.1".to_owned()),
        (
            header::HeaderName::from_static("x-amzn-requestid"),
            uuid::Uuid::new_v4().to_string(),
        ),
    ];
    (status, headers, body.to_string()).into_response()
}

async fn answer_api(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    shared.admit(headers)?;
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let operation = text("x-amz-target")
        .strip_prefix("CodePipeline_20150709.")
        .ok_or_else(|| {
            ApiError::new(
                "UnknownOperationException",
                "The header x-amz-target names no operation of CodePipeline",
            )
        })?;
    let caller = text(PRINCIPAL_HEADER);
    if caller.is_empty() {
        return Err(ApiError::new(
            "MissingAuthenticationToken",
            "The front named no caller in x-principal-arn",
        ));
    }
    let region = text(REGION_HEADER);
    if !region.is_empty() && region != shared.config.region {
        return Err(ApiError::validation(format!(
            "The local CodePipeline engine is in region {}; the request was signed for {region}",
            shared.config.region
        )));
    }
    let request: Value = match body {
        b"" => json!({}),
        body => serde_json::from_slice(body)
            .map_err(|error| ApiError::new("SerializationException", format!("The request is no JSON: {error}")))?,
    };
    if matches!(operation, "CreatePipeline" | "UpdatePipeline") {
        passable(shared, caller, &request["pipeline"]["roleArn"]).await?;
    }
    shared
        .driver
        .with(|engine| wire::answer(engine, operation, caller, &request))
}

/// Whoever declares a pipeline must be allowed to pass its role, and CodePipeline to assume it.
async fn passable(shared: &Shared, caller: &str, role: &Value) -> Result<(), ApiError> {
    let Some(role) = role.as_str().filter(|role| !role.is_empty()) else {
        return Ok(());
    };
    let aws = shared.driver.aws();
    let silent = |failure: Failure| ApiError::new("ServiceUnavailable", failure.message);
    if !aws.may_pass(caller, role).await.map_err(silent)? {
        let words = format!("User: {caller} is not authorized to perform: iam:PassRole on resource: {role}");
        return Err(ApiError::new("AccessDeniedException", words));
    }
    match aws.session(role, None).await {
        Ok(_) => Ok(()),
        Err(failure) if failure.code == "PermissionError" => {
            Err(ApiError::new("InvalidStructureException", failure.message))
        }
        Err(failure) => Err(silent(failure)),
    }
}

/// What MiniStack's CloudFormation asks for a resource of type `AWS::CodePipeline::Pipeline`.
#[derive(Deserialize)]
struct ResourceRequest {
    op: String,
    name: String,
    #[serde(default)]
    props: Value,
    #[serde(default)]
    region: Option<String>,
    /// ARN of the stack's service role; absent when the stack has none and root deployed it.
    #[serde(default)]
    caller: Option<String>,
}

async fn from_cloudformation(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    match answer_cloudformation(&shared, &headers, &body).await {
        Ok(value) => (
            StatusCode::OK,
            [(header::CONTENT_TYPE, "application/json")],
            value.to_string(),
        )
            .into_response(),
        // The text becomes the reason of the resource's failure.
        Err(error) => (StatusCode::BAD_REQUEST, error_text(&error)).into_response(),
    }
}

fn error_text(error: &ApiError) -> String {
    format!(
        "{} (Service: AWSCodePipeline; Status Code: 400; Error Code: {})",
        error.message, error.code
    )
}

async fn answer_cloudformation(shared: &Shared, headers: &HeaderMap, body: &[u8]) -> Result<Value, ApiError> {
    shared.admit(headers)?;
    let request: ResourceRequest = serde_json::from_slice(body)
        .map_err(|error| ApiError::validation(format!("the request of CloudFormation is not valid: {error}")))?;
    if request
        .region
        .as_ref()
        .is_some_and(|region| *region != shared.config.region)
    {
        return Err(ApiError::validation(format!(
            "the local CodePipeline engine is in region {}",
            shared.config.region
        )));
    }
    let name = request.name.as_str();
    match request.op.as_str() {
        "create" | "update" => {
            let wanted = cloudformation::read(name, &request.props)?;
            let tags = wire::checked_tags(wanted.tags.into_iter().collect())?;
            validation::validate(&wanted.declaration)?;
            passable(
                shared,
                request.caller.as_deref().unwrap_or(":root"),
                &json!(wanted.declaration.role_arn),
            )
            .await?;
            let create = request.op == "create";
            shared.driver.with(|engine| {
                let pipeline = if create {
                    engine.create(wanted.declaration, tags, None)?
                } else {
                    engine.update_resource(wanted.declaration, tags, wanted.restart)?
                };
                Ok(json!({ "version": pipeline.version(), "arn": pipeline.arn }))
            })
        }
        "delete" => shared.driver.with(|engine| {
            engine.delete(name);
            Ok(json!({}))
        }),
        "get" => shared
            .driver
            .with(|engine| Ok(json!({ "version": engine.pipeline(name)?.version() }))),
        other => Err(ApiError::validation(format!(
            "'{other}' is none of create, update, delete, get"
        ))),
    }
}

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

async fn read_knobs(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    knobs(&shared, &headers, &Knobs::default())
}

async fn turn_knobs(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
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
    let millis = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    driver.with(|engine| {
        let world = &mut engine.world;
        if let Some(interval) = wanted.continuation_interval {
            world.pace.continuation = std::time::Duration::from_millis(interval);
        }
        if let Some(limit) = wanted.reply_limit {
            world.pace.reply = std::time::Duration::from_millis(limit);
        }
        world.duplicates = wanted.duplicate_deliveries.unwrap_or(world.duplicates);
        Knobs {
            continuation_interval: Some(millis(world.pace.continuation)),
            reply_limit: Some(millis(world.pace.reply)),
            duplicate_deliveries: Some(world.duplicates),
        }
    })
}
