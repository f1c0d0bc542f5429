//! Numbers without quotes that CloudFormation may read as other ones.

use crate::domain::document::{Node, ScalarStyle, Value};

/// Most digits of a number that nobody rounds.
const EXACT_DIGITS: usize = 15;

/// Whether a text without quotes may be a number of YAML 1.1 and come back otherwise than it was written: `010` is 8
/// there, `1_0` is 10, `1:30` is 90, `1.10` is 1.1, and a date is a point in time.
///
/// Source: <https://yaml.org/type/int.html>, <https://yaml.org/type/float.html>, <https://yaml.org/type/timestamp.html>
fn is_odd(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_whole = |part: &str| is_plain(part) && (part == "0" || !part.starts_with('0'));
    let is_settled = match digits.split_once('.') {
        None => is_whole(digits) && digits.len() <= EXACT_DIGITS && text != "-0",
        Some((whole, fraction)) => {
            is_whole(whole) && is_plain(fraction) && !fraction.ends_with('0') && digits.len() <= EXACT_DIGITS
        }
    };
    let begins = text.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.'));
    let is_of_numbers = |byte: u8| byte.is_ascii_hexdigit() || b"xXoO_+-.:TtZz ".contains(&byte);
    let is_word = ["inf", "nan"].iter().any(|word| {
        let rest = text.trim_start_matches(['+', '-']).strip_prefix('.');
        rest.is_some_and(|rest| rest.eq_ignore_ascii_case(word))
    });
    begins && !is_settled && (is_word || text.bytes().all(is_of_numbers))
}

/// Whether a key or a value below the node is such a number.
pub(super) fn holds_odd(node: &Node) -> bool {
    match &node.value {
        Value::Scalar(scalar) => node.tag.is_none() && scalar.style == ScalarStyle::Plain && is_odd(&scalar.text),
        Value::Sequence(items) => items.iter().any(holds_odd),
        Value::Mapping(entries) => entries.iter().any(|(key, value)| holds_odd(key) || holds_odd(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Document, Format};

    #[test]
    fn a_number_that_comes_back_as_it_was_written_is_not_odd() {
        for text in ["0", "1", "-1", "443", "123456789012345", "1.5", "0.25", "-3.1"] {
            assert!(!is_odd(text), "{text}");
        }
        for text in ["", "a", "us-east-1", "10-prod", "t3.micro", "true", "~", "1st", "e1"] {
            assert!(!is_odd(text), "{text}");
        }
        for text in [
            "010",
            "0x1F",
            "0o17",
            "0b1",
            "1_000",
            "1:30",
            "1.10",
            "1.0",
            "+1",
            "-0",
            ".5",
            "1.",
            "1e3",
            "1E+2",
            ".inf",
            "-.INF",
            ".NaN",
            "2010-09-09",
            "012345670123",
            "1234567890123456",
            "-",
            "2001-12-14t21:59:43",
        ] {
            assert!(is_odd(text), "{text}");
        }
    }

    #[test]
    fn what_has_quotes_or_a_tag_is_a_text() {
        let holds = |text: &str| holds_odd(&Document::parse(text, Format::Yaml).unwrap().root);
        for text in ["{'010': \"0x1\"}", "!Equals ['010', a]", "[!Sub 010]"] {
            assert!(!holds(text), "{text}");
        }
        for text in ["{010: a}", "!Equals [010, '8']", "[[{a: 1.10}]]"] {
            assert!(holds(text), "{text}");
        }
        let json = Document::parse(r#"{"Fn::Equals": ["010", 10]}"#, Format::Json).unwrap();
        assert!(!holds_odd(&json.root));
    }
}
