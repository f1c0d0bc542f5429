//! One HTTP client for GitHub: credential, rate limits, redirects, bounds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::header::{ACCEPT, AUTHORIZATION, ETAG, HeaderValue, IF_NONE_MATCH};
use reqwest::{Client, Method, Request, RequestBuilder, Response, StatusCode, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{LEAST_PAUSE, header, next_page, no_answer, not_understood, paused_until, refusal, whole};
use super::credential::{Credential, TokenCache};
use super::wire;
use crate::domain::provenance::Account;
use crate::flows::ports::{PortError, PortErrorKind, ReadSecrets, Secret};

/// Version of the interface that the answers are read as.
///
/// Source: <https://docs.github.com/en/rest/about-the-rest-api/api-versions>
const API_VERSION: &str = "2022-11-28";
/// Media type of GitHub's JSON.
const JSON: &str = "application/vnd.github+json";
/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest wait for the next bytes of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest JSON answer that is read; a tree has at most 7 MB.
const ANSWER_LIMIT_BYTES: u64 = 64 * 1024 * 1024;
/// Redirects that a read follows.
const MOST_REDIRECTS: u32 = 3;
/// Tries of a read whose connection broke.
const READ_TRIES: u32 = 2;

/// Where GitHub is and what proves who asks.
#[derive(Debug, Clone)]
pub struct GitHubSettings {
    /// Base URL of the REST interface, without a final slash.
    pub api_url: String,
    /// ARN of the secret that holds the credential.
    pub credential_arn: String,
}

/// A connection to GitHub.
pub struct Connection<S> {
    http: Client,
    settings: GitHubSettings,
    secrets: S,
    tokens: TokenCache,
    identity: Mutex<Option<Identity>>,
    paused_until: Mutex<Option<Timestamp>>,
    remembered: Mutex<HashMap<String, (HeaderValue, Vec<u8>)>>,
}

/// Who the credential acts as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// The app with this number or client id.
    App(String),
    /// A user.
    User(Account),
}

#[derive(Deserialize)]
struct InstallationToken {
    token: String,
    expires_at: Timestamp,
}

/// A personal token is read anew after this time, so that a replaced one is noticed.
const TOKEN_REREAD: jiff::SignedDuration = jiff::SignedDuration::from_mins(20);

impl<S: ReadSecrets> Connection<S> {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// When the system's trusted certificates cannot be used.
    pub fn new(settings: GitHubSettings, secrets: S) -> Result<Self, PortError> {
        // A second call in one process finds it installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder()
            .user_agent("changegate")
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            // Reads follow by hand, see `follow`; writes never do.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| no_answer("connect", &settings.api_url, error))?;
        Ok(Self {
            http,
            settings,
            secrets,
            tokens: TokenCache::default(),
            identity: Mutex::new(None),
            paused_until: Mutex::new(None),
            remembered: Mutex::new(HashMap::new()),
        })
    }

    /// How many seconds GitHub asked to be left alone for, counted from now.
    pub fn pause_seconds(&self) -> Option<u32> {
        let until = (*self.paused_until.lock().unwrap_or_else(PoisonError::into_inner))?;
        let seconds = until.duration_since(Timestamp::now()).as_secs();
        u32::try_from(seconds).ok().filter(|seconds| *seconds > 0)
    }

