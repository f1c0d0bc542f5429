//! From an SDK error to a [`PortError`].

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::flows::ports::{PortError, PortErrorKind};

/// Codes by which services ask to slow down.
///
/// Source: <https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html>
const THROTTLES: [&str; 12] = [
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes by which services say that the caller may not.
const DENIALS: [&str; 12] = [
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "AuthorizationErrorException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "MissingAuthenticationToken",
    "SignatureDoesNotMatch",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Turns an SDK error into a [`PortError`]. Codes of one service are told apart by its adapter, which may change
/// [`PortError::kind`] afterwards.
pub(crate) fn port_error<E>(operation: &'static str, subject: &str, error: SdkError<E, HttpResponse>) -> PortError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    SdkError<E, HttpResponse>: Error,
{
    let (code, message) = match &error {
        SdkError::ServiceError(service) => (
            service.err().code().map(str::to_owned),
            said(
                service.err().message(),
                service.err().code(),
                service.raw().status().as_u16(),
            ),
        ),
        _ => (None, no_answer(&error)),
    };
    let kind = match (&error, code.as_deref()) {
        (SdkError::ServiceError(service), code) => {
            let status = service.raw().status().as_u16();
            match code.map_or(PortErrorKind::Refused, kind_of) {
                // A code that nobody knows, or a page of something in between: then the status says it.
                PortErrorKind::Refused if status >= 500 => PortErrorKind::Unavailable,
                PortErrorKind::Refused if status == 429 => PortErrorKind::Throttled,
                PortErrorKind::Refused if code.is_none() && status == 403 => PortErrorKind::Denied,
                kind => kind,
            }
        }
        (SdkError::ConstructionFailure(_), _) => PortErrorKind::Refused,
        _ => PortErrorKind::Unavailable,
    };
    PortError {
        operation,
        subject: subject.to_owned(),
        kind,
        code,
        message,
        source: Some(Box::new(error)),
    }
}

fn kind_of(code: &str) -> PortErrorKind {
    match code {
        _ if THROTTLES.contains(&code) => PortErrorKind::Throttled,
        _ if DENIALS.contains(&code) => PortErrorKind::Denied,
        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "RequestTimeout"
        | "ServiceUnavailable"
        | "ServiceUnavailableException" => PortErrorKind::Unavailable,
        "PreconditionFailed" | "ConditionalRequestConflict" | "AlreadyExistsException" => PortErrorKind::Conflict,
        _ if code.starts_with("NoSuch") || code.ends_with("NotFoundException") || code == "NotFound" => {
            PortErrorKind::NotFound
        }
        _ => PortErrorKind::Refused,
    }
}

/// The service's own words. An answer with neither words nor a code, such as a page of something in between, is told by
/// its status.
fn said(message: Option<&str>, code: Option<&str>, status: u16) -> String {
    match (message, code) {
        (None | Some(""), None) => format!("it answered with HTTP status {status} and no words"),
        (message, _) => message.unwrap_or_default().to_owned(),
    }
}

fn no_answer(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn an_answer_without_words_and_code_is_told_by_its_status() {
        assert_eq!(said(Some("Rate exceeded"), Some("Throttling"), 400), "Rate exceeded");
        assert_eq!(said(None, Some("InternalFailure"), 500), "");
        for nothing in [None, Some("")] {
            assert_eq!(
                said(nothing, None, 503),
                "it answered with HTTP status 503 and no words"
            );
        }
    }
}
