use jiff::{SignedDuration, Timestamp};

use super::log::{Invocation, invocations};
use super::{Action, Run, Timings};

fn at(milliseconds: i64) -> Timestamp {
    Timestamp::from_millisecond(1_795_459_398_000 + milliseconds).unwrap()
}

fn action(name: &str, began: i64, ended: i64, function: Option<&str>) -> Action {
    Action {
        name: name.to_owned(),
        began: at(began),
        ended: at(ended),
        function: function.map(str::to_owned),
        is_question: name.ends_with("person"),
    }
}

fn took(began: i64, took: f64, start: Option<f64>) -> Invocation {
    Invocation {
        began: at(began),
        took,
        work: None,
        start,
    }
}

/// A push at 0 whose plan is asked about at 240.
fn timed() -> Timings {
    let mut timings = Timings::default();
    timings.runs.push(Run {
        title: "second push".to_owned(),
        pushed: at(0),
        actions: vec![
            action("Source", 100, 115, None),
            action("Source", 100, 120, None),
            action("Plan/CreateChangeSet", 120, 200, Some("c-create")),
            action("Apply/Approve1 waits for a person", 240, 900, None),
            action("Apply/ExecuteChangeSet", 900, 1_000, Some("c-execute")),
        ],
    });
    let all = [
        ("c-github-webhook", took(50, 8.0, Some(20.0))),
        (
            "c-source-sync",
            Invocation {
                work: Some(11.4),
                ..took(62, 33.0, None)
            },
        ),
        ("c-create", took(121, 70.0, None)),
        ("c-execute", took(901, 500.0, None)),
    ];
    for (name, invocation) in all {
        timings.invocations.insert(name.to_owned(), vec![invocation]);
    }
    timings
}

#[test]
fn every_step_until_the_question_is_shown_with_what_was_ours() {
    let text = timed().to_string();
    let (table, _) = text.split_once("start:").unwrap();
    assert_eq!(
        table,
        "== From the push to the question, in milliseconds
      at  start   ours   work   rest
second push
       0                          30  git push, and the delivery of its webhook
      30     20      8             4  c-github-webhook
      62            33     11      5  c-source-sync
     100                          20  Source
     120            70            50  Plan/CreateChangeSet
     240                              Apply/Approve1 waits for a person
  slowest step of ours: Plan/CreateChangeSet, 70 ms
"
    );
}

#[test]
fn invocations_of_other_runs_are_not_counted_with_this_one() {
    let mut timings = timed();
    for name in ["c-github-webhook", "c-create"] {
        let others = [took(-400, 900.0, None), took(2_000, 900.0, None)];
        timings.invocations.get_mut(name).unwrap().extend(others);
    }
    let steps = timings.steps(&timings.runs[0]);
    let text = timings.to_string();
    assert!(
        text.contains("  slowest step of ours: Plan/CreateChangeSet, 70 ms\n"),
        "{text}"
    );
    let slowest = steps.iter().filter_map(|step| step.ours).fold(0.0, f64::max);
    assert!((slowest - 70.0).abs() < 0.001, "{steps:?}");
}

#[test]
fn deliveries_that_wait_and_come_again_count_together() {
    let mut timings = timed();
    timings
        .invocations
        .get_mut("c-create")
        .unwrap()
        .push(took(195, 5.0, Some(1.0)));
    let steps = timings.steps(&timings.runs[0]);
    let plan = steps.iter().find(|step| step.name == "Plan/CreateChangeSet").unwrap();
    assert_eq!((plan.ours, plan.start), (Some(75.0), Some(1.0)));
    let text = timings.to_string();
    assert!(
        text.contains("slowest step of ours: Plan/CreateChangeSet, 75 ms\n"),
        "{text}"
    );
}

#[test]
fn the_functions_are_shown_with_their_median_and_slowest() {
    let mut timings = Timings::default();
    let all = [30.0, 1.0, 2.0].map(|each| took(0, each, (each > 20.0).then_some(9.0)));
    timings.invocations.insert("webhook".to_owned(), all.to_vec());
    let text = timings.to_string();
    assert!(
        text.contains("      3       2       30       1        9  webhook"),
        "{text}"
    );
}

#[test]
fn nothing_is_wider_than_a_narrow_terminal() {
    for line in timed().to_string().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
}

#[test]
fn invocations_are_read_from_a_log_and_nothing_else_is() {
    let log = "{\"message\":\"took 9 ms\"}\n\
               -- invocation a1 of 2026-11-23T18:43:18.250Z ended after 12.5 ms with 4.5 ms of work\n\
               -- invocation a2 of 2026-11-23T18:43:19.000Z ended with an error after 7 ms and a start of 3.5 ms\n\
               -- invocation a3 of 2026-11-23T18:43:20.000Z ended after 8.0 ms with 2.0 ms of work and a start of 1.0 ms\n\
               -- invocation a4 was not made";
    let began: Timestamp = "2026-11-23T18:43:18.250Z".parse().unwrap();
    let read = invocations(log);
    assert_eq!(
        read,
        [
            Invocation {
                began,
                took: 12.5,
                work: Some(4.5),
                start: None
            },
            Invocation {
                began: began + SignedDuration::from_millis(750),
                took: 7.0,
                work: None,
                start: Some(3.5)
            },
            Invocation {
                began: began + SignedDuration::from_millis(1_750),
                took: 8.0,
                work: Some(2.0),
                start: Some(1.0)
            },
        ]
    );
    assert_eq!(read[1].arrived(), began + SignedDuration::from_micros(746_500));
}
