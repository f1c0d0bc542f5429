use super::*;
use crate::domain::sha256::Sha256;
use crate::domain::sync::snapshot::StoredFile;

fn entry(content: &str) -> FileEntry {
    FileEntry {
        mode: "100644".to_owned(),
        id: content.to_owned(),
    }
}

fn stack(folder: &str, parts: &[&str]) -> StoredStack {
    StoredStack {
        template: format!("stacks/{folder}/template.yaml"),
        gate: Some(Sha256::of("gate")),
        parts: parts.iter().map(|part| (*part).to_owned()).collect(),
        touched: 3,
        ..StoredStack::default()
    }
}

/// Two stacks, one of which reads a snippet; the files were touched last by record 3.
fn before() -> Snapshot {
    let files = [
        ("changegate.yaml", "c"),
        ("stacks/network/template.yaml", "n"),
        ("stacks/orders/template.yaml", "o"),
        ("stacks/shared/a.yaml", "a"),
        ("stacks/shared/b.yaml", "b"),
    ];
    let stored = files.map(|(path, content)| {
        let file = StoredFile {
            entry: entry(content),
            etag: "e".to_owned(),
            touched: 3,
        };
        (path.to_owned(), file)
    });
    Snapshot {
        sequence: 5,
        files: stored.into(),
        stacks: [
            ("network".to_owned(), stack("network", &["stacks/shared/a.yaml"])),
            ("orders".to_owned(), stack("orders", &[])),
        ]
        .into(),
        catalogue_files: vec!["changegate.yaml".to_owned()],
        ..Snapshot::empty()
    }
}

/// What the head of the branch has.
struct Head {
    files: Files,
    stacks: BTreeMap<String, StoredStack>,
    wanted: BTreeMap<String, WantedStack>,
    is_sound: bool,
    steps: Steps,
}

impl Head {
    /// As before, but for these files; `None` removes one.
    fn with(changes: &[(&str, Option<&str>)]) -> Self {
        let before = before();
        let known = before
            .files
            .iter()
            .map(|(path, file)| (path.clone(), file.entry.clone()));
        let mut files: Files = known.collect();
        for (path, content) in changes {
            match content {
                Some(content) => files.insert((*path).to_owned(), entry(content)),
                None => files.remove(*path),
            };
        }
        Self {
            files,
            stacks: before.stacks,
            wanted: BTreeMap::new(),
            is_sound: true,
            steps: Steps {
                is_complete: true,
                has_all_moves: true,
                ..Steps::default()
            },
        }
    }

    fn trace(&self, before: &Snapshot) -> Trace {
        let change = Change {
            before,
            files: &self.files,
            stacks: &self.stacks,
            wanted: &self.wanted,
            catalogue_files: &before.catalogue_files,
            is_sound: self.is_sound,
            plan: &SyncPlan::default(),
            steps: &self.steps,
        };
        change.trace(6).trace
    }
}

/// From, to.
fn moves(steps: &[(&str, &str)]) -> BTreeMap<String, BTreeSet<String>> {
    let mut moved: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, to) in steps {
        moved.entry((*to).to_owned()).or_default().insert((*from).to_owned());
    }
    moved
}

fn touched(trace: &Trace) -> Vec<&str> {
    trace.stacks.keys().map(String::as_str).collect()
}

fn origin(path: &str, record: u64) -> Origin {
    Origin::from((path.to_owned(), record))
}

#[test]
fn a_commit_belongs_to_the_stacks_that_read_what_it_touched_though_nothing_is_written() {
    for (path, content, stacks) in [
        ("stacks/network/template.yaml", Some("broken"), vec!["network"]),
        ("stacks/shared/a.yaml", Some("broken"), vec!["network"]),
        ("stacks/shared/a.yaml", None, vec!["network"]),
        ("stacks/shared/b.yaml", Some("b2"), vec![]),
        ("stacks/orders/template.yaml", None, vec!["orders"]),
        ("changegate.yaml", Some("c2"), vec!["root"]),
    ] {
        let trace = Head::with(&[(path, content)]).trace(&before());
        assert_eq!(touched(&trace), stacks, "{path}");
        assert_eq!(trace.files[path], [origin(path, 3)]);
        assert!(!trace.all);
    }
}

