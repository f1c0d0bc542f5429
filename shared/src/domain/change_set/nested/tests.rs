use super::*;
use crate::domain::change_set::description::Change;

fn arn(kind: &str, name: &str) -> String {
    format!("arn:aws:cloudformation:eu-west-1:111122223333:{kind}/{name}/0a1b")
}

fn change(action: &str, logical_id: &str, resource_type: &str) -> ResourceChange {
    ResourceChange {
        action: action.to_owned(),
        logical_resource_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
        ..ResourceChange::default()
    }
}

fn set(name: &str, changes: Vec<ResourceChange>) -> ChangeSetDescription {
    ChangeSetDescription {
        change_set_id: arn("changeSet", name),
        stack_id: arn("stack", name),
        status: "CREATE_COMPLETE".to_owned(),
        execution_status: "UNAVAILABLE".to_owned(),
        status_reason: Some("Executable from root change set".to_owned()),
        root_change_set_id: Some(arn("changeSet", "root")),
        changes: changes
            .into_iter()
            .map(|change| Change {
                resource_change: Some(change),
                ..Change::default()
            })
            .collect(),
        ..ChangeSetDescription::default()
    }
}

/// A root with a nested stack that is added, which has one that is changed, each as CloudFormation describes them.
fn hierarchy() -> ChangeSetTree {
    let mut outer = change("Add", "Outer", NESTED_STACK);
    outer.change_set_id = Some(arn("changeSet", "outer"));
    let mut inner = change("Modify", "Inner", NESTED_STACK);
    inner.change_set_id = Some(arn("changeSet", "inner"));
    inner.physical_resource_id = Some(arn("stack", "inner"));
    let mut root = set(
        "root",
        vec![
            outer,
            change("Remove", "Gone", NESTED_STACK),
            change("Add", "Topic", "AWS::SNS::Topic"),
        ],
    );
    root.root_change_set_id = None;
    root.execution_status = "AVAILABLE".to_owned();
    let mut tree = ChangeSetTree::of(root);
    for (path, parent, description) in [
        ("Outer", "root", set("outer", vec![inner])),
        (
            "Outer/Inner",
            "outer",
            set("inner", vec![change("Add", "Queue", "AWS::SQS::Queue")]),
        ),
    ] {
        tree.sets.push(PlacedChangeSet {
            path: path.to_owned(),
            description: ChangeSetDescription {
                parent_change_set_id: Some(arn("changeSet", parent)),
                ..description
            },
            hooks: None,
        });
    }
    tree
}

fn resource(tree: &mut ChangeSetTree, set: usize) -> &mut ResourceChange {
    tree.sets[set].description.changes[0].resource_change.as_mut().unwrap()
}

/// What is found after an edit.
fn after(edit: impl FnOnce(&mut ChangeSetTree)) -> Vec<(String, Why)> {
    let mut tree = hierarchy();
    edit(&mut tree);
    let found = unshown(&tree).into_iter();
    found.map(|unshown| (unshown.path, unshown.why)).collect()
}

#[test]
fn nested_stacks_with_change_sets_of_their_own_are_shown_and_removed_ones_need_none() {
    assert_eq!(unshown(&hierarchy()), []);
    // Older answers do not say to which parent a change set belongs.
    let silent = after(|tree| {
        for set in &mut tree.sets {
            set.description.parent_change_set_id = None;
            set.description.root_change_set_id = Some(String::new());
        }
    });
    assert_eq!(silent, []);
    assert_eq!(unshown(&ChangeSetTree::default()), []);
}

#[test]
fn a_nested_stack_without_a_change_set_is_found_at_every_depth_whatever_would_happen_to_it() {
    for action in ["Add", "Modify", "Import", "Dynamic", "SyncWithActual", "", "Something"] {
        for (set, path) in [(0, "Outer"), (1, "Outer/Inner")] {
            for none in [None, Some(String::new())] {
                let found = after(|tree| {
                    resource(tree, set).action = action.to_owned();
                    resource(tree, set).change_set_id.clone_from(&none);
                });
                let why = Why::NoChangeSet {
                    action: action.to_owned(),
                };
                assert_eq!(found.first(), Some(&(path.to_owned(), why)), "{action} {path}");
            }
        }
    }
}

