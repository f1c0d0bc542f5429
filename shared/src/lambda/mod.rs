//! What every function does at its edges: settings, telemetry, the job envelope.

pub mod clock;
pub mod ended_event;
pub mod function_error;
pub mod job;
pub mod job_event;
pub mod settings;
pub mod telemetry;
pub mod url;
pub mod variables;
