//! Change sets: what CloudFormation tells of them, and what follows from it.

pub mod description;
