use std::fmt::Write as _;

use super::*;
use crate::domain::document::{Document, Format};

fn found(text: &str) -> Vec<(Rule, usize, usize)> {
    let document = Document::parse(text, Format::Yaml).unwrap();
    let findings = check(&document, text.len());
    findings
        .iter()
        .map(|finding| (finding.rule, finding.line, finding.column))
        .collect()
}

#[test]
fn an_ordinary_template_has_no_findings() {
    let text = "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nGlobals: {}\n\
                Parameters:\n  A: {Type: String, Default: ''}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}\n  \
                Fn::ForEach::Topics: [Name, [a, b], {'T${Name}': {Type: 'AWS::SNS::Topic'}}]\n  \
                Snippet:\n    Fn::Transform: {Name: 'AWS::Include', Parameters: {Location: s3://a/b}}\n";
    assert_eq!(found(text), []);
}

#[test]
fn a_template_without_resources_is_told() {
    for (text, line) in [
        ("", 1),
        ("# nothing\n", 2),
        ("[]\n", 1),
        ("text\n", 1),
        ("Description: x\n", 1),
        ("Description: x\nResources: {}\n", 2),
        ("Description: x\nResources: []\n", 2),
    ] {
        assert_eq!(found(text), [(Rule::NoResources, line, 1)], "{text:?}");
    }
}

#[test]
fn a_resource_without_a_type_is_told_where_it_stands() {
    for resource in ["{}", "{Properties: {}}", "{Type: ''}", "{Type: [a]}", "text", "[a]"] {
        let text = format!("Resources:\n  Topic: {{Type: 'AWS::SNS::Topic'}}\n  Other: {resource}\n");
        assert_eq!(found(&text), [(Rule::ResourceWithoutType, 3, 3)], "{resource}");
    }
}

#[test]
fn a_macro_may_make_what_is_missing() {
    for transform in ["Mine", "[AWS::LanguageExtensions, Mine]", "{Name: 'AWS::Include'}"] {
        assert_eq!(
            found(&format!("Transform: {transform}\nQueues: [a, b]\n")),
            [],
            "{transform}"
        );
    }
    assert_eq!(found("Fn::Transform: {Name: Mine}\n"), []);
    let text = "Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]\nQueues: [a]\n";
    assert_eq!(found(text), [(Rule::NoResources, 1, 1), (Rule::UnknownSection, 2, 1)]);
}

#[test]
fn a_section_that_no_template_has_is_told() {
    let text = "Resources:\n  T: {Type: 'AWS::SNS::Topic'}\nOutput:\n  A: {Value: b}\n";
    assert_eq!(found(text), [(Rule::UnknownSection, 3, 1)]);
}

#[test]
fn every_null_is_told_with_its_key_or_as_an_item() {
    let text = "Parameters:\n  A:\n    Type: String\n    Default:\nResources:\n  T:\n    Type: AWS::SNS::Topic\n    \
                Properties: {DisplayName: null, Tags: [~, {Key: a, Value: b}]}\nOutputs:\n";
    let nulls = [(4, 5), (8, 18), (8, 44), (9, 1)].map(|(line, column)| (Rule::NullValue, line, column));
    assert_eq!(found(text), nulls);
    let quoted = "Resources:\n  T: {Type: 'AWS::SNS::Topic', Properties: {DisplayName: 'null', A: \"\"}}\n";
    assert_eq!(found(quoted), []);
    // Without an argument the short form of a function has an empty text.
    let region = "Resources:\n  B:\n    Type: AWS::ElasticLoadBalancing::LoadBalancer\n    Properties:\n      \
                  AvailabilityZones: !GetAZs\n      Zones: [!GetAZs , a]\n";
    assert_eq!(found(region), []);
}

