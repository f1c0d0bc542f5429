//! What is asked besides stacks and change sets themselves: hooks, findings, events, owners, templates.

use super::*;

#[tokio::test]
async fn deleting_what_is_gone_is_done_and_listing_what_is_gone_is_empty() {
    let gone = error("ChangeSetNotFound", "ChangeSet [arn:set] does not exist");
    let (stacks, _) = cloudformation([(404, gone.as_str())]);
    stacks
        .delete_change_set(ChangeSetRef::of("network", "arn:set"))
        .await
        .unwrap();
    let gone = error("ValidationError", "Stack [network] does not exist");
    let (stacks, _) = cloudformation([(400, gone.as_str())]);
    assert!(stacks.change_sets("network").await.unwrap().is_empty());
}

#[tokio::test]
async fn findings_of_the_validation_are_read_with_their_place() {
    let body = answer(
        "DescribeEvents",
        "<OperationEvents><member><EventType>VALIDATION_ERROR</EventType><LogicalResourceId>Topic</LogicalResourceId>\
         <ResourceType>AWS::SNS::Topic</ResourceType><ValidationName>PropertyValidation</ValidationName>\
         <ValidationStatus>FAILED</ValidationStatus><ValidationFailureMode>FAIL</ValidationFailureMode>\
         <ValidationPath>/Resources/Topic/Properties/Nam</ValidationPath>\
         <ValidationStatusReason>unknown property Nam</ValidationStatusReason></member></OperationEvents>",
    );
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let events = stacks.change_set_events("arn:set").await.unwrap();
    assert_eq!(events[0].path, "/Resources/Topic/Properties/Nam");
    assert_eq!(events[0].reason, "unknown property Nam");
    assert_eq!(events[0].validation_mode, "FAIL");
    assert!(all_sent(&replay)[0].contains("Filters.FailedEvents=true"));
}

#[tokio::test]
async fn hooks_are_read_page_by_page_with_what_they_are_invoked_for() {
    let page = |name: &str, token: &str| {
        answer(
            "DescribeChangeSetHooks",
            &format!(
                "<ChangeSetId>arn:set</ChangeSetId><Status>PLANNED</Status>{token}<Hooks><member>\
                 <InvocationPoint>PRE_PROVISION</InvocationPoint><FailureMode>FAIL</FailureMode>\
                 <TypeName>{name}</TypeName><TypeVersionId>00000001</TypeVersionId>\
                 <TypeConfigurationVersionId>2</TypeConfigurationVersionId><TargetDetails>\
                 <TargetType>RESOURCE</TargetType><ResourceTargetDetails>\
                 <LogicalResourceId>Files</LogicalResourceId><ResourceType>AWS::S3::Bucket</ResourceType>\
                 <ResourceAction>Add</ResourceAction></ResourceTargetDetails></TargetDetails></member></Hooks>"
            ),
        )
    };
    let (first, last) = (page("Acme::One", "<NextToken>more</NextToken>"), page("Acme::Two", ""));
    let (stacks, replay) = cloudformation([(200, first.as_str()), (200, last.as_str())]);
    let told = stacks
        .change_set_hooks(ChangeSetRef::of("network", "arn:set"))
        .await
        .unwrap();
    assert_eq!(told.status.as_deref(), Some("PLANNED"));
    let names: Vec<_> = told.hooks.iter().filter_map(|hook| hook.type_name.as_deref()).collect();
    assert_eq!(names, ["Acme::One", "Acme::Two"]);
    let hook = &told.hooks[1];
    assert_eq!(hook.failure_mode.as_deref(), Some("FAIL"));
    assert_eq!(hook.type_configuration_version_id.as_deref(), Some("2"));
    let target = hook
        .target_details
        .as_ref()
        .unwrap()
        .resource_target_details
        .as_ref()
        .unwrap();
    assert_eq!(target.logical_resource_id, "Files");
    assert_eq!(target.resource_action.as_deref(), Some("Add"));
    assert!(all_sent(&replay)[1].contains("NextToken=more"));
    // An endpoint that announces the same page for ever is no reason to ask for ever.
    let (stacks, _) = cloudformation([(200, first.as_str()), (200, first.as_str())]);
    let error = stacks
        .change_set_hooks(ChangeSetRef::of("network", "arn:set"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("announced twice"), "{error}");
}

#[tokio::test]
async fn a_resource_is_asked_for_by_its_stack_and_logical_id() {
    let body = answer(
        "DescribeStackResource",
        "<StackResourceDetail><StackName>changegate-pipelines</StackName><StackId>arn:p</StackId>\
         <LogicalResourceId>Network1</LogicalResourceId><PhysicalResourceId>changegate-network</PhysicalResourceId>\
         <ResourceType>AWS::CodePipeline::Pipeline</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
         </StackResourceDetail>",
    );
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let found = stacks
        .stack_resource("changegate-pipelines", "Network1")
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (found.stack_name.as_str(), found.physical_id.as_str()),
        ("changegate-pipelines", "changegate-network")
    );
    let sent = &all_sent(&replay)[0];
    assert!(
        sent.contains("StackName=changegate-pipelines") && sent.contains("LogicalResourceId=Network1"),
        "{sent}"
    );
    for missing in [
        "Resource Network1 does not exist for stack changegate-pipelines",
        "Stack 'changegate-pipelines' does not exist",
    ] {
        let missing = error("ValidationError", missing);
        let (stacks, _) = cloudformation([(400, missing.as_str())]);
        assert_eq!(
            stacks.stack_resource("changegate-pipelines", "Network1").await.unwrap(),
            None
        );
    }
}

