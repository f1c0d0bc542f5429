//! Free ports on loopback.

use std::io;
use std::net::{Ipv4Addr, TcpListener as StdListener};

use tokio::net::TcpListener;

/// The usual port of the AWS endpoint.
pub const AWS: u16 = 4566;
/// The usual port of the CodePipeline engine, which only the emulator calls.
pub const ENGINE: u16 = 4567;
/// The usual port of the Git host.
pub const GIT: u16 = 4568;

/// Listens on the usual port, or on a free one when that is taken.
///
/// # Errors
///
/// When loopback has no free port.
pub async fn listen(usual: u16) -> io::Result<TcpListener> {
    match TcpListener::bind((Ipv4Addr::LOCALHOST, usual)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await,
    }
}

/// The usual port, or a free one when that is taken. Somebody else may take it before it is used.
///
/// # Errors
///
/// When loopback has no free port.
pub fn free(usual: u16) -> io::Result<u16> {
    let listener =
        StdListener::bind((Ipv4Addr::LOCALHOST, usual)).or_else(|_| StdListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    Ok(listener.local_addr()?.port())
}

#[cfg(test)]
mod tests {
    use super::{free, listen};

    #[tokio::test]
    async fn a_taken_port_is_passed_over() {
        let first = listen(0).await.unwrap();
        let taken = first.local_addr().unwrap().port();
        let second = listen(taken).await.unwrap();
        assert_ne!(second.local_addr().unwrap().port(), taken);
        assert_ne!(free(taken).unwrap(), taken);
    }
}
