use super::*;
use crate::domain::gate::FirstRun;

/// A repository, and the deployment it is resolved for.
struct Repository {
    blobs: BTreeMap<String, String>,
    contents: BTreeMap<String, Vec<u8>>,
    environment: Environment,
    former: Vec<FormerStack>,
}

fn repository(files: &[(&str, &str)]) -> Repository {
    let mut repository = Repository {
        blobs: BTreeMap::new(),
        contents: BTreeMap::new(),
        environment: Environment {
            name: "production".to_owned(),
            pipeline_prefix: "changegate-".to_owned(),
            floor: Floor {
                minimum_approvals: 0,
                author_may_approve: true,
                deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
                stack_name_pattern: "*".to_owned(),
                reserved_stack_names: vec!["changegate".to_owned(), "changegate-pipelines".to_owned()],
            },
            default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
        },
        former: Vec::new(),
    };
    for (path, content) in files {
        repository
            .blobs
            .insert((*path).to_owned(), format!("blob of {content}"));
        repository
            .contents
            .insert((*path).to_owned(), content.as_bytes().to_vec());
    }
    repository
}

impl Repository {
    fn resolve(&self) -> Resolution {
        let mut contents = BTreeMap::new();
        loop {
            let files = RepositoryFiles {
                blobs: &self.blobs,
                contents: &contents,
            };
            let needed = files_needed(&files);
            if needed.is_empty() {
                return resolve(&files, &self.environment, &self.former);
            }
            for path in needed {
                let content = self.contents[&path].clone();
                assert!(
                    contents.insert(path.clone(), content).is_none(),
                    "{path} was asked for twice"
                );
            }
        }
    }

    fn names(&self) -> Vec<String> {
        let resolution = self.resolve();
        assert_eq!(problems(&resolution), "");
        resolution.stacks.into_iter().map(|gate| gate.stack).collect()
    }

    fn gate(&self, stack: &str) -> Gate {
        let resolution = self.resolve();
        assert_eq!(problems(&resolution), "");
        resolution.stacks.into_iter().find(|gate| gate.stack == stack).unwrap()
    }
}

fn problems(resolution: &Resolution) -> String {
    resolution.lines().iter().map(|line| format!("{line}\n")).collect()
}

/// A repository with this catalogue and one folder for each name.
fn with(catalogue: &str, stacks: &[&str]) -> Repository {
    let templates: Vec<String> = stacks
        .iter()
        .map(|stack| format!("stacks/{stack}/template.yaml"))
        .collect();
    let mut files: Vec<(&str, &str)> = templates.iter().map(|path| (path.as_str(), path.as_str())).collect();
    files.push(("changegate.yaml", catalogue));
    repository(&files)
}

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

