//! The events that tell `outcome-record` of an end.
//!
//! Sources: <https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.

use serde_json::Value;

use super::job_event::job_id;

/// What was announced. It has no `Debug`: what a failed delivery carries must not be seen.
#[derive(Clone, PartialEq, Eq)]
pub enum EndedEvent {
    /// A run of a pipeline ended.
    Run {
        /// Name of the pipeline.
        pipeline: String,
        /// Id of the pipeline execution.
        execution: String,
        /// The state, such as `SUCCEEDED`.
        state: String,
        /// When it was announced (RFC 3339, whole seconds); absent when the event does not say.
        time: Option<String>,
    },
    /// A stack came to rest.
    Stack {
        /// ARN of the stack.
        stack_id: String,
        /// The status.
        status: String,
    },
    /// Lambda gave up delivering a job to one of our functions.
    Delivery {
        /// Id of the job.
        job_id: String,
        /// Name of the function.
        function: String,
        /// Why Lambda gave up, such as `RetriesExhausted`.
        condition: String,
        /// What the function answered last, without its details; empty when it did not answer.
        error: String,
    },
    /// The schedule: runs that wait for their window may be due.
    RetryDue,
    /// The schedule: what the functions run is to be compared with what was deployed.
    CheckRelease,
    /// Anything else; nothing is done about it.
    Other {
        /// What it says it is, such as `CodePipeline Stage Execution State Change`.
        kind: String,
    },
}

impl EndedEvent {
    /// Reads an event that came to a function of this account. Members that nobody needs are not looked at, so a version
    /// may be a number or a text.
    ///
    /// Another account may send whatever it likes to an event bus that lets it; what it sends is nothing of ours.
    pub fn parse(event: &Value, account: &str) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        if let Some(other) = foreign(event, account) {
            return Self::Other {
                kind: format!("an event of account {other}, which is not this one"),
            };
        }
        if let Some(payload) = event.get("requestPayload") {
            return Self::delivery(event, payload);
        }
        let kind = text("/detail-type").unwrap_or_default();
        let read = match kind.as_str() {
            "CodePipeline Pipeline Execution State Change" => {
                let ended = (
                    text("/detail/pipeline"),
                    text("/detail/execution-id"),
                    text("/detail/state"),
                );
                match ended {
                    (Some(pipeline), Some(execution), Some(state)) => Some(Self::Run {
                        pipeline,
                        execution,
                        state,
                        time: text("/time"),
                    }),
                    _ => None,
                }
            }
            "CloudFormation Stack Status Change" => {
                let rest = (text("/detail/stack-id"), text("/detail/status-details/status"));
                match rest {
                    (Some(stack_id), Some(status)) => Some(Self::Stack { stack_id, status }),
                    _ => None,
                }
            }
            "Retry Due" => Some(Self::RetryDue),
            "Check Release" => Some(Self::CheckRelease),
            _ => None,
        };
        read.unwrap_or(Self::Other { kind })
    }

    fn delivery(event: &Value, payload: &Value) -> Self {
        let text = |pointer: &str| {
            let found = event.pointer(pointer).and_then(Value::as_str);
            found.unwrap_or_default().to_owned()
        };
        // arn:aws:lambda:<region>:<account>:function:<name>:<qualifier>
        let arn = text("/requestContext/functionArn");
        let function = arn.split(':').nth(6).unwrap_or_default().to_owned();
        match job_id(payload) {
            Ok(id) => Self::Delivery {
                job_id: id.to_owned(),
                function,
                condition: text("/requestContext/condition"),
                error: text("/responsePayload/errorType"),
            },
            Err(_) => Self::Other {
                kind: format!("a failed delivery to `{function}` that was no job"),
            },
        }
    }
}

