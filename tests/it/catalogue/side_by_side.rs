//! Two environments of one repository, deployed side by side.

use std::collections::BTreeSet;

use local::demo::runs::Question;
use local::deploy::{hook, package, stack};
use local::people;
use serde_json::Value;

use crate::site::{ROOT, Site, told};

const OTHER: &str = "staging-gate";

/// Outputs of a deployment.
async fn outputs(site: &Site, deployment: &str) -> stack::Outputs {
    let described = site.stack(deployment).await.unwrap();
    let outputs = described["Outputs"].as_array().unwrap().clone();
    let text = |output: &Value, key: &str| output[key].as_str().unwrap().to_owned();
    outputs
        .iter()
        .map(|output| (text(output, "OutputKey"), text(output, "OutputValue")))
        .collect()
}

/// Deploys the environment `staging` beside the one that stands.
async fn deploy_staging(site: &Site) -> stack::Outputs {
    let packages = [
        "s3api",
        "list-objects-v2",
        "--bucket",
        package::BUCKET,
        "--prefix",
        "template/",
    ];
    let listed = site.cli(&packages).await;
    let key = listed["Contents"][0]["Key"].as_str().unwrap().to_owned();
    let parameters: Vec<Value> = stack::parameters(&site.running.state)
        .into_iter()
        .map(|(name, value)| {
            let value = if name == "Environment" {
                "staging".to_owned()
            } else {
                value
            };
            serde_json::json!({ "ParameterKey": name, "ParameterValue": value })
        })
        .collect();
    site.cli(&[
        "cloudformation",
        "create-stack",
        "--stack-name",
        OTHER,
        "--template-url",
        &format!("https://{}.s3.eu-west-1.amazonaws.com/{key}", package::BUCKET),
        "--capabilities",
        "CAPABILITY_IAM",
        "CAPABILITY_NAMED_IAM",
        "CAPABILITY_AUTO_EXPAND",
        "--parameters",
        &Value::from(parameters).to_string(),
    ])
    .await;
    site.cli(&["cloudformation", "wait", "stack-create-complete", "--stack-name", OTHER])
        .await;
    let outputs = outputs(site, OTHER).await;
    hook::register(&site.running.state, &outputs).await.unwrap();
    outputs
}

/// Physical ids of everything that a deployment is made of.
async fn parts(site: &Site, deployment: &str) -> BTreeSet<String> {
    let asked = ["cloudformation", "list-stack-resources", "--stack-name", deployment];
    let listed = site.cli(&asked).await;
    let resources = listed["StackResourceSummaries"].as_array().unwrap().clone();
    let ids = resources
        .iter()
        .map(|one| one["PhysicalResourceId"].as_str().unwrap().to_owned());
    ids.collect()
}

fn answer<'a>(question: &'a Question, result: &'a str) -> [&'a str; 12] {
    crate::people::answer(&question.pipeline, &question.action, &question.token, result)
}

/// Answers a question as somebody of the other environment.
async fn approve(site: &Site, person: &people::Cli, question: &Question) {
    let approved = person.run(&answer(question, "status=Approved,summary=as agreed")).await;
    approved.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(site.end(&question.pipeline, &question.execution).await, "Succeeded");
}

#[test]
fn two_environments_of_one_repository_stand_side_by_side_and_share_nothing() {
    told(async {
        let mut site = Site::start().await;
        let other = deploy_staging(&site).await;
        let (ours, theirs) = (parts(&site, "changegate").await, parts(&site, OTHER).await);
        assert!(ours.len() > 30 && theirs.len() > 30);
        let shared: Vec<&String> = ours.intersection(&theirs).collect();
        assert!(shared.is_empty(), "{shared:?}");

        site.push("Two environments").await;
        site.provision(true).await;
        let theirs = site.question(&format!("{OTHER}-root"), None).await;
        let policy = &other["OperatorsPolicyArn"];
        let endpoint = &site.running.state.endpoint;
        let hopper = people::hire(&site.world.cli, endpoint, "hopper", policy).await.unwrap();
        let aws = site.running.places.venv().join("bin/aws");
        let hopper = people::Cli::new(&aws, endpoint).as_user(&hopper.key);
        approve(&site, &hopper, &theirs).await;

        // Each rendered only its own, and each stack got its own environment's configuration.
        let all = site.world.runs.pipelines().await.unwrap();
        let of = |prefix: &str| all.iter().filter(|name| name.starts_with(prefix)).count();
        assert_eq!((of("changegate-"), of("staging-gate-")), (5, 5), "{all:?}");
        let staging = site.question(&format!("{OTHER}-network"), None).await;
        approve(&site, &hopper, &staging).await;
        site.approve("changegate-network", None).await;
        let stacks = [
            site.stack("staging-network").await,
            site.stack("production-network").await,
        ];
        let [staging, production] = stacks.map(Option::unwrap);
        assert_eq!(staging["StackStatus"], "CREATE_COMPLETE");
        assert_ne!(staging["Parameters"], production["Parameters"]);

        // Who approves in the one cannot in the other.
        let question = site.question("changegate-data", None).await;
        let refused = hopper
            .run(&answer(&question, "status=Approved,summary=from elsewhere"))
            .await;
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("AccessDenied"), "{said}");
        assert_eq!(site.runs(ROOT).await, 2, "one run when it was made, one for the push");
    });
}
