//! Orders the calls. One file a flow; each reads, decides with `domain`, and applies. Owns the ports.

pub mod check_release;
pub mod create_change_set;
pub mod describe_change_set;
pub mod digest_inputs;
mod error;
pub mod execute_change_set;
#[cfg(any(test, feature = "fakes"))]
pub mod fakes;
pub mod fresh_run;
pub mod outbox;
pub mod pipeline_changes;
pub mod ports;
pub mod prove_job;
pub mod provision_pipelines;
pub mod receive_push;
pub mod record_outcome;
pub mod retry_due;
mod run_sources;
pub mod sweep;
pub mod sync_source;
pub mod tell_again;

pub use error::FlowError;
