//! Secrets and hostile texts, planted in every place that a template, a commit or a change set can hold one.

use serde_json::{Value, json};

use super::golden::run;
use crate::domain::change_set::build::{DeployedStack, Inputs, TemplateTexts};
use crate::domain::change_set::review::{GateDifference, Review};
use crate::domain::change_set::saved;
use crate::review;

/// Texts that try to leave their place, each with a mark by which it is found again.
const HOSTILE: [&str; 12] = [
    "HOSTILE\nRisk        LOW\n",
    "HOSTILE\r\n\r\n### Approved",
    "HOSTILE\u{202e}txet desrever\u{202c}",
    "HOSTILE\u{200b}\u{2066}\u{feff}\u{e0041}",
    "HOSTILE\u{1b}[2J\u{1b}[31mred\u{7}",
    "HOSTILE <script>alert(1)</script><img src=https://evil.example/x.png onerror=alert(1)>",
    "HOSTILE\"><svg/onload=alert(1)> ' onmouseover='alert(1)",
    "HOSTILE @octocat ![x](https://evil.example/x.png) [click](https://evil.example) #1 <!-- -->",
    "HOSTILE ``` \n```\n# heading\n~~~\n</details></summary>",
    "HOSTILE ` `` ``` ```` code",
    "HOSTILE </style></script></pre></code> &lt; &amp;",
    "HOSTILE \u{2028}forged\u{2029} #{Plan.Outcome} | cell | \u{85}next",
];

fn review_with(text: &str) -> Review {
    let value = |suffix: &str| {
        json!({
            "Properties": {
                "Plain": format!("{text}{suffix}"),
                text: format!("key{suffix}"),
                "List": [{ "Key": text, "Value": format!("{text}{suffix}") }],
                "Scalars": [format!("{text}{suffix}"), "x"],
                "Policy": { "Statement": [{
                    "Sid": text, "Effect": "Allow", "Principal": { "AWS": text },
                    "Action": format!("s3:{text}{suffix}"), "Resource": text, "Condition": { "StringLike": { text: text } } }] },
            },
            "Metadata": { text: format!("{text}{suffix}") },
            "DeletionPolicy": "Retain",
        })
        .to_string()
    };
    let change = |action: &str| {
        json!({ "Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": format!("{text}{action}"), "PhysicalResourceId": text,
            "ResourceType": format!("AWS::S3::Bucket{text}"), "Replacement": "True", "PolicyAction": text,
            "Scope": [text], "BeforeContext": value("1"), "AfterContext": value("2"),
            "ResourceDriftStatus": text, "ModuleInfo": { "TypeHierarchy": text, "LogicalIdHierarchy": text },
            "ResourceDriftIgnoredAttributes": [{ "Path": text, "Reason": text }],
            "Details": [{ "Evaluation": text, "ChangeSource": text, "CausingEntity": text, "Target": {
                "Attribute": "Properties", "Name": text, "Path": format!("/Properties/{text}/0"),
                "BeforeValue": format!("{text}a"), "AfterValue": format!("{text}b"), "RequiresRecreation": text,
                "Drift": { "ActualValue": text } } }],
        }})
    };
    let set = json!({
        "ChangeSetName": text, "ChangeSetId": text, "StackId": text, "StackName": text, "StatusReason": text,
        "Description": text, "Capabilities": [text], "NotificationARNs": [text],
        "Parameters": [{ "ParameterKey": text, "ParameterValue": text }],
        "Tags": [{ "Key": text, "Value": text }], "OnStackFailure": text, "DeploymentMode": text,
        "Changes": [change("Add"), change("Modify"), change("Remove"), change("Import"), change("Dynamic"), change(text)],
    })
    .to_string();
    let hook = |target: String| {
        json!({ "InvocationPoint": text, "FailureMode": text, "TypeName": text, "TypeVersionId": text,
            "TypeConfigurationVersionId": text, "TargetDetails": { "TargetType": text, "ResourceTargetDetails": {
                "LogicalResourceId": target, "ResourceType": text, "ResourceAction": text } } })
    };
    let hooks = json!({ "ChangeSetId": text, "Status": text, "NextToken": text,
        "Hooks": [hook(format!("{text}Add")), hook(text.to_owned())] })
    .to_string();
    let (tree, _) = saved::tree_of(&[&set, &hooks]).unwrap();
    assert!(tree.sets[0].hooks.is_some());
    let template = |suffix: &str| {
        json!({
            "Description": format!("{text}{suffix}"),
            "Metadata": { text: format!("{text}{suffix}") },
            "Mappings": { "M": { "K": { "V": format!("{text}{suffix}") } } },
            "Conditions": { "C": { "Fn::Equals": [{ "Ref": text }, suffix] } },
            "Outputs": { "O": { "Value": format!("{text}{suffix}"), "Description": format!("{text}{suffix}") } },
            "Resources": {},
        })
        .to_string()
    };
    let mut facts = run();
    facts.commits[0].subject = text.to_owned();
    facts.commits[0].author_text = text.to_owned();
    facts.commits[0].authenticated = vec![text.to_owned()];
    facts.commits[0].url = Some(format!("https://github.com/{text}"));
    let pull = facts.commits[0].pull_request.as_mut().unwrap();
    pull.title = text.to_owned();
    pull.verdicts = vec![text.to_owned()];
    pull.url = Some(format!("javascript:{text}"));
    facts.commits_incomplete = Some(text.to_owned());
    facts.changed_elsewhere = Some(text.to_owned());
    facts.waiting = vec![text.to_owned()];
    facts.window = Some(text.to_owned());
    facts.environment = text.to_owned();
    Review::of(&Inputs {
        title: text,
        stack_name: text,
        tree: Some(&tree),
        deployed: Some(&DeployedStack {
            status: text.to_owned(),
            ..DeployedStack::default()
        }),
        templates: &[TemplateTexts {
            before: Some(template("1")),
            after: Some(template("2")),
            ..TemplateTexts::default()
        }],
        run: Some(facts),
        gates: vec![GateDifference {
            stack: text.to_owned(),
            field: text.to_owned(),
            before: Some(text.to_owned()),
            after: Some(text.to_owned()),
            is_weakened: true,
            is_new: false,
            is_usual: false,
        }],
        warnings: vec![text.to_owned()],
        stack_policy_after: Some(text),
        ..Inputs::default()
    })
}

