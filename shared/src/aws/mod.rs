//! Implements ports over the AWS SDK. The only place that names `aws_sdk_*`.

pub mod artifacts;
pub mod cloudformation;
pub mod codepipeline;
pub mod connect;
mod errors;
pub mod functions;
#[cfg(test)]
mod recorded;
pub mod s3;
pub mod secrets;
pub mod sns;
pub mod sqs;
