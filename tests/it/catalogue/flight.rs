//! Pipelines that are updated while their runs are under way.

use std::fmt::Write as _;

use crate::site::{ROOT, Site, told};

const STACKS: usize = 20;
const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
/// A stack that is being made for as long as nobody signals.
const SLOW: &str = r#"{"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
    "Signal": {"Type": "AWS::CloudFormation::WaitCondition",
    "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT10M"}}}}}"#;

/// Twenty stacks: three plan when their pipelines are made, one of which is slow; the others are held.
fn catalogue(release: &str) -> String {
    let mut text = format!("version: 1\ndefaults: {{ release: {release}, first_run: hold }}\nstacks:\n");
    for number in 0..STACKS {
        let template = if number == 3 { "slow" } else { "queue" };
        let first = if number < 4 { "plan" } else { "hold" };
        writeln!(
            text,
            "  many-{number:02}: {{ template: stacks/{template}/template.json, first_run: {first} }}"
        )
        .unwrap();
    }
    text
}

#[test]
fn an_update_of_twenty_pipelines_loses_none_of_three_questions_and_waits_for_what_executes() {
    told(async {
        let mut site = Site::start_empty().await;
        site.write("stacks/queue/template.json", QUEUE);
        site.write("stacks/slow/template.json", SLOW);
        site.write("changegate.yaml", &catalogue("automatic"));
        site.push("Twenty alike").await;
        site.provision(true).await;
        assert_eq!(site.pipelines().await.len(), STACKS);
        let mut asked = Vec::new();
        for number in 0..3 {
            asked.push(site.question(&format!("changegate-many-{number:02}"), None).await);
        }
        // The slow one is approved, and executes from now on.
        let slow = site.question("changegate-many-03", None).await;
        let yes = local::demo::ask::Answer {
            approved: true,
            words: "go".to_owned(),
        };
        site.world.answer(&slow, &yes).await.unwrap();
        while site
            .stack("many-03")
            .await
            .is_none_or(|stack| stack["StackStatus"] != "CREATE_IN_PROGRESS")
        {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }

        let rest: Vec<usize> = runs(&site).await;
        site.write("changegate.yaml", &catalogue("manual"));
        site.push("Release by hand").await;
        let question = site.root_question().await;
        let review = crate::site::words(&site.world.review(&question).await.unwrap());
        for run in &asked {
            assert!(
                review.contains(&format!("{}, run {}: waits for Approve1", run.pipeline, run.execution)),
                "{review}"
            );
        }
        assert!(
            review.contains(&format!("changegate-many-03, run {}: executes", slow.execution)),
            "{review}"
        );
        site.world.answer(&question, &yes).await.unwrap();
        // The root pipeline waits for the one that executes.
        tokio::time::sleep(std::time::Duration::from_secs(5)).await;
        let waits = site.world.runs.of(ROOT).await.unwrap();
        assert_eq!(waits[0].status().unwrap().as_str(), "InProgress");
        assert_eq!(
            site.world.runs.of("changegate-many-03").await.unwrap()[0]
                .status()
                .unwrap()
                .as_str(),
            "InProgress"
        );
        site.cli(&[
            "cloudformation",
            "signal-resource",
            "--stack-name",
            "many-03",
            "--logical-resource-id",
            "Signal",
            "--unique-id",
            "1",
            "--status",
            "SUCCESS",
        ])
        .await;
        assert_eq!(site.end("changegate-many-03", &slow.execution).await, "Succeeded");
        assert_eq!(site.stack("many-03").await.unwrap()["StackStatus"], "CREATE_COMPLETE");
        assert_eq!(site.end(ROOT, &question.execution).await, "Succeeded");

        // Each of the three was cancelled, planned anew by itself, and asks again, with the release besides.
        for run in &asked {
            assert_eq!(site.end(&run.pipeline, &run.execution).await, "Cancelled");
            let again = site.question(&run.pipeline, Some(&run.execution)).await;
            assert_eq!(again.action, "Approve1");
            let got = site
                .cli(&["codepipeline", "get-pipeline", "--name", &run.pipeline])
                .await;
            let actions = got["pipeline"]["stages"][2]["actions"].as_array().unwrap().clone();
            assert!(actions.iter().any(|action| action["name"] == "Release"), "{actions:?}");
        }
        let now = runs(&site).await;
        let more: Vec<usize> = rest.iter().zip(&now).map(|(was, is)| is - was).collect();
        let mut expected = vec![0; STACKS];
        expected[..3].fill(1);
        assert_eq!(more, expected, "exactly the cancelled runs were started again, once");
    });
}

/// How many runs each of the pipelines has had.
async fn runs(site: &Site) -> Vec<usize> {
    let mut runs = Vec::new();
    for number in 0..STACKS {
        runs.push(site.runs(&format!("changegate-many-{number:02}")).await);
    }
    runs
}
