use super::*;
use crate::domain::stack_event::StackEvent;
use crate::domain::template::NESTED_STACK;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders/0a1b";
const CHILD: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/orders-Data/2c3d";

/// Events, newest first, from lines of `logical id, status, reason`, oldest first. `orders` is the stack itself.
fn events(lines: &[(&str, &str, &str)]) -> Vec<StackEvent> {
    let mut events: Vec<_> = lines
        .iter()
        .map(|(logical_id, status, reason)| {
            let (resource_type, physical_id) = match *logical_id {
                "orders" => (NESTED_STACK, STACK),
                "Data" => (NESTED_STACK, CHILD),
                _ => ("AWS::SQS::Queue", *logical_id),
            };
            StackEvent {
                logical_id: (*logical_id).to_owned(),
                physical_id: physical_id.to_owned(),
                resource_type: resource_type.to_owned(),
                status: (*status).to_owned(),
                reason: (*reason).to_owned(),
                ..StackEvent::default()
            }
        })
        .collect();
    events.reverse();
    events
}

fn cause_of(lines: &[(&str, &str, &str)]) -> (String, String) {
    match first_cause(STACK, &events(lines)).unwrap() {
        Cause::Resource(resource, reason) => (resource.path(), reason),
        Cause::Nested { stack_id, reason, .. } => (stack_id, reason),
        Cause::Stack(reason) => ("the stack".to_owned(), reason),
    }
}

#[test]
fn the_first_failure_is_the_cause_and_what_it_cancelled_is_not() {
    let found = cause_of(&[
        ("orders", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Topic", "CREATE_FAILED", "Resource creation cancelled"),
        ("Role", "UPDATE_FAILED", "Resource update cancelled"),
        (
            "Queue",
            "CREATE_FAILED",
            "Invalid value for the parameter VisibilityTimeout.",
        ),
        ("Other", "CREATE_FAILED", "Access denied"),
        (
            "orders",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "The following resource(s) failed to create: [Queue].",
        ),
        ("Queue", "DELETE_FAILED", "in use"),
    ]);
    assert_eq!(found.0, "Queue");
    assert_eq!(found.1, "Invalid value for the parameter VisibilityTimeout.");
}

#[test]
fn a_stack_that_fails_by_itself_gives_its_own_reason() {
    let found = cause_of(&[
        ("orders", "CREATE_IN_PROGRESS", "User Initiated"),
        (
            "orders",
            "ROLLBACK_IN_PROGRESS",
            "No export named network-vpc found. Rollback requested by user.",
        ),
        ("orders", "ROLLBACK_COMPLETE", ""),
    ]);
    assert_eq!(found.0, "the stack");
    assert!(found.1.contains("network-vpc"));
}

#[test]
fn a_failed_nested_stack_points_into_itself() {
    let found = cause_of(&[
        ("orders", "UPDATE_IN_PROGRESS", ""),
        ("Data", "UPDATE_FAILED", "Embedded stack was not successfully updated"),
    ]);
    assert_eq!(found.0, CHILD);
}

#[test]
fn an_operation_without_failures_has_no_cause() {
    let lines = [("orders", "UPDATE_IN_PROGRESS", ""), ("Queue", "UPDATE_COMPLETE", "")];
    assert_eq!(first_cause(STACK, &events(&lines)), None);
    assert_eq!(first_cause(STACK, &[]), None);
}

#[test]
fn what_could_not_be_rolled_back_is_listed_without_what_was_only_cancelled() {
    let lines = [
        ("Queue", "UPDATE_FAILED", "no"),
        ("orders", "UPDATE_ROLLBACK_IN_PROGRESS", ""),
        ("Queue", "UPDATE_FAILED", "still no"),
        ("Topic", "UPDATE_FAILED", "Resource update cancelled"),
        ("Role", "UPDATE_FAILED", "gone"),
        ("orders", "UPDATE_ROLLBACK_FAILED", ""),
    ];
    let stuck = rollback_failures(STACK, &events(&lines));
    let names: Vec<_> = stuck.iter().map(|stuck| stuck.logical_id.as_str()).collect();
    assert_eq!(names, ["Queue", "Role"]);
    assert!(stuck.iter().all(|stuck| stuck.nested.is_none()));
}

fn report(status: &str, resources: &[&str]) -> String {
    FailureReport {
        resource: Some(FailedResource {
            within: vec!["Data".to_owned()],
            logical_id: "Queue".to_owned(),
            resource_type: "AWS::SQS::Queue".to_owned(),
            status: "CREATE_FAILED".to_owned(),
        }),
        reason: "Invalid value for the parameter VisibilityTimeout.".to_owned(),
        place: Some("stacks/orders/template.yaml:12".to_owned()),
        ending: Ending::of(
            StackRef::new("orders", STACK),
            status,
            resources.iter().map(|&resource| resource.to_owned()).collect(),
        ),
    }
    .to_string()
}

#[test]
fn a_report_says_what_failed_where_why_and_that_the_stack_is_as_before() {
    insta::assert_snapshot!(
        report("UPDATE_ROLLBACK_COMPLETE", &[]),
        @"`Data/Queue` (AWS::SQS::Queue, stacks/orders/template.yaml:12) could not be created: Invalid value for the parameter VisibilityTimeout. The rollback succeeded: the stack is as it was before. Correct the template and push it"
    );
}

#[test]
fn a_stack_that_was_never_created_says_how_it_is_deleted() {
    assert!(
        report("ROLLBACK_COMPLETE", &[])
            .contains("`aws cloudformation delete-stack --stack-name orders --region eu-west-1`")
    );
}

#[test]
fn a_failed_rollback_says_exactly_what_to_run() {
    insta::assert_snapshot!(
        report("UPDATE_ROLLBACK_FAILED", &["Queue", "Role"]),
        @"`Data/Queue` (AWS::SQS::Queue, stacks/orders/template.yaml:12) could not be created: Invalid value for the parameter VisibilityTimeout. THE ROLLBACK FAILED, the stack is UPDATE_ROLLBACK_FAILED: remove what stands in the way, then run `aws cloudformation continue-update-rollback --stack-name orders --region eu-west-1`; to leave behind what cannot be rolled back, run `aws cloudformation continue-update-rollback --stack-name orders --region eu-west-1 --resources-to-skip Queue Role`"
    );
    assert!(report("ROLLBACK_FAILED", &[]).contains("delete-stack --stack-name orders"));
    assert!(report("UPDATE_FAILED", &[]).contains("rollback-stack --stack-name orders"));
}

#[test]
fn a_failure_without_a_resource_or_a_reason_still_says_how_it_ended() {
    let report = FailureReport {
        resource: None,
        reason: String::new(),
        place: None,
        ending: Ending::Gone,
    };
    assert_eq!(
        report.to_string(),
        "the execution failed, and CloudFormation names no resource: no reason was given. The stack is gone: somebody \
         deleted it meanwhile. Start the pipeline again"
    );
}

#[test]
fn the_line_of_a_resource_is_found_in_yaml_and_json() {
    let yaml = "# queues\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n  Queue:\n    Type: AWS::SQS::Queue\n";
    assert_eq!(line_of_resource(yaml, "stacks/orders/template.yaml", "Queue"), Some(5));
    let json = "{\n \"Resources\": {\n  \"Queue\": {}}}";
    assert_eq!(line_of_resource(json, "stacks/orders.json", "Queue"), Some(3));
    assert_eq!(line_of_resource(json, "stacks/orders.json", "Topic"), None);
    assert_eq!(line_of_resource("{", "stacks/orders.json", "Topic"), None);
}
