//! The name of every environment variable that a function reads.
//!
//! `template.yaml` sets them; a test compares the two.

/// Name of this deployment's environment, as the catalogue spells it.
pub const ENVIRONMENT: &str = "CHANGEGATE_ENVIRONMENT";
/// Name of the versioned bucket that mirrors the branch.
pub const SOURCE_BUCKET: &str = "CHANGEGATE_SOURCE_BUCKET";
/// Name of the bucket of reviews, claims and outcomes.
pub const EVIDENCE_BUCKET: &str = "CHANGEGATE_EVIDENCE_BUCKET";
/// Name of the bucket in which CodePipeline keeps artifacts.
pub const ARTIFACT_BUCKET: &str = "CHANGEGATE_ARTIFACT_BUCKET";
/// What every pipeline's name starts with: the name of the deployment's stack and a hyphen.
pub const PIPELINE_PREFIX: &str = "CHANGEGATE_PIPELINE_PREFIX";
/// Name of the pipeline that provisions the other pipelines.
pub const ROOT_PIPELINE: &str = "CHANGEGATE_ROOT_PIPELINE";
/// Name of the stack that holds the provisioned pipelines.
pub const PIPELINES_STACK: &str = "CHANGEGATE_PIPELINES_STACK";
/// Gate of the root pipeline, set by the SAM parameters: a JSON object with the fields of [`crate::domain::gate::Gate`].
pub const ROOT_GATE: &str = "CHANGEGATE_ROOT_GATE";
/// Floor below which no gate may go: a JSON object with the fields of [`crate::domain::gate::Floor`].
pub const FLOOR: &str = "CHANGEGATE_FLOOR";
/// ARN of the role that provisioned pipelines run as.
pub const PIPELINE_ROLE: &str = "CHANGEGATE_PIPELINE_ROLE_ARN";
/// ARN of the role that CloudFormation uses for stacks whose catalogue entry names no deployer.
pub const DEPLOYER_ROLE: &str = "CHANGEGATE_DEPLOYER_ROLE_ARN";
/// Name of the function `changeset-create`.
pub const CREATE_FUNCTION: &str = "CHANGEGATE_CREATE_FUNCTION";
/// Name of the function `changeset-describe`.
pub const DESCRIBE_FUNCTION: &str = "CHANGEGATE_DESCRIBE_FUNCTION";
/// Name of the function `changeset-execute`.
pub const EXECUTE_FUNCTION: &str = "CHANGEGATE_EXECUTE_FUNCTION";
/// ARN of the topic that hears of reviews and outcomes of stacks that name no topic of their own.
pub const TOPIC: &str = "CHANGEGATE_TOPIC_ARN";
/// Hashes of the packages that this deployment was made with: a JSON object of function, without the stack's name, to
/// SHA-256 in base64; empty where it was not made by `scripts/deploy`.
pub const RELEASE: &str = "CHANGEGATE_RELEASE";
/// URL of the FIFO queue between the webhook and the sync.
pub const QUEUE_URL: &str = "CHANGEGATE_QUEUE_URL";
/// Repository that is watched, `owner/name`.
pub const GITHUB_REPOSITORY: &str = "CHANGEGATE_GITHUB_REPOSITORY";
/// GitHub's number of the repository, where a certain one is meant; empty for the one that was synced first.
pub const GITHUB_REPOSITORY_ID: &str = "CHANGEGATE_GITHUB_REPOSITORY_ID";
/// Branch that is watched, without `refs/heads/`.
pub const GITHUB_BRANCH: &str = "CHANGEGATE_GITHUB_BRANCH";
/// Base URL of GitHub's REST interface, without a final slash.
pub const GITHUB_API_URL: &str = "CHANGEGATE_GITHUB_API_URL";
/// Base URL of GitHub's pages, without a final slash; links in reviews point there.
pub const GITHUB_WEB_URL: &str = "CHANGEGATE_GITHUB_WEB_URL";
/// ARN of the secret that holds a GitHub token, or the JSON of a GitHub App.
pub const GITHUB_CREDENTIAL: &str = "CHANGEGATE_GITHUB_CREDENTIAL_ARN";
/// ARN of the secret that holds the webhook secrets, one a line; the newest first.
pub const WEBHOOK_SECRET: &str = "CHANGEGATE_WEBHOOK_SECRET_ARN";
/// Base URL of the page at which an approver reads a review; the object's key is appended.
pub const REVIEW_URL: &str = "CHANGEGATE_REVIEW_URL";
/// URL of the queue of the announcements that Lambda gave up delivering to `outcome-record`.
pub const LOST_EVENTS_URL: &str = "CHANGEGATE_LOST_EVENTS_URL";