#[test]
fn a_stack_whose_gate_problems_or_files_differ_is_touched() {
    let edits: [fn(&mut StoredStack); 4] = [
        |stack| stack.gate = Some(Sha256::of("other")),
        |stack| stack.gate = None,
        |stack| stack.problems = vec!["wrong".to_owned()],
        |stack| stack.configuration = Some("stacks/orders/production.json".to_owned()),
    ];
    for edit in edits {
        let mut head = Head::with(&[]);
        edit(head.stacks.get_mut("orders").unwrap());
        assert_eq!(touched(&head.trace(&before())), ["orders"]);
    }
    let mut gone = Head::with(&[]);
    gone.stacks.remove("orders");
    assert_eq!(touched(&gone.trace(&before())), ["orders"]);
}

#[test]
fn files_that_a_stack_begins_to_read_come_with_who_wrote_them() {
    let mut head = Head::with(&[("stacks/orders/template.yaml", Some("o2"))]);
    head.stacks
        .insert("orders".to_owned(), stack("orders", &["stacks/shared/b.yaml"]));
    let trace = head.trace(&before());
    assert_eq!(trace.stacks["orders"].adopted, [origin("stacks/shared/b.yaml", 3)]);
    assert_eq!(trace.stacks["orders"].before, Some(3));
    // One that is new with all its files was made here.
    let mut new = Head::with(&[("stacks/new/template.yaml", Some("new"))]);
    new.stacks.insert("new".to_owned(), stack("new", &[]));
    let trace = new.trace(&before());
    let made = StackTrace {
        made: vec!["stacks/new/template.yaml".to_owned()],
        gate: Some(Sha256::of("gate")),
        ..StackTrace::default()
    };
    assert_eq!(trace.stacks["new"], made);
    assert_eq!(trace.files["stacks/new/template.yaml"], []);
}

#[test]
fn a_moved_file_brings_who_wrote_it_but_not_to_whom_it_was_known() {
    let mut head = Head::with(&[("stacks/shared/b.yaml", None), ("stacks/shared/c.yaml", Some("b"))]);
    head.stacks
        .insert("orders".to_owned(), stack("orders", &["stacks/shared/c.yaml"]));
    let trace = head.trace(&before());
    assert_eq!(trace.files["stacks/shared/c.yaml"], [origin("stacks/shared/b.yaml", 3)]);
    assert_eq!(trace.stacks["orders"].adopted, [origin("stacks/shared/b.yaml", 3)]);

    let mut head = Head::with(&[
        ("stacks/shared/a.yaml", None),
        ("stacks/shared/c.yaml", Some("changed")),
    ]);
    head.steps.moved = moves(&[("stacks/shared/a.yaml", "stacks/shared/c.yaml")]);
    head.stacks
        .insert("network".to_owned(), stack("network", &["stacks/shared/c.yaml"]));
    let network = &head.trace(&before()).stacks["network"];
    assert_eq!(network.adopted, [], "it read the file under its other name");
    assert_eq!(network.dropped, ["stacks/shared/a.yaml"]);
    // Where moves are not told, the new file may be any that is gone.
    head.steps.moved.clear();
    assert_eq!(head.trace(&before()).files["stacks/shared/c.yaml"], []);
    head.steps.has_all_moves = false;
    assert_eq!(
        head.trace(&before()).files["stacks/shared/c.yaml"],
        [origin("stacks/shared/a.yaml", 3)]
    );
}

#[test]
fn a_file_that_is_moved_into_a_folder_that_is_read_brings_who_wrote_it() {
    let mut before = before();
    before.stacks.get_mut("orders").unwrap().parts = vec!["stacks/orders/src/".to_owned()];
    let mut head = Head::with(&[("stacks/shared/b.yaml", None), ("stacks/orders/src/b.yaml", Some("b"))]);
    head.stacks = before.stacks.clone();
    let orders = &head.trace(&before).stacks["orders"];
    assert_eq!(orders.adopted, [origin("stacks/shared/b.yaml", 3)]);
    // What is made there, or moved within it, was nobody else's.
    let mut head = Head::with(&[("stacks/orders/src/new.js", Some("new"))]);
    head.stacks = before.stacks.clone();
    assert_eq!(head.trace(&before).stacks["orders"].adopted, []);
}

