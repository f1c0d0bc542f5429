//! What CloudFormation takes for true and for false.

use crate::domain::document::{Node, ScalarStyle};

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

/// The text that CloudFormation takes a scalar for, where it needs a text; `None` for a collection.
///
/// Without quotes, the words that YAML 1.1 has for booleans are booleans, and these become `true` and `false`:
/// `AllowedValues: [yes, no]` allows `true` and `false`. SnakeYAML, which reads templates there, knows each word in
/// three cases, and neither `y` nor `n`.
///
/// Source: `BOOL` in <https://github.com/snakeyaml/snakeyaml/blob/master/src/main/java/org/yaml/snakeyaml/resolver/Resolver.java>
pub fn scalar_text(node: &Node) -> Option<&str> {
    let scalar = node.scalar()?;
    if node.tag.is_some() || scalar.style != ScalarStyle::Plain {
        return Some(&scalar.text);
    }
    Some(match scalar.text.as_str() {
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => "true",
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => "false",
        text => text,
    })
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
    fn words_without_quotes_become_the_texts_of_booleans() {
        let text = |written: &str| {
            let document = Document::parse(&format!("a: {written}\n"), Format::Yaml).unwrap();
            scalar_text(document.root.get("a").unwrap()).map(str::to_owned)
        };
        for written in ["yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"] {
            assert_eq!(text(written).as_deref(), Some("true"), "{written}");
            assert_eq!(text(&format!("'{written}'")).as_deref(), Some(written));
            assert_eq!(text(&format!("!Ref {written}")).as_deref(), Some(written));
        }
        for written in ["no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"] {
            assert_eq!(text(written).as_deref(), Some("false"), "{written}");
            assert_eq!(text(&format!("\"{written}\"")).as_deref(), Some(written));
        }
        for written in ["y", "N", "yEs", "010", "1.0", "text"] {
            assert_eq!(text(written).as_deref(), Some(written));
        }
        assert_eq!(text("[yes]"), None);
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
