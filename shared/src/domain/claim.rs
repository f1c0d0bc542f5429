//! The one object that decides between executing a run and superseding it.
//!
//! It is written with `If-None-Match: *`; who loses the write does nothing.

use serde::{Deserialize, Serialize};

/// Who decided about a run first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "claim", rename_all = "lowercase")]
pub enum Claim {
    /// The guard of this run is about to execute its change set.
    Executing,
    /// A newer run took the stack before this one could execute; it never executes, also when retried.
    Superseded {
        /// Id of the newer pipeline execution.
        by: String,
    },
}