    /// Reads JSON. What was read before from the same path is shown to GitHub by its entity tag; an answer that it
    /// is unchanged does not count against the rate limit.
    ///
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api>
    pub(super) async fn read_remembered<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
    ) -> Result<T, PortError> {
        let known = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .cloned();
        let etag = known.as_ref().map(|(etag, _)| etag.clone());
        let answer = self.read(operation, path, JSON, etag).await?;
        let bytes = if answer.status() == StatusCode::NOT_MODIFIED {
            known.map(|(_, bytes)| bytes).unwrap_or_default()
        } else {
            let etag = answer.headers().get(ETAG).cloned();
            let bytes = whole(operation, path, answer, ANSWER_LIMIT_BYTES).await?;
            if let Some(etag) = etag {
                let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
                // One path is asked again and again, the branch's head; the others only once.
                remembered.clear();
                remembered.insert(path.to_owned(), (etag, bytes.clone()));
            }
            bytes
        };
        serde_json::from_slice(&bytes).map_err(|error| not_understood(operation, path, error))
    }

    /// Reads JSON, and tells the path of the page that follows, where one does.
    ///
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>
    pub(super) async fn read_page<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
    ) -> Result<(T, Option<String>), PortError> {
        let answer = self.read(operation, path, JSON, None).await?;
        let next = match header(&answer, "link") {
            Some(links) => next_page(operation, path, &links, &self.settings.api_url)?,
            None => None,
        };
        let bytes = whole(operation, path, answer, ANSWER_LIMIT_BYTES).await?;
        let page = serde_json::from_slice(&bytes).map_err(|error| not_understood(operation, path, error))?;
        Ok((page, next))
    }

    /// Reads JSON.
    pub(super) async fn read_json<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        path: &str,
    ) -> Result<T, PortError> {
        Ok(self.read_page(operation, path).await?.0)
    }

    /// Begins to read what GitHub has at `path`, in the form `accept`.
    pub(super) async fn read(
        &self,
        operation: &'static str,
        path: &str,
        accept: &'static str,
        etag: Option<HeaderValue>,
    ) -> Result<Response, PortError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let mut request = self.request(Method::GET, path).header(ACCEPT, accept);
            if let Some(etag) = &etag {
                request = request.header(IF_NONE_MATCH, etag);
            }
            match self.send(operation, path, request).await {
                Err(error) if tries < READ_TRIES && error.kind == PortErrorKind::Unavailable => {
                    tracing::debug!(operation, subject = path, "asking GitHub once more: {error}");
                }
                answer => return answer,
            }
        }
    }

    /// Sends JSON.
    pub(super) async fn write<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: &serde_json::Value,
    ) -> Result<T, PortError> {
        let request = self.request(method, path).header(ACCEPT, JSON).json(body);
        let answer = self.send(operation, path, request).await?;
        let bytes = whole(operation, path, answer, ANSWER_LIMIT_BYTES).await?;
        serde_json::from_slice(&bytes).map_err(|error| not_understood(operation, path, error))
    }

    /// Who the credential acts as. An app's installation cannot ask; the credential itself says which app it is.
    ///
    /// Source: <https://docs.github.com/en/rest/users/users#get-the-authenticated-user>
    pub(super) async fn identity(&self) -> Result<Identity, PortError> {
        self.token().await?;
        let known = self.identity.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let operation = "GET /user";
        let answer: wire::User = self.read_json(operation, "/user").await?;
        let identity = Identity::User(answer.into());
        *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.clone());
        Ok(identity)
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.settings.api_url);
        self.http
            .request(method, url)
            .header("x-github-api-version", API_VERSION)
    }

    /// Sends a request with the credential; an answer other than success is an error.
    async fn send(
        &self,
        operation: &'static str,
        subject: &str,
        request: RequestBuilder,
    ) -> Result<Response, PortError> {
        if let Some(seconds) = self.pause_seconds() {
            return Err(PortError {
                operation,
                subject: subject.to_owned(),
                kind: PortErrorKind::Throttled,
                code: None,
                message: format!("GitHub asked to wait for another {seconds} seconds"),
                source: None,
            });
        }
        let again = request.try_clone();
        let token = self.token().await?;
        let answer = self.exchange(operation, subject, request, &token).await;
        if !answer.as_ref().is_err_and(|error| error.code.as_deref() == Some("401")) {
            return answer;
        }
        // The token may have ended or been replaced since it was read: the secret is read again.
        self.tokens.forget();
        let Some(again) = again else { return answer };
        let fresh = self.token().await?;
        if fresh.expose() == token.expose() {
            self.tokens.forget();
            return answer;
        }
        self.exchange(operation, subject, again, &fresh).await
    }

    async fn exchange(
        &self,
        operation: &'static str,
        subject: &str,
        request: RequestBuilder,
        token: &Secret,
    ) -> Result<Response, PortError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| PortError {
            operation,
            subject: subject.to_owned(),
            kind: PortErrorKind::Denied,
            code: None,
            message: "the token in the secret holds characters that no token has; put it in again".to_owned(),
            source: None,
        })?;
        bearer.set_sensitive(true);
        let request = request.header(AUTHORIZATION, bearer).build();
        let request = request.map_err(|error| no_answer(operation, subject, error))?;
        let answer = self.follow(operation, subject, request).await?;
        let status = answer.status();
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            return Ok(answer);
        }
        let mut until = paused_until(status, answer.headers(), Timestamp::now());
        let refused = refusal(operation, subject, answer, until.is_some()).await;
        if until.is_none() && refused.kind == PortErrorKind::Throttled {
            // Only the words of the answer tell that it is a rate limit.
            until = Timestamp::now().checked_add(LEAST_PAUSE).ok();
        }
        if until.is_some() {
            *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
        }
        Err(refused)
    }

    /// Sends a request, and follows where GitHub points to: to where archives are, and to the address by number of a
    /// repository that was renamed. The credential stays with GitHub's interface. A write is not sent elsewhere.
    ///
    /// Source: <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>
    async fn follow(&self, operation: &'static str, subject: &str, request: Request) -> Result<Response, PortError> {
        let mut next = request.try_clone();
        let mut answer = self.http.execute(request).await;
        for _ in 0..MOST_REDIRECTS {
            let given = answer.map_err(|error| no_answer(operation, subject, error))?;
            let location = header(&given, "location").and_then(|location| given.url().join(&location).ok());
            let (true, Some(location)) = (given.status().is_redirection(), location) else {
                return Ok(given);
            };
            let Some(mut request) = next.filter(|request| request.method() == Method::GET) else {
                return Err(moved(operation, subject));
            };
            if is_other_repository(request.url(), &location) {
                return Err(moved(operation, subject));
            }
            let is_elsewhere = location.origin() != request.url().origin();
            *request.url_mut() = location;
            if is_elsewhere {
                request.headers_mut().remove(AUTHORIZATION);
            }
            next = request.try_clone();
            answer = self.http.execute(request).await;
        }
        let given = answer.map_err(|error| no_answer(operation, subject, error))?;
        if given.status().is_redirection() && given.status() != StatusCode::NOT_MODIFIED {
            return Err(PortError {
                operation,
                subject: subject.to_owned(),
                kind: PortErrorKind::Unavailable,
                code: None,
                message: "GitHub redirects too often".to_owned(),
                source: None,
            });
        }
        Ok(given)
    }

    async fn token(&self) -> Result<Secret, PortError> {
        let now = Timestamp::now();
        if let Some(token) = self.tokens.get(now) {
            return Ok(token);
        }
        let arn = &self.settings.credential_arn;
        let secret = self.secrets.read_secret(arn).await?;
        let unusable = |error: super::credential::CredentialError| PortError {
            operation: "reading the GitHub credential",
            subject: arn.clone(),
            kind: PortErrorKind::Denied,
            code: None,
            message: error.to_string(),
            source: None,
        };
        let (token, expires) = match Credential::from_secret(&secret).map_err(unusable)? {
            Credential::Token(token) => {
                // It may be another user's now.
                *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = None;
                (token, now.saturating_add(TOKEN_REREAD).unwrap_or(now))
            }
            Credential::App(app) => {
                *self.identity.lock().unwrap_or_else(PoisonError::into_inner) = Some(Identity::App(app.id.clone()));
                let proof = app.token(now).map_err(unusable)?;
                let path = format!("/app/installations/{}/access_tokens", app.installation);
                let request = self.request(Method::POST, &path).header(ACCEPT, JSON);
                let operation = "POST /app/installations/{id}/access_tokens";
                let answer = self.exchange(operation, &path, request, &proof).await?;
                let bytes = whole(operation, &path, answer, ANSWER_LIMIT_BYTES).await?;
                let answer: InstallationToken =
                    serde_json::from_slice(&bytes).map_err(|error| not_understood(operation, &path, error))?;
                (Secret::new(answer.token), answer.expires_at)
            }
        };
        self.tokens.put(token.clone(), expires);
        Ok(token)
    }
}

/// Whether a redirect leads from an address by number to that of another number.
fn is_other_repository(from: &reqwest::Url, to: &reqwest::Url) -> bool {
    let number = |url: &reqwest::Url| {
        let mut segments = url.path_segments()?.skip_while(|segment| *segment != "repositories");
        segments.nth(1).map(str::to_owned)
    };
    number(from).is_some_and(|from| number(to).is_some_and(|to| to != from))
}

fn moved(operation: &'static str, subject: &str) -> PortError {
    PortError {
        operation,
        subject: subject.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message: "the repository was renamed or transferred, and nothing is written to where GitHub points instead; \
                  deploy Changegate with the repository's new name"
            .to_owned(),
        source: None,
    }
}
