//! A function's role holds the calls that its flows make: no more, no fewer.
//!
//! The calls are read from the code: which flows a function reaches, and which methods of ports these use.

use std::collections::{BTreeMap, BTreeSet};

use super::template::{Statement, Template, text};
use super::{files, is_test, read, refuse};

/// Method of a port and the action that IAM asks for.
const ACTIONS: [(&str, &str); 25] = [
    ("action_executions", "codepipeline:ListActionExecutions"),
    ("change_set", "cloudformation:DescribeChangeSet"),
    ("change_set_events", "cloudformation:DescribeEvents"),
    ("change_set_hooks", "cloudformation:DescribeChangeSetHooks"),
    ("change_sets", "cloudformation:ListChangeSets"),
    ("create_change_set", "cloudformation:CreateChangeSet"),
    ("delete_change_set", "cloudformation:DeleteChangeSet"),
    ("execute_change_set", "cloudformation:ExecuteChangeSet"),
    ("exports", "cloudformation:ListExports"),
    ("find_change_set", "cloudformation:DescribeChangeSet"),
    ("function_code", "lambda:GetFunctionConfiguration"),
    ("pipeline_execution", "codepipeline:GetPipelineExecution"),
    ("pipeline_executions", "codepipeline:ListPipelineExecutions"),
    ("pipeline_names", "codepipeline:ListPipelines"),
    ("publish", "sns:Publish"),
    ("retry_failed_actions", "codepipeline:RetryStageExecution"),
    ("set_stack_policy", "cloudformation:SetStackPolicy"),
    ("stack", "cloudformation:DescribeStacks"),
    ("stack_events", "cloudformation:DescribeStackEvents"),
    ("stack_policy", "cloudformation:GetStackPolicy"),
    ("stack_resource", "cloudformation:DescribeStackResource"),
    ("stack_resources", "cloudformation:ListStackResources"),
    ("start", "codepipeline:StartPipelineExecution"),
    ("stop", "codepipeline:StopPipelineExecution"),
    ("template", "cloudformation:GetTemplate"),
];

/// What flows call the ports of these services by.
const RECEIVERS: [&str; 7] = [
    "change_sets",
    "cloudformation",
    "functions",
    "notify",
    "pipelines",
    "stacks",
    "topics",
];

/// Reporting is no method of a flow's port: the envelope of every job does it.
const REPORTS: [&str; 2] = ["codepipeline:PutJobFailureResult", "codepipeline:PutJobSuccessResult"];

fn code(path: &str) -> String {
    let text = read(path);
    let text = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Flow to its code.
fn flows() -> BTreeMap<String, String> {
    let mut flows: BTreeMap<String, String> = BTreeMap::new();
    for path in files("shared/src/flows", &[".rs"]) {
        let below = path.trim_start_matches("shared/src/flows/");
        let name = below.split(['/', '.']).next().unwrap_or_default();
        if ["mod", "ports", "fakes", "error"].contains(&name) || below.contains("tests") {
            continue;
        }
        let flow = flows.entry(name.to_owned()).or_default();
        flow.push_str(&code(&path));
    }
    assert!(flows.len() > 6, "the flows are not found any more");
    flows
}

/// Whether `code` names the module `flow`.
fn names(code: &str, flow: &str) -> bool {
    let path = format!("{flow}::");
    code.match_indices(&path).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// The code with chains of calls on one line each.
fn chained(code: &str) -> String {
    let mut text = String::new();
    for line in code.lines().map(str::trim) {
        if !line.starts_with('.') {
            text.push('\n');
        }
        text.push_str(line);
    }
    text
}

/// The actions of the methods that `code` calls on a port.
fn calls(code: &str) -> BTreeSet<&'static str> {
    let code = chained(code);
    let mut found = BTreeSet::new();
    for (method, action) in ACTIONS {
        for (at, _) in code.match_indices(&format!(".{method}(")) {
            let receiver = code[..at].trim_end_matches("()");
            let start = receiver
                .rfind(|c: char| !c.is_alphanumeric() && c != '_')
                .map_or(0, |at| at + 1);
            if RECEIVERS.contains(&&receiver[start..]) {
                found.insert(action);
            }
        }
    }
    found
}

/// The actions of the flows that a function reaches, directly and through each other.
fn reached(function: &str, flows: &BTreeMap<String, String>) -> BTreeSet<&'static str> {
    let own: String = files(&format!("functions/{function}/src"), &[".rs"])
        .iter()
        .filter(|path| !is_test(path))
        .map(|path| code(path))
        .collect();
    let mut open: Vec<&String> = flows.keys().filter(|flow| names(&own, flow)).collect();
    assert!(!open.is_empty(), "{function} reaches no flow");
    let (mut seen, mut found) = (BTreeSet::new(), BTreeSet::new());
    while let Some(flow) = open.pop() {
        if seen.insert(flow) {
            found.append(&mut calls(&flows[flow]));
            open.extend(flows.keys().filter(|next| names(&flows[flow], next)));
        }
    }
    found
}

#[test]
fn calls_are_found_on_ports_and_on_nothing_else() {
    let code = "ports.cloudformation\n    .stack(name).await?; stacks().template(of); clock.start(x); match pipelines.start(y)";

    let found: Vec<_> = calls(code).into_iter().collect();

    assert_eq!(
        found,
        [
            "cloudformation:DescribeStacks",
            "cloudformation:GetTemplate",
            "codepipeline:StartPipelineExecution"
        ]
    );
}

#[test]
fn a_role_allows_the_calls_of_its_function_and_no_others() {
    let (template, flows) = (Template::read(), flows());
    let mut problems = Vec::new();
    for (name, function) in template.functions() {
        let role = template.resource(text(function, "/Properties/Role").trim_end_matches(".Arn"));
        let allowed: BTreeSet<String> = Statement::all(role)
            .iter()
            .filter(|statement| statement.allows())
            .flat_map(Statement::actions)
            .filter(|action| {
                ["cloudformation:", "codepipeline:", "lambda:Get", "sns:"]
                    .iter()
                    .any(|of| action.starts_with(of))
            })
            .filter(|action| !REPORTS.contains(&action.as_str()))
            .collect();
        let made: BTreeSet<String> = reached(&name, &flows).into_iter().map(str::to_owned).collect();
        problems.extend(
            made.difference(&allowed)
                .map(|action| format!("{name} calls {action} and may not")),
        );
        problems.extend(
            allowed
                .difference(&made)
                .map(|action| format!("{name} may {action} and never calls it")),
        );
    }
    refuse("template.yaml and the flows disagree", &problems);
}

#[test]
fn a_job_is_reported_by_the_functions_that_get_jobs() {
    let template = Template::read();
    for (name, function) in template.functions() {
        let role = template.resource(text(function, "/Properties/Role").trim_end_matches(".Arn"));
        let reports: BTreeSet<String> = Statement::all(role)
            .iter()
            .flat_map(Statement::actions)
            .filter(|action| REPORTS.contains(&action.as_str()))
            .collect();
        let wanted = match name.as_str() {
            "changeset-create" | "changeset-describe" | "changeset-execute" | "pipelines-provision" => 2,
            // It reports the jobs whose deliveries all failed.
            "outcome-record" => 1,
            _ => 0,
        };
        assert_eq!(reports.len(), wanted, "{name}");
    }
}
