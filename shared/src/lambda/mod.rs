//! What every function does at its edges: settings, telemetry, the job envelope.

pub mod variables;
