//! The configuration of a stack: parameters and tags, from the file in the repository to what CloudFormation takes.

mod effective;

pub use effective::*;
