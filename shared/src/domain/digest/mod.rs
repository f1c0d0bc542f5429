//! The digest: one hash over everything that an approval covers.
//!
//! The document that is hashed holds strings, lists and objects only, and all its keys are ASCII, so that RFC 8785,
//! `jq -cS` and this module agree about its bytes. `docs/digest.md` shows how anybody recomputes it.

mod canonical;
mod difference;
mod document;
#[cfg(test)]
mod tests;

pub use canonical::to_canonical_json;
pub use difference::{Difference, first_difference};
pub use document::{Covered, DigestDocument, TemplateHashes};
