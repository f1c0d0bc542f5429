//! Implements ports over GitHub's REST interface, and verifies deliveries.
//!
//! Source: <https://docs.github.com/en/rest>

mod answer;
mod archive;
mod connection;
mod credential;
mod pull_requests;
mod repository;
pub mod signature;
mod tell;
#[cfg(test)]
mod tests;
mod told;
mod wire;

pub use connection::{Connection, GitHubSettings};
pub use repository::Repository;
