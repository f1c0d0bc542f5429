use super::*;

const TEMPLATE: &str = "Parameters:\n  Text: {Type: String, Default: x}\nResources: {}\n";

/// Checks a YAML configuration against the parameters of a template.
fn check(parameters: &str, configuration: &str) -> Result<EffectiveConfiguration, String> {
    let template = format!("Parameters:\n{parameters}\nResources: {{}}\n");
    effective(
        Some(File {
            path: "stacks/a/production.yaml",
            bytes: configuration.as_bytes(),
        }),
        File {
            path: "stacks/a/template.yaml",
            bytes: template.as_bytes(),
        },
    )
    .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect())
}

/// The text that a value becomes for a parameter of a type.
#[track_caller]
fn becomes(kind: &str, written: &str) -> String {
    let parameters = format!("  P: {{Type: '{kind}'}}");
    let effective = check(&parameters, &format!("Parameters:\n  P: {written}\n")).unwrap();
    match &effective.parameters["P"] {
        ParameterValue::Text(text) => text.clone(),
        ParameterValue::UsePrevious => panic!("previous value"),
    }
}

/// What is said about a value that the parameter `P` does not take.
#[track_caller]
fn refused(parameter: &str, written: &str) -> String {
    let error = check(&format!("  P: {parameter}"), &format!("Parameters:\n  P: {written}\n")).unwrap_err();
    let prefix = "stacks/a/production.yaml:2:6: ";
    error
        .strip_prefix(prefix)
        .unwrap_or_else(|| panic!("{error}"))
        .trim_end()
        .to_owned()
}

#[test]
fn values_become_texts_exactly_as_they_are_written() {
    for text in [
        "010",
        "1.0",
        "1e3",
        "12345678901234567890",
        "0x1F",
        "true",
        "True",
        "yes",
        "2024-01-31",
        "12:30:00",
        "1_000",
    ] {
        assert_eq!(becomes("String", text), text);
    }
    assert_eq!(becomes("String", "'010'"), "010");
    assert_eq!(becomes("String", "\"\""), "");
    assert_eq!(becomes("Number", "1e3"), "1e3");
    assert_eq!(becomes("CommaDelimitedList", "[a, 010, true]"), "a,010,true");
    assert_eq!(becomes("CommaDelimitedList", "a,b"), "a,b");
    assert_eq!(becomes("List<Number>", "[1, 2.0]"), "1,2.0");
    assert_eq!(
        becomes("List<AWS::EC2::Subnet::Id>", "[subnet-1, subnet-2]"),
        "subnet-1,subnet-2"
    );
    assert_eq!(becomes("AWS::SSM::Parameter::Value<List<String>>", "/a/b:3"), "/a/b:3");
}

#[test]
fn json_numbers_keep_their_digits() {
    let template = br#"{"Parameters": {"Account": {"Type": "String"}}, "Resources": {}}"#;
    let configuration = br#"{"Parameters": {"Account": 12345678901234567890}, "Tags": {"cost": 1.50}}"#;
    let effective = effective(
        Some(File {
            path: "stacks/a/production.json",
            bytes: configuration,
        }),
        File {
            path: "stacks/a/template.json",
            bytes: template,
        },
    )
    .unwrap();
    assert_eq!(
        effective.parameters["Account"],
        ParameterValue::Text("12345678901234567890".to_owned())
    );
    assert_eq!(effective.tags["cost"], "1.50");
}