/// The first account other than ours that an event says it is of; empty when an event of AWS's says none. What the
/// schedule sends says none and needs none: only the schedule's role may invoke the function with it.
///
/// Source: <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html>
fn foreign<'e>(event: &'e Value, account: &str) -> Option<&'e str> {
    let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    // arn:aws:<service>:<region>:<account>:…
    let of_arn = |pointer: &str| Some(text(pointer)?.split(':').nth(4).unwrap_or_default());
    let told = [
        text("/account"),
        of_arn("/detail/stack-id"),
        of_arn("/requestContext/functionArn"),
    ];
    let other = told.into_iter().flatten().find(|told| *told != account);
    let is_of_aws = event.get("detail").is_some() && event.get("detail-type").is_some();
    other.or_else(|| (is_of_aws && text("/account").is_none()).then_some(""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ACCOUNT: &str = "111122223333";

    #[test]
    fn an_event_of_another_account_is_nothing_of_ours() {
        let run = json!({"pipeline": "changegate-network", "execution-id": "run", "state": "FAILED"});
        let stack = |account: &str| {
            json!({"stack-id": format!("arn:aws:cloudformation:eu-west-1:{account}:stack/network/1"),
                   "status-details": {"status": "UPDATE_COMPLETE"}})
        };
        let job = json!({"CodePipeline.job": {"id": "the-job"}});
        for event in [
            json!({"account": "444455556666", "detail-type": "CodePipeline Pipeline Execution State Change", "detail": run}),
            json!({"detail-type": "CodePipeline Pipeline Execution State Change", "detail": run}),
            json!({"account": "444455556666", "detail-type": "CloudFormation Stack Status Change", "detail": stack(ACCOUNT)}),
            json!({"account": ACCOUNT, "detail-type": "CloudFormation Stack Status Change", "detail": stack("444455556666")}),
            json!({"account": "444455556666", "detail-type": "Retry Due"}),
            json!({"requestContext": {"functionArn": "arn:aws:lambda:eu-west-1:444455556666:function:x:$LATEST"},
                   "requestPayload": job}),
        ] {
            let EndedEvent::Other { kind } = EndedEvent::parse(&event, ACCOUNT) else {
                panic!("{event}");
            };
            assert!(kind.contains("which is not this one"), "{kind}");
        }
    }

    #[test]
    fn an_end_of_a_run_is_read_whatever_the_type_of_its_version() {
        for version in [json!(1), json!("1")] {
            let event = json!({
                "detail-type": "CodePipeline Pipeline Execution State Change",
                "account": ACCOUNT,
                "time": "2026-11-23T10:05:00Z",
                "detail": {"pipeline": "changegate-network", "execution-id": "run", "state": "FAILED", "version": version}
            });
            let expected = EndedEvent::Run {
                pipeline: "changegate-network".to_owned(),
                execution: "run".to_owned(),
                state: "FAILED".to_owned(),
                time: Some("2026-11-23T10:05:00Z".to_owned()),
            };
            assert!(EndedEvent::parse(&event, ACCOUNT) == expected);
        }
    }

    #[test]
    fn a_failed_delivery_names_its_job_and_its_function() {
        let event = json!({
            "requestContext": {
                "functionArn": "arn:aws:lambda:eu-west-1:111122223333:function:changegate-changeset-create:$LATEST",
                "condition": "RetriesExhausted"
            },
            "requestPayload": {"CodePipeline.job": {"id": "the-job", "data": {"artifactCredentials": {"secretAccessKey": "hush"}}}},
            "responsePayload": {"errorType": "Runtime.ExitError", "errorMessage": "hush"}
        });
        let expected = EndedEvent::Delivery {
            job_id: "the-job".to_owned(),
            function: "changegate-changeset-create".to_owned(),
            condition: "RetriesExhausted".to_owned(),
            error: "Runtime.ExitError".to_owned(),
        };
        assert!(EndedEvent::parse(&event, ACCOUNT) == expected);
    }

    #[test]
    fn what_is_not_understood_is_other() {
        for event in [
            json!({}),
            json!(null),
            json!({"detail-type": "CodePipeline Pipeline Execution State Change", "detail": {}}),
            json!({"requestPayload": {"something": "else"}}),
        ] {
            assert!(matches!(EndedEvent::parse(&event, ACCOUNT), EndedEvent::Other { .. }));
        }
    }
}
