//! Characters that look like spaces and are none: a key that is indented with them stands in another place than it seems.

use super::super::position::Positions;
use super::super::{Document, Node, ScalarStyle, SyntaxError};

/// Tells of white space that YAML does not take for any, where it explains an error or is part of a key.
pub(super) fn told(
    read: Result<Document, SyntaxError>,
    text: &str,
    positions: &Positions<'_>,
) -> Result<Document, SyntaxError> {
    match read {
        Ok(document) => match odd_key(&document.root) {
            None => Ok(document),
            Some(key) => Err(SyntaxError {
                line: key.line,
                column: key.column,
                message: said(key.as_text().and_then(|text| text.chars().next()).unwrap_or('\u{a0}')),
            }),
        },
        Err(error) => Err(indented_oddly(text, positions, &error).unwrap_or(error)),
    }
}

/// The first key that begins with white space without being quoted.
fn odd_key(node: &Node) -> Option<&Node> {
    let is_odd = |key: &Node| {
        key.scalar()
            .is_some_and(|scalar| scalar.style == ScalarStyle::Plain && scalar.text.starts_with(char::is_whitespace))
    };
    let in_entries = || {
        node.entries()
            .iter()
            .find_map(|(key, value)| if is_odd(key) { Some(key) } else { odd_key(value) })
    };
    node.items().iter().find_map(odd_key).or_else(in_entries)
}

/// The error of a line that is indented with such characters, on the line of `error` or right beside it.
fn indented_oddly(text: &str, positions: &Positions<'_>, error: &SyntaxError) -> Option<SyntaxError> {
    let mut start = 0;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let odd = line
            .trim_start_matches(' ')
            .chars()
            .next()
            .filter(|first| is_odd_space(*first));
        if let Some(odd) = odd
            && (index..=index + 2).contains(&error.line)
            && !line.trim().is_empty()
        {
            return Some(positions.error(start + spaces, said(odd)));
        }
        start += line.len();
    }
    None
}

fn is_odd_space(character: char) -> bool {
    character == '\t' || (character.is_whitespace() && !character.is_ascii())
}

fn said(odd: char) -> String {
    let name = match odd {
        '\u{a0}' => "a no-break space".to_owned(),
        '\t' => "a tab".to_owned(),
        other => format!("the white space U+{:04X}", u32::from(other)),
    };
    format!("the line is indented with {name}, which YAML does not take for a space; indent it with spaces")
}