#[test]
fn constraints_of_the_template_are_held() {
    assert_eq!(refused("{Type: Number}", "abc"), "the value of `P` is not a number");
    assert_eq!(refused("{Type: Number}", "0x1F"), "the value of `P` is not a number");
    assert_eq!(
        refused("{Type: Number, MinValue: 3}", "2"),
        "the value of `P` is less than the `MinValue` 3"
    );
    assert_eq!(
        refused("{Type: Number, MaxValue: '3'}", "3.5"),
        "the value of `P` is more than the `MaxValue` 3"
    );
    assert_eq!(
        refused("{Type: List<Number>}", "[1, b]"),
        "the value of `P` is not a number (item 2)"
    );
    assert_eq!(
        refused("{Type: String, MinLength: 2}", "é"),
        "the value of `P` has 1 characters; `MinLength` is 2"
    );
    assert_eq!(
        refused("{Type: String, MaxLength: 2}", "abc"),
        "the value of `P` has 3 characters; `MaxLength` is 2"
    );
    assert_eq!(
        refused("{Type: String, AllowedValues: [a, 10]}", "b"),
        "the value of `P` is not one of the `AllowedValues` a, 10"
    );
    assert_eq!(
        refused(
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: small letters}",
            "B"
        ),
        "the value of `P` does not match the `AllowedPattern` [a-z]+: small letters"
    );
    assert_eq!(
        refused("{Type: 'AWS::EC2::VPC::Id'}", "subnet-1"),
        "the value of `P` is not one of `AWS::EC2::VPC::Id`, which begin with `vpc-`"
    );
    assert_eq!(
        refused("{Type: 'AWS::SSM::Parameter::Value<String>'}", "a b"),
        "the value of `P` is not the name of a Systems Manager parameter, such as `/network/vpc`"
    );
    let key =
        "{Type: 'AWS::SSM::Parameter::Value<Number>', AllowedValues: [/a, /b], AllowedPattern: '/[a-z]', MaxLength: 2}";
    assert_eq!(
        refused(key, "/c"),
        "the value of `P` is not one of the `AllowedValues` /a, /b"
    );
    assert!(
        refused(
            "{Type: 'AWS::SSM::Parameter::Value<String>', AllowedPattern: '/[a-z]'}",
            "/1"
        )
        .contains("AllowedPattern")
    );
    assert!(refused("{Type: 'AWS::SSM::Parameter::Name', MinLength: 9}", "/a").contains("`MinLength` is 9"));
    assert!(check(&format!("  P: {key}"), "Parameters: {P: /b}").is_ok());
    assert!(check("  P: {Type: Number, AllowedValues: [1, 2]}", "Parameters: {P: 2.0}").is_ok());
    assert!(check("  P: {Type: String, AllowedPattern: '(?!x).*'}", "Parameters: {P: b}").is_ok());
    assert!(check("  P: {Type: Number}", "Parameters: {P: '{{resolve:ssm:size}}'}").is_ok());
    let long = "x".repeat(4_097);
    assert!(refused("{Type: String}", &long).contains("has 4097 bytes"));
}

#[test]
fn values_of_the_wrong_shape_are_refused_with_what_to_write() {
    assert_eq!(
        refused("{Type: String}", "[a]"),
        "`P` takes one value, or `{\"UsePreviousValue\": true}`, not a list"
    );
    assert_eq!(
        refused("{Type: String}", "{UsePreviousValue: false}"),
        "`P` takes one value, or `{\"UsePreviousValue\": true}`, not a mapping"
    );
    let tagged = check("  P: {Type: String}", "Parameters: {P: !Ref X}\n").unwrap_err();
    assert!(
        tagged.contains("not a value with the tag `!Ref`, which only templates have"),
        "{tagged}"
    );
    assert!(refused("{Type: String}", "~").contains("an empty text is `\"\"`"));
}

