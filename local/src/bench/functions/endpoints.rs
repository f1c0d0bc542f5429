//! A TLS endpoint on loopback that answers as the services would, with a certificate authority of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use axum::serve::Listener;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// A request as an answer sees it.
pub(in crate::bench) struct Request<'a> {
    /// HTTP method.
    pub(in crate::bench) method: &'a Method,
    /// Path and query.
    pub(in crate::bench) uri: &'a Uri,
    /// Headers.
    pub(in crate::bench) headers: &'a HeaderMap,
}

/// Answers every request of one scenario.
pub(in crate::bench) type Answer = fn(&Request<'_>) -> Response;

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
    pub(in crate::bench) async fn start(folder: &Path, answer: Answer) -> Result<Self, EndpointError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["localhost".to_owned()])?.signed_by(&key, &issuer)?;
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let requests = Arc::new(AtomicU64::new(0));
        let routes = Router::new()
            .fallback(respond)
            .with_state((answer, Arc::clone(&requests)));
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
        format!("https://localhost:{}", self.address.port())
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

async fn respond(
    State((answer, requests)): State<(Answer, Arc<AtomicU64>)>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    requests.fetch_add(1, Ordering::SeqCst);
    answer(&Request {
        method: &method,
        uri: &uri,
        headers: &headers,
    })
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
            if let Ok((stream, address)) = self.listener.accept().await
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
