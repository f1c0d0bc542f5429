//! Cutting a snapshot up and putting it together again.

use proptest::prelude::*;

use super::*;
use crate::domain::sha256::Sha256;
use crate::domain::sync::git;
use crate::domain::sync::snapshot::StoredObject;

const ALL: CutLimits = CutLimits {
    whole: 0,
    folder: 3,
    added: 1,
};

fn file(path: &str) -> (String, StoredFile) {
    let entry = FileEntry {
        mode: "100644".to_owned(),
        id: git::blob_id(path.as_bytes()),
    };
    let etag = format!("\"{path}\"");
    (
        path.to_owned(),
        StoredFile {
            entry,
            etag,
            touched: 0,
        },
    )
}

fn stack(folder: &str, parts: &[&str]) -> StoredStack {
    let object = |name: &str| {
        let (etag, version) = (format!("\"{folder}\""), format!("v-{name}"));
        let content = Sha256::of(name);
        Some(StoredObject { content, etag, version })
    };
    StoredStack {
        stack_name: folder.replace('/', "-"),
        template: format!("{folder}/template.yaml"),
        gate: Some(Sha256::of("gate")),
        declared: Some(Sha256::of("declared")),
        template_zip: object("template"),
        configuration_zip: object("configuration"),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        ..StoredStack::default()
    }
}

fn snapshot(stacks: &[(&str, &[&str])], others: &[&str]) -> Snapshot {
    let templates = stacks.iter().map(|(folder, _)| format!("{folder}/template.yaml"));
    let templates: Vec<String> = templates.collect();
    let paths = templates.iter().map(String::as_str).chain(others.iter().copied());
    Snapshot {
        commit: "c1".to_owned(),
        files: paths.map(file).collect(),
        stacks: stacks
            .iter()
            .map(|(folder, parts)| (folder["stacks/".len()..].replace('/', "-"), stack(folder, parts)))
            .collect(),
        ..Snapshot::empty()
    }
}

fn teams() -> Snapshot {
    let stacks: [(&str, &[&str]); 6] = [
        ("stacks/network", &[]),
        ("stacks/web", &["stacks/shared/alarms.yaml"]),
        ("stacks/team/a", &["stacks/team/code/"]),
        ("stacks/team/b", &[]),
        ("stacks/team/c", &[]),
        ("stacks/team/d", &[]),
    ];
    let others = [
        "changegate.yaml",
        "policies/web.json",
        "stacks/README.md",
        "stacks/team/README.md",
        "stacks/team/code/index.js",
        "stacks/shared/alarms.yaml",
    ];
    snapshot(&stacks, &others)
}