#[tokio::test]
async fn events_are_read_until_there_is_enough() {
    let body = answer(
        "DescribeStackEvents",
        "<StackEvents><member><EventId>2</EventId><Timestamp>2026-11-23T10:00:00Z</Timestamp></member>\
         <member><EventId>1</EventId><Timestamp>2026-11-23T09:00:00Z</Timestamp></member></StackEvents>\
         <NextToken>more</NextToken>",
    );
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let events = stacks.stack_events("network", &|event| event.id == "1").await.unwrap();
    assert_eq!(events.len(), 2);
    assert_eq!(all_sent(&replay).len(), 1);
}

#[tokio::test]
async fn the_template_of_a_change_set_is_asked_for_by_its_stage() {
    let body = answer(
        "GetTemplate",
        "<TemplateBody>{&quot;Resources&quot;: {}}</TemplateBody>",
    );
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    let text = stacks
        .template(
            TemplateOf::ChangeSet(ChangeSetRef::of("network", "arn:set")),
            TemplateStage::Processed,
        )
        .await
        .unwrap();
    assert_eq!(text, r#"{"Resources": {}}"#);
    let sent = all_sent(&replay).remove(0);
    assert!(
        sent.contains("ChangeSetName=arn%3Aset") && sent.contains("TemplateStage=Processed"),
        "{sent}"
    );
}

#[tokio::test]
async fn a_stack_without_a_policy_has_none() {
    let body = answer("GetStackPolicy", "");
    let (stacks, _) = cloudformation([(200, body.as_str())]);
    assert_eq!(stacks.stack_policy("network").await.unwrap(), None);
    let body = answer("SetStackPolicy", "");
    let (stacks, replay) = cloudformation([(200, body.as_str())]);
    stacks.set_stack_policy("network", "{}").await.unwrap();
    assert!(all_sent(&replay)[0].contains("StackPolicyBody=%7B%7D"));
}

#[tokio::test]
async fn every_call_about_a_change_set_names_its_stack_as_well_where_the_call_takes_it() {
    let set = ChangeSetRef::of("network", "arn:set");
    let described = answer("DescribeChangeSet", "<ChangeSetId>arn:set</ChangeSetId>");
    let hooks = answer("DescribeChangeSetHooks", "<ChangeSetId>arn:set</ChangeSetId>");
    let template = answer("GetTemplate", "<TemplateBody>{}</TemplateBody>");
    let (deleted, executed) = (answer("DeleteChangeSet", ""), answer("ExecuteChangeSet", ""));
    let events = answer("DescribeEvents", "<OperationEvents/>");
    let (stacks, replay) = cloudformation([
        (200, described.as_str()),
        (200, hooks.as_str()),
        (200, template.as_str()),
        (200, deleted.as_str()),
        (200, executed.as_str()),
        (200, events.as_str()),
    ]);

    stacks.change_set(set).await.unwrap();
    stacks.change_set_hooks(set).await.unwrap();
    stacks
        .template(TemplateOf::ChangeSet(set), TemplateStage::Original)
        .await
        .unwrap();
    stacks.delete_change_set(set).await.unwrap();
    stacks.execute_change_set(set, "cg-run").await.unwrap();
    stacks.change_set_events("arn:set").await.unwrap();

    let sent = all_sent(&replay);
    assert_eq!(sent.len(), 6);
    for (at, request) in sent.iter().enumerate() {
        assert!(request.contains("ChangeSetName=arn%3Aset"), "{request}");
        // DescribeEvents alone refuses a stack beside the ARN.
        assert_eq!(request.contains("StackName=network"), at < 5, "{request}");
    }
}
