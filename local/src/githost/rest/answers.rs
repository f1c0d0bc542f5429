//! What all answers have in common: errors, pages, entity tags, rate limit headers.

use axum::Json;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::githost::repository::RepositoryError;

/// What a handler answers.
pub type Answer = Result<Response, Refusal>;

/// Answers larger than this carry no entity tag.
const TAGGED: usize = 64 * 1024 * 1024;
/// What GitHub grants a token each hour.
const LIMIT: u32 = 5_000;
const LIMIT_TEXT: &str = "5000";

/// An error as GitHub words it.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    message: String,
}

impl Refusal {
    /// An error with a message.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Refusal {
            status,
            message: message.into(),
        }
    }

    /// `Not Found`.
    pub fn not_found() -> Self {
        Refusal::new(StatusCode::NOT_FOUND, "Not Found")
    }

    /// 422 with a message.
    pub fn unprocessable(message: impl Into<String>) -> Self {
        Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }
}

impl From<RepositoryError> for Refusal {
    fn from(error: RepositoryError) -> Self {
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({
            "message": self.message,
            "documentation_url": "https://docs.github.com/rest",
            "status": self.status.as_u16().to_string(),
        });
        (self.status, Json(body)).into_response()
    }
}

/// Which part of a listing is asked for.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Page {
    page: Option<usize>,
    per_page: Option<usize>,
}

impl Page {
    /// How many entries a page has: 30, at most 100.
    pub fn size(self) -> usize {
        self.per_page.unwrap_or(30).clamp(1, 100)
    }

    /// How many entries come before it.
    pub fn skipped(self) -> usize {
        (self.page.unwrap_or(1).max(1) - 1) * self.size()
    }

    /// The page of a listing, with the link to the next one.
    pub fn of(self, all: Vec<Value>, path: &str) -> Response {
        let more = all.len() > self.skipped() + self.size();
        let entries: Vec<Value> = all.into_iter().skip(self.skipped()).take(self.size()).collect();
        self.linked(Json(Value::Array(entries)).into_response(), more, path)
    }

    /// Adds the link to the next page, where there is one.
    pub fn linked(self, mut response: Response, more: bool, path: &str) -> Response {
        if more {
            let next = self.page.unwrap_or(1).max(1) + 1;
            let separator = if path.contains('?') { '&' } else { '?' };
            let link = format!("<{path}{separator}per_page={}&page={next}>; rel=\"next\"", self.size());
            if let Ok(value) = HeaderValue::from_str(&link) {
                response.headers_mut().insert(header::LINK, value);
            }
        }
        response
    }
}

/// Adds an entity tag, answers 304 to who has it already, and adds the rate limit headers.
///
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
pub(super) async fn conditional(request: Request, next: Next) -> Response {
    let reads = request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let mut response = next.run(request).await;
    if reads && response.status() == StatusCode::OK {
        response = tagged(response, known.as_ref()).await;
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", LIMIT_TEXT),
        ("x-ratelimit-remaining", "4999"),
        ("x-ratelimit-used", "1"),
        ("x-ratelimit-resource", "core"),
        ("x-github-api-version-selected", "2022-11-28"),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(HeaderName::from_static("x-ratelimit-reset"), HeaderValue::from(reset()));
    response
}

async fn tagged(response: Response, known: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, TAGGED).await else {
        return Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the answer is too large").into_response();
    };
    let tag = format!("\"{}\"", hex::encode(Sha256::digest(&bytes)));
    let matches = known
        .and_then(|value| value.to_str().ok())
        .is_some_and(|known| known.split(',').any(|each| each.trim().trim_start_matches("W/") == tag));
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, value);
    }
    if matches {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

fn reset() -> i64 {
    jiff::Timestamp::now().as_second() + 3_600
}

/// `GET /rate_limit`.
pub(super) async fn rate_limit() -> Json<Value> {
    let core = json!({ "limit": LIMIT, "used": 1, "remaining": LIMIT - 1, "reset": reset(), "resource": "core" });
    Json(json!({ "resources": { "core": core }, "rate": core }))
}
