//! Which stacks a repository has, and what the catalogue says of them.

use std::sync::Arc;

use super::*;
use crate::domain::gate::FirstRun;

#[test]
fn folders_are_stacks_without_any_catalogue() {
    let repository = repository(&[
        ("stacks/network/template.yaml", ""),
        ("stacks/network/production.json", "{}"),
        ("stacks/network/configuration.json", "{}"),
        ("stacks/network/subnets.yaml", ""),
        ("stacks/data/orders/template.json", "{}"),
        ("stacks/data/orders/configuration.yaml", ""),
        ("stacks/data/orders/staging.json", "{}"),
        ("stacks/web/template.yml", ""),
        ("stacks/.hidden/template.yml", ""),
        ("stacks/README.md", ""),
        ("other/thing/template.yaml", ""),
    ]);
    assert_eq!(repository.names(), ["data-orders", "network", "web"]);
    let network = repository.gate("network");
    assert_eq!(network.configuration.as_deref(), Some("stacks/network/production.json"));
    assert_eq!(
        (network.stack_name.as_str(), network.approvals, network.first_run),
        ("network", 1, FirstRun::Plan)
    );
    assert_eq!(network.deployer, repository.environment.default_deployer);
    let orders = repository.gate("data-orders");
    assert_eq!(
        orders.configuration.as_deref(),
        Some("stacks/data/orders/configuration.yaml")
    );
    assert_eq!(repository.gate("web").configuration, None);
}

#[test]
fn templates_may_end_as_aws_and_windows_have_them() {
    let repository = repository(&[
        ("stacks/a/template.YAML", ""),
        ("stacks/a/production.JSON", "{}"),
        ("stacks/b/template.template", ""),
        ("stacks/c.template", ""),
        ("stacks/c.configuration.json", "{}"),
        ("stacks/d/template.JSON", ""),
        // What was built beside what it was built from.
        ("stacks/e/template.yaml", ""),
        ("stacks/e/template.template", ""),
        ("stacks/f/template.txt", ""),
        ("stacks/g.template", ""),
    ]);
    assert_eq!(repository.names(), ["a", "b", "c", "d", "e"]);
    assert_eq!(
        repository.gate("a").configuration.as_deref(),
        Some("stacks/a/production.JSON")
    );
    assert_eq!(
        repository.gate("c").configuration.as_deref(),
        Some("stacks/c.configuration.json")
    );
    assert_eq!(repository.gate("e").template, "stacks/e/template.yaml");
}

#[test]
fn the_flat_files_of_the_article_are_stacks() {
    let repository = repository(&[
        ("stacks/network.json", "{}"),
        ("stacks/network.configuration.json", "{}"),
        ("stacks/services/a.json", "{}"),
        ("stacks/services/a.production.json", "{}"),
        ("stacks/services/a.configuration.json", "{}"),
        ("stacks/shared.yaml", "a snippet"),
        ("stacks/lambda/template.json", "{}"),
        ("stacks/lambda/code.json", "{}"),
        ("stacks/lambda/code.configuration.json", "{}"),
    ]);
    assert_eq!(repository.names(), ["lambda", "network", "services-a"]);
    let network = repository.gate("network");
    assert_eq!(network.template, "stacks/network.json");
    assert_eq!(
        network.configuration.as_deref(),
        Some("stacks/network.configuration.json")
    );
    let a = repository.gate("services-a");
    assert_eq!(a.configuration.as_deref(), Some("stacks/services/a.production.json"));
}

#[test]
fn the_catalogue_of_the_documentation_is_understood() {
    let catalogue = r#"
version: 1
environments: [production, production-eu, staging]
defaults:
  approvals: 1
  capabilities: [CAPABILITY_NAMED_IAM]
  first_run: hold
paths:
  stacks/data: { approvals: 2 }
stacks:
  network:
    stack_name: "{environment}-network"
    environments: [production, production-eu]
    approvals: 2
    author_may_approve: false
    require_pull_request: true
    release: manual
    window: { days: mon-thu, hours: "09:00-16:00", time_zone: Asia/Kolkata }
    stack_policy: policies/network.json
    deployer: network-deployer
    notify: arn:aws:sns:eu-west-1:111122223333:network
    per_environment:
      production: { notification_arns: ["arn:aws:sns:eu-west-1:111122223333:b", "arn:aws:sns:eu-west-1:111122223333:a"] }
      staging: { approvals: 0 }
  "web-*": { approvals: 0 }
  web-shop: { release: manual }
people:
  octocat: ["arn:aws:iam::111122223333:user/octocat"]
session_name_roles: ["arn:aws:iam::111122223333:role/engineers"]
"#;
    let mut repository = with(catalogue, &["network", "data/orders", "web/shop", "web/blog"]);
    let policy = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"}]}"#;
    repository
        .blobs
        .insert("policies/network.json".to_owned(), "policy".to_owned());
    repository
        .contents
        .insert("policies/network.json".to_owned(), policy.into());
    assert_eq!(repository.names(), ["data-orders", "network", "web-blog", "web-shop"]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&repository.gate("network")).unwrap(), @r#"
    {
      "version": 1,
      "stack": "network",
      "stackName": "production-network",
      "template": "stacks/network/template.yaml",
      "configuration": null,
      "approvals": 2,
      "release": true,
      "authorMayApprove": false,
      "requirePullRequest": true,
      "window": {
        "days": [
          1,
          2,
          3,
          4
        ],
        "fromMinute": 540,
        "toMinute": 960,
        "timeZone": "Asia/Kolkata"
      },
      "stackPolicy": "{\"Statement\": [{\"Effect\": \"Deny\", \"Action\": \"Update:Delete\", \"Principal\": \"*\", \"Resource\": \"*\"}]}",
      "deployer": "arn:aws:iam::111122223333:role/changegate/deployers/network-deployer",
      "capabilities": [
        "CAPABILITY_NAMED_IAM"
      ],
      "notify": "arn:aws:sns:eu-west-1:111122223333:network",
      "notificationArns": [
        "arn:aws:sns:eu-west-1:111122223333:a",
        "arn:aws:sns:eu-west-1:111122223333:b"
      ],
      "firstRun": "hold",
      "people": {
        "octocat": [
          "arn:aws:iam::111122223333:user/octocat"
        ]
      },
      "sessionNameRoles": [
        "arn:aws:iam::111122223333:role/engineers"
      ]
    }
    "#);
    assert_eq!(repository.gate("data-orders").approvals, 2);
    assert_eq!(repository.gate("web-blog").approvals, 0);
    let shop = repository.gate("web-shop");
    assert_eq!((shop.approvals, shop.release, shop.people.len()), (0, true, 0));

    repository.environment.name = "staging".to_owned();
    assert_eq!(repository.names(), ["data-orders", "web-blog", "web-shop"]);
}

