//! The output artifact of `changeset-create`: what later actions need to know of the plan.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::sha256::Sha256;

/// Name of the artifact in the pipeline. It must differ from every namespace.
pub const ARTIFACT: &str = "PlannedChange";
/// Name of the file in the artifact's ZIP.
pub const FILE: &str = "planned-change.json";
/// Output variable of the action that plans: the hash of [`FILE`]. Artifacts can be written by more hands than
/// CodePipeline's history, so later actions believe the file only with this hash.
pub const PLAN_SHA256: &str = "PlanSha256";

/// What was planned, by whom it can be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlannedChange {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Name of the CloudFormation stack.
    pub stack_name: String,
    /// ARN of the stack, as `CreateChangeSet` answered; absent when only the stack policy changes.
    pub stack_id: Option<String>,
    /// ARN of the change set; absent when only the stack policy changes.
    pub change_set_arn: Option<String>,
    /// `CREATE` or `UPDATE`.
    pub change_set_type: String,
    /// Hash of the template bytes that were submitted.
    pub template_sha256: Sha256,
    /// Key of the template in the source bucket's `.packages/`.
    pub template_key: String,
    /// `LastUpdatedTime`, else `CreationTime`, of the stack when it was planned (RFC 3339); absent for a new stack.
    pub stack_last_changed: Option<String>,
    /// The stack's policy when it was planned; absent when it had none.
    pub stack_policy_before: Option<String>,
    /// Parameters as submitted; `None` stands for `UsePreviousValue`.
    pub parameters: BTreeMap<String, Option<String>>,
    /// Tags as submitted.
    pub tags: BTreeMap<String, String>,
    /// Commit that the pinned source versions were written from.
    pub commit: String,
    /// Greatest number of the provenance records that the pinned source versions were written under; absent where they
    /// had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Source object versions of this run: source action name to S3 version id.
    pub source_versions: BTreeMap<String, String>,
}
