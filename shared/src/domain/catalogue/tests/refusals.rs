//! What is refused, where, and what to write instead.

use super::*;

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
  odd: { template: ../template.yaml }
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
    changegate.yaml:15:20: `CAPABILITY_NAMEDIAM` is not a valid capability: did you mean `CAPABILITY_NAMED_IAM`?
    changegate.yaml:16:13: `somebody` is not a valid topic: write the ARN of an SNS topic, `arn:aws:sns:<region>:<account>:<name>`
    changegate.yaml:17:15: `arn:aws:iam::111122223333:role/admin` is not a deployer of this deployment: write the name of a role whose ARN begins with `arn:aws:iam::111122223333:role/changegate/deployers/`
    changegate.yaml:18:19: `stack_policy` names `policies/none.json`, which the repository does not hold
    changegate.yaml:19:20: `template` names `../template.yaml`: write a path that ends in `.yaml`, `.yml`, `.json` or `.template`, from the root of the repository
    changegate.yaml:20:3: the repository has no template for `webb`: add `stacks/webb/template.yaml`, or write `template:`; did you mean `web`?
    changegate.yaml:21:3: no stack of the repository matches `x-*`; correct it, or remove the entry
    changegate.yaml:21:12: `template` cannot be set here: a pattern stands for several stacks; write an entry with the stack's full name
    changegate.yaml:22:13: `web` takes a mapping of settings, such as `approvals: 2`, not a value with the tag `!Ref`
    changegate.yaml:24:13: `somebody` is not a valid principal: write the ARN of an IAM user, of a role, or of an assumed role's session
    changegate.yaml:25:3: `Octocat` is not a valid login: GitHub does not tell upper from lower case; join the two entries
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
    changegate.yaml:2:16: `staging` is not a valid list of environments: this deployment is the environment `production`; add it
    changegate.yaml:4:25: `stagin` is not a valid environment of this repository: did you mean `staging`?
    ");
}

#[test]
fn a_path_in_which_codepipeline_would_fill_something_in_is_refused() {
    let path = "stacks/#{variables.Subject}/template.yaml";
    let catalogue = format!("version: 1\nstacks:\n  web:\n    template: \"{path}\"\n");
    let repository = repository(&[("changegate.yaml", &catalogue), (path, "")]);
    insta::assert_snapshot!(problems(&repository.resolve()), @"changegate.yaml:4:15: `template` names `stacks/#{variables.Subject}/template.yaml`: CodePipeline would fill something in for `#{`; rename the file");
}

