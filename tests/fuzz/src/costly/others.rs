//! Catalogues, configurations, paths, texts to mask and names of people that take long.

use std::fmt::Write as _;

use super::{BYTES, Case, filled};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = masking();
    cases.extend(catalogues());
    cases.extend(configurations());
    cases.extend(packages());
    let star_path = format!(
        "arn:aws:iam::111122223333:user/{}\n===\nuser/{}",
        "a/".repeat(BYTES / 5),
        "*a*/".repeat(BYTES / 10)
    );
    cases.push(Case::new(
        "principal",
        "patterns of many stars",
        format!(
            "arn:aws:iam::111122223333:user/{}\n===\nuser/{}b",
            "a".repeat(BYTES / 2),
            "*a".repeat(BYTES / 5)
        ),
    ));
    cases.push(Case::new("principal", "paths of many folders", star_path));
    cases.push(Case::new("principal", "a push of brackets", "[".repeat(BYTES)));
    cases
}

fn numbered(before: &str, line: impl Fn(usize) -> String) -> String {
    let mut text = before.to_owned();
    let mut number = 0;
    while text.len() < BYTES - 200 {
        let _ = writeln!(text, "{}", line(number));
        number += 1;
    }
    text
}

fn masking() -> Vec<Case> {
    [
        ("schemes", "a://b"),
        ("at signs", "a@"),
        ("colons and at signs", "a:b@"),
        ("names of secrets", "password="),
        ("quoted names of secrets", "\"password\": \""),
        ("references that stay open", "{{resolve:ssm:"),
        ("key blocks that stay open", "-----BEGIN PRIVATE KEY-----"),
        ("prefixes of credentials", "ghp_AKIAxoxb-"),
        ("tokens", "eyJhbGci.eyJ."),
        ("hexadecimal digits", "0123456789abcdef"),
        ("base64", "aGVsbG8gd29ybGQK+/"),
        ("white space", " \t"),
        ("marks that nobody sees", "\u{200b}"),
        ("words of other letters", "ßéö漢"),
        ("quotes", "\"'"),
        ("slashes", "/a"),
        ("parameters of an address", "?token=a&"),
        ("dollars", "${a"),
    ]
    .into_iter()
    // A target masks each text six times over.
    .map(|(name, part)| Case::new("masking", name, part.repeat(BYTES / part.len())))
    .collect()
}

fn catalogues() -> Vec<Case> {
    let of = |name, text| Case::new("catalogue", name, text);
    vec![
        of(
            "many stacks",
            numbered("version: 1\nstacks:\n", |at| format!("  app{at}: {{approvals: 1}}")),
        ),
        of(
            "many settings that are misspelt",
            numbered("version: 1\ndefaults:\n", |at| format!("  aproval{at}: 1")),
        ),
        of(
            "many misspelt settings of stacks",
            numbered("version: 1\nstacks:\n", |at| format!("  app: {{aproval{at}: 1}}")),
        ),
        of(
            "one long misspelt setting",
            format!("version: 1\ndefaults: {{{}: 1}}", "approval".repeat(BYTES / 9)),
        ),
        of(
            "many people",
            numbered("version: 1\npeople:\n", |at| {
                format!("  p{at}: {{github: [p{at}], principals: [user/p{at}]}}")
            }),
        ),
        of(
            "long patterns",
            format!(
                "version: 1\nstacks:\n  '{}b': {{approvals: 1}}\n",
                "*a".repeat(BYTES / 3)
            ),
        ),
        of(
            "many patterns",
            numbered("version: 1\nstacks:\n", |at| format!("  '*a*{at}*': {{approvals: 1}}")),
        ),
    ]
}

fn configurations() -> Vec<Case> {
    let of = |name, text| Case::new("configuration", name, text);
    let with_pattern = |pattern: &str, value: String| {
        format!(
            "Parameters: {{A: \"{value}\"}}\n===\nParameters: {{A: {{Type: String, AllowedPattern: '{pattern}'}}}}\nResources: {{}}\n"
        )
    };
    let parameters = numbered("Parameters:\n", |at| format!("  Parameter{at}: x"));
    vec![
        of(
            "a pattern that tries everything",
            with_pattern("(a|a)*(a|a)*(a|a)*b", "a".repeat(BYTES / 2)),
        ),
        of(
            "a pattern of many repeats",
            with_pattern("((a{1,100}){1,100})b", "a".repeat(BYTES / 2)),
        ),
        of(
            "a long pattern",
            with_pattern(&"(a|b)?".repeat(BYTES / 14), "a".repeat(BYTES / 2)),
        ),
        of("many parameters that are not declared", parameters.clone()),
        of(
            "many allowed values",
            format!(
                "Parameters: {{A: b}}\n===\nParameters: {{A: {{Type: String, AllowedValues: [{}]}}}}\nResources: {{}}\n",
                "a, ".repeat(BYTES / 4)
            ),
        ),
        of(
            "many parameters of one letter more",
            format!(
                "{}===\n{}Resources: {{}}\n",
                parameters
                    .get(..BYTES / 3)
                    .unwrap_or_default()
                    .rsplit_once('\n')
                    .map_or("", |(lines, _)| lines)
                    .to_owned()
                    + "\n",
                "Parameters: {Parametr: {Type: String}}\n"
            ),
        ),
        of("many tags", numbered("Tags:\n", |at| format!("  tag{at}: x"))),
        of(
            "a long list of numbers",
            format!(
                "Parameters: {{A: '{}'}}\n===\nParameters: {{A: {{Type: List<Number>}}}}\nResources: {{}}\n",
                "1,".repeat(BYTES / 3)
            ),
        ),
    ]
}

fn packages() -> Vec<Case> {
    let of = |name, text| Case::new("packaging", name, text);
    vec![
        of(
            "many paths",
            numbered("Resources:\n", |at| {
                format!("  N{at}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: nested.yaml}}}}")
            }) + "\n===\n\n===\nResources: {}\n",
        ),
        of(
            "many paths to nothing",
            numbered("Resources:\n", |at| {
                format!("  N{at}: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: n{at}.yaml}}}}")
            }),
        ),
        of(
            "a long path",
            format!(
                "Resources: {{N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: '{}x.yaml'}}}}}}\n",
                "a/../".repeat(BYTES / 6)
            ),
        ),
        of(
            "choices within choices",
            format!(
                "Resources: {{N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {}nested.yaml{}}}}}}}\n",
                "{Fn::If: [A, x, ".repeat(100),
                "]}".repeat(100)
            ),
        ),
        of(
            "loops within loops",
            filled(
                "Resources:\n  Fn::ForEach::L: [N, [a], {",
                "'X${N}': {Type: AWS::SNS::Topic}, ",
                "}]\n",
            ),
        ),
        of(
            "transforms",
            numbered("Resources:\n", |at| {
                format!("  N{at}: {{Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: snippet.yaml}}}}}}")
            }) + "\n===\nType: AWS::SNS::Topic\n",
        ),
    ]
}
