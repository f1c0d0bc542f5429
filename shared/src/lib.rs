//! All logic of Changegate.
//!
//! Imports go one way: `domain ← review ← flows ← {aws, github} ← lambda ← functions`.
//! `domain` and `review` are pure: no I/O, no clock, no environment, no SDK types.
//! `flows` order the calls and own the ports (small traits in [`flows::ports`]).
//! The modules behind the feature `edges` implement the ports over the AWS SDK and GitHub, and hold what every
//! function does where it meets Lambda.
#![warn(missing_docs)]

#[cfg(feature = "edges")]
pub mod aws;
pub mod domain;
pub mod flows;
#[cfg(feature = "edges")]
pub mod github;
#[cfg(feature = "edges")]
pub mod lambda;
pub mod review;
