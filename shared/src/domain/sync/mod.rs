//! What the sync decides: from the branch's files and the snapshot to what is written, started and removed.

pub mod authorship;
pub mod files;
pub mod git;
pub mod pin;
pub mod places;
pub mod plan;
pub mod push;
pub mod snapshot;
pub mod start;
pub mod trace;
