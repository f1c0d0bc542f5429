//! Rate limits, missing rights, outages, cut connections.

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// The error of one read that GitHub answers like this, and the seconds that the client stays away for.
async fn refused(answer: ResponseTemplate) -> (PortError, Option<u32>) {
    let (server, vault) = (MockServer::start().await, vault("t"));
    answers(&server, "/git/trees/t1", answer).await;
    let repository = repository(&server, &vault);
    let error = repository.tree("t1").await.unwrap_err();
    let pause = repository.pause_seconds();
    if pause.is_some() {
        let sent = server.received_requests().await.unwrap().len();
        let again = repository.tree("t1").await.unwrap_err();
        assert_eq!(again.kind, PortErrorKind::Throttled);
        assert_eq!(
            server.received_requests().await.unwrap().len(),
            sent,
            "GitHub is left alone"
        );
    }
    (error, pause)
}

fn in_seconds(seconds: i64) -> String {
    (Timestamp::now() + SignedDuration::from_secs(seconds))
        .as_second()
        .to_string()
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_github_says() {
    for status in [403, 429] {
        let (error, pause) = refused(said(status, "slow down").insert_header("retry-after", "90")).await;
        assert_eq!(error.kind, PortErrorKind::Throttled);
        assert!((85..=90).contains(&pause.unwrap()), "{pause:?}");

        let spent = said(status, "API rate limit exceeded for user ID 1.")
            .insert_header("x-ratelimit-remaining", "0")
            .insert_header("x-ratelimit-reset", in_seconds(1800).as_str());
        let (error, pause) = refused(spent).await;
        assert_eq!(error.kind, PortErrorKind::Throttled);
        assert!((1790..=1800).contains(&pause.unwrap()), "{pause:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_that_names_no_time_is_waited_for_a_minute() {
    for answer in [
        said(429, "too many"),
        said(
            403,
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        ),
        said(429, "x").insert_header("x-ratelimit-remaining", "0"),
    ] {
        let (error, pause) = refused(answer).await;
        assert_eq!(error.kind, PortErrorKind::Throttled, "{error}");
        assert!((55..=60).contains(&pause.unwrap()), "{pause:?}");
    }
}

#[tokio::test]
async fn pauses_that_cannot_be_meant_are_bounded() {
    let endless = said(429, "x").insert_header("retry-after", "99999999999");
    assert!(refused(endless).await.1.unwrap() <= 7200);
    let past = said(403, "x")
        .insert_header("x-ratelimit-remaining", "0")
        .insert_header("x-ratelimit-reset", in_seconds(-100).as_str());
    let (error, pause) = refused(past).await;
    assert_eq!(error.kind, PortErrorKind::Throttled);
    assert!(pause.unwrap_or(0) <= 1);
}

#[tokio::test]
async fn a_missing_right_is_no_rate_limit_and_is_named() {
    let answer = said(403, "Resource not accessible by personal access token")
        .insert_header("x-ratelimit-remaining", "4999")
        .insert_header("x-accepted-github-permissions", "contents=read");
    let (error, pause) = refused(answer).await;
    assert_eq!((error.kind, pause), (PortErrorKind::Denied, None));
    assert!(error.to_string().contains("contents=read"), "{error}");
}

#[tokio::test]
async fn an_outage_is_asked_once_more_and_then_told() {
    let (server, vault) = (MockServer::start().await, vault("t"));
    answers(&server, "/git/trees/t1", said(502, "Server Error")).await;
    let error = repository(&server, &vault).tree("t1").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(error.is_transient());
    assert_eq!(server.received_requests().await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_told_without_its_text() {
    let page = ResponseTemplate::new(200).set_body_raw("<html>secret", "text/html");
    let (error, _) = refused(page).await;
    assert_eq!(error.kind, PortErrorKind::Unavailable);
    assert!(!format!("{error:?} {error}").contains("secret"));
}

/// A server that answers each connection with the next of these bytes and closes it.
async fn raw(answers: Vec<&'static [u8]>) -> String {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            stream.write_all(answer).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    url
}

const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 30\r\n\r\n{\"tree\":[], \"truncated\":false}";

#[tokio::test]
async fn a_connection_cut_before_an_answer_is_made_again() {
    let vault = vault("t");
    let repository = at(raw(vec![b"", WHOLE]).await, &vault);
    assert!(repository.tree("t1").await.unwrap().entries.is_empty());
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_failure_that_time_may_heal() {
    let vault = vault("t");
    let repository = at(raw(vec![&WHOLE[..90]]).await, &vault);
    let error = repository.tree("t1").await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.to_string().contains("broke off"), "{error}");
}