fn folders(snapshot: &Snapshot) -> Vec<&str> {
    let cut = snapshot.cut.as_ref().unwrap();
    cut.folders.keys().map(String::as_str).collect()
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

fn concerned(snapshot: &Snapshot, changed: &[&str]) -> Vec<String> {
    snapshot.concerned(&set(changed)).into_keys().collect()
}

#[test]
fn a_small_snapshot_stays_whole() {
    assert!(!teams().is_to_be_cut(&CutLimits::default()));
    assert!(teams().is_to_be_cut(&ALL));
}

#[test]
fn folders_are_left_out_and_what_stands_between_them_stays() {
    let mut cut = teams();
    let bytes = cut.cut_up(&ALL).unwrap();
    assert_eq!(
        folders(&cut),
        [
            "stacks/network",
            "stacks/shared",
            "stacks/team/a",
            "stacks/team/b",
            "stacks/team/c",
            "stacks/team/code",
            "stacks/team/d",
            "stacks/web",
        ]
    );
    assert_eq!(
        cut.files.keys().collect::<Vec<_>>(),
        [
            "changegate.yaml",
            "policies/web.json",
            "stacks/README.md",
            "stacks/team/README.md"
        ]
    );
    assert!(cut.stacks.is_empty());
    assert!(!cut.is_to_be_cut(&ALL));
    assert_eq!(String::from_utf8_lossy(&bytes).lines().count(), 8, "one line each");
    assert_eq!(Snapshot::from_json(&cut.to_json()).as_ref(), Some(&cut));
    assert!(cut.open_all(&bytes));
    assert_eq!(cut, teams());
}

#[test]
fn left_out_folders_stand_for_their_files_in_the_ids_of_the_trees() {
    let whole: Files = teams()
        .files
        .into_iter()
        .map(|(path, file)| (path, file.entry))
        .collect();
    let mut cut = teams();
    cut.cut_up(&ALL).unwrap();
    let mut known = cut.left_out();
    known.extend(cut.files.into_iter().map(|(path, file)| (path, file.entry)));
    assert_eq!(
        directory_ids(&known, "stacks")["stacks"],
        directory_ids(&whole, "stacks")["stacks"]
    );
}

#[test]
fn what_the_next_sync_has_to_look_at_is_not_left_out() {
    let mut snapshot = teams();
    snapshot.stacks.get_mut("network").unwrap().problems = vec!["wrong".to_owned()];
    snapshot.stacks.get_mut("web").unwrap().template_zip = None;
    snapshot
        .files
        .get_mut("stacks/team/code/index.js")
        .unwrap()
        .etag
        .clear();
    snapshot.cut_up(&ALL).unwrap();
    for folder in ["stacks/network", "stacks/web", "stacks/team/code"] {
        assert!(!folders(&snapshot).contains(&folder), "{folder}");
    }
    assert_eq!(snapshot.stacks.len(), 2);
}

#[test]
fn a_change_concerns_the_folder_it_is_in_and_those_that_read_it() {
    let mut cut = teams();
    cut.cut_up(&ALL).unwrap();
    assert_eq!(concerned(&cut, &["stacks/network/template.yaml"]), ["stacks/network"]);
    // A stack is packaged from everything that it reads.
    assert_eq!(
        concerned(&cut, &["stacks/web/template.yaml"]),
        ["stacks/shared", "stacks/web"]
    );
    assert_eq!(
        concerned(&cut, &["stacks/shared/alarms.yaml"]),
        ["stacks/shared", "stacks/web"]
    );
    assert_eq!(
        concerned(&cut, &["stacks/team/code/index.js"]),
        ["stacks/team/a", "stacks/team/code"]
    );
    assert!(concerned(&cut, &["README.md", "stacks/README.md"]).is_empty());
}

#[test]
fn a_stack_that_was_opened_before_still_asks_for_what_it_reads() {
    let mut cut = teams();
    let bytes = cut.cut_up(&ALL).unwrap();
    let web = cut.cut.as_ref().unwrap().folders["stacks/web"].clone();
    let range = usize::try_from(web.start).unwrap()..usize::try_from(web.start + web.length).unwrap();
    assert!(cut.open("stacks/web", &bytes[range.clone()]));
    assert_eq!(concerned(&cut, &["stacks/web/template.yaml"]), ["stacks/shared"]);
    assert_eq!(concerned(&cut, &["stacks/shared/alarms.yaml"]), ["stacks/shared"]);
    assert!(!cut.open("stacks/network", &bytes[range]), "the line of another folder");
    assert!(!cut.open("stacks/network", b"{}"));
}

#[test]
fn a_path_that_reaches_into_a_left_out_folder_is_noticed() {
    let mut cut = teams();
    cut.cut_up(&ALL).unwrap();
    let leaves_out = |path: &str| cut.leaves_out(&[path.to_owned()]);
    for path in [
        "stacks/web/x.yaml",
        "stacks/web/",
        "stacks/web/deep/",
        "stacks/team/",
        "stacks/",
        "",
    ] {
        assert!(leaves_out(path), "{path}");
    }
    for path in ["stacks/README.md", "policies/", "stacks/webs/", "stacks/team/README.md"] {
        assert!(!leaves_out(path), "{path}");
    }
    assert!(!teams().leaves_out(&["stacks/".to_owned()]));
}

#[test]
fn what_was_opened_and_did_not_change_is_left_out_again() {
    let mut before = teams();
    let bytes = before.cut_up(&ALL).unwrap();
    let was = before.clone();
    let opened = before.concerned(&set(&["stacks/web/template.yaml"]));
    for (path, folder) in &opened {
        let range = usize::try_from(folder.start).unwrap()..usize::try_from(folder.start + folder.length).unwrap();
        assert!(before.open(path, &bytes[range]));
    }
    let mut same = before.clone();
    same.close_unchanged(&before, &opened);
    assert_eq!(same, was);
    let mut changed = before.clone();
    changed.stacks.get_mut("web").unwrap().parts.clear();
    changed.close_unchanged(&before, &opened);
    assert!(folders(&changed).contains(&"stacks/shared"));
    assert!(!folders(&changed).contains(&"stacks/web"));
    assert!(changed.open_all(&bytes));
    assert_eq!(changed.stacks["web"].parts, Vec::<String>::new());
    assert_eq!(changed.files, teams().files);
}

#[test]
fn a_damaged_object_is_noticed() {
    let mut cut = teams();
    let bytes = cut.cut_up(&ALL).unwrap();
    for damaged in [&bytes[..bytes.len() / 2], b"", &bytes[1..]] {
        assert!(!cut.clone().open_all(damaged));
    }
}

#[test]
fn a_snapshot_without_folders_stays_whole() {
    let mut flat = snapshot(&[], &["stacks/a.yaml", "stacks/b.yaml"]);
    assert_eq!(flat.cut_up(&ALL), None);
    assert_eq!(flat, snapshot(&[], &["stacks/a.yaml", "stacks/b.yaml"]));
}

proptest! {
    #[test]
    fn cutting_and_opening_loses_nothing(
        paths in proptest::collection::btree_set("stacks(/[ab.é]{1,2}){1,4}/template\\.yaml", 0..30),
        unsettled in proptest::collection::btree_set(0_usize..30, 0..4),
        folder in 1_usize..6,
    ) {
        let folders: Vec<&str> = paths.iter().map(|path| path.strip_suffix("/template.yaml").unwrap()).collect();
        let stacks: Vec<(&str, &[&str])> = folders.iter().map(|folder| (*folder, &[][..])).collect();
        let mut whole = snapshot(&stacks, &["stacks/x", "changegate.yaml"]);
        for (index, stack) in whole.stacks.values_mut().enumerate() {
            if unsettled.contains(&index) {
                stack.gate = None;
            }
        }
        let mut cut = whole.clone();
        if let Some(bytes) = cut.cut_up(&CutLimits { folder, ..ALL }) {
            prop_assert!(cut.stacks.values().all(|stack| whole.stacks.values().any(|known| known == stack)));
            let mut known = cut.left_out();
            known.extend(cut.files.iter().map(|(path, file)| (path.clone(), file.entry.clone())));
            let files: Files = whole.files.iter().map(|(path, file)| (path.clone(), file.entry.clone())).collect();
            let id = |files: &Files| directory_ids(files, "stacks").remove("stacks");
            prop_assert_eq!(id(&known), id(&files));
            prop_assert!(cut.open_all(&bytes));
        }
        prop_assert_eq!(cut, whole);
    }
}
