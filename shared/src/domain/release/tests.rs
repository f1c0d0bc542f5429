//! What is compared, and when people are told.

use super::*;

const NOW: &str = "2026-11-30T12:00:00Z";

fn release() -> Release {
    serde_json::from_str(r#"{"changeset-execute":"ZXhlY3V0ZQ==","source-sync":"c3luYw=="}"#).unwrap()
}

fn code(sha256: &str) -> DeployedCode {
    DeployedCode {
        sha256: sha256.to_owned(),
        layers: Vec::new(),
    }
}

fn deployed() -> BTreeMap<String, DeployedCode> {
    BTreeMap::from([
        ("changeset-execute".to_owned(), code("ZXhlY3V0ZQ==")),
        ("source-sync".to_owned(), code("c3luYw==")),
    ])
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn words(differences: &[Difference]) -> String {
    differences.iter().map(|difference| format!("{difference}\n")).collect()
}

#[test]
fn functions_that_run_what_was_released_do_not_differ() {
    assert_eq!(
        release().functions().collect::<Vec<_>>(),
        ["changeset-execute", "source-sync"]
    );
    assert_eq!(release().differences(&deployed()), []);
}

#[test]
fn another_package_a_layer_and_a_missing_function_are_each_named() {
    let mut deployed = deployed();
    deployed.remove("changeset-execute");
    let sync = deployed.get_mut("source-sync").unwrap();
    sync.sha256 = "cGxhbnRlZA==".to_owned();
    sync.layers = vec!["arn:aws:lambda:eu-west-1:111122223333:layer:spy:1".to_owned()];

    let differences = release().differences(&deployed);

    insta::assert_snapshot!(words(&differences), @r"
    changeset-execute: there is no such function
    source-sync: runs the package cGxhbnRlZA==, but c3luYw== was released
    source-sync: runs code of the layers arn:aws:lambda:eu-west-1:111122223333:layer:spy:1
    ");
}

#[test]
fn a_deployment_that_does_not_say_what_it_was_made_with_differs() {
    assert_eq!(Release::default().differences(&deployed()), [Difference::Unknown]);
}

#[test]
fn differences_are_told_at_once_and_again_each_day_until_they_are_mended() {
    let differences = [Difference::Missing("source-sync".to_owned())];
    let News::Differs(told) = News::of(&differences, None, at(NOW)) else {
        panic!("nobody was told");
    };
    for (time, is_told) in [
        (NOW, false),
        ("2026-12-01T11:59:59Z", false),
        ("2026-12-01T12:00:00Z", true),
        // A clock that went back must not keep people from being told for long.
        ("2026-11-28T12:00:00Z", true),
    ] {
        let news = News::of(&differences, Some(&told), at(time));
        assert_eq!(news != News::Nothing, is_told, "{time}");
    }
    let News::Mended(mended) = News::of(&[], Some(&told), at(NOW)) else {
        panic!("nobody was told that it is mended");
    };
    assert_eq!(News::of(&[], Some(&mended), at("2027-11-30T12:00:00Z")), News::Nothing);
    assert!(matches!(
        News::of(&differences, Some(&mended), at(NOW)),
        News::Differs(_)
    ));
}

#[test]
fn other_differences_are_told_though_people_know_of_some() {
    let first = [Difference::Missing("source-sync".to_owned())];
    let News::Differs(told) = News::of(&first, None, at(NOW)) else {
        panic!("nobody was told");
    };
    let second = [Difference::Missing("changeset-execute".to_owned())];
    assert!(matches!(News::of(&second, Some(&told), at(NOW)), News::Differs(_)));
}

#[test]
fn nothing_is_told_where_nothing_ever_differed() {
    assert_eq!(News::of(&[], None, at(NOW)), News::Nothing);
    assert_eq!(News::Nothing.message("changegate"), None);
}

#[test]
fn a_time_that_cannot_be_read_is_long_ago() {
    let differences = [Difference::Unknown];
    let told = Told {
        version: 1,
        at: "yesterday".to_owned(),
        differences: vec![Difference::Unknown.to_string()],
    };
    assert!(matches!(News::of(&differences, Some(&told), at(NOW)), News::Differs(_)));
}

#[test]
fn a_message_says_which_function_and_what_to_do_in_a_subject_that_sns_takes() {
    let differences = [Difference::Missing("source-sync".to_owned())];
    let news = News::of(&differences, None, at(NOW));
    let (subject, body) = news.message(&"x".repeat(128)).unwrap();
    assert!(subject.is_ascii() && subject.len() < 100, "{subject}");
    for part in ["source-sync: there is no such function", "CloudTrail", "scripts/deploy"] {
        assert!(body.contains(part), "{body}");
    }
    let mended = News::of(
        &[],
        Some(&Told {
            version: 1,
            at: NOW.to_owned(),
            differences: vec!["x".to_owned()],
        }),
        at(NOW),
    );
    assert!(mended.message("changegate").unwrap().0.contains("again"));
}
