//! Makes everything in a text visible.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line in which everything that is there can be seen: line breaks become `⏎`, tabs `⇥`, other control
/// characters, bidirectional controls and invisible characters `⟨U+202E⟩`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\n' => out.push('⏎'),
            '\t' => out.push('⇥'),
            // A joiner between two pictures makes them one picture; anywhere else it hides.
            '\u{200d}' if is_pictorial(before) && rest.peek().copied().is_some_and(is_pictorial) => {
                out.push(character);
            }
            '\u{fe0f}' if is_pictorial(before) || before.is_ascii_digit() => out.push(character),
            hidden if is_invisible(hidden) => {
                let _ = write!(out, "⟨U+{:04X}⟩", u32::from(hidden));
            }
            other => out.push(other),
        }
        before = character;
    }
    Cow::Owned(out)
}

/// One line of printable ASCII: what a mail's subject may hold. Anything else becomes `?`.
pub fn visible_ascii(text: &str) -> String {
    text.chars()
        .map(|character| match character {
            ' '..='~' => character,
            '·' | '—' | '–' => '-',
            '→' => '>',
            '…' => '.',
            _ => '?',
        })
        .collect()
}

/// Whether a character cannot be seen, or changes how others are seen.
///
/// Sources: <https://www.unicode.org/reports/tr9/>, <https://www.unicode.org/reports/tr36/>
pub fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}'
                | '\u{034f}'
                | '\u{061c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{2800}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
                | '\u{f0000}'..='\u{10ffff}'
        )
}

fn is_pictorial(character: char) -> bool {
    matches!(u32::from(character), 0x00a9 | 0x00ae | 0x2190..=0x2bff | 0x3030..=0x303d | 0x3297..=0x3299 | 0x1f000..=0x1faff)
        || character == '\u{fe0f}'
}