#[test]
fn a_file_that_is_moved_over_another_or_in_several_steps_brings_who_wrote_it() {
    // It is rewritten on the way, so that only its single commits show where it comes from.
    let mut head = Head::with(&[("stacks/shared/b.yaml", None), ("stacks/shared/d.yaml", Some("other"))]);
    head.steps.moved = moves(&[
        ("stacks/shared/b.yaml", "stacks/shared/c.yaml"),
        ("stacks/shared/c.yaml", "stacks/shared/d.yaml"),
        ("stacks/shared/d.yaml", "stacks/shared/c.yaml"),
    ]);
    head.stacks
        .insert("orders".to_owned(), stack("orders", &["stacks/shared/d.yaml"]));
    let orders = &head.trace(&before()).stacks["orders"];
    assert_eq!(orders.adopted, [origin("stacks/shared/b.yaml", 3)]);
    // It takes the place of a file that the stack reads, which another commit removed.
    let mut head = Head::with(&[("stacks/shared/b.yaml", None), ("stacks/shared/a.yaml", Some("b"))]);
    head.steps.moved = moves(&[("stacks/shared/b.yaml", "stacks/shared/a.yaml")]);
    let trace = head.trace(&before());
    let origins = [origin("stacks/shared/a.yaml", 3), origin("stacks/shared/b.yaml", 3)];
    assert_eq!(trace.files["stacks/shared/a.yaml"], origins);
    assert_eq!(trace.stacks["network"].adopted, [origin("stacks/shared/b.yaml", 3)]);
}

#[test]
fn what_cannot_be_told_belongs_to_every_stack() {
    let catalogue = || Head::with(&[("changegate.yaml", Some("c2"))]);
    assert!(!catalogue().trace(&before()).all);
    let mut wrong = catalogue();
    wrong.is_sound = false;
    assert!(wrong.trace(&before()).all, "the catalogue is wrong now");
    let was_wrong = Snapshot {
        problems: vec!["wrong".to_owned()],
        ..before()
    };
    assert!(catalogue().trace(&was_wrong).all, "it was wrong before");
    let mut elsewhere = Head::with(&[("stacks/orders/template.yaml", Some("o2"))]);
    elsewhere.is_sound = false;
    assert!(!elsewhere.trace(&was_wrong).all, "the catalogue is not touched");
    let mut unlisted = Head::with(&[]);
    unlisted.steps.is_complete = false;
    assert!(unlisted.trace(&before()).all);
    let mut first = Head::with(&[]);
    first.steps.is_first = true;
    assert!(first.trace(&before()).all);
    let mut passing = Head::with(&[]);
    passing.steps.repeated = ["changegate.yaml".to_owned()].into();
    assert!(passing.trace(&before()).all, "the gates in between are not known");
}

#[test]
fn what_one_commit_did_and_another_took_back_is_touched() {
    let mut head = Head::with(&[]);
    head.steps.paths = ["stacks/shared/a.yaml".to_owned()].into();
    let trace = head.trace(&before());
    assert_eq!(touched(&trace), ["network"]);
    assert_eq!(trace.files["stacks/shared/a.yaml"], [origin("stacks/shared/a.yaml", 3)]);
}

#[test]
fn the_snapshot_remembers_the_last_record_of_each_stack_and_file() {
    let before = before();
    let head = Head::with(&[("stacks/shared/a.yaml", Some("a2"))]);
    let change = Change {
        before: &before,
        files: &head.files,
        stacks: &head.stacks,
        wanted: &head.wanted,
        catalogue_files: &before.catalogue_files,
        is_sound: true,
        plan: &SyncPlan::default(),
        steps: &head.steps,
    };
    let mut next = before.clone();
    change.trace(6).enter(&mut next);
    assert_eq!(next.sequence, 6);
    assert_eq!((next.stacks["network"].touched, next.stacks["orders"].touched), (6, 3));
    assert_eq!(next.files["stacks/shared/a.yaml"].touched, 6);
    assert_eq!(next.files["stacks/shared/b.yaml"].touched, 3);
}

#[test]
fn a_record_tells_what_a_sound_stack_reads_whichever_half_was_touched() {
    let mut head = Head::with(&[("stacks/network/template.yaml", Some("n2"))]);
    let wanted = WantedStack {
        effective_template: Some(Sha256::of("template")),
        effective_configuration: Some(Sha256::of("configuration")),
        ..WantedStack::default()
    };
    head.wanted.insert("network".to_owned(), wanted);
    let reads = head.trace(&before()).stacks["network"].reads;
    let expected = StackReads {
        template: Sha256::of("template"),
        configuration: Sha256::of("configuration"),
    };
    assert_eq!(reads, Some(expected));
    // What a stack with a mistake read before is not what its commit wants.
    if let Some(stack) = head.stacks.get_mut("network") {
        stack.problems = vec!["wrong".to_owned()];
    }
    assert_eq!(head.trace(&before()).stacks["network"].reads, None);
}
