//! The HTTP server: what the front forwards, what CloudFormation's handler asks, and the knobs of tests.

mod api;
mod knobs;
mod pass_role;
mod resource;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::HeaderMap;
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::driver::{Aws, Driver};
use super::engine::Engine;
use super::engine::world::{Pace, RandomIds};
use super::error::ApiError;
use super::rough::{Moods, Rough};
pub use knobs::{Knobs, Turner};

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
    /// The seed of the worst that AWS is allowed; absent where everything is as it should be.
    pub rough: Option<u64>,
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
    let mut engine = Engine::new(&config.account, &config.region, config.pace, Box::new(RandomIds));
    engine.world.rough = config.rough.map(Moods::new);
    let rough = config.rough.map(|seed| Arc::new(Mutex::new(Rough::new(seed))));
    let aws = Aws::new(&config).map_err(StartError::Client)?;
    let driver = Driver::start(engine, aws, rough.clone());
    let shared = Arc::new(Shared {
        driver: driver.clone(),
        config,
        rough,
    });
    let router = Router::new()
        .route("/", post(api::api))
        .route("/cloudformation", post(resource::from_cloudformation))
        .route("/knobs", get(knobs::read_knobs).put(knobs::turn_knobs))
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
    rough: Option<Arc<Mutex<Rough>>>,
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
