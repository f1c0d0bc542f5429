//! One SAM function for each crate in `functions/`, and the reverse.

use std::collections::BTreeSet;

use changegate::domain::document::Node;

use super::template::{Statement, Template, text};
use super::{files, read, refuse};

/// The functions that CodePipeline calls; each reports the job it was given.
const ACTIONS: [&str; 4] = [
    "changeset-create",
    "changeset-describe",
    "changeset-execute",
    "pipelines-provision",
];

fn crates() -> BTreeSet<String> {
    files("functions", &["Cargo.toml"])
        .iter()
        .filter_map(|path| {
            path.strip_prefix("functions/")?
                .strip_suffix("/Cargo.toml")
                .map(str::to_owned)
        })
        .collect()
}

pub(crate) fn logical_id(name: &str) -> String {
    let parts = name.split('-').map(|part| {
        let (first, rest) = part.split_at(1);
        first.to_uppercase() + rest
    });
    parts.collect::<String>() + "Function"
}

#[test]
fn every_crate_has_its_function_and_every_function_its_crate() {
    let template = Template::read();
    let named: BTreeSet<String> = template.functions().into_iter().map(|(name, _)| name).collect();

    assert_eq!(named, crates());
    assert_eq!(named.len(), 7);
}

#[test]
fn crate_binary_function_and_logical_id_have_one_name() {
    let template = Template::read();
    let mut problems = Vec::new();
    for name in crates() {
        let manifest = read(&format!("functions/{name}/Cargo.toml"));
        if !manifest.contains(&format!("\nname = \"{name}\"\n")) || manifest.contains("[[bin]]") {
            problems.push(format!(
                "functions/{name}: its package, and so its binary, has another name"
            ));
        }
        let function = template.resource(&logical_id(&name));
        for (pointer, wanted) in [
            ("/Properties/CodeUri", format!("functions/{name}")),
            ("/Properties/FunctionName", format!("${{AWS::StackName}}-{name}")),
            ("/Metadata/BuildMethod", "rust-cargolambda".to_owned()),
        ] {
            let found = text(function, pointer);
            if found != wanted {
                problems.push(format!("{name}: {pointer} is {found}, not {wanted}"));
            }
        }
    }
    refuse("a function is found by one name everywhere", &problems);
}

#[test]
fn a_job_whose_process_was_killed_is_delivered_again_and_in_the_end_recorded() {
    let template = Template::read();
    for name in ACTIONS {
        let config = template
            .resource(&logical_id(name))
            .pointer("/Properties/EventInvokeConfig");
        let config = config.unwrap_or_else(|| panic!("{name} has no EventInvokeConfig"));
        assert_eq!(text(config, "/MaximumRetryAttempts"), "2", "{name}");
        assert_eq!(text(config, "/MaximumEventAgeInSeconds"), "1140", "{name}");
        // The payload holds the job's credentials: it may go to a function only.
        assert_eq!(text(config, "/DestinationConfig/OnFailure/Type"), "Lambda", "{name}");
        let destination = text(config, "/DestinationConfig/OnFailure/Destination");
        assert_eq!(destination, "OutcomeRecordFunction.Arn", "{name}");
    }
}

#[test]
fn what_outcome_record_failed_at_waits_an_hour_in_a_queue_for_it_alone() {
    let template = Template::read();
    let config = template
        .resource("OutcomeRecordFunction")
        .pointer("/Properties/EventInvokeConfig")
        .expect("an EventInvokeConfig");
    assert_eq!(text(config, "/MaximumRetryAttempts"), "2");
    let destination = text(config, "/DestinationConfig/OnFailure/Destination");
    assert_eq!(destination, "LostEventsQueue.Arn");
    // It may hold the credentials of a job.
    let queue = template.resource("LostEventsQueue");
    assert_eq!(text(queue, "/Properties/SqsManagedSseEnabled"), "true");
    assert_eq!(text(queue, "/Properties/MessageRetentionPeriod"), "3600");
    let policy = template.resource("LostEventsQueuePolicy");
    let denied = Statement::all(policy).into_iter().find(|statement| {
        !statement.allows() && statement.actions().iter().any(|action| action == "sqs:ReceiveMessage")
    });
    let denied = denied.expect("nobody else may receive");
    let but = denied
        .node
        .pointer("/Condition/ArnNotEquals")
        .expect("with an exception");
    assert_eq!(text(but, "/aws:PrincipalArn"), "OutcomeRecordRole.Arn");
}

