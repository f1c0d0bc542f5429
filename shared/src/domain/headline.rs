//! What stands above a message: the subject of a mail, and the context of a commit status. Both begin with the
//! environment, so that they can be sorted and filtered.

use super::provenance::ROOT_STACK;
use super::secrecy::{Hider, Masked, masked, visible_ascii};

/// Most characters of a subject: "UTF-8 text with no line breaks or control characters, and less than 100 characters
/// long". Mail servers on the way mangle what is not ASCII, so it is ASCII.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
pub const SUBJECT_CHARACTERS: usize = 99;

/// `[production] approve? orders - high - 1 replaced, 2 changed`: at most [`SUBJECT_CHARACTERS`] of ASCII.
pub fn subject(
    environment: &Masked,
    word: &'static str,
    stack: &Masked,
    facts: impl IntoIterator<Item = Masked>,
) -> String {
    let head = (!environment.is_empty()).then(|| masked!["[", environment, "] "]);
    let facts = facts.into_iter().filter(|fact| !fact.is_empty());
    let facts = Masked::joined(facts.map(|fact| masked![" - ", fact]), "");
    in_bounds(&masked![head, word, " ", stack, facts])
}

/// A text as a subject, cut where it is too long.
pub fn in_bounds(text: &Masked) -> String {
    let mut text = visible_ascii(&text.visible());
    if text.len() > SUBJECT_CHARACTERS {
        text.truncate(SUBJECT_CHARACTERS - 3);
        text.push_str("...");
    }
    text
}

/// Context of every commit status about a stack, from the sync to the outcome: `changegate/production/orders`. What
/// concerns the catalogue and the root pipeline, which reads it, has the context `changegate/production/catalogue`.
pub fn status_context(environment: &str, stack: &str) -> String {
    let subject = if stack == ROOT_STACK { CATALOGUE } else { stack };
    // A stack may be called anything where that is what is wrong with it.
    let subject = Hider::default().name(subject);
    format!("changegate/{environment}/{}", subject.visible())
}

/// What stands for the catalogue in a context.
pub const CATALOGUE: &str = "catalogue";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secrecy::public;

    #[test]
    fn a_subject_is_short_ascii_in_one_line_and_says_where_it_is_cut() {
        let facts = || [public("high"), public("1 replaced · ünïcode\nline"), public("")];
        assert_eq!(
            subject(&public("production"), "approve?", &public("orders"), facts()),
            "[production] approve? orders - high - 1 replaced - ?n?code?line"
        );
        let long = subject(&public(&"p".repeat(40)), "approve?", &public(&"o".repeat(200)), facts());
        assert_eq!(long.len(), SUBJECT_CHARACTERS);
        assert!(long.ends_with("..."), "{long}");
    }

    #[test]
    fn the_catalogue_and_the_root_pipeline_share_a_context() {
        assert_eq!(status_context("production", "orders"), "changegate/production/orders");
        assert_eq!(
            status_context("production", ROOT_STACK),
            "changegate/production/catalogue"
        );
        assert_eq!(
            status_context("production", CATALOGUE),
            "changegate/production/catalogue"
        );
    }
}
