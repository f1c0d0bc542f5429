//! What the sync decides: from the branch's files and the snapshot to what is written, started and removed.

pub mod git;
pub mod push;
