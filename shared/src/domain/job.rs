//! A CodePipeline job as flows see it: no credentials, no wire types.

use std::collections::BTreeMap;

/// One delivery of a job to an invoke action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Id of the job; each continuation has a new one. Logs show only its last characters.
    pub id: String,
    /// The action's `UserParameters`, as delivered and not yet believed.
    pub user_parameters: String,
    /// What the previous delivery asked to be told; absent on the first.
    pub continuation_token: Option<String>,
    /// Names of the input artifacts, in the action's order.
    pub input_artifacts: Vec<String>,
    /// Names of the output artifacts, in the action's order.
    pub output_artifacts: Vec<String>,
}

/// How one delivery of a job ended. Exactly one is reported for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobOutcome {
    /// The action is done.
    Succeeded {
        /// Output variables: key to value.
        variables: BTreeMap<String, String>,
        /// One line for CodePipeline's history.
        summary: String,
        /// What was made or used, such as the ARN of the change set.
        external_execution_id: Option<String>,
    },
    /// The action waits; CodePipeline calls again with the token.
    Continue {
        /// At most 2,048 characters.
        token: String,
        /// What is being waited for.
        summary: String,
        /// Progress, 0 to 100.
        percent: Option<u8>,
    },
    /// The action failed.
    Failed {
        /// Who must act.
        kind: FailureKind,
        /// What was being done, to what, what AWS said, what to do now.
        message: String,
        /// What was made or used, such as the ARN of the change set.
        external_execution_id: Option<String>,
    },
}

/// Who must act on a failure; CodePipeline's failure types.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_FailureDetails.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The change itself, or the stack, cannot go on.
    JobFailed,
    /// A file of the repository or a setting is wrong.
    Configuration,
    /// A permission is missing.
    Permission,
    /// What was planned or reviewed is out of date.
    RevisionOutOfSync,
    /// A service did not answer; the same run may succeed later.
    Unavailable,
}
