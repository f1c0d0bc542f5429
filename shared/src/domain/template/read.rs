//! Reads a template, a snippet or a configuration: the one place that decides whether a text is JSON or YAML.

use crate::domain::document::{Document, Format, SyntaxError};

/// Reads the file at `path`.
///
/// What a path ends in decides for `.json`; YAML may look like JSON, and then either will do.
///
/// # Errors
///
/// The first violation of the format, with line and column.
pub fn read_file(path: &str, bytes: &[u8]) -> Result<Document, SyntaxError> {
    match (std::str::from_utf8(bytes), Format::of_path(path)) {
        (Ok(text), Some(Format::Yaml)) => either(text, Format::Yaml),
        (Ok(text), None) => read(text),
        (Ok(text), Some(Format::Json)) => Document::parse(text, Format::Json).map_err(|error| {
            if is_yaml(text) {
                SyntaxError {
                    message: format!(
                        "this is YAML under a name for JSON: rename the file to `.yaml` ({})",
                        error.message
                    ),
                    ..error
                }
            } else {
                error
            }
        }),
        (Err(_), format) => Document::parse_bytes(bytes, format.unwrap_or(Format::Yaml)),
    }
}

/// Whether a text that is not JSON was meant as YAML: it is a mapping without brackets.
fn is_yaml(text: &str) -> bool {
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    !begins.starts_with(['{', '['])
        && Document::parse(text, Format::Yaml).is_ok_and(|document| !document.root.entries().is_empty())
}

/// Reads a text of which nothing is known but what it looks like.
///
/// # Errors
///
/// As [`read_file`].
pub fn read(text: &str) -> Result<Document, SyntaxError> {
    either(text, Format::Json)
}

/// Reads what begins like JSON as JSON, else as YAML, whose flow style begins so as well. Where it is neither, what is
/// wrong is told of the format that was `meant`.
fn either(text: &str, meant: Format) -> Result<Document, SyntaxError> {
    let begins = text.trim_start_matches('\u{feff}').trim_start();
    if !begins.starts_with(['{', '[']) {
        return Document::parse(text, Format::Yaml);
    }
    let (json, yaml) = match Document::parse(text, Format::Json) {
        Ok(document) => return Ok(document),
        Err(error) => (error, Document::parse(text, Format::Yaml)),
    };
    match meant {
        Format::Json => yaml.map_err(|_| json),
        Format::Yaml => yaml,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flow_style_json_with_a_mark_and_either_under_a_name_for_yaml_are_read_alike() {
        let flow = "{Resources: {A: {Type: \"AWS::CloudFormation::\\x53tack\"}}}\n";
        let json = "{\"Resources\": {\"A\": {\"Type\": \"AWS::CloudFormation::\\u0053tack\"}}}\n";
        let marked = format!("\u{feff}\t {json}");
        let block = "Resources:\n  A:\n    Type: \"AWS::CloudFormation::\\x53tack\"\n";
        for (path, text) in [
            ("a.yaml", flow),
            ("a.yml", json),
            ("a.yaml", &marked),
            ("a.yaml", block),
            ("a.json", json),
            ("a.json", &marked),
            ("a.template", flow),
            ("a.template", &marked),
            ("a", block),
        ] {
            for document in [
                Some(read_file(path, text.as_bytes())),
                path.ends_with("te").then(|| read(text)),
            ] {
                let Some(document) = document else { continue };
                let root = document.unwrap_or_else(|error| panic!("{path} {text:?}: {error}")).root;
                let kind = root.pointer("/Resources/A/Type").and_then(|node| node.as_text());
                assert_eq!(kind, Some("AWS::CloudFormation::Stack"), "{path} {text:?}");
            }
        }
    }

    #[test]
    fn what_is_neither_is_told_in_the_format_that_was_meant() {
        let text = "{\"a\": 1,\n \"b\": [}";
        let of = |path: &str| read_file(path, text.as_bytes()).unwrap_err();
        assert_eq!(of("a.json"), Document::parse(text, Format::Json).unwrap_err());
        assert_eq!(of("a.yaml"), Document::parse(text, Format::Yaml).unwrap_err());
        assert_eq!(of("a.template"), of("a.json"));
        // A name that says JSON is taken at its word.
        assert!(read_file("a.json", b"{a: 1}").is_err());
        let yaml = read_file("a.json", b"# mine\nResources:\n  A: {}\n").unwrap_err();
        assert_eq!((yaml.line, yaml.column), (1, 1));
        assert!(yaml.message.starts_with("this is YAML under a name for JSON"), "{yaml}");
        let neither = read_file("a.json", b"some words").unwrap_err();
        assert!(!neither.message.contains("YAML"), "{neither}");
        let error = read_file("a.json", b"{\"a\": \"\xff\"}").unwrap_err();
        assert!(error.message.contains("not UTF-8"), "{error}");
    }
}
