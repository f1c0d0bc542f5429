//! The HTTP client of everything here.

/// A client. Everything is on loopback and plain, but the client wants to know how it would encrypt.
pub fn client() -> reqwest::Client {
    prepare();
    reqwest::Client::new()
}

/// The settings of a client, to be changed before it is built.
pub fn builder() -> reqwest::ClientBuilder {
    prepare();
    reqwest::Client::builder()
}

fn prepare() {
    // An error means that a provider is installed already.
    drop(rustls::crypto::ring::default_provider().install_default());
}
