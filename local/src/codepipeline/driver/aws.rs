//! Signed requests to MiniStack, as the role of a pipeline.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::codepipeline::engine::effects::Failure;
use crate::codepipeline::server::{Config, FRONT_HEADER};

/// The way to MiniStack.
pub struct Aws {
    http: Client,
    config: Config,
}

/// Credentials of a session; they have no `Debug`.
#[derive(Clone, Deserialize)]
pub(in crate::codepipeline) struct Session {
    /// Access key id.
    pub(super) access_key_id: String,
    /// Secret access key.
    pub(super) secret_access_key: String,
    /// Session token.
    pub(super) session_token: String,
    /// When the session ends: milliseconds since 1970.
    #[serde(skip)]
    pub(super) expires: i64,
}

impl Session {
    /// The emulator's root key, whose signature is never checked; only the engine's own questions use it.
    fn root() -> Self {
        Self {
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
            session_token: String::new(),
            expires: i64::MAX,
        }
    }
}

/// How long a session lasts, in seconds.
const SESSION: i32 = 3600;

/// A request to sign.
pub(super) struct Request<'request> {
    pub(super) service: &'static str,
    pub(super) method: Method,
    /// Path and query, percent-encoded.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: &'request [u8],
}

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
}

impl Aws {
    /// A way that is not used yet.
    pub(in crate::codepipeline) fn new(config: &Config) -> Result<Self, reqwest::Error> {
        // Without a process-wide provider the client cannot be made; an earlier one serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .timeout(std::time::Duration::from_mins(1))
            .no_proxy()
            .build()?;
        Ok(Self {
            http,
            config: config.clone(),
        })
    }

    /// The account.
    pub(super) fn account(&self) -> &str {
        &self.config.account
    }

    /// The region.
    pub(super) fn region(&self) -> &str {
        &self.config.region
    }

    /// Assumes a role as the service does: the role must trust `codepipeline.amazonaws.com`.
    ///
    /// # Errors
    ///
    /// `PermissionError` when the role does not exist or does not trust the service.
    pub(in crate::codepipeline) async fn session(&self, role: &str, policy: Option<Value>) -> Result<Session, Failure> {
        let mut body = json!({ "role_arn": role, "session_name": "codepipeline", "duration_seconds": SESSION });
        if let Some(policy) = policy {
            body["policy"] = Value::from(policy.to_string());
        }
        let answer = self.local("/_local/session", &body).await?;
        let status = answer.status();
        if status.is_success() {
            // The error is not shown: it could quote the answer, which carries a secret.
            let mut session: Session = answer
                .json()
                .await
                .map_err(|_| unavailable("assuming a role", "the answer is not a session"))?;
            session.expires = (Timestamp::now() + SignedDuration::from_secs(SESSION.into())).as_millisecond();
            return Ok(session);
        }
        let refusal: Refusal = answer.json().await.unwrap_or_default();
        if status.is_server_error() {
            return Err(unavailable("assuming a role", &refusal.error));
        }
        let words = format!("CodePipeline is not authorized to perform AssumeRole on role {role}");
        Err(Failure::new("PermissionError", format!("{words} ({})", refusal.error)))
    }

    /// Whether whoever declares a pipeline may pass its role to CodePipeline.
    ///
    /// "To pass a role to a service, a user must have permissions to pass the role to the service":
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html>.
    ///
    /// # Errors
    ///
    /// When IAM does not answer.
    pub(in crate::codepipeline) async fn may_pass(&self, caller: &str, role: &str) -> Result<bool, Failure> {
        if caller.ends_with(":root") {
            return Ok(true);
        }
        let part = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let body = format!(
            "Action=SimulatePrincipalPolicy&Version=2010-05-08&PolicySourceArn={}&ActionNames.member.1=iam%3APassRole\
             &ResourceArns.member.1={}&ContextEntries.member.1.ContextKeyName=iam%3APassedToService\
             &ContextEntries.member.1.ContextKeyType=string\
             &ContextEntries.member.1.ContextKeyValues.member.1=codepipeline.amazonaws.com",
            part(&policy_source(caller)),
            part(role),
        );
        let headers = vec![("content-type", "application/x-www-form-urlencoded".to_owned())];
        let request = Request {
            service: "iam",
            method: Method::POST,
            path: "/".to_owned(),
            headers,
            body: body.as_bytes(),
        };
        let answer = self.send(&Session::root(), request).await?;
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        if !status.is_success() {
            return Err(unavailable(
                "iam",
                &format!("SimulatePrincipalPolicy of {caller}: HTTP status {status}"),
            ));
        }
        Ok(text.contains("<EvalDecision>allowed</EvalDecision>"))
    }

