//! Against answers as CloudFormation gives them.

mod details;

use std::collections::BTreeMap;

use aws_sdk_cloudformation::config::retry::RetryConfig;
use aws_sdk_cloudformation::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_http_client::test_util::StaticReplayClient;

use super::*;
use crate::aws::recorded::{all_sent, answers};
use crate::flows::ports::{
    ChangeSetRef, ExecuteChangeSets, NewChangeSet, PortErrorKind, ReadChangeSets, ReadStacks, TemplateLocation,
    TemplateOf, TemplateStage, WriteChangeSets, WriteStackPolicies,
};

fn cloudformation<'a>(recorded: impl IntoIterator<Item = (u16, &'a str)>) -> (CloudFormation, StaticReplayClient) {
    let replay = answers(recorded);
    let config = aws_sdk_cloudformation::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(Credentials::new("AKIAEXAMPLE", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(replay.clone())
        .build();
    (CloudFormation::from_client(Client::from_conf(config)), replay)
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><Error><Type>Sender</Type>\
         <Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )
}

fn answer(operation: &str, result: &str) -> String {
    format!(
        "<{operation}Response xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\"><{operation}Result>\
         {result}</{operation}Result></{operation}Response>"
    )
}

#[tokio::test]
async fn only_the_answer_that_a_stack_does_not_exist_is_an_absence() {
    for message in ["Stack with id network does not exist", "Stack [network] does not exist"] {
        let (stacks, _) = cloudformation([(400, error("ValidationError", message).as_str())]);
        assert_eq!(stacks.stack("network").await.unwrap(), None);
    }
    for (status, code, message, kind) in [
        (400, "Throttling", "Rate exceeded", PortErrorKind::Throttled),
        (400, "RequestLimitExceeded", "slow", PortErrorKind::Throttled),
        (403, "AccessDenied", "not authorized", PortErrorKind::Denied),
        (500, "InternalFailure", "", PortErrorKind::Unavailable),
        (503, "ServiceUnavailable", "", PortErrorKind::Unavailable),
        (
            400,
            "ValidationError",
            "Role arn:aws:iam::1:role/x does not exist",
            PortErrorKind::Refused,
        ),
        (
            400,
            "ValidationError",
            "1 validation error detected",
            PortErrorKind::Refused,
        ),
    ] {
        let (stacks, _) = cloudformation([(status, error(code, message).as_str())]);
        let error = stacks.stack("network").await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert!(
            error.to_string().contains("cloudformation:DescribeStacks on `network`"),
            "{error}"
        );
    }
    // What stands between answers in its own way: the status says what follows.
    for (status, body, kind) in [
        (502, "<html>Bad Gateway</html>", PortErrorKind::Unavailable),
        (503, "", PortErrorKind::Unavailable),
        (429, "", PortErrorKind::Throttled),
        (403, "", PortErrorKind::Denied),
    ] {
        let (stacks, _) = cloudformation([(status, body)]);
        assert_eq!(stacks.stack("network").await.unwrap_err().kind, kind, "{status}");
    }
    let (stacks, _) = cloudformation([(500, error("SomethingNew", "odd").as_str())]);
    assert!(stacks.stack("network").await.unwrap_err().is_transient());
}

#[tokio::test]
async fn a_stack_is_read_whole_and_empty_texts_are_absent() {
    let body = answer(
        "DescribeStacks",
        "<Stacks><member><StackName>network</StackName><StackId>arn:x</StackId>\
         <StackStatus>UPDATE_COMPLETE</StackStatus><StackStatusReason></StackStatusReason>\
         <CreationTime>2026-11-01T00:00:00.000Z</CreationTime><LastUpdatedTime>2026-11-20T08:00:00.123Z</LastUpdatedTime>\
         <RoleARN></RoleARN><ParentId></ParentId><EnableTerminationProtection>true</EnableTerminationProtection>\
         <Parameters><member><ParameterKey>Secret</ParameterKey><ParameterValue>****</ParameterValue></member></Parameters>\
         <Tags><member><Key>team</Key><Value>net</Value></member></Tags>\
         <Outputs><member><OutputKey>Id</OutputKey><OutputValue>v</OutputValue><ExportName>e</ExportName></member></Outputs>\
         </member></Stacks>",
    );
    let (stacks, _) = cloudformation([(200, body.as_str())]);
    let stack = stacks.stack("network").await.unwrap().unwrap();
    assert_eq!(stack.status, "UPDATE_COMPLETE");
    assert_eq!((stack.role_arn, stack.parent_id), (None, None));
    assert_eq!(stack.last_updated.as_deref(), Some("2026-11-20T08:00:00.123Z"));
    assert_eq!(stack.parameters, [("Secret".to_owned(), "****".to_owned())]);
    assert_eq!(stack.outputs[0].2.as_deref(), Some("e"));
    assert!(stack.is_termination_protected);
}

fn page(changes: &str, next: &str) -> String {
    answer(
        "DescribeChangeSet",
        &format!(
            "<ChangeSetId>arn:set</ChangeSetId><ChangeSetName>cg-1</ChangeSetName><StackName>network</StackName>\
             <Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus><StatusReason></StatusReason>\
             <Changes>{changes}</Changes>{next}"
        ),
    )
}

fn change(name: &str) -> String {
    format!(
        "<member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>{name}</LogicalResourceId>\
         <ResourceType>AWS::SNS::Topic</ResourceType><Replacement>True</Replacement><Scope><member>Properties</member></Scope>\
         <Details><member><Target><Attribute>Properties</Attribute><Name>TopicName</Name>\
         <RequiresRecreation>Always</RequiresRecreation><Path>/Properties/TopicName</Path><BeforeValue></BeforeValue>\
         <AfterValue>b</AfterValue></Target><Evaluation>Static</Evaluation></member></Details></ResourceChange></member>"
    )
}

#[tokio::test]
async fn a_change_set_is_read_over_all_its_pages_with_values() {
    let first = page(&change("A"), "<NextToken>more</NextToken>");
    let second = page(&change("B"), "");
    let (stacks, replay) = cloudformation([(200, first.as_str()), (200, second.as_str())]);
    let set = stacks
        .change_set(ChangeSetRef::of("network", "arn:set"))
        .await
        .unwrap()
        .unwrap();
    let names: Vec<_> = set
        .changes
        .iter()
        .map(|change| change.resource_change.as_ref().unwrap().logical_resource_id.as_str())
        .collect();
    assert_eq!(names, ["A", "B"]);
    assert_eq!(set.status_reason, None);
    let target = set.changes[0].resource_change.as_ref().unwrap().details[0]
        .target
        .clone()
        .unwrap();
    assert_eq!(target.before_value.as_deref(), Some(""), "an empty value is a value");
    let sent = all_sent(&replay);
    assert!(
        sent.iter().all(|body| body.contains("IncludePropertyValues=true")),
        "{sent:?}"
    );
    assert!(sent[1].contains("NextToken=more"), "{sent:?}");
}

#[tokio::test]
async fn half_a_change_set_is_never_taken_for_a_whole_one() {
    let first = page(&change("A"), "<NextToken>more</NextToken>");
    let gone = error("ChangeSetNotFound", "ChangeSet [arn:set] does not exist");
    let (stacks, _) = cloudformation([(200, first.as_str()), (404, gone.as_str())]);
    assert_eq!(
        stacks.change_set(ChangeSetRef::of("network", "arn:set")).await.unwrap(),
        None
    );
    let slow = error("Throttling", "Rate exceeded");
    let (stacks, _) = cloudformation([(200, first.as_str()), (400, slow.as_str())]);
    assert!(
        stacks
            .change_set(ChangeSetRef::of("network", "arn:set"))
            .await
            .unwrap_err()
            .is_transient()
    );
    let (stacks, _) = cloudformation([(200, first.as_str()), (200, first.as_str())]);
    assert!(
        stacks.change_set(ChangeSetRef::of("network", "arn:set")).await.is_err(),
        "the same page for ever"
    );
}

fn new_change_set() -> NewChangeSet {
    NewChangeSet {
        stack: "network".to_owned(),
        name: "cg-0123456-run".to_owned(),
        is_create: false,
        template: TemplateLocation::Body("{}".to_owned()),
        parameters: BTreeMap::from([
            ("Kept".to_owned(), None),
            ("Set".to_owned(), Some("a b".to_owned())),
            ("Empty".to_owned(), Some(String::new())),
        ]),
        tags: None,
        capabilities: Vec::new(),
        notification_arns: Vec::new(),
        role_arn: "arn:role".to_owned(),
        description: "Commit".to_owned(),
        client_token: "cg-token".to_owned(),
    }
}

#[tokio::test]
async fn a_change_set_is_asked_for_with_exactly_what_was_planned() {
    let body = answer("CreateChangeSet", "<Id>arn:set</Id><StackId>arn:stack</StackId>");
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let created = stacks.create_change_set(new_change_set()).await.unwrap();
    assert_eq!(
        (created.arn.as_str(), created.stack_id.as_str()),
        ("arn:set", "arn:stack")
    );
    let sent = all_sent(&replay).remove(0);
    for part in [
        "ChangeSetType=UPDATE",
        "ChangeSetName=cg-0123456-run",
        "RoleARN=arn%3Arole",
        "IncludeNestedStacks=true",
        "TemplateBody=%7B%7D",
        "ParameterKey=Kept&Parameters.member.2.UsePreviousValue=true",
        "ParameterKey=Set&Parameters.member.3.ParameterValue=a%20b",
        "ParameterKey=Empty&Parameters.member.1.ParameterValue=",
        "ClientToken=cg-token",
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    for absent in [
        "Tags",
        "NotificationARNs",
        "Capabilities",
        "OnStackFailure",
        "TemplateURL",
    ] {
        assert!(!sent.contains(absent), "{absent} in {sent}");
    }
}

#[tokio::test]
async fn refusals_of_a_change_set_are_told_apart() {
    for (code, message, kind) in [
        (
            "AlreadyExistsException",
            "ChangeSet [c] already exists",
            PortErrorKind::Conflict,
        ),
        (
            "InsufficientCapabilitiesException",
            "Requires capabilities : [CAPABILITY_NAMED_IAM]",
            PortErrorKind::Refused,
        ),
        (
            "LimitExceededException",
            "ChangeSet limit exceeded for stack arn:x",
            PortErrorKind::Refused,
        ),
        (
            "ValidationError",
            "Stack:arn:x is in ROLLBACK_COMPLETE state and can not be updated.",
            PortErrorKind::Refused,
        ),
        (
            "ValidationError",
            "Stack [network] already exists and cannot be created again with the changeSet [cg-0123456-run].",
            PortErrorKind::Refused,
        ),
        (
            "ValidationError",
            "Role arn:aws:iam::111122223333:role/changegate/deployers/x is invalid or cannot be assumed",
            PortErrorKind::Refused,
        ),
        (
            "AccessDenied",
            "User: arn:x is not authorized to perform: iam:PassRole on resource: arn:y",
            PortErrorKind::Denied,
        ),
        ("Throttling", "Rate exceeded", PortErrorKind::Throttled),
    ] {
        let (stacks, _) = cloudformation([(400, error(code, message).as_str())]);
        let error = stacks.create_change_set(new_change_set()).await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
        assert_eq!(error.message, message);
    }
}

#[tokio::test]
async fn an_execution_always_rolls_back_and_bears_its_token() {
    let body = answer("ExecuteChangeSet", "");
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    stacks
        .execute_change_set(ChangeSetRef::of("network", "arn:set"), "cg-run")
        .await
        .unwrap();
    let sent = all_sent(&replay).remove(0);
    assert!(
        sent.contains("DisableRollback=false") && sent.contains("ClientRequestToken=cg-run"),
        "{sent}"
    );

    let refused = error(
        "InvalidChangeSetStatus",
        "ChangeSet [arn:set] cannot be executed in its current status of [FAILED]",
    );
    let (stacks, _) = cloudformation([(400, refused.as_str())]);
    let error = stacks
        .execute_change_set(ChangeSetRef::of("network", "arn:set"), "cg-run")
        .await
        .unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Conflict);
}

#[tokio::test]
async fn a_change_set_that_cannot_be_deleted_now_is_a_conflict() {
    for message in [
        "ChangeSet [arn:set] cannot be deleted in its current status of [CREATE_IN_PROGRESS]",
        "An operation on this ChangeSet is currently in progress.",
    ] {
        let refused = error("InvalidChangeSetStatus", message);
        let (stacks, _) = cloudformation([(400, refused.as_str())]);
        let error = stacks
            .delete_change_set(ChangeSetRef::of("network", "arn:set"))
            .await
            .unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Conflict, "{message}");
    }
}

