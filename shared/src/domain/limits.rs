//! How much work a file may cause.
//!
//! Whoever writes to the repository writes the files, so what reading, checking and evaluating one takes is bounded, in
//! bytes and in steps. A bound that is hit is told with its place and counts for that file or that value alone; nothing
//! is left out in silence. The bounds hold together what a file of one megabyte may take: a second, and 128 MB.

/// Greatest nesting of a document; CloudFormation's own documents need about 30.
pub const MAX_DEPTH: usize = 128;
/// Greatest number of nodes of a document, aliases expanded; bounds what a few nested aliases can grow to.
pub const MAX_NODES: usize = 500_000;
/// Most bytes of text that the aliases and anchors of a document may copy, all together; a whole template has at most
/// a million.
pub const MAX_COPIED_BYTES: usize = 4 * 1024 * 1024;
