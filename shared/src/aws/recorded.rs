//! Recorded answers, for tests of the adapters.

use aws_sdk_s3::primitives::SdkBody;
use aws_smithy_http_client::test_util::{ReplayEvent, StaticReplayClient};

/// A client that gives this one answer and remembers the request.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<SdkBody>) -> StaticReplayClient {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    let request = http::Request::builder().uri("https://unused.example");
    let request = request.body(SdkBody::empty()).unwrap();
    StaticReplayClient::new(vec![ReplayEvent::new(request, answer.body(body.into()).unwrap())])
}

/// A client that gives these answers, status and body, one after the other.
pub(crate) fn answers<'a>(answers: impl IntoIterator<Item = (u16, &'a str)>) -> StaticReplayClient {
    let events = answers.into_iter().map(|(status, body)| {
        let request = http::Request::builder().uri("https://unused.example");
        let request = request.body(SdkBody::empty()).unwrap();
        let answer = http::Response::builder().status(status);
        ReplayEvent::new(request, answer.body(SdkBody::from(body)).unwrap())
    });
    StaticReplayClient::new(events.collect())
}

/// The bodies of all requests that were made, in order.
pub(crate) fn all_sent(client: &StaticReplayClient) -> Vec<String> {
    let bodies = client.actual_requests().map(|request| request.body().bytes());
    bodies
        .map(|body| String::from_utf8_lossy(body.unwrap_or_default()).into_owned())
        .collect()
}

/// The body of the one request that was made.
pub(crate) fn sent(client: &StaticReplayClient) -> String {
    let request = client.actual_requests().next().unwrap();
    String::from_utf8_lossy(request.body().bytes().unwrap()).into_owned()
}
