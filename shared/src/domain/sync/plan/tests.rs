use super::*;
use crate::domain::sync::files::FileEntry;
use crate::domain::sync::snapshot::{StoredFile, StoredStack};

fn file(id: &str) -> FileEntry {
    FileEntry {
        mode: "100644".to_owned(),
        id: id.to_owned(),
    }
}

fn wanted() -> Wanted {
    let stack = WantedStack {
        template: "stacks/network/template.yaml".to_owned(),
        effective_template: Some(Sha256::of("t1")),
        effective_configuration: Some(Sha256::of("c1")),
        packages: vec![],
        gate: Some(Sha256::of("g1")),
    };
    let files = [
        ("stacks/network/template.yaml", "b1"),
        ("stacks/network/odd name+%.yaml", "b2"),
    ];
    Wanted {
        files: files.map(|(path, id)| (path.to_owned(), file(id))).into(),
        stacks: [("network".to_owned(), stack)].into(),
        catalogue: Some(Sha256::of("k1")),
    }
}

/// The snapshot after everything that is wanted was written.
fn satisfied(wanted: &Wanted) -> Snapshot {
    let object = |content: Option<Sha256>| {
        content.map(|content| StoredObject {
            content,
            etag: "e".to_owned(),
            version: "v".to_owned(),
        })
    };
    let files = wanted.files.iter().map(|(path, entry)| {
        let stored = StoredFile {
            entry: entry.clone(),
            etag: "e".to_owned(),
            touched: 0,
        };
        (path.clone(), stored)
    });
    let stacks = wanted.stacks.iter().map(|(name, stack)| {
        let stored = StoredStack {
            stack_name: name.clone(),
            template: stack.template.clone(),
            gate: stack.gate,
            template_zip: object(stack.effective_template),
            configuration_zip: object(stack.effective_configuration),
            packages: stack.packages.clone(),
            ..StoredStack::default()
        };
        (name.clone(), stored)
    });
    Snapshot {
        files: files.collect(),
        stacks: stacks.collect(),
        catalogue: object(wanted.catalogue),
        catalogue_zip: object(wanted.catalogue),
        ..Snapshot::empty()
    }
}

fn plan(wanted: &Wanted, snapshot: &Snapshot) -> SyncPlan {
    let mut plan = SyncPlan::between(wanted, snapshot);
    plan.retire(wanted, snapshot, "production");
    plan
}

#[test]
fn an_empty_bucket_gets_everything_and_a_satisfied_one_nothing() {
    insta::assert_snapshot!(
        plan(&wanted(), &Snapshot::empty()),
        @"write stacks/network/odd name+%.yaml, stacks/network/template.yaml; write gates of network; write templates of network; write configurations of network; write the catalogue"
    );
    let nothing = plan(&wanted(), &satisfied(&wanted()));
    assert!(nothing.is_empty());
    assert_eq!(nothing.to_string(), "nothing to do");
}

#[test]
fn a_changed_template_is_written_and_starts_its_pipeline_only() {
    let mut changed = wanted();
    changed
        .files
        .insert("stacks/network/template.yaml".to_owned(), file("b9"));
    changed.stacks.get_mut("network").unwrap().effective_template = Some(Sha256::of("t2"));
    let plan = plan(&changed, &satisfied(&wanted()));
    assert_eq!(
        plan.to_string(),
        "write stacks/network/template.yaml; write templates of network"
    );
    assert_eq!(plan.started(), BTreeSet::from(["network"]));
}

#[test]
fn a_stack_with_a_problem_keeps_its_zips_and_is_not_started() {
    let mut broken = wanted();
    broken
        .files
        .insert("stacks/network/template.yaml".to_owned(), file("b9"));
    let stack = broken.stacks.get_mut("network").unwrap();
    (stack.effective_template, stack.effective_configuration) = (None, None);
    let plan = plan(&broken, &satisfied(&wanted()));
    assert_eq!(plan.to_string(), "write stacks/network/template.yaml");
    assert!(plan.started().is_empty());
}

#[test]
fn what_a_retired_stacks_pipeline_reads_is_kept_and_its_raw_files_go() {
    let mut without = wanted();
    without.stacks.clear();
    without.files.clear();
    let plan = plan(&without, &satisfied(&wanted()));
    assert_eq!(
        plan.to_string(),
        "remove TemplateSource/stacks/network/odd name+%.yaml, TemplateSource/stacks/network/template.yaml; \
         retire TemplateSource/.configurations/production/network.json.zip, \
         TemplateSource/stacks/network/template.yaml.zip"
    );
}

#[test]
fn a_file_that_becomes_a_link_is_removed() {
    let mut linked = wanted();
    let link = FileEntry {
        mode: "120000".to_owned(),
        id: "b2".to_owned(),
    };
    linked.files.insert("stacks/network/odd name+%.yaml".to_owned(), link);
    let plan = plan(&linked, &satisfied(&wanted()));
    assert_eq!(plan.to_string(), "remove TemplateSource/stacks/network/odd name+%.yaml");
}

