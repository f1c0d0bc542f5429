use std::collections::BTreeMap;

use super::bench::{Bench, changegate, lambda, two_stages};
use crate::codepipeline::engine::control::Start;
use crate::codepipeline::engine::variables::references;

#[test]
fn variables_of_namespaces_the_pipeline_and_the_run_are_put_into_configurations() {
    let mut declaration = changegate();
    let text = "#{TemplateSource.VersionId}|#{variables.Commit}|#{codepipeline.PipelineExecutionId}";
    declaration["stages"][1]["actions"][0]["configuration"]["UserParameters"] = text.into();
    let mut bench = Bench::idle(&declaration);
    let variables = BTreeMap::from([("Commit".to_owned(), "deadbeef".to_owned())]);
    let run = bench
        .start_with(Start {
            variables,
            ..Start::default()
        })
        .unwrap();
    bench.fetch_all();
    let event = bench.take("CreateChangeSet").event;
    let given = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"];
    assert_eq!(given, &format!("newest|deadbeef|{run}"));
}

#[test]
fn values_are_put_in_as_they_are_and_not_escaped() {
    let mut declaration = changegate();
    declaration["stages"][1]["actions"][0]["configuration"]["UserParameters"] =
        r##"{"c":"#{variables.Commit}"}"##.into();
    let mut bench = Bench::idle(&declaration);
    let hostile = r#"x","approvals":"0#{variables.Commit}"#;
    let variables = BTreeMap::from([("Commit".to_owned(), hostile.to_owned())]);
    bench
        .start_with(Start {
            variables,
            ..Start::default()
        })
        .unwrap();
    bench.fetch_all();
    let event = bench.take("CreateChangeSet").event;
    let given = &event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"];
    assert_eq!(given, r#"{"c":"x","approvals":"0#{variables.Commit}"}"#);
}

#[test]
fn a_variable_that_nobody_set_fails_the_action_that_names_it() {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.fetch_all();
    let job = bench.take("CreateChangeSet").job;
    bench.succeed(&job, &[("Outcome", "changes")]).unwrap();
    let action = bench.action(&run, "DescribeChangeSet");
    let (code, message) = action.error.as_ref().unwrap();
    assert_eq!((action.status.word(), code.as_str()), ("Failed", "ConfigurationError"));
    assert!(message.contains("#{Plan.ChangeSetArn}"), "{message}");
    assert!(bench.invocations().is_empty());
    assert_eq!(bench.by_id(&run).status.word(), "Failed");
}

#[test]
fn an_unknown_or_missing_pipeline_variable_is_refused_at_the_start() {
    let mut bench = Bench::idle(&changegate());
    let variables = BTreeMap::from([("Branch".to_owned(), "x".to_owned())]);
    let refused = bench
        .start_with(Start {
            variables,
            ..Start::default()
        })
        .unwrap_err();
    assert!(
        refused
            .message
            .contains("does not declare a variable with name 'Branch'"),
        "{refused}"
    );

    let mut declaration = changegate();
    declaration["variables"] = serde_json::json!([{ "name": "Commit" }]);
    let mut bench = Bench::idle(&declaration);
    let refused = bench.start_with(Start::default()).unwrap_err();
    assert!(
        refused.message.contains("'Commit' without a default value"),
        "{refused}"
    );
}

#[test]
fn an_action_of_a_later_run_order_reads_the_namespace_of_an_earlier_one_in_its_stage() {
    let mut one = lambda("One", 1, "x");
    one["namespace"] = "First".into();
    let mut bench = Bench::idle(&two_stages(&[one, lambda("Two", 2, "#{First.Key}")]));
    bench.start();
    bench.fetch_all();
    let job = bench.take("One").job;
    bench.succeed(&job, &[("Key", "value")]).unwrap();
    let event = bench.take("Two").event;
    assert_eq!(
        event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]["UserParameters"],
        "value"
    );
}

#[test]
fn references_are_found_in_any_text() {
    let found: Vec<(&str, &str)> = references("a #{x.y} b #{p.q.r}#{nope} #{open")
        .iter()
        .map(|found| (found.namespace, found.key))
        .collect();
    assert_eq!(found, [("x", "y"), ("p", "q.r"), ("", "nope")]);
}
