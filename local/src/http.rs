//! The HTTP client of everything here.

/// A client. Everything is on loopback and plain, but the client wants to know how it would encrypt.
pub fn client() -> reqwest::Client {
    // An error means that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::new()
}
