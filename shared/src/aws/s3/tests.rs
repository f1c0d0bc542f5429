use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_http_client::test_util::StaticReplayClient;

use super::*;
use crate::aws::recorded;

/// A bucket behind one recorded answer, and the client that remembers the request.
fn bucket(status: u16, headers: &[(&str, &str)], body: impl Into<SdkBody>) -> (Bucket, StaticReplayClient) {
    bucket_behind(recorded::answer(status, headers, body))
}

fn bucket_behind(replay: StaticReplayClient) -> (Bucket, StaticReplayClient) {
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(replay.clone())
        .build();
    (Bucket::new(Client::from_conf(config), "source"), replay)
}

fn new_object(condition: WriteCondition) -> NewObject {
    NewObject {
        key: "TemplateSource/stacks/a b+%.yaml".to_owned(),
        bytes: b"Resources: {}\n".to_vec(),
        content_type: "application/yaml",
        metadata: BTreeMap::from([("changegate-commit".to_owned(), "c0ffee".to_owned())]),
        condition,
    }
}

#[tokio::test]
async fn a_conditional_write_sends_its_condition_and_metadata_and_tells_the_version() {
    let (bucket, replay) = bucket(200, &[("etag", "\"e1\""), ("x-amz-version-id", "v1")], "");
    let written = bucket
        .put(new_object(WriteCondition::Matches("\"e0\"".to_owned())))
        .await
        .unwrap();
    assert_eq!(written.etag, "\"e1\"");
    assert_eq!(written.version, "v1");
    let request = replay.actual_requests().next().unwrap();
    assert_eq!(request.headers().get("if-match"), Some("\"e0\""));
    assert_eq!(request.headers().get("x-amz-meta-changegate-commit"), Some("c0ffee"));
    assert!(
        request.uri().contains("/TemplateSource/stacks/a%20b%2B%25.yaml"),
        "{}",
        request.uri()
    );
}

#[tokio::test]
async fn a_write_over_nothing_asks_for_nothing_to_be_there() {
    let (bucket, replay) = bucket(200, &[("etag", "\"e1\"")], "");
    bucket.put(new_object(WriteCondition::Absent)).await.unwrap();
    assert_eq!(
        replay.actual_requests().next().unwrap().headers().get("if-none-match"),
        Some("*")
    );
}

#[tokio::test]
async fn an_unmet_and_a_vanished_condition_are_conflicts() {
    for (status, code) in [(412, "PreconditionFailed"), (404, "NoSuchKey")] {
        let body = format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
        let (bucket, _) = bucket(status, &[], body);
        let error = bucket
            .put(new_object(WriteCondition::Matches("\"e0\"".to_owned())))
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Conflict, "{code}");
    }
}

/// A bucket that answers these statuses, one after the other, with the code of a race where it is 409.
fn bucket_with(statuses: &[u16]) -> (Bucket, StaticReplayClient) {
    let race = "<Error><Code>ConditionalRequestConflict</Code><Message>no</Message></Error>";
    let unmet = "<Error><Code>PreconditionFailed</Code><Message>no</Message></Error>";
    let answers = statuses.iter().map(|&status| match status {
        409 => (status, race),
        412 => (status, unmet),
        _ => (status, ""),
    });
    bucket_behind(recorded::answers(answers))
}

#[tokio::test]
async fn a_write_that_meets_another_one_is_sent_again() {
    let (bucket, replay) = bucket_with(&[409, 409, 200]);
    bucket.put(new_object(WriteCondition::Absent)).await.unwrap();
    assert_eq!(replay.actual_requests().count(), 3);
    assert!(
        replay
            .actual_requests()
            .all(|request| request.headers().get("if-none-match") == Some("*"))
    );

    let (bucket, _) = bucket_with(&[409, 412]);
    let error = bucket.put(new_object(WriteCondition::Absent)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict, "the other one won");

    let (bucket, replay) = bucket_with(&[409; 9]);
    let error = bucket.put(new_object(WriteCondition::Absent)).await.unwrap_err();
    assert!(error.is_transient(), "who wins is not known: {error}");
    assert_eq!(replay.actual_requests().count(), 5);
}

#[tokio::test]
async fn a_head_that_is_denied_without_words_names_the_permission() {
    let (denied, _) = bucket(403, &[], "");
    let error = denied.head("a", Some("v1")).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
    assert!(error.to_string().contains("s3:GetObjectVersion"), "{error}");

    let (denied, _) = bucket(403, &[], "");
    let error = denied.head("a", None).await.unwrap_err();
    assert!(error.to_string().contains("s3:GetObject on it"), "{error}");
}

