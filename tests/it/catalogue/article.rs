//! One repository from its first push on: without a catalogue, then with one, through removal, adoption, renaming.

use serde_json::{Value, json};

use crate::site::{ROOT, Site, told};

/// A queue, whose retention the configuration says, and a topic whose name others import.
const NETWORK: &str = r#"{"Parameters": {"Retention": {"Type": "Number"}}, "Resources": {
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": {"Ref": "Retention"}}},
    "Topic": {"Type": "AWS::SNS::Topic"}},
    "Outputs": {"Topic": {"Value": {"Fn::GetAtt": ["Topic", "TopicName"]}, "Export": {"Name": "network-topic"}}}}"#;
const SERVICE: &str = r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic",
    "Properties": {"DisplayName": {"Fn::ImportValue": "network-topic"}}}}}"#;
const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;

#[test]
fn a_repository_goes_from_the_articles_layout_to_a_catalogue_and_no_stack_is_lost_on_the_way() {
    told(async {
        let mut site = Site::start_empty().await;
        the_articles_layout_needs_no_catalogue(&mut site).await;
        the_pipelines_read_back_are_those_of_the_template(&site).await;
        a_rejected_removal_leaves_everything_working(&mut site).await;
        an_approved_removal_leaves_the_stack_unmanaged(&mut site).await;
        an_existing_stack_is_adopted_as_it_is(&mut site).await;
        a_renamed_file_changes_nothing_until_it_is_said_what_it_means(&mut site).await;
        a_held_pipeline_plans_nothing_until_somebody_starts_it(&mut site).await;
        a_changed_stack_policy_reaches_its_stack(&mut site).await;
    });
}

async fn the_articles_layout_needs_no_catalogue(site: &mut Site) {
    site.write("stacks/network.json", NETWORK);
    // A number without quotes, which the article had to write as text.
    site.write(
        "stacks/network.configuration.json",
        r#"{"Parameters": {"Retention": 345600}}"#,
    );
    site.write("stacks/service-a.json", SERVICE);
    site.write("stacks/service-a.configuration.json", "{}");
    site.write("stacks/database/template.json", QUEUE);
    site.push("Lay the stacks out as in the article").await;
    site.provision(true).await;
    assert_eq!(site.pipelines().await, ["database", "network", "service-a"]);
    // What imports is first, and waits; what exports is last.
    let blocked = site.run("changegate-service-a", 0).await;
    assert_eq!(
        site.outcome("changegate-service-a", &blocked).await.as_deref(),
        Some("blocked")
    );
    site.approve("changegate-database", None).await;
    site.approve("changegate-network", None).await;
    site.approve("changegate-service-a", Some(&blocked)).await;
    for stack in ["network", "service-a", "database"] {
        let stands = site.stack(stack).await.unwrap();
        assert_eq!(stands["StackStatus"], "CREATE_COMPLETE", "{stack}");
    }
}

/// The rendered template in force.
async fn template(site: &Site) -> Value {
    let asked = ["cloudformation", "get-template", "--stack-name", "changegate-pipelines"];
    let got = site.cli(&asked).await;
    match &got["TemplateBody"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        body => body.clone(),
    }
}

async fn the_pipelines_read_back_are_those_of_the_template(site: &Site) {
    let template = template(site).await;
    let resources = template["Resources"].as_object().unwrap();
    assert_eq!(resources.len(), 3);
    for resource in resources.values() {
        let wanted = &resource["Properties"];
        let name = wanted["Name"].as_str().unwrap();
        let got = site.cli(&["codepipeline", "get-pipeline", "--name", name]).await;
        let got = &got["pipeline"];
        for (ours, theirs) in [
            ("PipelineType", "pipelineType"),
            ("ExecutionMode", "executionMode"),
            ("RoleArn", "roleArn"),
        ] {
            assert_eq!(got[theirs], wanted[ours], "{name} {ours}");
        }
        let parts = |stages: &Value, [stage_name, actions, action_name, order, configuration]: [&str; 5]| {
            let mut parts = Vec::new();
            for stage in stages.as_array().unwrap() {
                for action in stage[actions].as_array().unwrap() {
                    parts.push(json!([
                        stage[stage_name],
                        action[action_name],
                        action[order].as_u64().unwrap_or(1),
                        action[configuration]
                    ]));
                }
            }
            parts
        };
        assert_eq!(
            parts(&got["stages"], ["name", "actions", "name", "runOrder", "configuration"]),
            parts(
                &wanted["Stages"],
                ["Name", "Actions", "Name", "RunOrder", "Configuration"]
            ),
            "{name}"
        );
        let rule = &got["stages"][2]["beforeEntry"]["conditions"][0];
        assert_eq!(rule["result"], "SKIP", "{name}");
        assert_eq!(
            rule["rules"][0]["configuration"]["Variable"], "#{Plan.Outcome}",
            "{name}"
        );
    }
}

async fn a_rejected_removal_leaves_everything_working(site: &mut Site) {
    site.world.copy.remove("stacks/database").unwrap();
    site.push("Remove the database").await;
    let review = site.provision(false).await;
    assert!(
        review.contains("the stack database stays as it is, unmanaged"),
        "{review}"
    );
    assert_eq!(site.pipelines().await, ["database", "network", "service-a"]);
    let had = site.runs("changegate-database").await;
    let started = site
        .cli(&[
            "codepipeline",
            "start-pipeline-execution",
            "--name",
            "changegate-database",
        ])
        .await;
    let run = site.run("changegate-database", had).await;
    assert_eq!(started["pipelineExecutionId"], run.as_str());
    assert_eq!(
        site.outcome("changegate-database", &run).await.as_deref(),
        Some("no-changes"),
        "its sources are still there"
    );
}