    /// Sends JSON to a route of the start script.
    pub(super) async fn local(&self, path: &str, body: &Value) -> Result<Response, Failure> {
        self.http
            .post(format!("{}{path}", self.config.ministack))
            .header(FRONT_HEADER, &self.config.front_secret)
            .json(body)
            .send()
            .await
            .map_err(|error| unavailable(path, &error.without_url().to_string()))
    }

    /// Sends a signed request.
    pub(super) async fn send(&self, session: &Session, request: Request<'_>) -> Result<Response, Failure> {
        let url = format!("{}{}", self.config.ministack, request.path);
        let parsed = reqwest::Url::parse(&url).map_err(|error| unavailable(request.service, &error.to_string()))?;
        let mut headers = request.headers;
        let port = parsed.port().map_or_else(String::new, |port| format!(":{port}"));
        headers.push(("host", format!("{}{port}", parsed.host_str().unwrap_or_default())));
        let signed = self.signature(
            session,
            request.service,
            &request.method,
            parsed.as_str(),
            &headers,
            request.body,
        )?;
        let mut builder = self.http.request(request.method, parsed).body(request.body.to_vec());
        for (name, value) in headers.iter().filter(|(name, _)| *name != "host") {
            builder = builder.header(*name, value);
        }
        for (name, value) in signed {
            builder = builder.header(name, value);
        }
        // Policies that demand TLS are about AWS; here everything stays on the loopback interface.
        builder = builder.header("x-forwarded-proto", "https");
        builder
            .send()
            .await
            .map_err(|error| unavailable(request.service, &error.without_url().to_string()))
    }

    fn signature(
        &self,
        session: &Session,
        service: &str,
        method: &Method,
        url: &str,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Result<Vec<(String, String)>, Failure> {
        let mut settings = SigningSettings::default();
        if service == "s3" {
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
        }
        let token = Some(session.session_token.clone()).filter(|token| !token.is_empty());
        let credentials = Credentials::new(
            &session.access_key_id,
            &session.secret_access_key,
            token,
            None,
            "codepipeline",
        );
        let identity = credentials.into();
        let unsigned = |_| unavailable(service, "the request could not be signed");
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(service)
            .time(SystemTime::now())
            .settings(settings)
            .build()
            .map_err(|_| unavailable(service, "the request could not be signed"))?
            .into();
        let signable = SignableRequest::new(
            method.as_str(),
            url,
            headers.iter().map(|(name, value)| (*name, value.as_str())),
            SignableBody::Bytes(body),
        )
        .map_err(unsigned)?;
        let (instructions, _) = sign(signable, &parameters).map_err(unsigned)?.into_parts();
        Ok(instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect())
    }
}

/// The user or role whose policies speak for a caller: of a session, its role.
fn policy_source(caller: &str) -> String {
    let session = caller.split_once(":assumed-role/").and_then(|(front, rest)| {
        let role = rest.split('/').next()?;
        Some(format!("{}:role/{role}", front.replacen(":sts:", ":iam:", 1)))
    });
    session.unwrap_or_else(|| caller.to_owned())
}

/// A service that did not answer.
pub(super) fn unavailable(what: &str, why: &str) -> Failure {
    Failure::new("SystemUnavailable", format!("{what}: {why}"))
}

/// Text of an error answer: the message in JSON or XML, else the whole.
pub(super) async fn message(answer: Response) -> String {
    let text = answer.text().await.unwrap_or_default();
    let json: Option<String> = serde_json::from_str::<Value>(&text).ok().and_then(|value| {
        ["message", "Message"]
            .iter()
            .find_map(|key| value.get(*key)?.as_str().map(str::to_owned))
    });
    let xml = || Some(text.split_once("<Message>")?.1.split_once("</Message>")?.0.to_owned());
    json.or_else(xml).unwrap_or(text).chars().take(1000).collect()
}
