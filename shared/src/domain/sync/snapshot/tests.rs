//! What the snapshot keeps, marks and doubts.

use super::*;

fn object(etag: &str, version: &str) -> StoredObject {
    StoredObject {
        content: Sha256::of(etag),
        etag: etag.to_owned(),
        version: version.to_owned(),
    }
}

fn snapshot() -> Snapshot {
    let entry = FileEntry {
        mode: "100644".to_owned(),
        id: "b1".to_owned(),
    };
    let file = StoredFile {
        entry,
        etag: "e1".to_owned(),
        touched: 0,
    };
    let stack = StoredStack {
        stack_name: "network".to_owned(),
        template: "stacks/network/template.yaml".to_owned(),
        template_zip: Some(object("e2", "v2")),
        configuration_zip: Some(object("e3", "v3")),
        ..StoredStack::default()
    };
    Snapshot {
        commit: "c1".to_owned(),
        files: [("stacks/network/template.yaml".to_owned(), file)].into(),
        stacks: [("network".to_owned(), stack)].into(),
        ..Snapshot::empty()
    }
}

fn listing() -> Listing {
    let of = |key: &str, etag: &str, version: &str| (key.to_owned(), (etag.to_owned(), version.to_owned()));
    [
        of("TemplateSource/stacks/network/template.yaml", "e1", "v1"),
        of("TemplateSource/stacks/network/template.yaml.zip", "e2", "v2"),
        of("TemplateSource/.configurations/production/network.json.zip", "e3", "v3"),
    ]
    .into()
}

#[test]
fn a_snapshot_survives_its_bytes_and_damage_is_noticed() {
    let bytes = snapshot().to_json();
    assert_eq!(Snapshot::from_json(&bytes), Some(snapshot()));
    assert_eq!(Snapshot::from_json(&bytes[..bytes.len() - 1]), None);
    assert_eq!(Snapshot::from_json(b"{}"), None);
    let other = Snapshot {
        version: 2,
        ..snapshot()
    };
    assert_eq!(Snapshot::from_json(&other.to_json()), None);
}

#[test]
fn declarations_are_kept_while_a_stack_names_them_and_there_is_room() {
    let mut snapshot = snapshot();
    let (one, other) = (Sha256::of("one"), Sha256::of("other"));
    let texts = || [(one, "{}".to_owned()), (other, "x".repeat(DECLARATIONS_BYTES))];
    snapshot.declare(texts());
    assert!(snapshot.declarations.is_empty(), "nobody names them");
    let mut second = snapshot.stacks["network"].clone();
    second.declared = Some(other);
    snapshot.stacks.insert("second".to_owned(), second);
    snapshot.stacks.get_mut("network").unwrap().declared = Some(one);
    snapshot.declare(texts());
    assert_eq!(snapshot.declarations.keys().collect::<Vec<_>>(), [&one]);
    snapshot.stacks.remove("network");
    snapshot.declare(texts());
    assert_eq!(snapshot.declarations.keys().collect::<Vec<_>>(), [&other]);
}

#[test]
fn texts_of_configurations_are_kept_while_a_stack_has_them_and_there_is_room() {
    let mut before = snapshot();
    let path = "stacks/network/production.json";
    before.stacks.get_mut("network").unwrap().configuration = Some(path.to_owned());
    let file = |id: &str| StoredFile {
        entry: FileEntry {
            mode: "100644".to_owned(),
            id: id.to_owned(),
        },
        etag: String::new(),
        touched: 0,
    };
    before.files.insert(path.to_owned(), file("one"));
    let changed: BTreeSet<String> = [path.to_owned()].into();
    let keep = |snapshot: &mut Snapshot, before: &Snapshot, id: &str, bytes: usize| {
        snapshot.keep_configurations(before, &changed, [(id.to_owned(), "x".repeat(bytes))]);
        snapshot.configurations.keys().cloned().collect::<Vec<_>>()
    };
    let mut next = before.clone();
    assert_eq!(keep(&mut next, &before, "one", CONFIGURATIONS_BYTES), ["one"]);
    assert_eq!(keep(&mut next, &before, "no room", 1), ["one"]);
    let mut other = next.clone();
    other.files.insert(path.to_owned(), file("two"));
    assert_eq!(keep(&mut other, &next, "two", CONFIGURATIONS_BYTES), ["two"]);
    // What a stack has that is left out is not known; what changed is.
    next.cut = Some(Cut::default());
    next.configurations.insert("elsewhere".to_owned(), String::new());
    assert_eq!(keep(&mut next, &before, "two", 1), ["elsewhere", "two"]);
}

#[test]
fn a_mark_is_short_and_keeps_what_is_owed() {
    let owed = OwedStart {
        versions: BTreeMap::new(),
        variables: BTreeMap::new(),
        is_doubtful: false,
    };
    let snapshot = Snapshot {
        owed: [("cg-network".to_owned(), owed)].into(),
        ..snapshot()
    };
    let mark = snapshot.mark("c2", 7, Some("v1"));
    assert!(mark.files.is_empty() && mark.stacks.is_empty());
    assert_eq!(
        (mark.pending.as_deref(), mark.base.as_deref()),
        (Some("c2"), Some("v1"))
    );
    assert_eq!((&mark.owed, &mark.commit), (&snapshot.owed, &snapshot.commit));
    assert_eq!(mark.sequence, 7);
    assert_eq!(Snapshot::from_json(&mark.to_json()), Some(mark));
    let whole = snapshot.mark("c2", 7, None);
    assert_eq!((whole.base, whole.files, whole.sequence), (None, snapshot.files, 7));
}

#[test]
fn what_the_bucket_confirms_is_not_doubted() {
    let mut doubted = snapshot();
    assert!(doubted.doubt(&listing(), "production").is_empty());
    assert_eq!(doubted, snapshot());
}

#[test]
fn changed_replaced_and_missing_objects_are_forgotten() {
    let mut listing = listing();
    listing
        .get_mut("TemplateSource/stacks/network/template.yaml")
        .unwrap()
        .0 = "other".to_owned();
    // The same content under another version: its metadata may be another's.
    listing
        .get_mut("TemplateSource/stacks/network/template.yaml.zip")
        .unwrap()
        .1 = "v9".to_owned();
    listing.remove("TemplateSource/.configurations/production/network.json.zip");
    let mut doubted = snapshot();
    assert_eq!(doubted.doubt(&listing, "production").len(), 3);
    let stack = &doubted.stacks["network"];
    assert!(stack.template_zip.is_none() && stack.configuration_zip.is_none());
    assert!(doubted.files["stacks/network/template.yaml"].etag.is_empty());
}
