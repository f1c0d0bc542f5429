//! AWS CodePipeline on loopback: its JSON 1.1 protocol in front of a release engine.
//!
//! The engine is test equipment: `local/CODEPIPELINE.md` lists what it emulates, in AWS's own sentences.

pub mod cloudformation;
pub mod declaration;
#[cfg(test)]
mod documented;
pub mod driver;
pub mod engine;
pub mod error;
pub mod operations;
#[cfg(test)]
mod over_http;
pub mod rough;
pub mod server;
pub mod validation;
pub mod wire;

pub use engine::world::Pace;
pub use server::{Config, Knobs, Running, StartError, Turner, serve, start};
