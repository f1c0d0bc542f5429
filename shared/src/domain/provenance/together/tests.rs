use super::*;
use crate::domain::provenance::{StackTrace, Trace};

fn facts(sequence: Option<u64>, content: Option<&str>) -> SourceFacts {
    SourceFacts {
        commit: format!("{:040}", sequence.unwrap_or_default()),
        sequence,
        modified: None,
        content: content.map(Sha256::of),
    }
}

/// A record that says what the stack `network` read.
fn record(sequence: u64, reads: Option<(&str, &str)>) -> Provenance {
    let touched = StackTrace {
        reads: reads.map(|(template, configuration)| StackReads {
            template: Sha256::of(template),
            configuration: Sha256::of(configuration),
        }),
        ..StackTrace::default()
    };
    Provenance {
        version: Provenance::VERSION,
        repository: "acme/infrastructure".to_owned(),
        repository_id: Some(crate::domain::sync::pin::RepositoryId(4)),
        branch: "main".to_owned(),
        commit: "c".to_owned(),
        previous: None,
        stacks: vec!["network".to_owned()],
        complete: true,
        commits: Vec::new(),
        trace: Some(Trace {
            sequence,
            stacks: [("network".to_owned(), touched)].into(),
            ..Trace::default()
        }),
    }
}

fn of(template: &SourceFacts, configuration: &SourceFacts, record: &Provenance) -> Together {
    Together::of("network", template, configuration, Some(record))
}

#[test]
fn what_the_record_of_the_newer_one_names_stood_together_whichever_is_the_newer() {
    let record = record(7, Some(("t2", "c1")));
    for (template, configuration) in [(7, 3), (3, 7), (7, 7)] {
        let (template, configuration) = (
            facts(Some(template), Some("t2")),
            facts(Some(configuration), Some("c1")),
        );
        assert_eq!(of(&template, &configuration, &record), Together::Yes);
    }
    // The older one may be from before there were numbers.
    assert_eq!(
        of(&facts(Some(7), Some("t2")), &facts(None, Some("c1")), &record),
        Together::Yes
    );
}

#[test]
fn another_content_of_either_did_not_stand_with_the_newer_one() {
    let record = record(7, Some(("t2", "c1")));
    for (template, configuration) in [("t1", "c1"), ("t2", "c2"), ("c1", "t2")] {
        assert_eq!(
            of(
                &facts(Some(7), Some(template)),
                &facts(Some(3), Some(configuration)),
                &record
            ),
            Together::No,
            "{template} {configuration}"
        );
    }
}

#[test]
fn nothing_stood_together_in_a_stack_that_was_wrong_or_that_the_record_does_not_name() {
    let (template, configuration) = (facts(Some(7), Some("t2")), facts(Some(3), Some("c1")));
    assert_eq!(of(&template, &configuration, &record(7, None)), Together::No);
    let named = record(7, Some(("t2", "c1")));
    assert_eq!(
        Together::of("orders", &template, &configuration, Some(&named)),
        Together::No
    );
}

#[test]
fn what_an_older_version_wrote_and_a_record_that_is_gone_tell_nothing() {
    let (template, configuration) = (facts(Some(7), Some("t2")), facts(Some(3), Some("c1")));
    assert_eq!(
        Together::of("network", &template, &configuration, None),
        Together::Untold
    );
    let told = record(7, Some(("t2", "c1")));
    let older = Provenance {
        version: 2,
        ..told.clone()
    };
    assert_eq!(of(&template, &configuration, &older), Together::Untold);
    let without = Provenance {
        trace: None,
        ..told.clone()
    };
    assert_eq!(of(&template, &configuration, &without), Together::Untold);
    // A record of another number is not the one that was asked for.
    assert_eq!(
        of(&template, &configuration, &record(6, Some(("t2", "c1")))),
        Together::Untold
    );
    assert_eq!(of(&facts(Some(7), None), &configuration, &told), Together::Untold);
    assert_eq!(of(&template, &facts(Some(3), None), &told), Together::Untold);
    assert_eq!(
        of(&facts(None, Some("t2")), &facts(None, Some("c1")), &told),
        Together::Untold
    );
}

#[test]
fn a_refusal_names_both_commits_and_says_whether_it_is_known() {
    let apart = Apart {
        template: Some("0123456789".to_owned()),
        configuration: None,
        is_told: true,
    };
    assert_eq!(
        apart.to_string(),
        "the run reads the template of commit 0123456 with the configuration of an unknown commit, and the branch had \
         these together at no commit"
    );
    let untold = Apart {
        is_told: false,
        ..apart
    };
    assert!(
        untold
            .to_string()
            .ends_with("and the source bucket holds others by now")
    );
}
