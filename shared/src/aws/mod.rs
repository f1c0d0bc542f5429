//! Implements ports over the AWS SDK. The only place that names `aws_sdk_*`.

pub mod connect;
mod errors;
#[cfg(test)]
mod recorded;
pub mod s3;
pub mod secrets;
pub mod sqs;
