//! The configuration of a stack: parameters and tags, from the file in the repository to what CloudFormation takes.
//!
//! Scalars become the texts that CloudFormation takes exactly as they are written (`010`, `1.0`, twenty digits), and
//! everything is checked against the template's parameters before anything is planned.

mod check;
mod constraints;
mod convention;
mod declared;
mod effective;
mod problem;
mod template;

pub use check::effective;
pub use convention::convention;
pub use declared::{Declared, declared};
pub use effective::*;
pub use problem::{ConfigurationProblem, ConfigurationProblemKind};

/// A file of the repository: where it is, and what it holds.
#[derive(Debug, Clone, Copy)]
pub struct File<'f> {
    /// Path in the repository; its extension says the format.
    pub path: &'f str,
    /// Content.
    pub bytes: &'f [u8],
}

#[cfg(test)]
mod tests;
