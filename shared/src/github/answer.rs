//! From GitHub's answers to [`PortError`]s: what to do about a failure is in its status, headers and message.

use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde::Deserialize;

use crate::flows::ports::{PortError, PortErrorKind};

/// What GitHub asks to wait at least after a rate limit that names no time.
///
/// Source: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>
pub(super) const LEAST_PAUSE: SignedDuration = SignedDuration::from_secs(60);
/// Longer pauses than this are not believed.
const MOST_PAUSE: SignedDuration = SignedDuration::from_hours(2);
/// How much of an answer that reports an error is read.
const ERROR_LIMIT_BYTES: usize = 64 * 1024;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ErrorBody {
    message: String,
    errors: Vec<serde_json::Value>,
}

/// Until when GitHub asks for no further call, if the answer is a rate limit.
pub(super) fn paused_until(status: StatusCode, headers: &HeaderMap, now: Timestamp) -> Option<Timestamp> {
    if status != StatusCode::FORBIDDEN && status != StatusCode::TOO_MANY_REQUESTS {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    let pause = if let Some(seconds) = number("retry-after") {
        SignedDuration::from_secs(seconds.max(1))
    } else if number("x-ratelimit-remaining") == Some(0) {
        let reset = number("x-ratelimit-reset").and_then(|second| Timestamp::from_second(second).ok());
        reset.map_or(LEAST_PAUSE, |reset| {
            reset.duration_since(now).max(SignedDuration::from_secs(1))
        })
    } else if status == StatusCode::TOO_MANY_REQUESTS {
        LEAST_PAUSE
    } else {
        return None;
    };
    now.checked_add(pause.min(MOST_PAUSE)).ok()
}

/// The error that an answer other than success stands for.
pub(super) async fn refusal(
    operation: &'static str,
    subject: &str,
    answer: Response,
    is_rate_limit: bool,
) -> PortError {
    let status = answer.status();
    let needed = header(&answer, "x-accepted-github-permissions");
    let mut answer = answer;
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ERROR_LIMIT_BYTES {
            break;
        }
    }
    let ErrorBody { message: said, errors } = serde_json::from_slice(&body).unwrap_or_default();
    // A blob that GitHub does not serve for its size comes as a 403 too.
    let is_too_large = errors.iter().any(|error| error["code"] == "too_large");
    // A secondary rate limit may come as a plain 403 that only its words tell apart from a missing permission.
    let is_rate_limit =
        is_rate_limit || (status == StatusCode::FORBIDDEN && said.to_lowercase().contains("rate limit"));
    let kind = match status.as_u16() {
        _ if is_rate_limit => PortErrorKind::Throttled,
        _ if is_too_large => PortErrorKind::Refused,
        401 | 403 => PortErrorKind::Denied,
        404 | 410 => PortErrorKind::NotFound,
        408 | 500..=599 => PortErrorKind::Unavailable,
        409 => PortErrorKind::Conflict,
        _ => PortErrorKind::Refused,
    };
    let advice = match status.as_u16() {
        _ if is_rate_limit => "; it is asked again when the limit is over".to_owned(),
        _ if is_too_large => String::new(),
        401 => "; the token is expired or revoked: put a new one into the secret".to_owned(),
        403 => match needed {
            Some(needed) => format!("; give the token the permission {needed}"),
            None => "; give the token read access to the repository's contents".to_owned(),
        },
        404 => "; it is not there, or the token may not see it".to_owned(),
        _ => String::new(),
    };
    PortError {
        operation,
        subject: subject.to_owned(),
        kind,
        code: Some(status.as_u16().to_string()),
        message: format!("{said}{advice}"),
        source: None,
    }
}

/// The error that a call without a whole answer stands for. URLs stay out: a redirect's may carry a token.
pub(super) fn no_answer(operation: &'static str, subject: &str, error: reqwest::Error) -> PortError {
    let error = error.without_url();
    let message = if error.is_timeout() {
        "GitHub did not answer in time"
    } else if error.is_connect() {
        "GitHub cannot be reached"
    } else {
        "the answer broke off"
    };
    PortError {
        operation,
        subject: subject.to_owned(),
        kind: PortErrorKind::Unavailable,
        code: None,
        message: message.to_owned(),
        source: Some(Box::new(error)),
    }
}

/// The error that an answer of another shape than documented stands for.
pub(super) fn not_understood(operation: &'static str, subject: &str, error: serde_json::Error) -> PortError {
    PortError {
        operation,
        subject: subject.to_owned(),
        kind: PortErrorKind::Unavailable,
        code: None,
        message: format!(
            "the answer is not what GitHub documents, at line {} column {}",
            error.line(),
            error.column()
        ),
        source: Some(Box::new(error)),
    }
}

pub(super) fn header(answer: &Response, name: &str) -> Option<String> {
    Some(answer.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The path of the next page, out of a `Link` header; `None` when this page is the last.
///
/// # Errors
///
/// When the next page does not lie below `api_url`.
pub(super) fn next_page(
    operation: &'static str,
    subject: &str,
    links: &str,
    api_url: &str,
) -> Result<Option<String>, PortError> {
    let Some(next) = links.split(',').find(|link| link.contains("rel=\"next\"")) else {
        return Ok(None);
    };
    let url = next
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map(|(url, _)| url);
    match url.and_then(|url| url.strip_prefix(api_url)) {
        Some(path) => Ok(Some(path.to_owned())),
        None => Err(PortError {
            operation,
            subject: subject.to_owned(),
            kind: PortErrorKind::Unavailable,
            code: None,
            message: "the next page lies outside of GitHub's interface".to_owned(),
            source: None,
        }),
    }
}

/// Reads an answer to its end, at most `limit_bytes`.
pub(super) async fn whole(
    operation: &'static str,
    subject: &str,
    mut answer: Response,
    limit_bytes: u64,
) -> Result<Vec<u8>, PortError> {
    // What is announced is neither downloaded in vain nor grown into, which would take twice the room.
    let announced = answer.content_length().unwrap_or_default();
    if announced > limit_bytes {
        return Err(too_large(operation, subject, limit_bytes));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(announced).unwrap_or_default());
    loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(no_answer(operation, subject, error)),
        }
        if bytes.len() as u64 > limit_bytes {
            return Err(too_large(operation, subject, limit_bytes));
        }
    }
}

pub(super) fn too_large(operation: &'static str, subject: &str, limit_bytes: u64) -> PortError {
    PortError {
        operation,
        subject: subject.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message: format!("the answer is larger than {limit_bytes} bytes"),
        source: None,
    }
}
