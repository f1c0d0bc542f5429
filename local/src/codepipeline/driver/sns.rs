//! Approvals are announced to a topic.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;

use super::aws::{Aws, Request, message};
use crate::codepipeline::engine::effects::{ApprovalNotice, Failure};

/// Publishes as the pipeline's role.
pub(super) async fn publish(aws: &Aws, notice: &ApprovalNotice) -> Result<(), Failure> {
    let session = aws.session(&notice.role, None).await?;
    let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let body = format!(
        "Action=Publish&Version=2010-03-31&TopicArn={}&Subject={}&Message={}",
        part(&notice.topic),
        part(&notice.subject),
        part(&notice.message)
    );
    let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
    let request = Request {
        service: "sns",
        method: Method::POST,
        path: "/".to_owned(),
        headers,
        body: body.as_bytes(),
    };
    let answer = aws.send(&session, request).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    Err(Failure::new("PermissionError", message(answer).await))
}
