//! When an approved change may be executed.

use std::time::Duration;

use changegate::domain::keys;
use jiff::{Timestamp, ToSpan as _, Unit};
use serde_json::Value;

use super::office::Office;

/// A gate whose window opens at the moment that is told, soon, but not before the change can be approved. `usual` is
/// how long it took to make pipelines and to be asked about their changes.
pub(super) fn soon(usual: Duration) -> (Timestamp, String) {
    let ready = Timestamp::now() + usual.max(Duration::from_secs(30)) * 2;
    // Windows open on the minute.
    let opens = ready.round(Unit::Minute).unwrap();
    let opens = if opens < ready { opens + 1.minute() } else { opens };
    let clock = |time: Timestamp| time.strftime("%H:%M").to_string();
    let gate = format!(
        "{{ approvals: 1, window: {{ hours: \"{}-{}\", time_zone: UTC }} }}",
        clock(opens),
        clock(opens + 2.hours())
    );
    (opens, gate)
}

/// The schedule is deployed; what it sends is sent here as soon as it matters.
pub(super) async fn a_closed_window_ends_the_run_and_the_schedule_goes_on_when_it_opens(
    office: &Office,
    opens: Timestamp,
) {
    let question = office.asked("later", "Approve1", None).await;
    office.ann.approve(&question);
    let message = office.refused(&question).await;
    let next = opens.strftime("opens at %Y-%m-%d %H:%M +00:00").to_string();
    assert!(message.contains(&next), "{message}");
    assert!(
        message.contains("the stage is retried then by itself, and the approvals stay"),
        "{message}"
    );
    let key = keys::retry(&question.pipeline);
    let note = office.site.world.evidence(&key).await.unwrap();
    assert!(note.is_some(), "{key}");

    // What the schedule sends while the window is closed retries nothing.
    schedule(office).await;
    if Timestamp::now() < opens {
        let status = office.site.end(&question.pipeline, &question.execution).await;
        assert_eq!(status, "Failed");
    }

    while Timestamp::now() <= opens {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    schedule(office).await;
    office.executed(&question).await;
    assert_eq!(
        office.site.world.evidence(&key).await.unwrap(),
        None,
        "the note is gone"
    );
    for (key, end) in [
        (keys::outcome(&question.pipeline, &question.execution), "waiting"),
        (
            keys::further_outcome(&question.pipeline, &question.execution, 2),
            "executed",
        ),
    ] {
        let outcome = office.evidence(&key).await;
        assert_eq!(outcome["end"], end, "{outcome}");
    }
}

/// Invokes what the schedule invokes, with what it sends.
async fn schedule(office: &Office) {
    let name = "changegate-retry-due";
    let schedule = office.site.cli(&["scheduler", "get-schedule", "--name", name]).await;
    let input = schedule["Target"]["Input"].as_str().unwrap().to_owned();
    let directory = tempfile::tempdir().unwrap();
    let answer = directory.path().join("answer.json");
    let function = schedule["Target"]["Arn"].as_str().unwrap().to_owned();
    let invoke = ["lambda", "invoke", "--function-name", &function];
    let answer = answer.to_str().unwrap().to_owned();
    let told: Value = office
        .site
        .cli(&[&invoke[..], &["--payload", &input, &answer]].concat())
        .await;
    assert_eq!(told["FunctionError"], Value::Null, "{told}");
}