async fn an_approved_removal_leaves_the_stack_unmanaged(site: &mut Site) {
    let before = site.stack("database").await.unwrap();
    let runs = site.runs(ROOT).await;
    site.cli(&["codepipeline", "start-pipeline-execution", "--name", ROOT])
        .await;
    site.run(ROOT, runs).await;
    site.provision(true).await;
    assert_eq!(site.pipelines().await, ["network", "service-a"]);
    assert_eq!(site.stack("database").await.unwrap(), before);
}

async fn an_existing_stack_is_adopted_as_it_is(site: &mut Site) {
    let create = ["cloudformation", "create-stack", "--stack-name", "Legacy-2019"];
    site.cli(&[&create[..], &["--template-body", QUEUE]].concat()).await;
    site.cli(&[
        "cloudformation",
        "wait",
        "stack-create-complete",
        "--stack-name",
        "Legacy-2019",
    ])
    .await;
    let before = site.stack("Legacy-2019").await.unwrap();
    site.write("stacks/legacy/template.json", QUEUE);
    site.write(
        "changegate.yaml",
        "version: 1\nstacks:\n  legacy: { stack_name: Legacy-2019 }\n",
    );
    site.push("Adopt the queue of 2019").await;
    site.provision(true).await;
    let run = site.run("changegate-legacy", 0).await;
    assert_eq!(
        site.outcome("changegate-legacy", &run).await.as_deref(),
        Some("no-changes")
    );
    assert_eq!(
        site.stack("Legacy-2019").await.unwrap(),
        before,
        "adopting changes nothing"
    );
}

async fn a_renamed_file_changes_nothing_until_it_is_said_what_it_means(site: &mut Site) {
    let before = site.stack("service-a").await.unwrap();
    let runs = site.runs(ROOT).await;
    let copy = &site.world.copy;
    copy.rename("stacks/service-a.json", "stacks/service-b.json").unwrap();
    copy.rename(
        "stacks/service-a.configuration.json",
        "stacks/service-b.configuration.json",
    )
    .unwrap();
    site.push("Rename service a").await;
    let run = site.run(ROOT, runs).await;
    assert_eq!(site.end(ROOT, &run).await, "Failed", "the catalogue is broken");
    let actions = site.world.runs.actions(ROOT, &run).await.unwrap();
    let said = format!("{actions:?}");
    assert!(said.contains("moved_from: service-a"), "{said}");
    assert_eq!(site.pipelines().await, ["legacy", "network", "service-a"]);

    site.write(
        "changegate.yaml",
        "version: 1\nstacks:\n  legacy: { stack_name: Legacy-2019 }\n  service-b: { moved_from: service-a }\n",
    );
    site.push("Say that it is the same").await;
    site.provision(true).await;
    assert_eq!(site.pipelines().await, ["legacy", "network", "service-b"]);
    let run = site.run("changegate-service-b", 0).await;
    assert_eq!(
        site.outcome("changegate-service-b", &run).await.as_deref(),
        Some("no-changes")
    );
    assert_eq!(site.stack("service-a").await.unwrap(), before);
    assert!(site.stack("service-b").await.is_none());
}

async fn a_held_pipeline_plans_nothing_until_somebody_starts_it(site: &mut Site) {
    site.write("stacks/held/template.json", QUEUE);
    site.write(
        "changegate.yaml",
        "version: 1\nstacks:\n  legacy: { stack_name: Legacy-2019 }\n  service-b: { moved_from: service-a }\n  \
         held: { first_run: hold }\n",
    );
    site.push("Add a stack that waits").await;
    site.provision(true).await;
    let first = site.run("changegate-held", 0).await;
    assert_eq!(site.outcome("changegate-held", &first).await.as_deref(), Some("held"));
    assert_eq!(site.end("changegate-held", &first).await, "Succeeded");
    assert!(site.stack("held").await.is_none(), "not even an empty stack was made");
    site.cli(&["codepipeline", "start-pipeline-execution", "--name", "changegate-held"])
        .await;
    site.approve("changegate-held", Some(&first)).await;
    assert_eq!(site.stack("held").await.unwrap()["StackStatus"], "CREATE_COMPLETE");
}

async fn a_changed_stack_policy_reaches_its_stack(site: &mut Site) {
    let policy = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"}]}"#;
    let had = site.runs("changegate-network").await;
    let others = site.runs("changegate-legacy").await;
    let last = site.world.runs.of("changegate-network").await.unwrap();
    let last = last[0].pipeline_execution_id().unwrap().to_owned();
    site.write("policies/network.json", policy);
    site.write(
        "changegate.yaml",
        "version: 1\nstacks:\n  legacy: { stack_name: Legacy-2019 }\n  service-b: { moved_from: service-a }\n  \
         held: { first_run: hold }\n  network: { stack_policy: policies/network.json }\n",
    );
    site.push("Protect the network").await;
    let review = site.provision(true).await;
    assert!(review.contains("stack policy"), "{review}");
    site.run("changegate-network", had).await;
    site.approve("changegate-network", Some(&last)).await;
    let got = site
        .cli(&["cloudformation", "get-stack-policy", "--stack-name", "network"])
        .await;
    let got: Value = serde_json::from_str(got["StackPolicyBody"].as_str().unwrap()).unwrap();
    assert_eq!(got, serde_json::from_str::<Value>(policy).unwrap());
    assert_eq!(site.runs("changegate-legacy").await, others, "no other pipeline ran");
}
