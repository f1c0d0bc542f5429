//! Against recorded answers of Amazon S3.

use aws_sdk_s3::config::{BehaviorVersion, Region};
use aws_smithy_http_client::test_util::StaticReplayClient;

use super::*;
use crate::aws::recorded;
use crate::domain::archive;

/// Artifacts of a job, behind one recorded answer.
fn artifacts(status: u16, body: Vec<u8>, encryption_key: Option<&str>) -> (S3Artifacts, StaticReplayClient) {
    let replay = recorded::answer(status, &[], body);
    let aws = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(aws_sdk_s3::config::SharedCredentialsProvider::new(Credentials::new(
            "AKIDOFTHEFUNCTION",
            "own",
            None,
            None,
            "test",
        )))
        .http_client(replay.clone())
        .build();
    let location = |name: &str| ArtifactLocation {
        name: name.to_owned(),
        bucket: "artifacts".to_owned(),
        key: format!("pipeline/{name}/x1"),
    };
    let access = ArtifactAccess {
        credentials: Some(ArtifactCredentials {
            access_key_id: Secret::new("AKIDOFTHEJOB"),
            secret_access_key: Secret::new("hush"),
            session_token: Secret::new("session-of-the-job"),
        }),
        encryption_key: encryption_key.map(str::to_owned),
        inputs: vec![location("Template")],
        outputs: vec![location("PlannedChange")],
    };
    (S3Artifacts::new(&aws, access), replay)
}

#[tokio::test]
async fn an_artifact_is_read_with_the_credentials_that_the_job_brought() {
    let packed = archive::pack("template.yaml", b"Resources: {}\n").unwrap();
    let (artifacts, replay) = artifacts(200, packed, None);
    assert_eq!(artifacts.read("Template", 100).await.unwrap(), b"Resources: {}\n");
    let request = replay.actual_requests().next().unwrap();
    let authorization = request.headers().get("authorization").unwrap();
    assert!(authorization.contains("Credential=AKIDOFTHEJOB/"), "{authorization}");
    assert_eq!(
        request.headers().get("x-amz-security-token"),
        Some("session-of-the-job")
    );
    assert!(request.uri().contains("/pipeline/Template/x1"), "{}", request.uri());
    // What a key of KMS encrypts is read like anything else; a header about it would be refused.
    assert_eq!(request.headers().get("x-amz-server-side-encryption"), None);
}

#[tokio::test]
async fn bombs_and_other_archives_than_of_one_file_are_refused() {
    let bomb = archive::pack("zeros", &vec![0; 5_000_000]).unwrap();
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
        .collect();
    let mut two = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["a", "../../etc/passwd"] {
        two.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    }
    for (body, reason) in [
        (bomb, "larger than 1000 bytes"),
        (noise, "larger than"),
        (two.finish().unwrap().into_inner(), "holds 2 files"),
        (b"not a zip".to_vec(), "not a ZIP archive"),
        (Vec::new(), "not a ZIP archive"),
    ] {
        let (artifacts, _) = artifacts(200, body, None);
        let error = artifacts.read("Template", 1000).await.unwrap_err();
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(error.kind, PortErrorKind::Refused);
    }
}

#[tokio::test]
async fn an_artifact_that_the_action_does_not_have_is_refused_without_a_call() {
    let (artifacts, replay) = artifacts(200, Vec::new(), None);
    let error = artifacts.read("Configuration", 1000).await.unwrap_err();
    assert!(error.to_string().contains("no such artifact"), "{error}");
    assert!(artifacts.write("Template", "f", b"").await.is_err());
    assert_eq!(replay.actual_requests().count(), 0);
}

#[tokio::test]
async fn an_artifact_is_written_under_the_key_that_the_job_names() {
    let (artifacts, replay) = artifacts(200, Vec::new(), Some("arn:aws:kms:eu-west-1:111122223333:key/k"));
    artifacts
        .write("PlannedChange", "planned-change.json", b"{}")
        .await
        .unwrap();
    let request = replay.actual_requests().next().unwrap();
    assert_eq!(request.headers().get("x-amz-server-side-encryption"), Some("aws:kms"));
    assert_eq!(
        request.headers().get("x-amz-server-side-encryption-aws-kms-key-id"),
        Some("arn:aws:kms:eu-west-1:111122223333:key/k")
    );
    assert_eq!(request.method(), "PUT");
}

#[tokio::test]
async fn a_denial_is_a_denial() {
    let body = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>".to_vec();
    let (artifacts, _) = artifacts(403, body, None);
    let error = artifacts.read("Template", 1000).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(!format!("{error} {error:?}").contains("hush"));
}