#[test]
fn a_template_of_nulls_has_few_findings_and_says_how_many_are_left_out() {
    let mut text = "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n".to_owned();
    for index in 0..30 {
        writeln!(text, "      P{index}:").unwrap();
    }
    let document = Document::parse(&text, Format::Yaml).unwrap();
    let findings = check(&document, text.len());
    assert_eq!(findings.len(), 21);
    assert!(findings[20].message.starts_with("10 more values"), "{}", findings[20]);
    assert_eq!(findings[20].line, 25);
}

/// A template with so many entries in a section, besides one resource.
fn with(section: &str, count: usize) -> String {
    let mut text = if section == "Resources" {
        String::new()
    } else {
        "Resources:\n  T: {Type: 'AWS::SNS::Topic'}\n".to_owned()
    };
    writeln!(text, "{section}:").unwrap();
    for index in 0..count {
        writeln!(text, "  N{index}: {{Type: String, Value: a}}").unwrap();
    }
    text
}

#[test]
fn limits_are_told_over_them_and_from_nine_tenths_on() {
    for (section, most) in [
        ("Resources", 500),
        ("Parameters", 200),
        ("Outputs", 200),
        ("Mappings", 200),
    ] {
        let rules = |count| {
            found(&with(section, count))
                .iter()
                .map(|found| found.0)
                .collect::<Vec<_>>()
        };
        assert_eq!(rules(most * 9 / 10 - 1), [], "{section}");
        assert_eq!(rules(most * 9 / 10), [Rule::NearLimit], "{section}");
        assert_eq!(rules(most), [Rule::NearLimit], "{section}");
        assert_eq!(rules(most + 1), [Rule::OverLimit], "{section}");
    }
}

#[test]
fn names_descriptions_mappings_and_the_whole_have_limits() {
    let template = |before: &str| format!("{before}Resources:\n  T: {{Type: 'AWS::SNS::Topic'}}\n");
    let described = |length: usize| found(&template(&format!("Description: {}\n", "é".repeat(length / 2))));
    assert_eq!(described(920), []);
    assert_eq!(described(1_024), [(Rule::NearLimit, 1, 14)]);
    assert_eq!(described(1_026), [(Rule::OverLimit, 1, 14)]);
    let named = |length: usize| {
        found(&template(&format!(
            "Outputs:\n  {}: {{Value: a}}\n",
            "n".repeat(length)
        )))
    };
    assert_eq!(named(255), []);
    assert_eq!(named(256), [(Rule::OverLimit, 2, 3)]);
    let mapped = |count: usize| {
        let entries: String = (0..count).map(|index| format!("    k{index}: {{a: b}}\n")).collect();
        found(&template(&format!("Mappings:\n  M:\n{entries}")))
    };
    assert_eq!(mapped(179), []);
    assert_eq!(mapped(200), [(Rule::NearLimit, 2, 3)]);
    assert_eq!(mapped(201), [(Rule::OverLimit, 2, 3)]);
    let sized = |size: usize| {
        let document = Document::parse(&template(""), Format::Yaml).unwrap();
        check(&document, size)
            .iter()
            .map(|finding| finding.rule)
            .collect::<Vec<_>>()
    };
    assert_eq!(sized(900_000), []);
    assert_eq!(sized(1_048_576), [Rule::NearLimit]);
    assert_eq!(sized(1_048_577), [Rule::OverLimit]);
}

#[test]
fn rules_have_names_of_their_own() {
    let names: std::collections::BTreeSet<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert_eq!(names.len(), Rule::ALL.len());
    let sorted: Vec<_> = Rule::ALL.iter().map(|rule| rule.name()).collect();
    assert!(sorted.is_sorted(), "{sorted:?}");
}

#[test]
fn a_key_that_stands_twice_is_told_with_both_places() {
    let text = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      DelaySeconds: 5\n      DelaySeconds: 10\n";
    assert_eq!(found(text), [(Rule::DuplicateKey, 6, 7)]);
    let document = Document::parse(text, Format::Yaml).unwrap();
    let message = check(&document, text.len())[0].to_string();
    assert!(message.contains("takes this one and not that at 5:7"), "{message}");
}
