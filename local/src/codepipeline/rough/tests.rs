use serde_json::json;

use super::*;

const FUNCTION: &str =
    "arn:aws:sts::000000000000:assumed-role/changegate-ChangesetCreateRole/changegate-changeset-create";

fn draws(seed: u64) -> (Vec<bool>, Vec<Copies>) {
    let mut rough = Rough::new(seed);
    let throttles = (0..500).map(|_| rough.throttle().is_some()).collect();
    let events = (0..200).map(|_| rough.event()).collect();
    (throttles, events)
}

#[test]
fn a_seed_repeats_what_it_did_and_another_one_does_something_else() {
    assert_eq!(draws(7), draws(7));
    assert_ne!(draws(7), draws(8));
}

#[test]
fn throttles_come_in_bursts_and_end() {
    let (throttles, _) = draws(1);
    let bursts: Vec<usize> = throttles
        .split(|is_throttled| !is_throttled)
        .map(<[bool]>::len)
        .filter(|length| *length > 0)
        .collect();
    assert!(
        bursts.len() > 5 && bursts.iter().any(|length| *length > 1),
        "{bursts:?}"
    );
    assert!(bursts.iter().all(|length| *length < 10), "{bursts:?}");
}

#[test]
fn events_come_late_twice_or_never() {
    let (_, events) = draws(1);
    assert!(events.iter().any(Vec::is_empty));
    assert!(events.iter().any(|copies| copies.len() == 2));
    assert!(events.iter().flatten().any(|wait| *wait > Duration::from_secs(1)));
    assert!(events.iter().filter(|copies| **copies == [Duration::ZERO]).count() > 50);
}

#[test]
fn only_functions_meet_it() {
    assert!(Rough::concerns(FUNCTION));
    assert!(!Rough::concerns("arn:aws:iam::000000000000:user/ada"));
    assert!(!Rough::concerns("arn:aws:iam::000000000000:root"));
}

/// The actions of a run at some time after they began, as a function sees them.
fn shown(rough: &mut Rough, after_millis: i64) -> Vec<Value> {
    let entries: Vec<Value> = (0..40)
        .map(|number| {
            json!({
                "actionExecutionId": number.to_string(), "status": "Succeeded", "startTime": 1_000.0,
                "lastUpdateTime": 1_002.0, "input": { "resolvedConfiguration": { "a": "b" } },
                "output": { "outputVariables": { "Digest": "d" } }, "updatedBy": "ada",
            })
        })
        .collect();
    let mut answer = json!({ "actionExecutionDetails": entries });
    let now = Timestamp::from_millisecond(1_000_000 + after_millis).unwrap();
    rough.history("ListActionExecutions", &mut answer, now);
    answer["actionExecutionDetails"].as_array().unwrap().clone()
}

#[test]
fn the_history_shows_an_action_late_and_in_steps_and_in_the_end_all_of_it() {
    let mut rough = Rough::new(3);
    assert!(shown(&mut rough, 200).len() < 40, "some are not shown yet");
    let early = shown(&mut rough, 1_600);
    assert_eq!(early.len(), 40);
    assert!(
        early
            .iter()
            .any(|entry| entry["input"]["resolvedConfiguration"].is_null())
    );
    let ended = shown(&mut rough, 2_100);
    let open = ended.iter().filter(|entry| entry["status"] == "InProgress");
    assert!(open.clone().count() > 0 && open.clone().all(|entry| entry["output"] == json!({})));
    let rested = shown(&mut rough, 9_000);
    assert!(
        rested
            .iter()
            .all(|entry| entry["status"] == "Succeeded" && !entry["input"]["resolvedConfiguration"].is_null())
    );
    let touched =
        |entry: &&Value| entry["lastUpdateTime"].as_f64() > entry["startTime"].as_f64().map(|time| time + 2.5);
    assert!(
        rested.iter().any(|entry| touched(&entry)),
        "the end of some moves once more"
    );
    assert!(
        rested.iter().any(|entry| entry["startTime"] == json!(999.0)),
        "clocks differ"
    );
}

#[test]
fn an_answer_that_is_lost_is_that_of_a_start() {
    let mut rough = Rough::new(1);
    assert!((0..30).any(|_| rough.loses_answer("StartPipelineExecution")));
    assert!((0..30).all(|_| !rough.loses_answer("PutJobSuccessResult")));
}

#[test]
fn the_list_of_runs_shows_a_run_and_its_end_late_and_in_the_end_both() {
    let mut rough = Rough::new(3);
    let mut at = |millis: i64| {
        let runs: Vec<Value> = (0..40)
            .map(|number| {
                json!({ "pipelineExecutionId": format!("run-{number}"), "status": "Succeeded",
                        "startTime": 1_000.0, "lastUpdateTime": 1_010.0 })
            })
            .collect();
        let mut answer = json!({ "pipelineExecutionSummaries": runs });
        let now = Timestamp::from_millisecond(millis).unwrap();
        rough.history("ListPipelineExecutions", &mut answer, now);
        let shown = answer["pipelineExecutionSummaries"].as_array().unwrap().clone();
        let open = shown.iter().filter(|run| run["status"] == "InProgress").count();
        (shown.len(), open)
    };
    let (begun, _) = at(1_000_000);
    assert!(
        (1..40).contains(&begun),
        "some are listed at once, others later: {begun}"
    );
    let (all, open) = at(1_010_000);
    assert!(
        all == 40 && (1..40).contains(&open),
        "some ends are listed late: {open}"
    );
    assert_eq!(at(1_020_000), (40, 0));
}
