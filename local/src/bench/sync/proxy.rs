//! A proxy on loopback that counts what passes, and delays each request by a settable time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// What passed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Traffic {
    /// Requests.
    pub(super) requests: u64,
    /// Bytes of bodies on the way to the endpoint.
    pub(super) sent: u64,
    /// Bytes of bodies on the way back.
    pub(super) received: u64,
}

#[derive(Debug, Default)]
struct Counters {
    requests: AtomicU64,
    sent: AtomicU64,
    received: AtomicU64,
}

struct Inner {
    target: String,
    latency: Duration,
    client: reqwest::Client,
    counters: Counters,
}

/// A running proxy.
pub(super) struct Proxy {
    inner: Arc<Inner>,
    url: String,
}

/// Largest body that passes.
const MOST_BYTES: usize = 512 * 1024 * 1024;
/// What concerns one connection only and is not passed on.
const OF_THE_CONNECTION: [HeaderName; 3] = [header::CONNECTION, header::TRANSFER_ENCODING, header::EXPECT];

impl Proxy {
    /// Starts on a free port, in front of `target`, a base URL without a final slash.
    pub(super) async fn start(target: &str, latency: Duration) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        Self::serve(listener, target, latency)
    }

    /// The same on a port that was listened on before.
    pub(super) fn serve(listener: tokio::net::TcpListener, target: &str, latency: Duration) -> std::io::Result<Self> {
        let url = format!("http://{}", listener.local_addr()?);
        // A setting of the machine's may send loopback elsewhere, and redirects are the caller's to follow.
        let client = crate::http::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(std::io::Error::other)?;
        let inner = Arc::new(Inner {
            target: target.to_owned(),
            latency,
            client,
            counters: Counters::default(),
        });
        let routes = Router::new().fallback(pass).with_state(Arc::clone(&inner));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self { inner, url })
    }

    /// Base URL, without a final slash.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// What passed since this was last asked.
    pub(super) fn take(&self) -> Traffic {
        let counters = &self.inner.counters;
        Traffic {
            requests: counters.requests.swap(0, Ordering::SeqCst),
            sent: counters.sent.swap(0, Ordering::SeqCst),
            received: counters.received.swap(0, Ordering::SeqCst),
        }
    }
}

async fn pass(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    inner.counters.requests.fetch_add(1, Ordering::SeqCst);
    if !inner.latency.is_zero() {
        tokio::time::sleep(inner.latency).await;
    }
    match forward(&inner, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error).into_response(),
    }
}

async fn forward(inner: &Inner, request: Request) -> Result<Response, String> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, MOST_BYTES)
        .await
        .map_err(|error| error.to_string())?;
    count(&inner.counters.sent, &body);
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let answer = inner
        .client
        .request(parts.method, format!("{}{path}", inner.target))
        // The host is part of what AWS's clients sign.
        .headers(passed_on(&parts.headers))
        .body(body)
        .send()
        .await
        .map_err(|error| error.to_string())?;
    let (status, headers) = (answer.status(), passed_on(answer.headers()));
    let body = answer.bytes().await.map_err(|error| error.to_string())?;
    count(&inner.counters.received, &body);
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

fn passed_on(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    headers
}

fn count(counter: &AtomicU64, body: &Bytes) {
    counter.fetch_add(body.len() as u64, Ordering::SeqCst);
}

#[cfg(test)]
mod tests {
    use axum::routing::post;

    use super::*;

    #[tokio::test]
    async fn requests_and_bytes_are_counted_and_passed_on_unchanged() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let target = format!("http://{}", listener.local_addr().unwrap());
        let echo = |headers: HeaderMap, body: String| async move {
            (
                StatusCode::CREATED,
                format!("{}:{body}", headers["x-signed"].to_str().unwrap()),
            )
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/a%20b", post(echo))).await });
        let proxy = Proxy::start(&target, Duration::ZERO).await.unwrap();
        let url = format!("{}/a%20b?x=%2F", proxy.url());
        let request = crate::http::client().post(url).header("x-signed", "yes").body("four");
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        assert_eq!(answer.text().await.unwrap(), "yes:four");
        let traffic = proxy.take();
        assert_eq!((traffic.requests, traffic.sent, traffic.received), (1, 4, 8));
        assert_eq!(proxy.take(), Traffic::default());
    }
}