#[tokio::test]
async fn a_change_set_that_failed_is_read_with_its_reason() {
    use crate::domain::planning::Ending;
    let reasons = [
        "The submitted information didn&apos;t contain changes. Submit different information to create a change set.",
        "No updates are to be performed.",
        "Requires capabilities : [CAPABILITY_IAM]",
        "No export named network-VpcId found. Rollback requested by user.",
    ];
    let endings = reasons.map(|reason| {
        let body = answer(
            "DescribeChangeSet",
            &format!(
                "<ChangeSetId>arn:set</ChangeSetId><ChangeSetName>cg-1</ChangeSetName><StackName>network</StackName>\
                 <Status>FAILED</Status><ExecutionStatus>UNAVAILABLE</ExecutionStatus><StatusReason>{reason}</StatusReason>\
                 <Changes/>"
            ),
        );
        cloudformation([(200, body.as_str())]).0
    });
    let mut found = Vec::new();
    for stacks in endings {
        let set = stacks
            .change_set(ChangeSetRef::of("network", "arn:set"))
            .await
            .unwrap()
            .unwrap();
        found.push(crate::domain::planning::ending(&set));
    }
    assert_eq!(
        found,
        [
            Ending::NoChanges,
            Ending::NoChanges,
            Ending::Failed("Requires capabilities : [CAPABILITY_IAM]".to_owned()),
            Ending::Blocked {
                export: "network-VpcId".to_owned()
            },
        ]
    );
}

