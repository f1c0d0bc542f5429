//! Texts of somebody who wants to be printed.

use crate::domain::secrecy::is_invisible;

/// No credential of anybody.
pub const CREDENTIAL: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";

/// Words with a credential behind them, and all that hides, colours or moves what stands around it.
pub fn planted(words: &str) -> String {
    format!(
        "{words} {CREDENTIAL} \u{1b}[31m\u{9b}1m\u{7f}\u{8}\u{202e}\u{2066}\u{200b}\u{feff}\u{2028}<b>@all\u{0}\r\nFORGED line\rFORGED\n"
    )
}

/// Demands that a text that leaves a function holds neither the credential nor anything that nobody sees, and that no line
/// of it is another's: lines of a value that are shown as such are marked or indented. Answers how often planted words stand in it.
#[track_caller]
pub fn assert_harmless(what: &str, text: &str) -> usize {
    assert!(!text.contains(&CREDENTIAL[4..]), "{what} tells a credential:\n{text}");
    let hidden = text
        .chars()
        .find(|character| *character != '\n' && is_invisible(*character));
    assert_eq!(hidden, None, "{what} holds what nobody sees:\n{text}");
    let forged = text.lines().find(|line| line.starts_with("FORGED"));
    assert_eq!(forged, None, "{what} has a line of somebody else:\n{text}");
    text.matches("FORGED line").count()
}
