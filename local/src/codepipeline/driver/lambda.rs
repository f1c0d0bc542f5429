//! Jobs reach their functions.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::aws::{Aws, Request, Session, message, unavailable};
use crate::codepipeline::engine::effects::{Failure, Invocation};

/// Invokes the function with the job's event, asynchronously, as the pipeline's role.
///
/// "CodePipeline invokes the function asynchronously":
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-codepipeline.html>.
pub(super) async fn deliver(aws: &Aws, invocation: &Invocation) -> Result<(), Failure> {
    let session = aws.session(&invocation.role, None).await?;
    let credentials = aws
        .session(&invocation.role, Some(artifact_policy(&invocation.artifact_bucket)))
        .await?;
    let mut event = invocation.event.clone();
    event["CodePipeline.job"]["data"]["artifactCredentials"] = shown(&credentials);
    let body = event.to_string();
    let function = &invocation.function;
    let path = format!(
        "/2015-03-31/functions/{}/invocations",
        utf8_percent_encode(function, NON_ALPHANUMERIC)
    );
    for _ in 0..invocation.deliveries {
        let headers = vec![
            ("x-amz-invocation-type", "Event".to_owned()),
            ("content-type", "application/json".to_owned()),
        ];
        let request = Request {
            service: "lambda",
            method: Method::POST,
            path: path.clone(),
            headers,
            body: body.as_bytes(),
        };
        let answer = aws.send(&session, request).await?;
        let status = answer.status();
        if status.is_success() {
            continue;
        }
        let said = message(answer).await;
        return Err(match status {
            StatusCode::FORBIDDEN => Failure::new(
                "PermissionError",
                format!(
                    "The role {} does not have permission to invoke the function {function}: give it lambda:InvokeFunction. {said}",
                    invocation.role
                ),
            ),
            StatusCode::NOT_FOUND => Failure::new(
                "ConfigurationError",
                format!("The function {function} cannot be found: {said}"),
            ),
            _ => unavailable("lambda", &format!("invoking {function}: HTTP status {status}: {said}")),
        });
    }
    Ok(())
}

/// What the credentials of a job may do: read and write artifacts, nothing else.
fn artifact_policy(bucket: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"],
                "Resource": format!("arn:aws:s3:::{bucket}/*"),
            },
            { "Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], "Resource": "*" },
        ],
    })
}

fn shown(session: &Session) -> Value {
    json!({
        "accessKeyId": session.access_key_id,
        "secretAccessKey": session.secret_access_key,
        "sessionToken": session.session_token,
        "expirationTime": session.expires,
    })
}
