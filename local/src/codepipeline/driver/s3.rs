//! Source objects become artifacts.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, Response, StatusCode};

use super::aws::{Aws, Request, Session, message, unavailable};
use crate::codepipeline::engine::effects::{Failure, FetchSource, Fetched};

/// What stays as it is in a path: the unreserved characters of RFC 3986 and the separator.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'/');
/// Metadata that CodePipeline shows as the revision's summary:
/// <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ArtifactRevision.html>.
const SUMMARY: &str = "x-amz-meta-codepipeline-artifact-revision-summary";

/// Copies one version of a source object into the artifact bucket.
pub(super) async fn fetch_source(aws: &Aws, fetch: &FetchSource) -> Result<Fetched, Failure> {
    let session = aws.session(&fetch.role, None).await?;
    let query = fetch.version.as_ref().map_or_else(String::new, |version| {
        format!("?versionId={}", utf8_percent_encode(version, NON_ALPHANUMERIC))
    });
    let path = format!("{}{query}", path(&fetch.bucket, &fetch.key));
    let request = Request {
        service: "s3",
        method: Method::GET,
        path,
        headers: Vec::new(),
        body: b"",
    };
    let answer = checked(
        aws.send(&session, request).await?,
        &fetch.bucket,
        &fetch.key,
        "GetObject",
    )
    .await?;
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let version = header("x-amz-version-id");
    if version.is_empty() || version == "null" {
        return Err(Failure::new(
            "ConfigurationError",
            format!(
                "The bucket '{}' of the source is not versioned; enable versioning on it",
                fetch.bucket
            ),
        ));
    }
    let fetched = Fetched {
        version,
        etag: header("etag").trim_matches('"').to_owned(),
        summary: Some(header(SUMMARY)).filter(|summary| !summary.is_empty()),
    };
    let body = answer
        .bytes()
        .await
        .map_err(|error| unavailable("s3", &error.without_url().to_string()))?;
    store(aws, &session, fetch, &body).await?;
    Ok(fetched)
}

async fn store(aws: &Aws, session: &Session, fetch: &FetchSource, body: &[u8]) -> Result<(), Failure> {
    let mut headers = vec![("content-type", "application/zip".to_owned())];
    if let Some(key) = &fetch.encryption_key {
        headers.push(("x-amz-server-side-encryption", "aws:kms".to_owned()));
        headers.push(("x-amz-server-side-encryption-aws-kms-key-id", key.id.clone()));
    }
    let path = path(&fetch.into.bucket, &fetch.into.key);
    let request = Request {
        service: "s3",
        method: Method::PUT,
        path,
        headers,
        body,
    };
    let answer = aws.send(session, request).await?;
    checked(answer, &fetch.into.bucket, &fetch.into.key, "PutObject")
        .await
        .map(drop)
}

async fn checked(answer: Response, bucket: &str, key: &str, operation: &str) -> Result<Response, Failure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let said = message(answer).await;
    Err(match status {
        // The first sentences are AWS's own.
        StatusCode::FORBIDDEN => Failure::new(
            "PermissionError",
            format!(
                "Insufficient permissions. The service role or action role doesn't have the permissions required to access the Amazon S3 bucket named {bucket}. Update the IAM role permissions, and then try again. Error: Amazon S3:AccessDenied:{said} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)"
            ),
        ),
        StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST => Failure::new(
            "RevisionUnavailable",
            format!("The Amazon S3 object s3://{bucket}/{key} cannot be had: {operation}: {said}"),
        ),
        _ => unavailable(
            "s3",
            &format!("{operation} of s3://{bucket}/{key}: HTTP status {status}: {said}"),
        ),
    })
}

fn path(bucket: &str, key: &str) -> String {
    format!("/{bucket}/{}", utf8_percent_encode(key, PATH))
}

#[cfg(test)]
mod tests {
    use super::path;

    #[test]
    fn a_key_keeps_its_separators_and_its_other_characters_are_encoded() {
        let encoded = path("bucket", "TemplateSource/stacks/a b+c/ü.yaml.zip");
        assert_eq!(encoded, "/bucket/TemplateSource/stacks/a%20b%2Bc/%C3%BC.yaml.zip");
    }
}