#[tokio::test]
async fn a_template_by_url_travels_as_a_url() {
    let body = answer("CreateChangeSet", "<Id>arn:set</Id><StackId>arn:stack</StackId>");
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let mut new = new_change_set();
    new.is_create = true;
    new.template = TemplateLocation::Url("https://s3.eu-west-1.amazonaws.com/b/k.json?versionId=a.b_c".to_owned());
    stacks.create_change_set(new).await.unwrap();
    let sent = all_sent(&replay).remove(0);
    let url = "TemplateURL=https%3A%2F%2Fs3.eu-west-1.amazonaws.com%2Fb%2Fk.json%3FversionId%3Da.b_c";
    assert!(sent.contains(url) && !sent.contains("TemplateBody"), "{sent}");
    assert!(sent.contains("ChangeSetType=CREATE"), "{sent}");
}

#[test]
fn every_status_of_the_sdk_leads_somewhere_and_says_what_to_do() {
    use crate::domain::stack_state::{Readiness, readiness};
    for status in aws_sdk_cloudformation::types::StackStatus::values() {
        match readiness("network", Some(status)) {
            Readiness::Create => assert!(matches!(*status, "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE"), "{status}"),
            Readiness::Update => assert!(status.ends_with("_COMPLETE"), "{status}"),
            Readiness::Wait(text) => {
                assert!(status.ends_with("_IN_PROGRESS") && text.contains(status), "{text}");
                assert!(
                    !text.contains("is at work on it"),
                    "a status of its own has words of its own: {text}"
                );
            }
            Readiness::Stuck(text) => {
                assert!(text.contains(status) && text.contains("`aws cloudformation "), "{text}");
                assert!(text.contains("--stack-name network"), "{text}");
                assert!(!text.contains("does not know that state"), "{text}");
            }
        }
    }
}
