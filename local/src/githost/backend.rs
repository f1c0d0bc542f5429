//! Clone, fetch and push: `git http-backend`, the CGI program that comes with git.
//!
//! Source: <https://git-scm.com/docs/git-http-backend>

use std::process::Stdio;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::access::Caller;
use super::{Host, push};

/// A push larger than this is refused.
const MOST: usize = 512 * 1024 * 1024;

/// Serves a request of git, and says so when it is none.
pub async fn serve(State(host): State<Arc<Host>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let prefix = format!("/{}.git/", host.repository.full_name);
    if !path.starts_with(&prefix) {
        let message = format!(
            "there is no {path} here; the repository is {}/{}.git, its REST interface is below /api/v3\n",
            host.url, host.repository.full_name
        );
        return (StatusCode::NOT_FOUND, message).into_response();
    }
    let Ok(caller) = host.tokens.caller(request.headers()) else {
        return (
            StatusCode::UNAUTHORIZED,
            [(header::WWW_AUTHENTICATE, "Basic realm=\"Git host\"")],
            "authentication is needed: the user name is your login, the password the token of the push URL\n",
        )
            .into_response();
    };
    let (parts, body) = request.into_parts();
    let writes = path.ends_with("/git-receive-pack") || parts.uri.query() == Some("service=git-receive-pack");
    if writes && !caller.may_push {
        return (StatusCode::FORBIDDEN, "this token may not push\n").into_response();
    }
    let Ok(body) = axum::body::to_bytes(body, MOST).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "the push is too large\n").into_response();
    };
    let answered = if parts.method == Method::POST && path.ends_with("/git-receive-pack") {
        receive(&host, &caller, &parts.method, &parts.uri, &parts.headers, body).await
    } else {
        run(&host, &caller, &parts.method, &parts.uri, &parts.headers, body).await
    };
    answered.unwrap_or_else(|message| {
        tracing::error!(message, "git http-backend");
        (StatusCode::INTERNAL_SERVER_ERROR, message).into_response()
    })
}

/// A push: what it moved is found by comparing the references before and after.
async fn receive(
    host: &Arc<Host>,
    caller: &Caller,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, String> {
    let _one_at_a_time = host.pushing.lock().await;
    let before = host.repository.refs().await.map_err(|error| error.to_string())?;
    let response = run(host, caller, method, uri, headers, body).await?;
    let after = host.repository.refs().await.map_err(|error| error.to_string())?;
    push::announce(host, &caller.login, &before, &after).await;
    Ok(response)
}

async fn run(
    host: &Host,
    caller: &Caller,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: Bytes,
) -> Result<Response, String> {
    let text = |name: HeaderName| {
        headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut child = Command::new("git")
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", host.repository.root())
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", method.as_str())
        .env("PATH_INFO", uri.path())
        .env("QUERY_STRING", uri.query().unwrap_or_default())
        .env("CONTENT_TYPE", text(header::CONTENT_TYPE))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", text(header::CONTENT_ENCODING))
        .env("GIT_PROTOCOL", text(HeaderName::from_static("git-protocol")))
        // A user is what allows a push.
        .env("REMOTE_USER", &caller.login)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("git http-backend could not be started: {error}"))?;
    let input = child.stdin.take();
    let write = async move {
        if let Some(mut input) = input {
            // The program may answer without reading everything; what it answers counts.
            drop(input.write_all(&body).await);
        }
    };
    let (output, ()) = tokio::join!(child.wait_with_output(), write);
    let output = output.map_err(|error| format!("git http-backend: {error}"))?;
    answer(&output.stdout).ok_or_else(|| {
        format!(
            "git http-backend gave no answer: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )
    })
}

/// Turns a CGI answer into an HTTP answer.
fn answer(output: &[u8]) -> Option<Response> {
    let (end, skip) = [(&b"\r\n\r\n"[..], 4), (&b"\n\n"[..], 2)]
        .into_iter()
        .filter_map(|(mark, skip)| {
            output
                .windows(mark.len())
                .position(|each| each == mark)
                .map(|at| (at, skip))
        })
        .min()?;
    let head = std::str::from_utf8(&output[..end]).ok()?;
    let mut status = StatusCode::OK;
    let mut headers = HeaderMap::new();
    for line in head.lines() {
        let (name, value) = line.split_once(':')?;
        if name.eq_ignore_ascii_case("status") {
            status = value.trim().get(..3)?.parse().ok()?;
        } else {
            headers.insert(
                name.parse::<HeaderName>().ok()?,
                HeaderValue::from_str(value.trim()).ok()?,
            );
        }
    }
    let mut response = Response::new(Body::from(output[end + skip..].to_vec()));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Some(response)
}

#[cfg(test)]
mod tests {
    use axum::http::{StatusCode, header};

    use super::answer;

    #[test]
    fn a_cgi_answer_becomes_an_http_answer() {
        let response = answer(b"Status: 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nno").unwrap();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain");
        assert!(answer(b"nothing").is_none());
    }
}
