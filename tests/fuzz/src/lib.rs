//! What holds for any bytes that somebody writes into a repository.
//!
//! Each target reads arbitrary bytes and panics when a promise does not hold. `libfuzzer/` hands them to libFuzzer, and
//! `tests/it/corpora.rs` runs the corpora, and changes of them, through the same functions with every `cargo test`.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    clippy::panic,
    reason = "a promise that does not hold panics"
)]

mod catalogue;
mod configuration;
pub mod costly;
mod document;
mod masking;
mod packaging;
mod planted;
mod principal;
mod records;
mod review;
mod template;

use changegate::domain::secrecy::public;

/// A target: what its corpus and its binary are called, and what it does with bytes.
pub type Target = (&'static str, fn(&[u8]));

/// All targets, in the order of their names.
pub const TARGETS: [Target; 10] = [
    ("catalogue", catalogue::check),
    ("configuration", configuration::check),
    ("document", document::check),
    ("masking", masking::check),
    ("packaging", packaging::check),
    ("planted", planted::check),
    ("principal", principal::check),
    ("records", records::check),
    ("review", review::check),
    ("template", template::check),
];

/// Runs the target of this name.
///
/// # Panics
///
/// When no target has the name, and when what it promises does not hold for these bytes.
pub fn run(name: &str, bytes: &[u8]) {
    let (_, check) = TARGETS
        .iter()
        .find(|(target, _)| *target == name)
        .unwrap_or_else(|| panic!("there is a target {name} among TARGETS"));
    check(bytes);
}

/// Cuts bytes where a line of `===` stands, so that one input can be several files; what is not UTF-8 is replaced.
fn files(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split("\n===\n").map(str::to_owned).collect()
}

/// Whether a character could hide from a reader, or move what stands around it. A joiner stays between pictures, which
/// it makes one of.
fn is_invisible(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{ad}' | '\u{200b}' | '\u{200c}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
            | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2060}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

/// A text with foreign words in it, as statuses, mails and logs tell it.
fn told(text: &str) {
    assert_visible("what is told", &public(text).visible());
}

/// Demands that nothing in a text for people is invisible.
fn assert_visible(what: &str, text: &str) {
    let found = text.chars().find(|character| is_invisible(*character));
    assert_eq!(found, None, "{what} shows every character:\n{text}");
}