#[test]
fn a_secret_is_never_taken_from_the_repository_and_never_repeated() {
    let error = refused("{Type: String, NoEcho: true}", "hunter2");
    assert!(
        error.contains("{{resolve:secretsmanager:<secret>:SecretString:<key>}}"),
        "{error}"
    );
    assert!(error.contains("{\"UsePreviousValue\": true}"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    for written in [
        "{UsePreviousValue: true}",
        "'{{resolve:secretsmanager:db:SecretString:password}}'",
    ] {
        let parameters = "  P: {Type: String, NoEcho: 'true'}";
        assert!(
            check(parameters, &format!("Parameters: {{P: {written}}}")).is_ok(),
            "{written}"
        );
    }
    let error = refused("{Type: Number}", "hunter2");
    assert!(!error.contains("hunter2"), "{error}");
}

#[test]
fn a_secret_is_refused_however_the_template_spells_that_it_is_one() {
    for spelling in [
        "yes",
        "Yes",
        "on",
        "ON",
        "y",
        "TRUE",
        "'yes'",
        "\"on\"",
        "\"\\x74rue\"",
        "!!bool yes",
        "1",
    ] {
        let error = refused(&format!("{{Type: String, NoEcho: {spelling}}}"), "hunter2");
        assert!(error.contains("marks `P` as a secret"), "{spelling}: {error}");
        assert!(!error.contains("hunter2"), "{spelling}: {error}");
    }
    for spelling in ["false", "no", "'No'", "off", "n"] {
        let parameters = format!("  P: {{Type: String, NoEcho: {spelling}}}");
        assert!(check(&parameters, "Parameters: {P: hunter2}\n").is_ok(), "{spelling}");
    }
}

#[test]
fn all_problems_are_told_with_their_places() {
    let parameters = "  Size: {Type: Number}\n  Name: {Type: String}\n  Zone: {Type: String, Default: a}";
    let configuration = "Parameters:\n  Siez: 1\n  Zone: [b]\nTags:\n  aws:x: 1\nStackPolicy: {}\nParamters: {}\n";
    insta::assert_snapshot!(check(parameters, configuration).unwrap_err(), @r#"
    stacks/a/production.yaml:1:1: the parameter `Size` of `stacks/a/template.yaml:2:3` has no default; add it to `Parameters`
    stacks/a/production.yaml:1:1: the parameter `Name` of `stacks/a/template.yaml:3:3` has no default; add it to `Parameters`
    stacks/a/production.yaml:2:3: the template `stacks/a/template.yaml` has no parameter `Siez`; did you mean `Size`?
    stacks/a/production.yaml:3:9: `Zone` takes one value, or `{"UsePreviousValue": true}`, not a list
    stacks/a/production.yaml:5:3: the tag `aws:x` begins with `aws:`, which is reserved for AWS
    stacks/a/production.yaml:6:1: a stack policy does not belong into a configuration, which many may change: move it into a file below `policies/` and name it in changegate.yaml, as `stack_policy: policies/<stack>.json`
    stacks/a/production.yaml:7:1: a configuration has `Parameters` and `Tags`, not `Paramters`; did you mean `Parameters`?
    "#);
}

#[test]
fn a_stack_without_configuration_is_empty_and_told_what_it_lacks() {
    let template = File {
        path: "stacks/a/template.yaml",
        bytes: TEMPLATE.as_bytes(),
    };
    assert_eq!(effective(None, template).unwrap(), EffectiveConfiguration::default());
    let template = File {
        path: "stacks/a.json",
        bytes: b"{\"Parameters\": {\"Size\": {\"Type\": \"Number\"}}}",
    };
    let problems = effective(None, template).unwrap_err();
    assert_eq!(
        problems[0].to_string(),
        "stacks/a.json:1:17: the parameter `Size` of `stacks/a.json:1:17` has no default; add it to `Parameters` in \
         `stacks/a.configuration.json`"
    );
}

#[test]
fn files_that_are_no_configuration_or_no_template_are_refused() {
    let list = check("  P: {Type: String}", "- ParameterKey: P\n  ParameterValue: x\n").unwrap_err();
    assert!(
        list.contains("not a list of `ParameterKey` and `ParameterValue`"),
        "{list}"
    );
    let broken = check("  P: {Type: String}", "Parameters: {P: 1").unwrap_err();
    assert!(broken.starts_with("stacks/a/production.yaml:1:"), "{broken}");
    let no_template = effective(
        None,
        File {
            path: "stacks/a/template.yaml",
            bytes: b"just text",
        },
    );
    assert!(
        no_template.unwrap_err()[0]
            .to_string()
            .contains("this is not a template")
    );
}

#[test]
fn allowed_values_are_compared_as_cloudformation_reads_them() {
    let take = |allowed: &str, value: &str| {
        let template = format!("Parameters:\n  Send: {{Type: String, AllowedValues: {allowed}}}\nResources: {{}}\n");
        let configuration = format!("{{\"Parameters\": {{\"Send\": {value}}}}}");
        effective(
            Some(File {
                path: "stacks/a/configuration.json",
                bytes: configuration.as_bytes(),
            }),
            File {
                path: "stacks/a/template.yaml",
                bytes: template.as_bytes(),
            },
        )
        .is_ok()
    };
    for (allowed, value, is_taken) in [
        ("[yes, no]", "\"yes\"", false),
        ("[yes, no]", "\"true\"", true),
        ("[yes, no]", "true", true),
        ("[Off, ON]", "\"false\"", true),
        ("['yes', \"no\"]", "\"yes\"", true),
        ("['yes', \"no\"]", "\"true\"", false),
        ("[y, n]", "\"y\"", true),
    ] {
        assert_eq!(take(allowed, value), is_taken, "{allowed} {value}");
    }
}

#[test]
fn a_pattern_that_is_too_large_to_be_compared_with_is_said_at_the_value() {
    for (kind, value) in [("String", "abc"), ("CommaDelimitedList", "[a, b]")] {
        let said = refused(
            &format!("{{Type: {kind}, AllowedPattern: '(.{{0,500}}){{0,100}}b'}}"),
            value,
        );
        let begins = "the value of `P` cannot be compared with the `AllowedPattern`, whose repetitions written out are too large";
        assert!(said.starts_with(begins), "{said}");
    }
}