#[test]
fn an_approver_that_cannot_be_one_is_refused_at_its_place() {
    let catalogue = "\
version: 1
defaults:
  approvers: [user/ann, group/x, \"role/people/*\", \"role/AWSReservedSSO_Op*\", \"arn:aws:iam::*:user/x\", \"user/**\"]
stacks:
  network: { approvers: [] }
  web:
    approvers:
      - assumed-role/Shared/ann
      - assumed-role/Enforced/ann
    per_environment:
      production: { approvers: everybody }
session_name_roles: [\"arn:aws:iam::111122223333:role/Enforced\"]
";
    insta::assert_snapshot!(said(catalogue), @r"
    changegate.yaml:3:25: `group/x` is not a valid approver: write the ARN of an IAM user or role, or `user/<name>`, `role/<name>`, `permission-set/<name>`, in which `*` stands for any text without a `/`
    changegate.yaml:3:34: `role/people/*` is not a valid approver: the ARN of a session leaves out the path of its role, so a path next to a `*` would not be checked; write `role/<name>`, in which the name may hold `*`
    changegate.yaml:3:51: `role/AWSReservedSSO_Op*` is not a valid approver: write `permission-set/<name>` for the roles of Identity Center
    changegate.yaml:3:78: `arn:aws:iam::*:user/x` is not a valid approver: name one account with 12 digits and its partition, or leave both out: `user/<name>`
    changegate.yaml:3:103: `user/**` is not a valid approver: write one `*` for any text of one segment; none passes a `/`
    changegate.yaml:5:25: `approvers` takes a list with at least one principal, such as `[permission-set/Operators]`, or `any`, not a list
    changegate.yaml:8:9: `assumed-role/Shared/ann` is not a valid approver: whoever assumes `Shared` chooses the name of the session; write `role/Shared`, or list the role under `session_name_roles`, if it enforces the names
    changegate.yaml:11:32: `approvers` takes a list with at least one principal, such as `[permission-set/Operators]`, or `any`, not the text `everybody`
    ");
}

#[test]
fn a_list_that_names_fewer_people_than_must_approve_is_refused() {
    let catalogue = "\
version: 1
defaults: { approvals: 2 }
stacks:
  network: { approvers: [user/ann, \"arn:aws:iam::111122223333:user/ops/Ann\"] }
  web: { approvers: [user/ann, permission-set/Operators] }
";
    insta::assert_snapshot!(said(catalogue), @"changegate.yaml:4:25: `approvals: 2` needs 2 people, and `approvers` stands for no more than ann");
}

#[test]
fn a_list_of_approvers_is_never_wider_than_the_deployments() {
    let catalogue = "\
version: 1
stacks:
  network: { approvers: [permission-set/Operators/ann, user/bob, \"permission-set/*\"] }
  web: { approvers: any }
";
    let mut repository = with(catalogue, &["network", "web", "data"]);
    repository.environment.floor.approvers = Some(vec!["user/carol".to_owned(), "permission-set/Operators".to_owned()]);
    insta::assert_snapshot!(problems(&repository.resolve()), @r"
    changegate.yaml:3:56: this deployment lets only user/carol, permission-set/Operators approve, and `user/bob` goes beyond; write one of them, or fewer
    changegate.yaml:3:66: this deployment lets only user/carol, permission-set/Operators approve, and `permission-set/*` goes beyond; write one of them, or fewer
    changegate.yaml:4:21: this deployment lets only user/carol, permission-set/Operators approve, and `any` goes beyond; write one of them, or fewer
    ");
    let narrower = "version: 1\nstacks:\n  network: { approvers: [permission-set/Operators/ann] }\n";
    repository
        .contents
        .insert("changegate.yaml".to_owned(), narrower.into());
    assert_eq!(
        repository.gate("network").approvers,
        Some(vec!["permission-set/Operators/ann".to_owned()])
    );
    assert_eq!(
        repository.gate("data").approvers,
        Some(vec!["permission-set/Operators".to_owned(), "user/carol".to_owned()]),
        "what is left out is the deployment's"
    );
}

#[test]
fn approvers_of_the_most_exact_place_hold_and_bring_the_enforced_names_with_them() {
    let catalogue = "\
version: 1
defaults: { approvers: [user/ann, user/ann, assumed-role/Enforced/bob] }
stacks:
  web: { approvers: any }
  \"d*\": { approvers: [user/carol] }
people:
  ann: [\"arn:aws:iam::111122223333:user/ann\"]
session_name_roles: [\"arn:aws:iam::111122223333:role/Enforced\"]
";
    let repository = with(catalogue, &["network", "web", "data"]);
    let network = repository.gate("network");
    assert_eq!(
        network.approvers,
        Some(vec!["assumed-role/Enforced/bob".to_owned(), "user/ann".to_owned()])
    );
    assert_eq!(network.session_name_roles.len(), 1);
    assert_eq!(network.people.len(), 0, "one approval tells no people apart");
    let web = repository.gate("web");
    assert_eq!((web.approvers, web.session_name_roles.len()), (None, 0));
    assert_eq!(repository.gate("data").approvers, Some(vec!["user/carol".to_owned()]));
}

#[test]
fn names_that_differ_in_case_alone_are_refused_at_both_places() {
    let catalogue = "\
version: 1
stacks:
  a: { stack_name: production-network }
  A2: { stack_name: Production-network }
  Web: { template: stacks/shop/template.yaml, stack_name: shop }
  own: { stack_name: Changegate-Pipelines }
";
    let resolution = with(catalogue, &["a", "A2", "web", "shop", "own", "ROOT", "data"]).resolve();
    insta::assert_snapshot!(problems(&resolution), @r"
    changegate.yaml:3:20: `a` is the CloudFormation stack `production-network` and `A2` is `Production-network`, which differ in upper and lower case alone; write another `stack_name` in one of the two
    changegate.yaml:4:21: `A2` is the CloudFormation stack `Production-network` and `a` is `production-network`, which differ in upper and lower case alone; write another `stack_name` in one of the two
    changegate.yaml:5:3: `Web` and `web` differ in upper and lower case alone; rename one of the two, or write an entry with another name and `template:`
    changegate.yaml:6:22: `Changegate-Pipelines` cannot be the name of the CloudFormation stack of `own`: it is one of Changegate's own stacks; write another `stack_name`
    stacks/ROOT/template.yaml:1:1: `ROOT` cannot be the name of a stack: it names a pipeline of Changegate itself; write an entry with another name and `template:`
    stacks/web/template.yaml:1:1: `web` and `Web` differ in upper and lower case alone; rename one of the two, or write an entry with another name and `template:`
    ");
    let names: Vec<&str> = resolution.stacks.iter().map(|gate| gate.stack.as_str()).collect();
    assert_eq!(names, ["data"]);
}

#[test]
fn names_that_only_begin_like_changegates_own_are_names_of_stacks() {
    assert_eq!(
        with("version: 1\n", &["root-dns", "pipelines-web", "rooted"]).names(),
        ["pipelines-web", "root-dns", "rooted"]
    );
}

#[test]
fn a_problem_that_all_stacks_share_is_told_once_and_the_stacks_are_counted() {
    let stacks: Vec<String> = (0..300).map(|number| format!("s{number:03}")).collect();
    let stacks: Vec<&str> = stacks.iter().map(String::as_str).collect();
    let said = |catalogue: &str| problems(&with(catalogue, &stacks).resolve());
    insta::assert_snapshot!(said("version: 1\ndefaults: { stack_name: \"{stack}_x\", approvals: 3 }\n"), @r"
    changegate.yaml:2:25: `s000_x` cannot be the name of the CloudFormation stack of `s000`: it takes letters, digits and hyphens, begins with a letter, and has at most 128 characters; the same is wrong with 299 more stacks
    changegate.yaml:2:49: `approvals` takes 0, 1 or 2, not the number `3`
    ");
    insta::assert_snapshot!(said("version: 1\ndefaults: { stack_name: one }\n"), @r"
    stacks/s000/template.yaml:1:1: `s000` and `s001` are both the CloudFormation stack `one`; write another `stack_name` in one of the two
    stacks/s001/template.yaml:1:1: `s001` and `s000` are both the CloudFormation stack `one`; write another `stack_name` in one of the two; the same is wrong with 298 more stacks
    ");
    let many: Vec<String> = (0..500).map(|number| format!("C{number}")).collect();
    let resolution = with(
        &format!("version: 1\ndefaults: {{ capabilities: [{}] }}\n", many.join(", ")),
        &stacks,
    )
    .resolve();
    assert!(resolution.problems.len() <= 300 * 21, "{}", resolution.problems.len());
    let lines = resolution.lines();
    assert_eq!(lines.len(), 21, "twenty of the list, and how many more there are");
    assert!(
        lines
            .iter()
            .any(|line| line.contains("has 480 problems more; correct these first; the same is wrong with 299"))
    );
    assert_eq!(
        resolution.problems_of("s299").count(),
        21,
        "each stack still says what is wrong with it"
    );
}
