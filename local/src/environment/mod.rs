//! What runs on this machine: `MiniStack`, the CodePipeline engine, the Git host.

pub mod ministack;
pub mod ports;
