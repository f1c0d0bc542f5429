//! Whether a text that CloudFormation tells is one that a text of the template may come to.

use super::lossy;
use crate::domain::secrecy::NO_ECHO;

/// Whether `told` has the literal parts of `text`, in their order, with anything in the place of its references: dynamic
/// ones, those to hidden parameters, and what only the execution makes known.
pub(super) fn fit(told: &str, text: &str) -> bool {
    let literals = literals(text);
    let is_match = |told: &str, literals: &[String]| match literals {
        [] => told.is_empty(),
        [only] => told == only,
        [first, middle @ .., last] => {
            let Some(mut rest) = told.strip_prefix(first.as_str()) else {
                return false;
            };
            for literal in middle {
                let Some(at) = rest.find(literal.as_str()) else {
                    return false;
                };
                rest = &rest[at + literal.len()..];
            }
            rest.ends_with(last.as_str())
        }
    };
    // Characters outside ASCII come back as `?`, unless they were put back.
    let plain: Vec<String> = literals.iter().map(|literal| lossy(literal)).collect();
    is_match(told, &literals) || is_match(&lossy(told), &plain)
}

/// What stands before, between and behind the references of a text.
fn literals(text: &str) -> Vec<String> {
    let mut literals = vec![String::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let reference = [("{{resolve:", "}}"), ("${", "}")]
            .into_iter()
            .find_map(|(begin, end)| {
                let behind = rest.strip_prefix(begin)?;
                Some(&behind[behind.find(end)? + end.len()..])
            });
        if let Some(behind) = reference.or_else(|| rest.strip_prefix(NO_ECHO)) {
            literals.push(String::new());
            rest = behind;
        } else {
            let length = rest.chars().next().map_or(0, char::len_utf8);
            if let Some(literal) = literals.last_mut() {
                literal.push_str(&rest[..length]);
            }
            rest = &rest[length..];
        }
    }
    literals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_fits_when_only_its_references_came_to_something() {
        let hidden = format!("https://{NO_ECHO}@host/");
        for (told, text) in [
            ("s3:GetObject", "{{resolve:ssm:/action:1}}"),
            ("{{resolve:ssm:/action:1}}", "{{resolve:ssm:/action:1}}"),
            ("", "{{resolve:ssm:/action:1}}"),
            ("arn:aws:s3:::b/x", "arn:aws:s3:::{{resolve:ssm:/b}}/x"),
            ("https://****@host/", hidden.as_str()),
            ("a1b2c", "a{{resolve:x}}b${import Y}c"),
            ("pr?fix-1", "préfix-{{resolve:ssm:n}}"),
            ("aXbXb", "a{{resolve:x}}b{{resolve:y}}b"),
        ] {
            assert!(fit(told, text), "{told} {text}");
        }
        for (told, text) in [
            ("*", "arn:aws:s3:::{{resolve:ssm:/b}}/x"),
            ("arn:aws:s3:::b/y", "arn:aws:s3:::{{resolve:ssm:/b}}/x"),
            ("https://****@other/", hidden.as_str()),
            ("ab", "a{{resolve:x}}b{{resolve:y}}b"),
            ("other", "plain"),
            ("{{resolve:", "{{resolve"),
        ] {
            assert!(!fit(told, text), "{told} {text}");
        }
    }
}
