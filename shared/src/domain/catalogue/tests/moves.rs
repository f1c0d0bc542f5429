//! Stacks that move, and stacks that leave.

use super::*;

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
fn a_stack_that_moved_in_its_own_name_is_no_rename() {
    let mut repository = with("version: 1\n", &["network"]);
    repository.former = vec![FormerStack {
        name: "network".to_owned(),
        stack_name: "network".to_owned(),
        template_blob: "older".to_owned(),
    }];
    assert_eq!(repository.names(), ["network"]);
}
