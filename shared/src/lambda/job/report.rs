//! Keeps a report within what CodePipeline takes, so that no outcome is lost for its length.
//!
//! Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html> and
//! <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html>

use std::collections::BTreeMap;

use crate::domain::continuation::MAX_TOKEN_CHARS;
use crate::domain::job::{FailureKind, JobOutcome};
use crate::domain::secrecy::public;

/// Longest message of a failure, in characters.
const MAX_MESSAGE_CHARS: usize = 5000;
/// Longest summary, in characters.
const MAX_SUMMARY_CHARS: usize = 2048;
/// Longest external execution id, in characters.
const MAX_EXTERNAL_ID_CHARS: usize = 1500;
/// All output variables of one action together, in bytes.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const MAX_VARIABLES_BYTES: usize = 122_880;

/// The outcome within CodePipeline's bounds. Texts are cut on a character; what cannot be cut becomes a failure.
pub(super) fn bounded(outcome: JobOutcome) -> JobOutcome {
    match outcome {
        JobOutcome::Succeeded {
            variables,
            summary,
            external_execution_id,
        } => match fault_of(&variables) {
            Some(message) => failed(message),
            None => JobOutcome::Succeeded {
                variables: with_shown_summary(variables),
                summary: cut(shown(&summary), MAX_SUMMARY_CHARS),
                external_execution_id: external_id(external_execution_id),
            },
        },
        JobOutcome::Continue { token, .. } if token.chars().count() > MAX_TOKEN_CHARS => failed(format!(
            "the continuation token is longer than {MAX_TOKEN_CHARS} characters: a defect in Changegate"
        )),
        JobOutcome::Continue {
            token,
            summary,
            percent,
        } => JobOutcome::Continue {
            token,
            summary: cut(shown(&summary), MAX_SUMMARY_CHARS),
            percent: percent.map(|percent| percent.min(100)),
        },
        JobOutcome::Failed {
            kind,
            message,
            external_execution_id,
        } => JobOutcome::Failed {
            kind,
            message: match message.trim() {
                "" => "the action gave no reason".to_owned(),
                _ => cut(shown(&message), MAX_MESSAGE_CHARS),
            },
            external_execution_id: external_id(external_execution_id),
        },
    }
}

/// What everybody who may see the pipeline reads: one line, nothing in it secret or invisible.
fn shown(text: &str) -> String {
    public(text).visible().into_owned()
}

/// The variables, the one that people read shown as the summary of the action is; approvals show it as well. The others
/// are ids, hashes and words that the next action compares.
fn with_shown_summary(mut variables: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if let Some(summary) = variables.get_mut("Summary") {
        *summary = shown(summary);
    }
    variables
}

fn failed(message: String) -> JobOutcome {
    JobOutcome::Failed {
        kind: FailureKind::JobFailed,
        message,
        external_execution_id: None,
    }
}

fn fault_of(variables: &BTreeMap<String, String>) -> Option<String> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"@-_".contains(&byte))
    };
    if let Some(name) = variables.keys().find(|name| !is_name(name)) {
        return Some(format!(
            "`{name}` is not the name of an output variable: a defect in Changegate"
        ));
    }
    let bytes: usize = variables.iter().map(|(name, value)| name.len() + value.len()).sum();
    (bytes > MAX_VARIABLES_BYTES).then(|| {
        format!("the output variables take {bytes} bytes, more than the {MAX_VARIABLES_BYTES} that CodePipeline takes")
    })
}

fn external_id(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty()).map(|id| cut(id, MAX_EXTERNAL_ID_CHARS))
}

/// `text`, at most `limit` characters long, with an ellipsis where it was cut.
fn cut(mut text: String, limit: usize) -> String {
    if text.chars().count() > limit
        && let Some((index, _)) = text.char_indices().nth(limit - 1)
    {
        text.truncate(index);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::fakes::{assert_harmless, planted};

    #[test]
    fn whatever_people_read_of_a_job_is_masked_and_visible() {
        let variables = [("Summary", planted("blocked")), ("Outcome", "blocked".to_owned())];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let outcomes = [
            JobOutcome::Succeeded {
                variables: variables.into(),
                summary: planted("done"),
                external_execution_id: None,
            },
            JobOutcome::Continue {
                token: "t".to_owned(),
                summary: planted("at work"),
                percent: None,
            },
            JobOutcome::Failed {
                kind: FailureKind::JobFailed,
                message: planted("failed"),
                external_execution_id: None,
            },
        ];
        for outcome in outcomes {
            let told = match bounded(outcome) {
                JobOutcome::Succeeded { variables, summary, .. } => format!("{summary}\n{}", variables["Summary"]),
                JobOutcome::Continue { summary, .. } => summary,
                JobOutcome::Failed { message, .. } => message,
            };
            assert!(assert_harmless("a report", &told) > 0, "{told}");
        }
    }
}
