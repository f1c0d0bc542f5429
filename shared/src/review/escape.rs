//! Makes texts from elsewhere harmless for each medium.

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
pub(super) fn is_invisible(character: char) -> bool {
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

/// A code span of Markdown that holds `text` as it is: no mention, link, image or markup in it takes effect.
pub(super) fn code_span(text: &str) -> String {
    let text = visible(text);
    if text.is_empty() {
        return "` `".to_owned();
    }
    let fence = "`".repeat(longest_run(&text, '`') + 1);
    // One space at each end is taken off again; it keeps backticks at the ends apart from the fence.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fence for a block of Markdown that holds `content`, longer than any in it.
pub(super) fn fence(content: &str) -> String {
    "`".repeat(longest_run(content, '`').max(2) + 1)
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Appends `text` to a page, as text.
pub(super) fn push_html(out: &mut String, text: &str) {
    let text = visible(text);
    let mut kept = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        out.push_str(&text[kept..at]);
        out.push_str(escaped);
        kept = at + 1;
    }
    out.push_str(&text[kept..]);
}

/// Appends one line of a longer text to a page; tabs stay.
pub(super) fn push_html_line(out: &mut String, line: &str) {
    if !line.contains('\t') {
        return push_html(out, line);
    }
    for (index, part) in line.split('\t').enumerate() {
        if index > 0 {
            out.push('\t');
        }
        push_html(out, part);
    }
}

/// `text` as HTML text, in an element that keeps its direction to itself.
pub(super) fn html_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 24);
    out.push_str("<code>");
    push_html(&mut out, text);
    out.push_str("</code>");
    out
}

/// The first characters of a text, with what was left out.
pub(super) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // Bytes are at least as many as characters, so most texts need no counting.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    let count = text.chars().count();
    if count <= most {
        return Cow::Borrowed(text);
    }
    let kept: String = text.chars().take(most).collect();
    Cow::Owned(format!("{kept}… ({} more characters)", count - most))
}

/// Only addresses of these kinds become links.
pub(super) fn is_link(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://localhost") || url.starts_with("http://127.0.0.1"))
        && url
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'(' | b')' | b'`'))
}
