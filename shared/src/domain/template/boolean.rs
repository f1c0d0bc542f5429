//! What CloudFormation takes for true and for false.

use crate::domain::document::Node;

/// What the text of a boolean comes to in CloudFormation; `None` for a text that is no boolean.
///
/// CloudFormation reads YAML 1.1, where `yes` and `on` are booleans, takes a text in the place of a boolean, and turns
/// a boolean into a text where it needs one: `NoEcho: yes`, `NoEcho: "true"` and `NoEcho: TRUE` say the same. So neither
/// case nor quotes count.
///
/// Source: <https://yaml.org/type/bool.html>, and
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>
pub fn boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 4] = ["true", "yes", "on", "y"];
    const FALSE: [&str; 4] = ["false", "no", "off", "n"];
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    match (is_one_of(TRUE), is_one_of(FALSE)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// Whether the value of a parameter is kept secret, by what its declaration has at `NoEcho`.
///
/// Whatever is there and is not false keeps it secret: CloudFormation may know more spellings than this one.
pub fn is_no_echo(declared: Option<&Node>) -> bool {
    declared.is_some_and(|node| node.as_text().and_then(boolean) != Some(false))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Document, Format};

    #[test]
    fn every_word_that_yaml_has_for_true_and_false_is_read_in_every_case() {
        for (words, expected) in [
            (["true", "True", "TRUE", "tRue"], Some(true)),
            (["yes", "Yes", "YES", "yEs"], Some(true)),
            (["on", "On", "ON", "oN"], Some(true)),
            (["y", "Y", "y", "Y"], Some(true)),
            (["false", "False", "FALSE", "fAlse"], Some(false)),
            (["no", "No", "NO", "nO"], Some(false)),
            (["off", "Off", "OFF", "oFF"], Some(false)),
            (["n", "N", "n", "N"], Some(false)),
            (["", "1", "enabled", "true "], None),
        ] {
            for word in words {
                assert_eq!(boolean(word), expected, "{word:?}");
            }
        }
    }

    #[test]
    fn a_parameter_is_secret_unless_its_declaration_says_plainly_that_it_is_not() {
        let is_secret = |declaration: &str| {
            let document = Document::parse(declaration, Format::Yaml).unwrap();
            is_no_echo(document.root.get("NoEcho"))
        };
        for secret in [
            "true",
            "'true'",
            "\"tr\\u0075e\"",
            "Yes",
            "\"on\"",
            "!!bool yes",
            "!!str true",
            "1",
            "~",
            "",
            "[true]",
            "!Ref Hidden",
        ] {
            assert!(is_secret(&format!("NoEcho: {secret}\n")), "{secret}");
        }
        for open in ["NoEcho: false", "NoEcho: 'no'", "NoEcho: Off", "Type: String"] {
            assert!(!is_secret(open), "{open}");
        }
        let json = Document::parse(r#"{"NoEcho": true}"#, Format::Json).unwrap();
        assert!(is_no_echo(json.root.get("NoEcho")));
    }
}