#[tokio::test]
async fn an_absent_object_is_none_and_an_absent_bucket_is_an_error() {
    let (absent, _) = bucket(404, &[], "<Error><Code>NoSuchKey</Code></Error>");
    assert_eq!(absent.get("snapshot.json", None).await.unwrap(), None);
    let (no_bucket, _) = bucket(404, &[], "<Error><Code>NoSuchBucket</Code></Error>");
    assert!(no_bucket.get("snapshot.json", None).await.unwrap_err().is_not_found());
    let (denied, _) = bucket(403, &[], "<Error><Code>AccessDenied</Code></Error>");
    assert_eq!(
        denied.get("snapshot.json", None).await.unwrap_err().kind,
        PortErrorKind::Denied
    );
    let (slow, _) = bucket(503, &[], "<Error><Code>SlowDown</Code></Error>");
    assert_eq!(
        slow.get("snapshot.json", None).await.unwrap_err().kind,
        PortErrorKind::Throttled
    );
}

#[tokio::test]
async fn an_object_is_read_with_its_version_and_metadata() {
    let headers = [
        ("etag", "\"e1\""),
        ("x-amz-version-id", "v1"),
        ("x-amz-meta-changegate-commit", "c0ffee"),
    ];
    let (bucket, replay) = bucket(200, &headers, "text");
    let object = bucket.get("k", Some("v1")).await.unwrap().unwrap();
    assert_eq!(object.bytes, b"text");
    assert_eq!(object.head.version, "v1");
    assert_eq!(object.head.metadata["changegate-commit"], "c0ffee");
    assert!(replay.actual_requests().next().unwrap().uri().contains("versionId=v1"));
}

#[tokio::test]
async fn only_latest_versions_are_audited() {
    let body = "<ListVersionsResult><IsTruncated>false</IsTruncated>\
        <Version><Key>a</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest><ETag>\"e2\"</ETag><Size>3</Size></Version>\
        <Version><Key>a</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest><ETag>\"e1\"</ETag></Version>\
        <DeleteMarker><Key>b</Key><VersionId>v4</VersionId><IsLatest>true</IsLatest></DeleteMarker>\
        <Version><Key>b</Key><VersionId>v3</VersionId><IsLatest>false</IsLatest><ETag>\"e3\"</ETag></Version>\
        </ListVersionsResult>";
    let (bucket, _) = bucket(200, &[], body);
    let latest = bucket.latest_versions("").await.unwrap();
    assert_eq!(latest.len(), 1);
    assert_eq!((latest[0].0.as_str(), latest[0].1.version.as_str()), ("a", "v2"));
}

#[tokio::test]
async fn a_range_is_asked_for_with_both_ends_in_it() {
    let (bucket, replay) = bucket(206, &[("content-range", "bytes 5-9/20")], "12345");
    let part = bucket.get_range("snapshot.folders.jsonl", "v1", 5..10).await.unwrap();
    assert_eq!(part.as_deref(), Some(&b"12345"[..]));
    let request = replay.actual_requests().next().unwrap();
    assert_eq!(request.headers().get("range"), Some("bytes=5-9"));
    assert!(request.uri().contains("versionId=v1"), "{}", request.uri());
}

#[tokio::test]
async fn a_range_is_cut_out_of_an_answer_that_is_the_whole() {
    for (range, part) in [(5..10, Some("56789")), (8..12, Some("89")), (10..12, None)] {
        let (bucket, _) = bucket(200, &[], "0123456789");
        let read = bucket.get_range("key", "v1", range.clone()).await.unwrap();
        assert_eq!(read, part.map(|part| part.as_bytes().to_vec()), "{range:?}");
    }
}

#[tokio::test]
async fn a_range_behind_the_end_and_a_missing_version_are_nothing() {
    let error = |code: &str| format!("<Error><Code>{code}</Code><Message>no</Message></Error>");
    for (status, code) in [(416, "InvalidRange"), (404, "NoSuchVersion"), (404, "NoSuchKey")] {
        let (bucket, _) = bucket(status, &[], error(code));
        assert_eq!(bucket.get_range("key", "v1", 5..10).await.unwrap(), None, "{code}");
    }
    let (bucket, _) = bucket(503, &[], error("SlowDown"));
    assert!(bucket.get_range("key", "v1", 5..10).await.unwrap_err().is_transient());
}