#[test]
fn a_change_set_that_is_not_the_one_that_is_executed_is_found() {
    let inner = || arn("changeSet", "inner");
    let of_inner = |why: Why| vec![("Outer/Inner".to_owned(), why)];
    assert_eq!(
        after(|tree| drop(tree.sets.remove(2))),
        of_inner(Why::NotRead { change_set: inner() })
    );
    assert_eq!(
        after(|tree| tree.sets[2].description.change_set_id = arn("changeSet", "harmless")),
        of_inner(Why::Other {
            named: inner(),
            found: arn("changeSet", "harmless")
        })
    );
    assert_eq!(
        after(|tree| tree.sets[2].description.parent_change_set_id = Some(arn("changeSet", "root"))),
        of_inner(Why::OtherParent {
            change_set: inner(),
            parent: arn("changeSet", "root")
        })
    );
    assert_eq!(
        after(|tree| tree.sets[2].description.root_change_set_id = Some(arn("changeSet", "elsewhere"))),
        of_inner(Why::OtherParent {
            change_set: inner(),
            parent: arn("changeSet", "elsewhere")
        })
    );
    assert_eq!(
        after(|tree| tree.sets[2].description.stack_id = arn("stack", "elsewhere")),
        of_inner(Why::OtherStack {
            change_set: inner(),
            stack: arn("stack", "elsewhere")
        })
    );
    for (status, execution_status) in [
        ("FAILED", "UNAVAILABLE"),
        ("CREATE_IN_PROGRESS", "UNAVAILABLE"),
        ("CREATE_COMPLETE", "OBSOLETE"),
        ("CREATE_COMPLETE", "EXECUTE_COMPLETE"),
        ("CREATE_COMPLETE", ""),
        ("DELETE_PENDING", "UNAVAILABLE"),
        ("", ""),
    ] {
        let found = after(|tree| {
            tree.sets[2].description.status = status.to_owned();
            tree.sets[2].description.execution_status = execution_status.to_owned();
        });
        let why = Why::NotReady {
            change_set: inner(),
            status: status.to_owned(),
            execution_status: execution_status.to_owned(),
        };
        assert_eq!(found, of_inner(why));
    }
    assert_eq!(
        after(|tree| tree.sets[2].description.next_token = Some("more".to_owned())),
        of_inner(Why::Cut { change_set: inner() })
    );
}

#[test]
fn a_nested_stack_that_is_replaced_has_a_change_set_of_the_new_one() {
    let replaced = after(|tree| {
        resource(tree, 1).replacement = Some("True".to_owned());
        resource(tree, 1).physical_resource_id = Some(arn("stack", "old"));
    });
    assert_eq!(replaced, []);
}

#[test]
fn one_change_set_does_not_stand_for_two_nested_stacks() {
    let found = after(|tree| {
        resource(tree, 1).change_set_id = Some(arn("changeSet", "outer"));
        resource(tree, 1).physical_resource_id = None;
        let outer = tree.sets[1].description.clone();
        tree.sets[2].description = outer;
        tree.sets[2].description.parent_change_set_id = None;
    });
    assert!(
        found.contains(&(
            "Outer/Inner".to_owned(),
            Why::Twice {
                arn: arn("changeSet", "outer"),
                other: "Outer".to_owned()
            }
        )),
        "{found:?}"
    );
    let root = after(|tree| tree.sets[1].description.stack_id = arn("stack", "root"));
    let why = Why::Twice {
        arn: arn("stack", "root"),
        other: String::new(),
    };
    assert_eq!(root, [("Outer".to_owned(), why)]);
}

#[test]
fn what_is_not_shown_is_told_with_its_place_and_what_to_do() {
    let mut tree = hierarchy();
    resource(&mut tree, 1).change_set_id = None;
    let found = unshown(&tree);
    insta::assert_snapshot!(
        told(&found),
        @"what would happen in the nested stack `Outer/Inner` is not shown: its change is `Modify`, and CloudFormation made no change set for it"
    );
    assert!(what_to_do(&found).contains("a stack of their own"));
    assert_eq!(kind(&found), FailureKind::Configuration);
    let many = vec![found[0].clone(); 7];
    assert!(told(&many).ends_with("; and 2 more"), "{}", told(&many));
}