#[test]
fn three_deliveries_of_a_job_end_before_codepipeline_gives_up() {
    let template = Template::read();
    let timeout = |node: &Node, pointer: &str| node.pointer(pointer).and_then(Node::as_text)?.parse::<u32>().ok();
    let default = timeout(&template.document.root, "/Globals/Function/Timeout").expect("a timeout");
    for name in ACTIONS {
        let seconds = timeout(template.resource(&logical_id(name)), "/Properties/Timeout").unwrap_or(default);
        // Lambda pauses one minute before the second delivery and two before the third.
        assert!(seconds * 3 + 180 <= 20 * 60, "{name} may run for {seconds} s");
    }
}

#[test]
fn a_push_behind_a_killed_sync_waits_less_than_a_minute_and_never_beside_it() {
    let template = Template::read();
    let seconds = |resource: &str, pointer: &str| -> u32 {
        let text = text(template.resource(resource), pointer);
        text.parse().expect("a number of seconds")
    };
    let visibility = seconds("Queue", "/Properties/VisibilityTimeout");
    let timeout = seconds("SourceSyncFunction", "/Properties/Timeout");
    // Lambda refuses the mapping of a queue with a shorter one; a longer one lets no message out while a sync lives.
    assert!(
        visibility > timeout,
        "{visibility} s, and the function may run {timeout} s"
    );
    assert!(visibility <= 50, "the push behind a killed sync waits {visibility} s");
    // A sync of many stacks takes several invocations, each of which receives its message once.
    assert!(seconds("Queue", "/Properties/RedrivePolicy/maxReceiveCount") >= 20);
}

#[test]
fn logs_are_json_and_never_below_info() {
    let template = Template::read();
    let root = &template.document.root;
    assert_eq!(text(root, "/Globals/Function/LoggingConfig/LogFormat"), "JSON");
    assert_eq!(
        text(root, "/Globals/Function/LoggingConfig/ApplicationLogLevel"),
        "LogLevel"
    );
    assert_eq!(text(root, "/Parameters/LogLevel/Default"), "INFO");
    let allowed = super::template::texts(
        root.pointer("/Parameters/LogLevel/AllowedValues")
            .expect("allowed values"),
    );
    assert!(!allowed.is_empty());
    for level in ["TRACE", "DEBUG", ""] {
        assert!(
            !allowed.iter().any(|value| value == level),
            "{level:?} would log events, which carry credentials"
        );
    }
    let mut problems = Vec::new();
    for (name, function) in template.functions() {
        let group = function
            .pointer("/Properties/LoggingConfig/LogGroup")
            .and_then(Node::as_text)
            .unwrap_or_default();
        let kept = template
            .resource(group)
            .pointer("/Properties/RetentionInDays")
            .and_then(Node::as_text);
        if kept != Some("LogRetentionDays") {
            problems.push(format!("{name}: its log group does not end its lines"));
        }
        for (key, _) in function
            .pointer("/Properties/Environment/Variables")
            .map(Node::entries)
            .unwrap_or_default()
        {
            if ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"].contains(&key.as_text().unwrap_or_default()) {
                problems.push(format!("{name}: a variable overrides LogLevel"));
            }
        }
    }
    refuse("each function logs to a group with a retention, at LogLevel", &problems);
}

#[test]
fn only_the_webhook_is_public_and_its_cost_is_bounded() {
    let template = Template::read();
    for (name, function) in template.functions() {
        let url = function.pointer("/Properties/FunctionUrlConfig");
        assert_eq!(url.is_some(), name == "github-webhook", "{name}");
    }
    let webhook = template.resource("GithubWebhookFunction");
    assert!(webhook.pointer("/Properties/ReservedConcurrentExecutions").is_some());
}

#[test]
fn every_function_has_a_delivered_event_to_try_it_with() {
    let events = files("events", &[".json"]);
    let missing: Vec<String> = crates()
        .into_iter()
        .filter(|name| {
            !events
                .iter()
                .any(|event| event.starts_with(&format!("events/{name}--")))
        })
        .collect();
    refuse("events/<function>--<case>.json is missing for", &missing);
    for path in events {
        let event: Result<serde_json::Value, _> = serde_json::from_str(&read(&path));
        // An event that is no JSON would be a case of its own; its name would say so.
        assert!(event.is_ok() || path.contains("--malformed"), "{path} is not JSON");
    }
}
