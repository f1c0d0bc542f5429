//! The catalogue: read or refused with a place, and what comes of it survives its file.

use std::collections::BTreeMap;

use changegate::domain::catalogue::{self, Environment, RepositoryFiles, ResolvedCatalogue};
use changegate::domain::gate::Floor;

pub(super) fn check(bytes: &[u8]) {
    let names = [
        "stacks/app/template.yaml",
        "stacks/app/configuration.production.json",
        "stacks/network/template.json",
        "policies/keep.json",
    ];
    let blobs: BTreeMap<_, _> = names
        .iter()
        .chain(&["changegate.yaml"])
        .map(|name| ((*name).to_owned(), format!("id of {name}")))
        .collect();
    let mut contents = BTreeMap::from([("changegate.yaml".to_owned(), bytes.to_vec())]);
    for path in catalogue::files_needed(&files(&blobs, &contents)) {
        assert!(
            blobs.contains_key(&path),
            "only a file that is there is asked for: {path}"
        );
        contents.insert(path, b"{\"Statement\": []}".to_vec());
    }
    let files = files(&blobs, &contents);
    assert!(
        catalogue::files_needed(&files).is_empty(),
        "what was asked for is not asked for again"
    );
    let environment = Environment {
        name: "production".to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        floor: Floor {
            minimum_approvals: 1,
            author_may_approve: false,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned()],
            approvers: None,
        },
        default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
    };
    let resolution = catalogue::resolve(&files, &environment, &[]);
    assert_eq!(
        resolution,
        catalogue::resolve(&files, &environment, &[]),
        "a second look sees the same"
    );
    for line in resolution.lines() {
        super::told(&line);
    }
    for gate in &resolution.stacks {
        assert!(
            environment.floor.refusals(gate).is_empty(),
            "a sound stack keeps to the floor: {gate:?}"
        );
    }
    let document = resolution.document("production");
    let read = ResolvedCatalogue::from_json(document.to_json().as_bytes()).expect("what was written is read");
    assert_eq!(document, read);
}

fn files<'f>(blobs: &'f BTreeMap<String, String>, contents: &'f BTreeMap<String, Vec<u8>>) -> RepositoryFiles<'f> {
    RepositoryFiles { blobs, contents }
}
