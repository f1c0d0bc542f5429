//! What stands in a repository, in everything that a sync tells of it.

use super::*;
use crate::flows::fakes::{CREDENTIAL, assert_harmless, planted};

#[tokio::test]
async fn no_status_tells_a_credential_or_holds_what_nobody_sees() {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    let text = planted("value");
    let broken = [
        format!("version: 1\n{}: 1\n", json(&planted("setting"))),
        format!("version: 1\nstacks:\n  network: {{{}: 1}}\n", json(&planted("setting"))),
        format!("version: 1\nstacks:\n  network: {{template: {}}}\n", json(&text)),
        format!("version: 1\nstacks:\n  network: {{deployer: {}}}\n", json(&text)),
        format!("version: 1\nstacks:\n  {}: {{approvals: 1}}\n", json(&planted("stack"))),
        format!("version: 1\ndefaults: {{window: {{days: [{}]}}}}\n", json(&text)),
        format!(
            "version: 1\npeople: {{{}: [{}]}}\n",
            json(&planted("login")),
            json(&text)
        ),
        "version: 1\nstacks: [\n".to_owned(),
    ];
    let templates = [
        format!(
            "Parameters: {{Size: {{Type: Number}}, {}: {{Type: String}}}}\nResources: {{}}\n",
            json(&planted("parameter"))
        ),
        format!(
            "Parameters: {{Size: {{Type: Number, AllowedValues: [{0}], ConstraintDescription: {0}}}}}\nResources: {{}}\n",
            json(&text)
        ),
        format!(
            "Resources: {{N: {{Type: AWS::CloudFormation::Stack, Properties: {{TemplateURL: {}}}}}}}\n",
            json(&planted("./nested"))
        ),
        format!("a: *{CREDENTIAL}\n"),
        format!("\"{CREDENTIAL}: [\n"),
    ];
    let configurations = [
        format!("{{\"Parameters\": {{{}: 1}}}}", json(&planted("parameter"))),
        format!("{{\"Parameters\": {{\"Size\": {}}}}}", json(&text)),
        format!("{{\"Tags\": {{{}: [1]}}}}", json(&planted("tag"))),
        format!("{{{}: 1}}", json(&planted("section"))),
        format!("{{\"Parameters\": {CREDENTIAL}"),
    ];
    let changes = (broken.iter().map(|text| ("changegate.yaml", text)))
        .chain(templates.iter().map(|text| ("stacks/network/template.yaml", text)))
        .chain(
            configurations
                .iter()
                .map(|text| ("stacks/network/production.json", text)),
        );
    for (path, content) in changes {
        let place = Place::settled().await;
        place.github.push(&planted("commit"), &[(path, Some(content))]);
        place.sync().await;
        let statuses = place.github.statuses();
        assert!(!statuses.is_empty(), "{content} is refused");
        assert_each(&statuses);
    }
    for path in [
        format!("stacks/{}/template.yaml", planted("folder").replace('/', "")),
        format!("stacks/network/{}.json", planted("file").replace('/', "")),
        format!("stacks/{CREDENTIAL}/template.yaml"),
    ] {
        let place = Place::settled().await;
        for content in ["Resources: {", "{}"] {
            place.github.push("a path", &[(&path, Some(content))]);
            place.sync().await;
        }
        assert_each(&place.github.statuses());
    }
}

fn assert_each(statuses: &[crate::flows::ports::CommitStatus]) {
    for status in statuses {
        assert_harmless("a status", &status.description);
        assert_harmless("the context of a status", &status.context);
        assert_harmless("the address of a status", status.url.as_deref().unwrap_or_default());
        assert!(
            !status.description.contains('\n') && !status.context.contains('\n'),
            "{status:?}"
        );
    }
}
