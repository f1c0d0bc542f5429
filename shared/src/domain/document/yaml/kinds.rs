//! What a scalar stands for.

use saphyr_parser::ScalarStyle as Style;

use crate::domain::document::ScalarKind;

/// What a scalar stands for: YAML 1.2's core schema, which JSON's own notation is a part of.
pub(super) fn kind_of(text: &str, style: Style, tag: Option<&str>) -> ScalarKind {
    match tag {
        Some("!!bool") => return ScalarKind::Boolean,
        Some("!!int" | "!!float") => return ScalarKind::Number,
        Some("!!null") => return ScalarKind::Null,
        // The argument of a function in its short form is a text, as `!GetAZs` without one is.
        Some(tag) if tag == "!!str" || !tag.starts_with("!!") => return ScalarKind::Text,
        _ if style != Style::Plain => return ScalarKind::Text,
        _ => {}
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => ScalarKind::Null,
        "true" | "True" | "TRUE" | "false" | "False" | "FALSE" => ScalarKind::Boolean,
        _ if is_number(text) => ScalarKind::Number,
        _ => ScalarKind::Text,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return !digits.is_empty() && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let (mantissa, exponent) = unsigned
        .split_once(['e', 'E'])
        .map_or((unsigned, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() || !fraction.is_empty())
        && are_digits(whole)
        && are_digits(fraction)
        && exponent.is_none_or(|exponent| {
            let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
            !digits.is_empty() && are_digits(digits)
        })
}
