use super::bench::{Bench, NAME, changegate};
use crate::codepipeline::engine::conditions::{expression, holds};
use crate::codepipeline::engine::control::RetryMode;

#[test]
fn a_stage_whose_rule_is_met_is_entered() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    assert_eq!(bench.stage_word(&run, "Apply"), "InProgress");
    assert!(bench.by_id(&run).stage_run(2).unwrap().entry[0].holds);
}

#[test]
fn a_stage_whose_rule_is_not_met_is_skipped_and_the_run_succeeds() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("no-changes");
    assert_eq!(bench.stage_word(&run, "Apply"), "Skipped");
    assert_eq!(bench.by_id(&run).status.word(), "Succeeded");
    assert!(bench.invocations().is_empty(), "no action of a skipped stage runs");
    let rule = &bench.by_id(&run).stage_run(2).unwrap().entry[0];
    assert_eq!(
        (rule.holds, rule.summary.as_str()),
        (false, "'no-changes' EQ 'changes' does not hold")
    );
}

#[test]
fn a_condition_with_result_fail_fails_the_stage_and_can_be_retried() {
    let mut declaration = changegate();
    declaration["stages"][2]["beforeEntry"]["conditions"][0]["result"] = "FAIL".into();
    let mut bench = Bench::idle(&declaration);
    let run = bench.start();
    bench.plan("held");
    assert_eq!(
        (bench.stage_word(&run, "Apply"), bench.by_id(&run).status.word()),
        ("Failed", "Failed")
    );
    bench.retry("Apply", &run, RetryMode::FailedActions).unwrap();
    assert_eq!(
        bench.by_id(&run).status.word(),
        "Failed",
        "the condition is checked again and is still not met"
    );
}

#[test]
fn a_condition_that_failed_the_stage_can_be_overridden_and_one_that_skipped_it_cannot() {
    let mut declaration = changegate();
    declaration["stages"][2]["beforeEntry"]["conditions"][0]["result"] = "FAIL".into();
    let mut bench = Bench::idle(&declaration);
    let run = bench.start();
    let overriding = |bench: &mut Bench| bench.engine.override_entry(NAME, "Apply", &run);
    assert_eq!(
        overriding(&mut bench).unwrap_err().code,
        "NotLatestPipelineExecutionException",
        "it did not come that far"
    );
    bench.plan("held");
    overriding(&mut bench).unwrap();
    bench.collect();
    assert_eq!(bench.stage_word(&run, "Apply"), "InProgress");
    assert_eq!(bench.by_id(&run).status.word(), "InProgress");
    assert!(bench.by_id(&run).stage_run(2).unwrap().overridden);
    assert_eq!(
        overriding(&mut bench).unwrap_err().code,
        "ConditionNotOverridableException"
    );

    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("no-changes");
    let refused = bench.engine.override_entry(NAME, "Apply", &run).unwrap_err();
    assert_eq!(refused.code, "ConditionNotOverridableException");
    assert!(refused.message.contains("SKIP"), "{refused}");
}

#[test]
fn a_skipped_stage_cannot_be_retried() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("no-changes");
    let refused = bench.retry("Apply", &run, RetryMode::AllActions).unwrap_err();
    assert_eq!(refused.code, "StageNotRetryableException");
    assert!(refused.message.contains("skipped"), "{refused}");
}

#[test]
fn a_rule_whose_variable_has_no_value_does_not_hold() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("CreateChangeSet").job;
    bench.succeed(&job, &[]).unwrap();
    assert_eq!(bench.stage_word(&run, "Apply"), "Skipped");
    assert!(
        bench.by_id(&run).stage_run(2).unwrap().entry[0]
            .summary
            .contains("#{Plan.Outcome}")
    );
}

#[test]
fn the_operators_compare_as_their_names_say() {
    for (variable, operator, value, expected) in [
        ("changes", "EQ", "changes", true),
        ("no-changes", "EQ", "changes", false),
        ("no-changes", "NE", "changes", true),
        ("changes", "NE", "changes", false),
        ("no-changes", "CONTAINS", "changes", true),
        ("changes", "CONTAINS", "no-", false),
        ("v1.2", "MATCHES", r"v\d+\.\d+", true),
        ("xv1.2", "MATCHES", r"v\d+\.\d+", false),
        ("a", "MATCHES", "a|b", true),
        ("ab", "MATCHES", "a|b", false),
    ] {
        assert_eq!(
            holds(variable, operator, value),
            Ok(expected),
            "{variable} {operator} {value}"
        );
    }
    assert!(
        holds("a", "LIKE", "a")
            .unwrap_err()
            .contains("one of EQ, NE, CONTAINS, MATCHES")
    );
    assert!(expression("(?=a)").is_err());
}

#[test]
fn one_failed_rule_fails_the_condition() {
    let mut declaration = changegate();
    let rules = declaration["stages"][2]["beforeEntry"]["conditions"][0]["rules"]
        .as_array_mut()
        .unwrap();
    let mut second = rules[0].clone();
    second["name"] = "NoArn".into();
    second["configuration"]["Operator"] = "NE".into();
    rules.push(second);
    let mut bench = Bench::idle(&declaration);
    let run = bench.start();
    bench.plan("changes");
    let holds: Vec<bool> = bench
        .by_id(&run)
        .stage_run(2)
        .unwrap()
        .entry
        .iter()
        .map(|rule| rule.holds)
        .collect();
    assert_eq!(holds, [true, false]);
    assert_eq!(bench.stage_word(&run, "Apply"), "Skipped");
}
