//! What a function hands to Lambda's runtime when it does not end well.
//!
//! The runtime prints the `Debug` of whatever it gets, as one line of the log, and sends its words to Lambda, which hands
//! them on to destinations. `Debug` of an SDK's error shows whole responses, so nothing but our own words goes there, and
//! whoever returns them does not log them as well.

use std::fmt;

use crate::domain::secrecy::public;
use lambda_runtime::Diagnostic;

/// An invocation, or the start of a function, that did not end well: our words, and nothing else.
pub struct FunctionError {
    kind: &'static str,
    words: String,
}

impl FunctionError {
    /// An invocation that Lambda is to repeat. `kind` is the type of the error as Lambda hands it on, such as
    /// `changegate.DeliveryError`; `while_doing` says what was being done.
    pub fn of(kind: &'static str, while_doing: &str, error: &dyn std::error::Error) -> Self {
        Self {
            kind,
            words: public(&format!("{while_doing}: {}", chain(error)))
                .visible()
                .into_owned(),
        }
    }

    /// What stopped the runtime itself.
    pub fn of_runtime(error: &lambda_runtime::Error) -> Self {
        Self {
            kind: "changegate.RuntimeError",
            words: format!("the runtime stopped: {}", chain(&**error)),
        }
    }
}

/// For `?` in the start of a function.
impl<E: std::error::Error> From<E> for FunctionError {
    fn from(error: E) -> Self {
        Self::of("changegate.StartError", "starting the function", &error)
    }
}

/// The words alone: this is what the runtime prints.
impl fmt::Debug for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl From<FunctionError> for Diagnostic {
    fn from(error: FunctionError) -> Self {
        Self {
            error_type: error.kind.to_owned(),
            error_message: error.words,
        }
    }
}

/// An error and its causes, in one line; a cause that the words before it hold already is left out.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !words.is_empty() && !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::FlowError;
    use crate::flows::ports::{PortError, PortErrorKind};

    /// An error of an SDK, which carries a response.
    #[derive(Debug, thiserror::Error)]
    #[error("service error")]
    struct WithResponse {
        body: &'static str,
    }

    fn port_error() -> PortError {
        PortError {
            operation: "s3:PutObject",
            subject: "outcomes/a/b.json".to_owned(),
            kind: PortErrorKind::Unavailable,
            code: Some("SlowDown".to_owned()),
            message: "reduce your request rate".to_owned(),
            source: Some(Box::new(WithResponse { body: "secret body" })),
        }
    }

    #[test]
    fn the_runtime_prints_our_words_and_never_a_response() {
        let error = FlowError::from(port_error());
        let error = FunctionError::of("changegate.RecordError", "recording an end", &error);
        let words = "recording an end: s3:PutObject on `outcomes/a/b.json`: SlowDown: reduce your request rate: \
                     service error";
        assert_eq!(format!("{error:?}"), words);
        let told = Diagnostic::from(error);
        assert_eq!(told.error_type, "changegate.RecordError");
        assert_eq!(told.error_message, words);
    }

    #[test]
    fn no_debug_of_a_failed_call_shows_what_the_service_answered() {
        for shown in [
            format!("{:?}", port_error()),
            format!("{:#?}", FlowError::from(port_error())),
        ] {
            assert!(shown.contains("SlowDown"), "{shown}");
            assert!(!shown.contains("secret body"), "{shown}");
        }
    }

    #[test]
    fn a_cause_is_not_told_twice() {
        let inner = port_error();
        let words = inner.to_string();
        let told = chain(&FlowError::from(inner));
        assert_eq!(told.matches(&words).count(), 1, "{told}");
    }
}