/// What is said about a catalogue in a repository with the stacks `network` and `web`.
fn said(catalogue: &str) -> String {
    problems(&with(catalogue, &["network", "web"]).resolve())
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place_and_what_to_write() {
    let catalogue = "\
version: 2
default: {}
defaults:
  aprovals: 1
  approvals: 3
  author_may_approve: yes
  release: sometimes
  capabilities: CAPABILITY_IAM
  per_environment:
    staging: { environments: [a], first_run: never }
stacks:
  network:
    state: deleted
    window: { days: mon-fry, hours: 9-17, zone: UTC }
    capabilities: [CAPABILITY_NAMEDIAM]
    notify: somebody
    deployer: arn:aws:iam::111122223333:role/admin
    stack_policy: policies/none.json
  odd: { template: template.yaml }
  webb: {}
  \"x-*\": { template: stacks/web/template.yaml }
  web: !Ref x
people:
  octocat: [somebody]
  Octocat: []
";
    insta::assert_snapshot!(said(catalogue), @r#"
    changegate.yaml:1:10: the catalogue's version is missing or unknown; write `version: 1`
    changegate.yaml:2:1: no setting is named `default`; did you mean `defaults`?
    changegate.yaml:4:3: no setting is named `aprovals`; did you mean `approvals`?
    changegate.yaml:5:14: `approvals` takes 0, 1 or 2, not the number `3`
    changegate.yaml:6:23: `author_may_approve` takes `true` or `false`, not the text `yes`
    changegate.yaml:7:12: `release` takes `manual` or `automatic`, not the text `sometimes`
    changegate.yaml:8:17: `capabilities` takes a list, such as `[CAPABILITY_NAMED_IAM]`, not the text `CAPABILITY_IAM`
    changegate.yaml:10:16: `environments` cannot be set here: these settings are for one environment already
    changegate.yaml:10:46: `first_run` takes `plan` or `hold`, not the text `never`
    changegate.yaml:13:5: `state` is not supported: stacks are not deleted through the gate; remove the entry or folder, the stack itself stays
    changegate.yaml:14:21: `days` takes days such as `mon-thu`, `mon,wed` or `[mon, wed]`, not the text `mon-fry`
    changegate.yaml:14:37: `hours` takes hours such as `"09:00-16:00"`, not the text `9-17`
    changegate.yaml:14:43: no setting is named `zone`; did you mean `time_zone`?
    changegate.yaml:15:20: `CAPABILITY_NAMEDIAM` is no capability: did you mean `CAPABILITY_NAMED_IAM`?
    changegate.yaml:16:13: `somebody` is no topic: write the ARN of an SNS topic, `arn:aws:sns:<region>:<account>:<name>`
    changegate.yaml:17:15: `arn:aws:iam::111122223333:role/admin` is no deployer of this deployment: write the name of a role whose ARN begins with `arn:aws:iam::111122223333:role/changegate/deployers/`
    changegate.yaml:18:19: `stack_policy` names `policies/none.json`, which the repository does not hold
    changegate.yaml:19:20: `template` names `template.yaml`: write a path below `stacks/` that ends in `.yaml`, `.yml` or `.json`, from the root of the repository
    changegate.yaml:20:3: the repository has no template for `webb`: add `stacks/webb/template.yaml`, or write `template:`; did you mean `web`?
    changegate.yaml:21:3: no stack of the repository matches `x-*`; correct it, or remove the entry
    changegate.yaml:21:12: `template` cannot be set here: a pattern stands for several stacks; write an entry with the stack's full name
    changegate.yaml:22:13: `web` takes a mapping of settings, such as `approvals: 2`, not a value with the tag `!Ref`
    changegate.yaml:24:13: `somebody` is no principal: write the ARN of an IAM user, of a role, or of an assumed role's session
    changegate.yaml:25:3: `Octocat` is no new login: GitHub does not tell upper from lower case; join the two entries
    "#);
}

#[test]
fn a_broken_file_says_where_and_leaves_no_stack_to_believe_in() {
    let resolution = with("version: 1\nstacks: [\n", &["network"]).resolve();
    assert!(!resolution.is_readable && resolution.stacks.is_empty());
    assert!(
        problems(&resolution).starts_with("changegate.yaml:"),
        "{}",
        problems(&resolution)
    );
    let resolution = with("version: 1\nstacks: {}\nstacks: {}\n", &["network"]).resolve();
    assert_eq!(
        problems(&resolution),
        "changegate.yaml:3:1: duplicate key `stacks`; it stands at 2:1 already\n"
    );
}

#[test]
fn a_problem_of_one_stack_leaves_the_others() {
    let resolution = with("version: 1\nstacks:\n  web: { approvals: 7 }\n", &["network", "web"]).resolve();
    let names: Vec<&str> = resolution.stacks.iter().map(|gate| gate.stack.as_str()).collect();
    assert_eq!(names, ["network"]);
    assert!(resolution.is_readable && !resolution.is_sound());
    assert_eq!(resolution.problems_of("web").count(), 1);
    assert_eq!(resolution.problems_of_all().count(), 0);
    let document = resolution.document("production");
    assert_eq!(document.problems.len(), 1);
    assert_eq!(
        ResolvedCatalogue::from_json(document.to_json().as_bytes()).unwrap(),
        document
    );
}

#[test]
fn what_goes_below_the_floor_is_refused_and_what_is_left_out_is_raised_to_it() {
    let mut repository = with("version: 1\n", &["network"]);
    repository.environment.floor.minimum_approvals = 2;
    repository.environment.floor.author_may_approve = false;
    repository.environment.floor.stack_name_pattern = "net*".to_owned();
    let gate = repository.gate("network");
    assert_eq!((gate.approvals, gate.author_may_approve), (2, false));

    let low = "version: 1\ndefaults: { approvals: 1, author_may_approve: true, stack_name: \"x-{stack}\" }\n";
    repository.contents.insert("changegate.yaml".to_owned(), low.into());
    insta::assert_snapshot!(problems(&repository.resolve()), @r"
    changegate.yaml:2:24: this deployment demands at least 2 approvals; write `approvals: 2`
    changegate.yaml:2:47: this deployment lets no author approve; write `author_may_approve: false`
    changegate.yaml:2:65: `x-network` cannot be the name of the CloudFormation stack of `network`: this deployment allows only names that match `net*`; write such a `stack_name`
    ");
}

#[test]
fn changegates_own_stacks_and_names_are_refused() {
    insta::assert_snapshot!(
        problems(&with("version: 1\nstacks:\n  web: { stack_name: changegate-pipelines }\n", &["root", "web"]).resolve()),
        @r"
    changegate.yaml:3:22: `changegate-pipelines` cannot be the name of the CloudFormation stack of `web`: it is one of Changegate's own stacks; write another `stack_name`
    stacks/root/template.yaml:1:1: `root` cannot be the name of a stack: it names a pipeline of Changegate itself; write an entry with another name and `template:`
    "
    );
}

#[test]
fn two_stacks_of_one_name_are_refused_at_both() {
    let resolution = with(
        "version: 1\nstacks:\n  web:\n    stack_name: network\n",
        &["network", "web", "data"],
    )
    .resolve();
    insta::assert_snapshot!(problems(&resolution), @r"
    changegate.yaml:4:17: `web` and `network` are both the CloudFormation stack `network`; write another `stack_name` in one of the two
    stacks/network/template.yaml:1:1: `network` and `web` are both the CloudFormation stack `network`; write another `stack_name` in one of the two
    ");
    let names: Vec<&str> = resolution.stacks.iter().map(|gate| gate.stack.as_str()).collect();
    assert_eq!(names, ["data"]);
}

#[test]
fn two_folders_or_two_formats_of_one_stack_are_refused() {
    let repository = repository(&[
        ("stacks/a/b/template.yaml", ""),
        ("stacks/a-b/template.yaml", ""),
        ("stacks/c/template.yaml", ""),
        ("stacks/c/template.json", ""),
        ("stacks/d/template.yaml", ""),
        ("stacks/d/production.yaml", ""),
        ("stacks/d/production.json", ""),
        ("changegate.yml", ""),
    ]);
    insta::assert_snapshot!(problems(&repository.resolve()), @r"
    changegate.yml:1:1: the catalogue is named `changegate.yaml`; rename this file
    stacks/a/b/template.yaml:1:1: `a-b` is also the name of the stack of `stacks/a-b/template.yaml`; rename one of the two, or write an entry with `template:`
    stacks/c/template.yaml:1:1: there is also `stacks/c/template.json`; keep one of the two
    stacks/d/production.json:1:1: there is also `stacks/d/production.yaml`; keep one of the two
    ");
}

#[test]
fn a_pattern_that_matches_nothing_or_contradicts_another_is_refused() {
    let catalogue = "version: 1\npaths:\n  stacks/dta: {}\nstacks:\n  \"srevice-*\": {}\n  \"n*\": { approvals: 0 }\n  \"*k\": { approvals: 2 }\n";
    insta::assert_snapshot!(said(catalogue), @r"
    changegate.yaml:3:3: no stack of the repository matches `stacks/dta`; correct it, or remove the entry
    changegate.yaml:5:3: no stack of the repository matches `srevice-*`; correct it, or remove the entry
    changegate.yaml:6:3: `n*` and `*k` both match `network` and say different things; make one more exact
    ");
}

#[test]
fn an_environment_that_is_not_one_is_refused() {
    let catalogue = "version: 1\nenvironments: [staging]\nstacks:\n  web: { environments: [stagin] }\n";
    insta::assert_snapshot!(said(catalogue), @r"
    changegate.yaml:2:16: `staging` is no list of this repository's environments: this deployment is the environment `production`; add it
    changegate.yaml:4:25: `stagin` is no environment of this repository: did you mean `staging`?
    ");
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
fn a_renamed_folder_has_to_say_what_it_means() {
    let mut repository = with("version: 1\n", &["network", "web"]);
    repository.former = vec![FormerStack {
        name: "net".to_owned(),
        stack_name: "net".to_owned(),
        template_blob: repository.blobs["stacks/network/template.yaml"].clone(),
    }];
    insta::assert_snapshot!(problems(&repository.resolve()), @r"
    stacks/network/template.yaml:1:1: `network` has the template that the stack `net` had: write `moved_from: net` to keep the CloudFormation stack `net`, or `stack_name: network` to make a new one and leave the old one unmanaged
    ");

    let kept = "version: 1\nstacks:\n  network: { moved_from: net }\n";
    repository.contents.insert("changegate.yaml".to_owned(), kept.into());
    assert_eq!(repository.gate("network").stack_name, "net");

    let new = "version: 1\nstacks:\n  network: { stack_name: network }\n";
    repository.contents.insert("changegate.yaml".to_owned(), new.into());
    assert_eq!(repository.gate("network").stack_name, "network");

    let both = "version: 1\nstacks:\n  network: { moved_from: web }\n";
    repository.contents.insert("changegate.yaml".to_owned(), both.into());
    assert!(problems(&repository.resolve()).contains("names a stack that the catalogue still has"));
}

#[test]
fn a_stack_that_moves_again_keeps_what_it_was_at_first() {
    let mut repository = with(
        "version: 1\nstacks:\n  core:\n    moved_from: network\n",
        &["core", "web"],
    );
    repository.former = vec![FormerStack {
        name: "network".to_owned(),
        stack_name: "net".to_owned(),
        template_blob: "older".to_owned(),
    }];
    insta::assert_snapshot!(problems(&repository.resolve()), @"changegate.yaml:4:17: `moved_from: network` makes `core` the CloudFormation stack `network`, and `network` was the stack `net`: write `stack_name: net` as well, to keep that one");

    for kept in ["moved_from: net", "{ moved_from: network, stack_name: net }"] {
        let entry = kept
            .strip_prefix('{')
            .map_or(format!("{{ {kept} }}"), |rest| format!("{{{rest}"));
        let catalogue = format!("version: 1\nstacks:\n  core: {entry}\n");
        repository
            .contents
            .insert("changegate.yaml".to_owned(), catalogue.into());
        assert_eq!(repository.gate("core").stack_name, "net", "{entry}");
    }
}

#[test]
fn a_stack_that_leaves_an_environment_is_no_renamed_one() {
    let mut repository = with(
        "version: 1\nstacks:\n  net: { environments: [staging] }\n",
        &["net", "network"],
    );
    let blob = repository.blobs["stacks/network/template.yaml"].clone();
    repository.former = vec![FormerStack {
        name: "net".to_owned(),
        stack_name: "net".to_owned(),
        template_blob: blob,
    }];
    assert_eq!(repository.names(), ["network"]);
}

#[test]
fn a_path_in_which_codepipeline_would_fill_something_in_is_refused() {
    let path = "stacks/#{variables.Subject}/template.yaml";
    let catalogue = format!("version: 1\nstacks:\n  web:\n    template: \"{path}\"\n");
    let repository = repository(&[("changegate.yaml", &catalogue), (path, "")]);
    insta::assert_snapshot!(problems(&repository.resolve()), @"changegate.yaml:4:15: `template` names `stacks/#{variables.Subject}/template.yaml`: CodePipeline would fill something in for `#{`; rename the file");
}

#[test]
fn a_stack_that_moved_in_its_own_name_is_no_rename() {
    let mut repository = with("version: 1\n", &["network"]);
    repository.former = vec![FormerStack {
        name: "network".to_owned(),
        stack_name: "network".to_owned(),
        template_blob: "older".to_owned(),
    }];
    assert_eq!(repository.names(), ["network"]);
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

#[test]
fn the_json_schema_has_exactly_the_keys_that_the_reader_knows() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let properties = |pointer: &str| -> Vec<String> {
        let found = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        let mut names: Vec<String> = found.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let entry = properties("/$defs/Entry/properties");
    let mut all = keys::SETTING_KEYS.to_vec();
    assert_eq!(properties("/$defs/Settings/properties"), sorted(&all));
    all.extend(keys::ENTRY_KEYS);
    assert_eq!(entry, sorted(&all));
    assert_eq!(properties("/properties"), sorted(keys::TOP_KEYS));
    assert!(!json_schema().contains("\"null\""));
}

#[test]
fn the_json_schema_in_the_documentation_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/catalogue.schema.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, json_schema()).unwrap();
    } else {
        assert_eq!(kept, json_schema(), "run this test with UPDATE_SCHEMA=1");
    }
}

/// The catalogues that the documentation shows whole.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../../docs/catalogue.md");
    let blocks = page.split("```yaml\n").skip(1);
    let texts = blocks.map(|block| block.split("```").next().unwrap());
    texts.filter(|text| text.starts_with("version: 1\n")).collect()
}

#[test]
fn every_catalogue_of_the_documentation_is_sound_in_every_environment() {
    let files = [
        "stacks/data/orders/template.yaml",
        "stacks/network/template.yaml",
        "stacks/core-network/template.yaml",
        "stacks/billing/template.yaml",
        "stacks/load-test/template.yaml",
        "stacks/service/template.yaml",
        "stacks/service-billing/template.yaml",
        "stacks/service-mail/template.yaml",
        "stacks/service/orders.production.json",
        "stacks/service/orders.staging.json",
        "stacks/service/invoices.production.json",
        "stacks/service/invoices.staging.json",
        "policies/network.json",
    ];
    let policy = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"}]}"#;
    let documented = documented();
    assert!(documented.len() >= 6, "{}", documented.len());
    for catalogue in documented {
        let mut all: Vec<(&str, &str)> = files.map(|path| (path, policy)).into();
        // Only one example moves the stack; in the others the network is its own.
        all.retain(|(path, _)| !(catalogue.contains("moved_from") && *path == "stacks/network/template.yaml"));
        all.push(("changegate.yaml", catalogue));
        let mut repository = repository(&all);
        for environment in ["production", "staging"] {
            environment.clone_into(&mut repository.environment.name);
            assert_eq!(problems(&repository.resolve()), "", "{catalogue}");
        }
    }
}

#[test]
fn the_documentation_tells_of_every_setting() {
    let page = include_str!("../../../../docs/catalogue.md");
    for key in [keys::TOP_KEYS, keys::SETTING_KEYS, keys::ENTRY_KEYS].concat() {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}