#[test]
fn thousands_of_gates_take_the_room_of_one_list_of_people_and_one_policy() {
    let catalogue = "\
version: 1
defaults: { approvals: 2, stack_policy: policies/all.json }
people:
  octocat: [\"arn:aws:iam::111122223333:user/octocat\"]
";
    let mut repository = with(catalogue, &["network", "orders"]);
    let policy = r#"{"Statement": [{"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}]}"#;
    let path = "policies/all.json".to_owned();
    repository.blobs.insert(path.clone(), "policy".to_owned());
    repository.contents.insert(path, policy.into());
    let resolution = repository.resolve();
    let [network, orders] = resolution.stacks.as_slice() else {
        panic!("{resolution:?}")
    };
    assert_eq!(network.stack_policy.as_deref(), Some(policy));
    let policies = network.stack_policy.as_ref().zip(orders.stack_policy.as_ref());
    assert!(policies.is_some_and(|(one, other)| Arc::ptr_eq(one, other)));
    assert_eq!(network.people.len(), 1);
    assert!(Arc::ptr_eq(&network.people, &orders.people));
}

#[test]
fn many_stacks_can_share_one_template() {
    let catalogue = "\
version: 1
stacks:
  orders: { template: stacks/service/template.yaml, configuration: \"stacks/service/orders.{environment}.json\" }
  queue: { template: stacks/service/template.yaml, configuration: none }
";
    let mut repository = with(catalogue, &["service"]);
    repository
        .blobs
        .insert("stacks/service/orders.production.json".to_owned(), "c".to_owned());
    assert_eq!(repository.names(), ["orders", "queue"]);
    let orders = repository.gate("orders");
    assert_eq!(
        orders.configuration.as_deref(),
        Some("stacks/service/orders.production.json")
    );
    assert_eq!(repository.gate("queue").configuration, None);
}

#[test]
fn a_configuration_that_only_other_environments_have_is_asked_for_only_there() {
    let catalogue = "\
version: 1
stacks:
  service: { configuration: \"stacks/service/{environment}-1.json\", environments: [staging] }
  web: { configuration: \"stacks/web/{environment}-1.json\" }
";
    let mut repository = with(catalogue, &["service", "web"]);
    repository
        .blobs
        .insert("stacks/web/production-1.json".to_owned(), "c".to_owned());
    assert_eq!(repository.names(), ["web"]);
    repository.environment.name = "staging".to_owned();
    insta::assert_snapshot!(problems(&repository.resolve()), @r"
    changegate.yaml:3:29: `configuration` names `stacks/service/staging-1.json`, which the repository does not hold
    changegate.yaml:4:25: `configuration` names `stacks/web/staging-1.json`, which the repository does not hold; did you mean `stacks/web/production-1.json`?
    ");
}

#[test]
fn windows_are_read_in_every_notation() {
    let window = |text: &str| {
        let catalogue = format!("version: 1\ndefaults: {{ window: {text} }}\n");
        with(&catalogue, &["web"])
            .gate("web")
            .window
            .map(|window| (window.days, window.from_minute, window.to_minute))
    };
    assert_eq!(window("none"), None);
    assert_eq!(
        window("{ time_zone: UTC }"),
        Some((vec![1, 2, 3, 4, 5, 6, 7], 0, 1_440))
    );
    assert_eq!(
        window("{ days: 'fri-mon', time_zone: UTC }"),
        Some((vec![1, 5, 6, 7], 0, 1_440))
    );
    assert_eq!(
        window("{ days: [Wed, monday], hours: '22:00-2:30', time_zone: UTC }"),
        Some((vec![1, 3], 1_320, 150))
    );
    assert_eq!(
        window("{ days: 'tue,thu', hours: 08:15-24:00, time_zone: Europe/Berlin }"),
        Some((vec![2, 4], 495, 1_440))
    );
}
