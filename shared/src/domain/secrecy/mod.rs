//! What may be shown to a reader, and how: secrets are masked, and nothing that a reader cannot see stays invisible.
//!
//! A text from elsewhere reaches a page, a mail, an error or a log only as [`Masked`], which only a [`Hider`] makes of it.
//! [`Masked`] in turn is read only through [`Masked::visible`]: one line in which everything can be seen.

mod ahead;
mod content;
mod decode;
mod entropy;
mod hider;
mod kinds;
mod mask;
mod masked;
mod names;
mod place;
mod reference;
mod sentence;
mod shown;
mod visible;

#[cfg(test)]
mod tests;

pub use content::is_image;
pub(in crate::domain) use decode::is_code;
pub use decode::{Decoded, decoded};
pub(in crate::domain) use hider::NO_ECHO;
pub use hider::{Hider, public};
pub use kinds::{HiddenCount, SecretKind};
pub(crate) use masked::masked;
pub use masked::{Line, Masked, Part};
pub(in crate::domain) use place::{Spot, Step};
pub(in crate::domain) use sentence::sentence;
pub use sentence::{Sentence, SentencePart};
pub use shown::{KNOWN_AFTER_APPLY, Shown};
pub use visible::{is_invisible, visible, visible_ascii};

/// Stands where a part of a text is hidden.
pub const MASK: &str = "‹hidden›";
