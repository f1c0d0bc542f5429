//! The event by which CodePipeline delivers a job to an invoke action.
//!
//! The type of the crate `aws_lambda_events` prints credentials and refuses jobs without artifacts, so this is our
//! own: lenient in what it reads, and without `Debug` or `Serialize` for what must not be seen.
//!
//! Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html>

use serde::Deserialize;
use serde_json::Value;

use crate::aws::artifacts::{ArtifactAccess, ArtifactCredentials, ArtifactLocation};
use crate::domain::continuation::Continuation;
use crate::domain::job::Job;
use crate::flows::ports::Secret;

/// A delivered job: what flows may see, and what only the artifacts need.
pub struct JobEvent {
    /// What flows see. The continuation token is the flow's own part of it.
    pub job: Job,
    /// How many deliveries in a row ended without progress.
    pub attempts: u8,
    /// Where the artifacts are and what opens them.
    pub artifacts: ArtifactAccess,
}

/// A job event is not of the documented shape. The text never holds any of the event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobEventError {
    /// There is no job id, so there is nobody to report to.
    #[error("the event holds no `CodePipeline.job` with an `id`; only CodePipeline may invoke this function")]
    NoJobId,
    /// The job's data are not of the documented shape.
    #[error("the job's `{0}` is missing or not of the documented shape; start the pipeline again")]
    Malformed(&'static str),
    /// The continuation token was written by another version.
    #[error(transparent)]
    Token(#[from] crate::domain::continuation::UnknownToken),
}

/// The id of the job, read before anything else, so that whatever comes after can be reported.
///
/// # Errors
///
/// [`JobEventError::NoJobId`] when there is none.
pub fn job_id(event: &Value) -> Result<&str, JobEventError> {
    event
        .pointer("/CodePipeline.job/id")
        .and_then(Value::as_str)
        .filter(|id| !id.is_empty())
        .ok_or(JobEventError::NoJobId)
}

impl JobEvent {
    /// Reads an event. Absent artifacts and credentials are no error: an action may have none.
    ///
    /// # Errors
    ///
    /// One variant of [`JobEventError`] for each way in which the event is not a job.
    pub fn parse(event: &Value) -> Result<Self, JobEventError> {
        let id = job_id(event)?.to_owned();
        let data = event.pointer("/CodePipeline.job/data").unwrap_or(&Value::Null);
        let wire: WireData = WireData::deserialize(data).map_err(|_| JobEventError::Malformed("data"))?;
        let configuration = wire.action_configuration.and_then(|action| action.configuration);
        let user_parameters = configuration
            .and_then(|configuration| configuration.user_parameters)
            .ok_or(JobEventError::Malformed("UserParameters"))?;
        let token: Option<Continuation> = wire
            .continuation_token
            .filter(|token| !token.is_empty())
            .map(|token| token.parse())
            .transpose()?;
        let continuation = token.unwrap_or_default();
        let inputs = locations(wire.input_artifacts.unwrap_or_default(), "inputArtifacts")?;
        let outputs = locations(wire.output_artifacts.unwrap_or_default(), "outputArtifacts")?;
        let names = |artifacts: &[ArtifactLocation]| artifacts.iter().map(|artifact| artifact.name.clone()).collect();
        Ok(Self {
            job: Job {
                id,
                user_parameters,
                continuation_token: continuation.flow,
                input_artifacts: names(&inputs),
                output_artifacts: names(&outputs),
            },
            attempts: continuation.attempts,
            artifacts: ArtifactAccess {
                credentials: wire.artifact_credentials.map(ArtifactCredentials::from),
                encryption_key: wire.encryption_key.and_then(|key| key.id),
                inputs,
                outputs,
            },
        })
    }
}

fn locations(artifacts: Vec<WireArtifact>, list: &'static str) -> Result<Vec<ArtifactLocation>, JobEventError> {
    let located = artifacts.into_iter().map(|artifact| {
        let place = artifact.location?.s3_location?;
        Some(ArtifactLocation {
            name: artifact.name?,
            bucket: place.bucket_name?,
            key: place.object_key?,
        })
    });
    located.collect::<Option<_>>().ok_or(JobEventError::Malformed(list))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireData {
    action_configuration: Option<WireAction>,
    input_artifacts: Option<Vec<WireArtifact>>,
    output_artifacts: Option<Vec<WireArtifact>>,
    artifact_credentials: Option<WireCredentials>,
    continuation_token: Option<String>,
    encryption_key: Option<WireKey>,
}

#[derive(Deserialize)]
struct WireAction {
    configuration: Option<WireConfiguration>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WireConfiguration {
    user_parameters: Option<String>,
}

#[derive(Deserialize)]
struct WireArtifact {
    name: Option<String>,
    location: Option<WireLocation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireLocation {
    s3_location: Option<WirePlace>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePlace {
    bucket_name: Option<String>,
    object_key: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

#[derive(Deserialize)]
struct WireKey {
    id: Option<String>,
}

impl From<WireCredentials> for ArtifactCredentials {
    fn from(wire: WireCredentials) -> Self {
        Self {
            access_key_id: Secret::new(wire.access_key_id),
            secret_access_key: Secret::new(wire.secret_access_key),
            session_token: Secret::new(wire.session_token),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event() -> Value {
        json!({"CodePipeline.job": {
            "id": "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6",
            "accountId": "111122223333",
            "data": {
                "actionConfiguration": {"configuration": {"FunctionName": "f", "UserParameters": "{}"}},
                "inputArtifacts": [{"name": "Template", "revision": null, "location": {
                    "type": "S3", "s3Location": {"bucketName": "artifacts", "objectKey": "p/Template/TdOSFRV"}}}],
                "outputArtifacts": [],
                "artifactCredentials": {
                    "accessKeyId": "AKIDSECRET", "secretAccessKey": "hush", "sessionToken": "hush-too",
                    "expirationTime": 1_575_493_418_000_u64},
                "encryptionKey": {"id": "arn:aws:kms:eu-west-1:111122223333:key/k", "type": "KMS"}
            }
        }})
    }

    #[test]
    fn the_documented_event_is_read() {
        let event = JobEvent::parse(&event()).ok().unwrap();
        assert_eq!(event.job.input_artifacts, ["Template"]);
        assert_eq!(event.job.continuation_token, None);
        assert_eq!(event.artifacts.inputs[0].key, "p/Template/TdOSFRV");
        assert!(event.artifacts.encryption_key.unwrap().starts_with("arn:aws:kms:"));
        assert_eq!(event.artifacts.credentials.unwrap().session_token.expose(), "hush-too");
    }

    #[test]
    fn a_job_without_artifacts_and_credentials_is_read() {
        for absent in [Value::Null, json!([])] {
            let mut event = event();
            let data = &mut event["CodePipeline.job"]["data"];
            data["inputArtifacts"] = absent.clone();
            data["outputArtifacts"] = absent;
            data["artifactCredentials"] = Value::Null;
            data["encryptionKey"] = Value::Null;
            let event = JobEvent::parse(&event).ok().unwrap();
            assert!(event.job.input_artifacts.is_empty() && event.artifacts.credentials.is_none());
        }
    }

    #[test]
    fn a_malformed_job_still_has_its_id_and_the_error_shows_none_of_the_event() {
        let mut event = event();
        event["CodePipeline.job"]["data"]["artifactCredentials"] = json!({"accessKeyId": "AKIDSECRET"});
        assert_eq!(job_id(&event), Ok("c0d76431-b0e7-4a11-97e3-e8ee786eb6f6"));
        let error = JobEvent::parse(&event).err().unwrap();
        assert!(!format!("{error} {error:?}").contains("AKIDSECRET"));
    }

    #[test]
    fn an_event_without_a_job_id_is_told_apart() {
        for event in [json!({}), json!(null), json!({"CodePipeline.job": {"id": ""}})] {
            assert_eq!(JobEvent::parse(&event).err(), Some(JobEventError::NoJobId));
        }
    }

    #[test]
    fn the_flow_sees_only_its_own_part_of_the_token() {
        let mut event = event();
        event["CodePipeline.job"]["data"]["continuationToken"] = json!("1:3:after:colon");
        let event = JobEvent::parse(&event).ok().unwrap();
        assert_eq!(event.attempts, 3);
        assert_eq!(event.job.continuation_token.as_deref(), Some("after:colon"));
    }
}
