//! The artifacts of one job in Amazon S3, reached with the credentials that the job brought.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_types::SdkConfig;

use super::errors::port_error;
use crate::domain::archive;
use crate::flows::ports::{JobArtifacts, PortError, PortErrorKind, Secret};

/// Temporary credentials of a job.
pub struct ArtifactCredentials {
    /// Access key id.
    pub access_key_id: Secret,
    /// Secret access key.
    pub secret_access_key: Secret,
    /// Session token.
    pub session_token: Secret,
}

/// Where one artifact is.
#[derive(Clone, PartialEq, Eq)]
pub struct ArtifactLocation {
    /// Name of the artifact in the pipeline.
    pub name: String,
    /// Bucket.
    pub bucket: String,
    /// Key.
    pub key: String,
}

/// Where the artifacts of a job are, and the credentials that the job brought for them.
pub struct ArtifactAccess {
    /// Credentials that reach this job's artifacts only; absent when the job has none.
    pub credentials: Option<ArtifactCredentials>,
    /// ARN or id of the KMS key that encrypts artifacts; absent when Amazon S3's own key does.
    pub encryption_key: Option<String>,
    /// Input artifacts, in the action's order.
    pub inputs: Vec<ArtifactLocation>,
    /// Output artifacts, in the action's order.
    pub outputs: Vec<ArtifactLocation>,
}

/// What a ZIP may be larger than its content: names, headers, and content that does not shrink.
const ARCHIVE_OVERHEAD_BYTES: u64 = 64 * 1024;

/// Reads and writes the artifacts of one job.
pub struct S3Artifacts {
    client: Client,
    access: ArtifactAccess,
}

impl S3Artifacts {
    /// Opens the artifacts of a job in the region and at the endpoint of `aws`, but with the job's own credentials.
    pub fn new(aws: &SdkConfig, mut access: ArtifactAccess) -> Self {
        let mut config = aws_sdk_s3::config::Builder::from(aws);
        if let Some(brought) = access.credentials.take() {
            config = config.credentials_provider(Credentials::new(
                brought.access_key_id.expose(),
                brought.secret_access_key.expose(),
                Some(brought.session_token.expose().to_owned()),
                None,
                "CodePipeline job",
            ));
        }
        Self {
            client: Client::from_conf(config.build()),
            access,
        }
    }
}

impl JobArtifacts for S3Artifacts {
    async fn read(&self, name: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError> {
        const OPERATION: &str = "s3:GetObject";
        let place = find(&self.access.inputs, name, OPERATION)?;
        let subject = format!("s3://{}/{}", place.bucket, place.key);
        let object = self
            .client
            .get_object()
            .bucket(&place.bucket)
            .key(&place.key)
            .send()
            .await
            .map_err(|error| port_error(OPERATION, &subject, error))?;
        let packed_limit = limit_bytes + ARCHIVE_OVERHEAD_BYTES;
        let too_large = || {
            let reason = format!("the artifact `{name}` is larger than {packed_limit} bytes");
            refused(OPERATION, &subject, reason)
        };
        let mut body = object.body;
        let mut packed = Vec::new();
        while let Some(chunk) = body.next().await {
            let chunk = chunk.map_err(|error| PortError {
                operation: OPERATION,
                subject: subject.clone(),
                kind: PortErrorKind::Unavailable,
                code: None,
                message: "the connection broke while the artifact was read".to_owned(),
                source: Some(Box::new(error)),
            })?;
            if (packed.len() + chunk.len()) as u64 > packed_limit {
                return Err(too_large());
            }
            packed.extend_from_slice(&chunk);
        }
        archive::unpack(&packed, limit_bytes)
            .map_err(|error| refused(OPERATION, &subject, format!("the artifact `{name}`: {error}")))
    }

    async fn write(&self, name: &str, file: &str, content: &[u8]) -> Result<(), PortError> {
        const OPERATION: &str = "s3:PutObject";
        let place = find(&self.access.outputs, name, OPERATION)?;
        let subject = format!("s3://{}/{}", place.bucket, place.key);
        let packed = archive::pack(file, content).map_err(|error| refused(OPERATION, &subject, error.to_string()))?;
        let mut request = self
            .client
            .put_object()
            .bucket(&place.bucket)
            .key(&place.key)
            .content_type("application/zip")
            .body(ByteStream::from(packed));
        if let Some(key) = &self.access.encryption_key {
            request = request
                .server_side_encryption(ServerSideEncryption::AwsKms)
                .ssekms_key_id(key);
        }
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) => Err(port_error(OPERATION, &subject, error)),
        }
    }
}

fn find<'a>(
    artifacts: &'a [ArtifactLocation],
    name: &str,
    operation: &'static str,
) -> Result<&'a ArtifactLocation, PortError> {
    let found = artifacts.iter().find(|artifact| artifact.name == name);
    found.ok_or_else(|| {
        let reason = "the action has no such artifact; provision the pipeline again".to_owned();
        refused(operation, name, reason)
    })
}

fn refused(operation: &'static str, subject: &str, message: String) -> PortError {
    PortError {
        operation,
        subject: subject.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message,
        source: None,
    }
}

#[cfg(test)]
mod tests;