#[test]
fn a_moved_template_is_written_at_its_new_key_and_kept_at_the_old_one() {
    let mut moved = wanted();
    let stack = moved.stacks.get_mut("network").unwrap();
    stack.template = "stacks/net/template.yaml".to_owned();
    let plan = plan(&moved, &satisfied(&wanted()));
    assert!(plan.templates.contains("network"));
    assert!(
        plan.retirements
            .contains_key("TemplateSource/stacks/network/template.yaml.zip")
    );
}

#[test]
fn long_lists_are_cut_when_they_are_shown() {
    let mut many = Wanted::default();
    for number in 0..100 {
        many.files.insert(format!("stacks/{number:03}"), file("b"));
    }
    let shown = plan(&many, &Snapshot::empty()).to_string();
    assert!(shown.ends_with("stacks/009 and 90 more"), "{shown}");
}

/// The keys that a plan takes out of use.
fn retired(plan: &SyncPlan) -> Vec<&str> {
    plan.retirements.keys().map(String::as_str).collect()
}

#[test]
fn nothing_is_retired_while_a_template_stays_where_it_is() {
    assert_eq!(retired(&SyncPlan::between(&wanted(), &satisfied(&wanted()))), [""; 0]);
}

#[test]
fn a_moved_template_that_was_never_written_leaves_nothing_to_retire() {
    let mut moved = wanted();
    moved.stacks.get_mut("network").unwrap().template = "stacks/net/template.yaml".to_owned();
    let mut snapshot = satisfied(&wanted());
    snapshot.stacks.get_mut("network").unwrap().template_zip = None;
    assert_eq!(retired(&plan(&moved, &snapshot)), [""; 0]);
}

#[test]
fn a_zip_that_another_stack_takes_over_is_not_retired() {
    let mut swapped = wanted();
    let mut network = swapped.stacks.remove("network").unwrap();
    swapped.stacks.insert("backbone".to_owned(), network.clone());
    network.template = "stacks/net/template.yaml".to_owned();
    swapped.stacks.insert("network".to_owned(), network);
    assert_eq!(retired(&plan(&swapped, &satisfied(&wanted()))), [""; 0]);
}

#[test]
fn a_file_of_the_repository_that_has_the_name_of_a_retired_zip_stays() {
    let mut moved = wanted();
    moved.stacks.get_mut("network").unwrap().template = "stacks/net/template.yaml".to_owned();
    moved
        .files
        .insert("stacks/network/template.yaml.zip".to_owned(), file("b7"));
    assert_eq!(retired(&plan(&moved, &satisfied(&wanted()))), [""; 0]);
}

#[test]
fn each_kind_of_work_alone_is_work() {
    let name = || BTreeSet::from(["network".to_owned()]);
    let edits: [fn(&mut SyncPlan, BTreeSet<String>); 7] = [
        |plan, name| plan.files = name,
        |plan, name| plan.packages = name,
        |plan, name| plan.gates = name,
        |plan, name| plan.templates = name,
        |plan, name| plan.configurations = name,
        |plan, _| plan.catalogue = true,
        |plan, _| plan.catalogue_zip = true,
    ];
    for (number, edit) in edits.into_iter().enumerate() {
        let mut plan = SyncPlan::default();
        edit(&mut plan, name());
        assert!(!plan.writes_nothing() && !plan.is_empty(), "{number}");
    }
    for edit in [
        (|plan, name| plan.removals = name) as fn(&mut SyncPlan, BTreeSet<String>),
        |plan, name| plan.retirements = name.into_iter().map(|key| (key.clone(), key)).collect(),
    ] {
        let mut plan = SyncPlan::default();
        edit(&mut plan, name());
        assert!(plan.writes_nothing() && !plan.is_empty());
    }
    assert!(SyncPlan::default().writes_nothing() && SyncPlan::default().is_empty());
}

#[test]
fn what_is_written_is_shown_by_its_kind_and_the_catalogue_once() {
    let some = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let packages = SyncPlan {
        packages: some(&["network"]),
        catalogue: true,
        ..SyncPlan::default()
    };
    assert_eq!(packages.to_string(), "write packages of network; write the catalogue");
    let zip = SyncPlan {
        catalogue_zip: true,
        ..SyncPlan::default()
    };
    assert_eq!(zip.to_string(), "write the catalogue");
    let files = |count: usize| SyncPlan {
        files: (10..10 + count).map(|number| format!("f{number}")).collect(),
        ..SyncPlan::default()
    };
    assert!(files(12).to_string().ends_with("f20, f21"));
    assert!(files(13).to_string().ends_with("f18, f19 and 3 more"));
}
