//! Renders a review: plain text, Markdown, one self-contained HTML page, JSON, and one line.
//!
//! Every text that comes from elsewhere is escaped here, for the medium it goes to. Nothing in a template, a commit or
//! a name can start a line of its own, a link, a mention or an image.

mod commits;
mod gates;
mod html;
mod html_parts;
mod html_resource;
mod json;
mod lines;
mod markdown;
mod out;
mod rows;
mod summary;
mod text;
mod top;
mod words;

#[cfg(test)]
mod tests;

pub use html::html;
pub use json::{json, schema};
pub use markdown::{comment, markdown};
pub use summary::{status, subject, summary, with_note};
pub use text::text;
pub use words::pull_requests;

/// Most bytes of a text review: what an SNS message may hold, less a margin for its envelope.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
pub const TEXT_BYTES: usize = 250_000;
/// Most characters of a Markdown review: the 65,536 that a comment on GitHub may hold, less the marker before it.
pub const MARKDOWN_CHARACTERS: usize = 65_000;
