//! A TLS endpoint on loopback that answers as the services would, with a certificate authority of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::recording::Replay;

/// Where the endpoint listens. By its number, so that S3's clients put the bucket into the path.
const HOST: &str = "127.0.0.1";
/// Largest body that a function sends.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// A running endpoint.
pub(in crate::bench) struct Endpoint {
    address: SocketAddr,
    requests: Arc<AtomicU64>,
    authority: PathBuf,
}

/// The endpoint could not be started.
#[derive(Debug, thiserror::Error)]
pub(in crate::bench) enum EndpointError {
    /// Loopback or the certificate's file.
    #[error("preparing the TLS endpoint on loopback")]
    Io(#[from] std::io::Error),
    /// The certificates.
    #[error("making the endpoint's certificates")]
    Certificate(#[from] rcgen::Error),
    /// The TLS configuration.
    #[error("configuring TLS for the endpoint")]
    Tls(#[from] rustls::Error),
}

impl Endpoint {
    /// Starts an endpoint whose authority's certificate is written into `folder`.
    pub(in crate::bench) async fn start(folder: &Path, replay: Replay) -> Result<Self, EndpointError> {
        let mut params = CertificateParams::new(Vec::new())?;
        // Two names: OpenSSL takes a certificate for self-signed whose subject is its issuer's.
        params.distinguished_name = named("Changegate benchmark authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![HOST.to_owned()])?;
        params.distinguished_name = named(HOST);
        let certificate = params.signed_by(&key, &issuer)?;
        let authority = folder.join("authority.pem");
        std::fs::write(&authority, issuer.pem())?;

        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let listener = TcpListener::bind((HOST, 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let routes = Router::new()
            .fallback(respond)
            .with_state((replay, Arc::clone(&requests)));
        let listener = TlsListener {
            listener,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        };
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Ok(Self {
            address,
            requests,
            authority,
        })
    }

    /// Base URL.
    pub(in crate::bench) fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// File with the certificate of the endpoint's authority.
    pub(in crate::bench) fn authority(&self) -> &Path {
        &self.authority
    }

    /// Requests answered so far.
    pub(in crate::bench) fn requests(&self) -> u64 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn respond(State((replay, requests)): State<(Replay, Arc<AtomicU64>)>, request: Request) -> Response {
    requests.fetch_add(1, Ordering::SeqCst);
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str).to_owned();
    let header = |name: &str| {
        head.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    };
    let mut operation = header("x-amz-target").to_owned();
    let is_form = header("content-type").starts_with("application/x-www-form-urlencoded");
    // Read to its end in any case: the connection is used again.
    let body = to_bytes(body, LARGEST_BODY).await.unwrap_or_default();
    if is_form {
        // An operation's name needs no decoding.
        operation = String::from_utf8_lossy(&body)
            .split('&')
            .find_map(|pair| pair.strip_prefix("Action="))
            .unwrap_or_default()
            .to_owned();
    }
    replay.answer(head.method.as_str(), &path, &operation)
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // A client that breaks off its handshake is no reason to stop listening.
            // Without the option, an answer in two packets waits 40 ms for an acknowledgement.
            if let Ok((stream, address)) = self.listener.accept().await
                && stream.set_nodelay(true).is_ok()
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