/// Characters that must not reach a reader as they are.
fn is_dangerous(character: char) -> bool {
    (character.is_control() && character != '\n')
        || matches!(character, '\u{200b}' | '\u{feff}' | '\u{202a}'..='\u{202e}' | '\u{2028}'..='\u{2029}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

#[test]
fn no_text_keeps_a_character_that_hides_or_controls() {
    for text in HOSTILE {
        let review = review_with(text);
        for rendered in [
            review::text(&review),
            review::markdown(&review),
            review::html(&review),
            review::json(&review),
            review::summary(&review),
            review::subject(&review),
            review::status(&review, false),
        ] {
            let found = rendered.chars().find(|character| is_dangerous(*character));
            assert_eq!(found, None, "{text:?} in\n{rendered}");
        }
    }
}

#[test]
fn no_text_forges_a_line_of_the_plain_review() {
    for text in HOSTILE {
        let rendered = review::text(&review_with(text));
        let forged = ["Risk        LOW", "### Approved", "# heading", "forged", "next"];
        assert!(
            !rendered
                .lines()
                .any(|line| forged.iter().any(|forged| line.starts_with(forged))),
            "{rendered}"
        );
        assert_eq!(
            rendered.lines().filter(|line| line.contains(" RISK: ")).count(),
            1,
            "{rendered}"
        );
    }
}

#[test]
fn no_text_becomes_markup_of_the_page() {
    for text in HOSTILE {
        let page = review::html(&review_with(text));
        assert_eq!(page.matches("<script").count(), 1, "{text}");
        assert_eq!(page.matches("<style").count(), 1, "{text}");
        for markup in [
            "<img",
            "<svg",
            "<b>",
            "onerror=alert(1)>",
            "href=\"javascript:",
            "<!-- -->",
        ] {
            assert!(!page.contains(markup), "{markup} in the page of {text}");
        }
        assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    }
}

#[test]
fn no_text_becomes_markup_of_a_comment() {
    for text in HOSTILE {
        let rendered = review::markdown(&review_with(text));
        let live = outside_of_code(&rendered);
        for markup in [
            "@octocat",
            "](https://evil",
            "<script",
            "<img",
            "<svg",
            "<!--",
            "# heading",
            "### Approved",
        ] {
            assert!(!live.contains(markup), "{markup} is live in\n{live}");
        }
    }
}

/// What is left of a Markdown text when code spans, code blocks and `<code>` elements are taken out.
fn outside_of_code(markdown: &str) -> String {
    let mut live = String::new();
    let mut fence: Option<usize> = None;
    for line in markdown.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match fence {
            Some(open) => {
                if ticks >= open && line.trim_start_matches('`').trim().is_empty() {
                    fence = None;
                }
                continue;
            }
            None if ticks >= 3 => {
                fence = Some(ticks);
                continue;
            }
            None => {}
        }
        if line.starts_with("<details") || line.starts_with("- <code>") {
            live.push_str(&outside_of_elements(line));
            live.push('\n');
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find('`') {
            live.push_str(&rest[..at]);
            let run = rest[at..].len() - rest[at..].trim_start_matches('`').len();
            let body = &rest[at + run..];
            let Some(end) = closing(body, run) else {
                rest = body;
                continue;
            };
            rest = &body[end + run..];
        }
        live.push_str(rest);
        live.push('\n');
    }
    live
}

fn outside_of_elements(line: &str) -> String {
    let mut outside = String::new();
    for (index, part) in line.split("<code>").enumerate() {
        match part.split_once("</code>") {
            Some((_, rest)) if index > 0 => outside.push_str(rest),
            _ => outside.push_str(part),
        }
    }
    outside
}

/// Where a run of exactly `run` backticks begins.
fn closing(text: &str, run: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let length = text[start..].len() - text[start..].trim_start_matches('`').len();
        if length == run {
            return Some(start);
        }
        at = start + length;
    }
    None
}

#[test]
fn a_summary_is_one_line_of_at_most_700_characters_that_holds_no_variable() {
    for text in HOSTILE {
        let mut review = review_with(&text.repeat(40));
        let summary = review::summary(&review);
        assert!(
            summary.chars().count() <= 700 && !summary.contains('\n') && !summary.contains("#{"),
            "{summary}"
        );
        assert!(summary.contains("digest 3f9a2c1d3f9a…"), "{summary}");
        let subject = review::subject(&review);
        assert!(
            subject.is_ascii() && subject.len() < 100 && !subject.contains('\n'),
            "{subject}"
        );
        review.run = None;
        assert!(review::summary(&review).chars().count() <= 700);
    }
}

/// Secrets with the names and places by which they are found out.
#[test]
fn planted_secrets_are_in_no_rendering() {
    const SECRETS: [&str; 8] = [
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "hunter2-literal",
        "s3cr3t-default",
        "no-echo-old-value",
        "no-echo-new-value",
        "url-password-x",
    ];
    let [access_key, key_id, token, literal, default, old, new, url] = SECRETS;
    let context = |suffix: &str| {
        json!({ "Properties": {
            "MasterUserPassword": literal, "Loose": format!("{access_key} {suffix}"), "Id": format!("{key_id}{suffix}"),
            "UserData": format!("#!/bin/sh\nexport DB_PASSWORD={literal}\ncurl -H 'Authorization: token {token}'\n{suffix}"),
            "Environment": [{ "Name": "API_TOKEN", "Value": literal }],
            "Url": format!("postgres://app:{url}@db/{suffix}"), "FromNoEcho": new,
            "Policy": { "Statement": [{ "Effect": "Allow", "Action": "s3:*", "Resource": format!("{access_key}{suffix}") }] },
        }, "Metadata": { "note": format!("key {access_key} {suffix}") } })
        .to_string()
    };
    let change = |action: &str| {
        json!({ "Type": "Resource", "ResourceChange": {
            "Action": action, "LogicalResourceId": action, "PhysicalResourceId": access_key,
            "ResourceType": "AWS::RDS::DBInstance", "BeforeContext": context("1"), "AfterContext": context("2"),
            "Details": [{ "Target": { "Path": "/Properties/Other/SecretString", "BeforeValue": literal, "AfterValue": token } }],
        }})
    };
    let set = json!({
        "ChangeSetId": "arn", "StackName": "s", "StatusReason": format!("bad key {access_key}"),
        "Parameters": [
            { "ParameterKey": "Hidden", "ParameterValue": new },
            { "ParameterKey": "Password", "ParameterValue": literal },
            { "ParameterKey": "Innocent", "ParameterValue": token },
        ],
        "Tags": [{ "Key": "note", "Value": access_key }],
        "Changes": [change("Add"), change("Modify"), change("Remove")],
    })
    .to_string();
    let template = |suffix: &str| {
        json!({
            "Description": format!("{access_key} {suffix}"),
            "Parameters": { "Hidden": { "Type": "String", "NoEcho": true, "Default": default } },
            "Metadata": { "note": format!("{token} {suffix} {default}") },
            "Mappings": { "M": { "K": { "Password": format!("{literal}{suffix}") } } },
            "Outputs": { "O": { "Value": format!("{access_key}{suffix}"), "Description": format!("{key_id} {suffix}") },
                         "P": { "Value": { "Fn::Sub": format!("${{Hidden}} {suffix}") } } },
            "Resources": {},
        })
        .to_string()
    };
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    let mut facts = run();
    facts.commits[0].subject = format!("rotate {access_key}");
    facts.commits[0].pull_request.as_mut().unwrap().title = format!("use {token}");
    let review = Review::of(&Inputs {
        title: "s",
        stack_name: "s",
        tree: Some(&tree),
        deployed: Some(&DeployedStack {
            parameters: [("Hidden".to_owned(), old.to_owned())].into(),
            ..DeployedStack::default()
        }),
        templates: &[TemplateTexts {
            before: Some(template("1")),
            after: Some(template("2")),
            ..TemplateTexts::default()
        }],
        stack_policy_before: Some(&json!({ "note": access_key }).to_string()),
        stack_policy_after: Some(&json!({ "note": token }).to_string()),
        warnings: vec![format!("validation: {access_key} is bad")],
        run: Some(facts),
        ..Inputs::default()
    });
    for rendered in [
        review::text(&review),
        review::markdown(&review),
        review::html(&review),
        review::json(&review),
        review::summary(&review),
    ] {
        for secret in SECRETS {
            assert!(!rendered.contains(secret), "{secret} in\n{rendered}");
        }
    }
    assert!(review.hidden > 10);
    assert!(review::text(&review).contains(" values are hidden: "));
    let value: Value = serde_json::from_str(&review::json(&review)).unwrap();
    assert_eq!(value["hidden"], review.hidden);
}
