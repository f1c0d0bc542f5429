//! The token by which a waiting action finds its way back, versioned.
//!
//! CodePipeline hands the token of one delivery to the next. It carries what the flow wants to be told, and how many
//! deliveries in a row ended without progress, so that a lasting outage ends in a failure instead of a wait for a day.

use std::fmt;
use std::str::FromStr;

/// Longest token that CodePipeline takes, in characters.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html>
pub const MAX_TOKEN_CHARS: usize = 2048;

/// Longest token that a flow may ask for, in characters; the rest is this envelope's.
pub const MAX_FLOW_TOKEN_CHARS: usize = MAX_TOKEN_CHARS - 16;

/// Shape of the token that this version writes and reads.
const VERSION: &str = "1";

/// What one delivery of a job tells the next.
///
/// Its text is `1:<attempts>` or `1:<attempts>:<flow's token>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Continuation {
    /// How many deliveries in a row ended without progress: a throttle, an outage, or the time of one invocation.
    pub attempts: u8,
    /// What the flow asked to be told; absent until it waited for something itself.
    pub flow: Option<String>,
}

/// A continuation token is not of a shape that this version wrote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the continuation token is not one that this version of Changegate wrote; start the pipeline again")]
pub struct UnknownToken;

impl FromStr for Continuation {
    type Err = UnknownToken;

    fn from_str(text: &str) -> Result<Self, UnknownToken> {
        let rest = text
            .strip_prefix(VERSION)
            .and_then(|rest| rest.strip_prefix(':'))
            .ok_or(UnknownToken)?;
        let (attempts, flow) = match rest.split_once(':') {
            Some((attempts, flow)) => (attempts, Some(flow.to_owned())),
            None => (rest, None),
        };
        let attempts = attempts.parse().map_err(|_| UnknownToken)?;
        Ok(Self { attempts, flow })
    }
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:{}", self.attempts)?;
        match &self.flow {
            Some(flow) => write!(f, ":{flow}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_survives_its_text_form(attempts: u8, flow in proptest::option::of(".{0,200}")) {
            let continuation = Continuation { attempts, flow };
            prop_assert_eq!(continuation.to_string().parse(), Ok(continuation));
        }
    }

    #[test]
    fn the_longest_token_of_a_flow_still_fits() {
        let flow = Some("x".repeat(MAX_FLOW_TOKEN_CHARS));
        assert!(
            Continuation {
                attempts: u8::MAX,
                flow
            }
            .to_string()
            .chars()
            .count()
                <= MAX_TOKEN_CHARS
        );
    }

    #[test]
    fn tokens_of_other_shapes_are_refused() {
        for text in ["", "1", "2:0", "1:256", "1:x:y", "{\"previous_job_id\":\"x\"}"] {
            assert_eq!(text.parse::<Continuation>(), Err(UnknownToken), "{text}");
        }
    }
}
