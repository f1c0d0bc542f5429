//! Which operations there are, and on which resource IAM decides about each.
//!
//! The table is `operations.json`, which the start script of MiniStack reads too: it checks the caller's policies on
//! that resource before it forwards a request. Levels are those of
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodepipeline.html>.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

/// The resource of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// `*`: the operation has no resource of its own.
    Any,
    /// The ARN that the request names.
    Arn,
    /// `arn:aws:codepipeline:<region>:<account>:<pipeline>`.
    Pipeline,
    /// `…:<pipeline>/<stage>`.
    Stage,
    /// `…:<pipeline>/<stage>/<action>`.
    Action,
}

/// One operation.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Resource level.
    pub level: Level,
    /// Path of the pipeline's name in the request.
    #[serde(default)]
    pub pipeline: Vec<String>,
    /// Path of the stage's name in the request.
    #[serde(default)]
    pub stage: Vec<String>,
    /// Path of the action's name in the request.
    #[serde(default)]
    pub action: Vec<String>,
    /// Path of the ARN in the request.
    #[serde(default)]
    pub arn: Vec<String>,
    /// Whether the engine does it.
    pub emulated: bool,
}

/// Every operation of CodePipeline by name.
///
/// # Panics
///
/// Never: the table is part of the program, and a test reads it.
pub fn operations() -> &'static BTreeMap<String, Operation> {
    static TABLE: OnceLock<BTreeMap<String, Operation>> = OnceLock::new();
    #[expect(clippy::expect_used, reason = "the table is part of the program and a test reads it")]
    TABLE.get_or_init(|| serde_json::from_str(include_str!("operations.json")).expect("operations.json is well-formed"))
}

impl Operation {
    /// The resource that IAM decides about; `*` when the request names none.
    pub fn resource(&self, account: &str, region: &str, request: &Value) -> String {
        let part = |path: &[String]| -> Option<String> {
            let found = path.iter().try_fold(request, |value, key| value.get(key))?;
            found
                .as_str()
                .filter(|text| !path.is_empty() && !text.is_empty())
                .map(str::to_owned)
        };
        let parts: Option<Vec<String>> = match self.level {
            Level::Any => None,
            Level::Arn => return part(&self.arn).unwrap_or_else(|| "*".to_owned()),
            Level::Pipeline => [&self.pipeline].into_iter().map(|path| part(path)).collect(),
            Level::Stage => [&self.pipeline, &self.stage]
                .into_iter()
                .map(|path| part(path))
                .collect(),
            Level::Action => [&self.pipeline, &self.stage, &self.action]
                .into_iter()
                .map(|path| part(path))
                .collect(),
        };
        parts.map_or_else(
            || "*".to_owned(),
            |parts| format!("arn:aws:codepipeline:{region}:{account}:{}", parts.join("/")),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource(operation: &str, request: &Value) -> String {
        operations()[operation].resource("000000000000", "eu-west-1", request)
    }

    #[test]
    fn an_approval_is_decided_about_on_the_action() {
        let request = json!({ "pipelineName": "S-net", "stageName": "Apply", "actionName": "Approve1" });
        let arn = "arn:aws:codepipeline:eu-west-1:000000000000:S-net/Apply/Approve1";
        assert_eq!(resource("PutApprovalResult", &request), arn);
    }

    #[test]
    fn a_retry_is_decided_about_on_the_stage_and_a_start_on_the_pipeline() {
        let request = json!({ "pipelineName": "S-net", "stageName": "Apply" });
        assert_eq!(
            resource("RetryStageExecution", &request),
            "arn:aws:codepipeline:eu-west-1:000000000000:S-net/Apply"
        );
        let request = json!({ "name": "S-net" });
        assert_eq!(
            resource("StartPipelineExecution", &request),
            "arn:aws:codepipeline:eu-west-1:000000000000:S-net"
        );
        let request = json!({ "pipeline": { "name": "S-net" } });
        assert_eq!(
            resource("CreatePipeline", &request),
            "arn:aws:codepipeline:eu-west-1:000000000000:S-net"
        );
    }

    #[test]
    fn reports_of_jobs_have_no_resource() {
        assert_eq!(resource("PutJobSuccessResult", &json!({ "jobId": "x" })), "*");
        assert_eq!(resource("GetJobDetails", &json!({})), "*");
    }

    #[test]
    fn a_request_that_names_no_resource_is_decided_about_on_everything() {
        assert_eq!(resource("PutApprovalResult", &json!({ "pipelineName": "S-net" })), "*");
    }
}
