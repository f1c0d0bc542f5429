//! Change sets that somebody saved: what `aws cloudformation describe-change-set` prints, or what the console writes.

mod shapes;

use super::description::{ChangeSetDescription, present};
use super::hooks::ChangeSetHooks;
use super::tree::{ChangeSetTree, PlacedChangeSet, join};
use crate::domain::document::SyntaxError;

/// A saved change set cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// No file was given.
    #[error("no change set was given; save one with `aws cloudformation describe-change-set`")]
    Nothing,
    /// A file is not what the AWS CLI prints.
    #[error("file {file} is not the JSON that `aws cloudformation describe-change-set` prints: {reason}")]
    NotAChangeSet {
        /// Number of the file, from 1.
        file: usize,
        /// Why, with line and column.
        reason: serde_json::Error,
    },
    /// A file is neither JSON nor YAML.
    #[error(
        "file {file} is neither the JSON nor the YAML that `aws cloudformation describe-change-set` prints: {reason}"
    )]
    NotYaml {
        /// Number of the file, from 1.
        file: usize,
        /// What stops the reader, with line and column.
        reason: SyntaxError,
    },
    /// A file is a table or text for people.
    #[error(
        "file {file} is a table or plain text, which leaves out the structure; save the change set with `aws \
         cloudformation describe-change-set --output json`"
    )]
    TableOrText {
        /// Number of the file, from 1.
        file: usize,
    },
    /// A file can be read, but holds no change set.
    #[error(
        "file {file} names neither a change set nor a stack; save it with `aws cloudformation describe-change-set`"
    )]
    Empty {
        /// Number of the file, from 1.
        file: usize,
    },
}

/// Puts saved files together: further pages of one change set, and change sets of nested stacks. The first file is
/// the root. What `aws cloudformation describe-change-set-hooks` prints may be among them. Answers what is missing as
/// well, one sentence each.
///
/// # Errors
///
/// One variant of [`SavedError`] for each way in which a file is no change set.
pub fn tree_of(files: &[&str]) -> Result<(ChangeSetTree, Vec<String>), SavedError> {
    let mut sets: Vec<ChangeSetDescription> = Vec::new();
    let mut hooks: Vec<ChangeSetHooks> = Vec::new();
    let mut missing = Vec::new();
    for (index, text) in files.iter().enumerate() {
        let file = index + 1;
        let answers = shapes::answers(text, file)?;
        if answers.has_bare_changes {
            missing.push(format!(
                "file {file} is a list of changes alone: change set, stack, parameters and nested stacks are not \
                 named; save all of it with `aws cloudformation describe-change-set --include-property-values`"
            ));
        }
        let unreadable = |reason| SavedError::NotAChangeSet { file, reason };
        for answer in answers.values {
            if answer.get("Hooks").is_some() && answer.get("Changes").is_none() {
                hooks.push(serde_json::from_value(answer).map_err(unreadable)?);
                continue;
            }
            let set: ChangeSetDescription = serde_json::from_value(answer).map_err(unreadable)?;
            let is_named =
                !(set.change_set_id.is_empty() && set.change_set_name.is_empty() && set.stack_name.is_empty());
            if !is_named && set.changes.is_empty() {
                return Err(SavedError::Empty { file });
            }
            add(&mut sets, set, file, &mut missing);
        }
    }
    if sets.is_empty() {
        return Err(SavedError::Nothing);
    }
    let root = sets.remove(0);
    let mut tree = ChangeSetTree::of(root);
    let mut at = 0;
    while at < tree.sets.len() {
        let parent = &tree.sets[at];
        let nested: Vec<_> = parent
            .description
            .changes
            .iter()
            .filter_map(|change| change.resource_change.as_ref())
            .filter_map(|change| {
                let arn = present(change.change_set_id.as_deref())?;
                let stack = present(change.physical_resource_id.as_deref()).unwrap_or_default();
                Some((
                    join(&parent.path, &change.logical_resource_id),
                    arn.to_owned(),
                    stack.to_owned(),
                ))
            })
            .collect();
        let mut placed = 0;
        for (path, arn, stack) in nested {
            let is_it =
                |set: &ChangeSetDescription| set.change_set_id == arn || (!stack.is_empty() && set.stack_id == stack);
            match sets.iter().position(is_it) {
                Some(found) => {
                    placed += 1;
                    let description = sets.remove(found);
                    tree.sets.insert(
                        at + placed,
                        PlacedChangeSet {
                            path,
                            description,
                            hooks: None,
                        },
                    );
                }
                None => missing.push(format!(
                    "the change set of the nested stack {path} is not among the files, so its resources are not \
                     shown: save {arn} as well"
                )),
            }
        }
        at += 1;
    }
    for set in sets {
        let name = present(Some(&set.stack_name)).unwrap_or(&set.change_set_id).to_owned();
        let path = join("", &name);
        missing.push(format!(
            "no change set among the files leads to the one of {name}; it is shown by itself"
        ));
        tree.sets.push(PlacedChangeSet {
            path,
            description: set,
            hooks: None,
        });
    }
    place_hooks(&mut tree, hooks, &mut missing);
    Ok((tree, missing))
}

/// Gives each change set its hooks, all pages together.
fn place_hooks(tree: &mut ChangeSetTree, hooks: Vec<ChangeSetHooks>, missing: &mut Vec<String>) {
    for told in hooks {
        let set = tree.sets.iter_mut().find(|set| {
            let description = &set.description;
            match present(Some(&told.change_set_id)) {
                Some(id) => description.change_set_id == id,
                None => {
                    description.change_set_name == told.change_set_name && description.stack_name == told.stack_name
                }
            }
        });
        match set.map(|set| &mut set.hooks) {
            Some(Some(held)) => {
                held.hooks.extend(told.hooks);
                // As with change sets, the page without a token is the last one.
                held.next_token = held.next_token.take().and(told.next_token);
            }
            Some(empty) => *empty = Some(told),
            None => missing.push(format!(
                "the hooks of {} belong to no change set among the files; they are left out",
                present(Some(&told.change_set_id)).unwrap_or(&told.change_set_name)
            )),
        }
    }
    for set in &tree.sets {
        if set.hooks.is_none() && set.description.has_hooks() {
            let name = present(Some(&set.description.change_set_id)).unwrap_or(&set.description.change_set_name);
            missing.push(format!(
                "hooks are invoked, and the files do not say which: save what `aws cloudformation \
                 describe-change-set-hooks --change-set-name {name}` prints as well"
            ));
        }
    }
}

/// Adds a change set, or a further page of one that is there already.
fn add(sets: &mut Vec<ChangeSetDescription>, set: ChangeSetDescription, file: usize, missing: &mut Vec<String>) {
    let earlier = sets
        .iter_mut()
        .find(|held| !held.change_set_id.is_empty() && held.change_set_id == set.change_set_id);
    let Some(held) = earlier else {
        sets.push(set);
        return;
    };
    if set.changes.first().is_some_and(|change| held.changes.contains(change)) {
        missing.push(format!(
            "file {file} holds a page that was given already; it is left out"
        ));
        return;
    }
    held.changes.extend(set.changes);
    // Pages come in any order; the one without a token is the last of them.
    held.next_token = held.next_token.take().and(set.next_token);
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::tree_of;

    fn page(number: usize, token: Option<&str>) -> Value {
        json!({ "ChangeSetId": "arn", "StackName": "s", "CreationTime": 1_732_000_000.5, "NextToken": token, "Changes": [
            { "Type": "Resource", "ResourceChange": { "Action": "Add", "LogicalResourceId": format!("R{number}") } }] })
    }

    #[test]
    fn pages_are_put_together_from_files_lists_and_streams_in_any_order() {
        let (first, last) = (page(1, Some("more")), page(2, None));
        for texts in [
            vec![first.to_string(), last.to_string()],
            vec![last.to_string(), first.to_string()],
            vec![format!("\u{feff}{}", json!([first, last]))],
            vec![format!("{first}\n{last}\n")],
        ] {
            let texts: Vec<_> = texts.iter().map(String::as_str).collect();
            let (tree, missing) = tree_of(&texts).unwrap();
            let root = tree.root().unwrap();
            assert_eq!(root.changes.len(), 2);
            assert_eq!(root.next_token, None);
            assert_eq!(root.creation_time.as_deref(), Some("1732000000.5"));
            assert!(missing.is_empty());
        }
    }

    #[test]
    fn a_page_that_is_given_twice_counts_once() {
        let (first, last) = (page(1, Some("more")).to_string(), page(2, None).to_string());
        let (tree, missing) = tree_of(&[&first, &last, &first]).unwrap();
        assert_eq!(tree.root().unwrap().changes.len(), 2);
        assert_eq!(missing, ["file 3 holds a page that was given already; it is left out"]);
    }

    #[test]
    fn every_shape_in_which_people_save_a_change_set_is_read_alike() {
        let whole = json!({ "ChangeSetName": "next", "StackName": "shop", "Status": "CREATE_COMPLETE",
            "IncludeNestedStacks": true, "Changes": [
            { "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": "Queue", "ResourceType": "AWS::SQS::Queue",
                "BeforeContext": "{\"properties\":{\"delaySeconds\":1}}", "Scope": ["Tags"], "Details": [] } }] });
        let camel = r#"{"changeSetName":"next","stackName":"shop","status":"CREATE_COMPLETE","includeNestedStacks":true,
            "changes":[{"type":"Resource","resourceChange":{"action":"Modify",
            "logicalResourceId":"Queue","resourceType":"AWS::SQS::Queue",
            "beforeContext":"{\"properties\":{\"delaySeconds\":1}}","scope":["Tags"],"details":[]}}]}"#;
        let yaml = "ChangeSetName: next\nStackName: shop\nStatus: CREATE_COMPLETE\nIncludeNestedStacks: true\nChanges:\n\
            - Type: Resource\n  ResourceChange:\n    Action: Modify\n\
            \u{20}   LogicalResourceId: Queue\n    ResourceType: AWS::SQS::Queue\n\
            \u{20}   BeforeContext: '{\"properties\":{\"delaySeconds\":1}}'\n    Scope:\n    - Tags\n    Details: []\n";
        let (expected, missing) = tree_of(&[&whole.to_string()]).unwrap();
        assert!(missing.is_empty());
        for text in [camel, yaml] {
            let (tree, missing) = tree_of(&[text]).unwrap();
            assert!(missing.is_empty(), "{missing:?}");
            assert!(tree.root() == expected.root(), "{text}");
        }
        let changes = &whole["Changes"];
        for text in [
            changes.to_string(),
            json!({ "Changes": changes }).to_string(),
            camel
                .split_once("\"changes\":")
                .unwrap()
                .1
                .strip_suffix('}')
                .unwrap()
                .to_owned(),
            yaml.split_once("Changes:\n").unwrap().1.to_owned(),
        ] {
            let (tree, missing) = tree_of(&[&text]).unwrap();
            assert!(
                tree.root().unwrap().changes == expected.root().unwrap().changes,
                "{text}"
            );
            assert_eq!(missing.len(), 1);
            assert!(missing[0].contains("is a list of changes alone"), "{missing:?}");
        }
    }

    #[test]
    fn tables_and_plain_text_are_told_with_the_command_that_saves_it_right() {
        for text in [
            "-----------\n|  DescribeChangeSet  |\n",
            "+----+\n",
            "None\tnext\tshop\n",
            "CHANGES\tResource\n",
        ] {
            let error = tree_of(&[text]).unwrap_err().to_string();
            assert!(error.contains("--output json"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_no_change_set_is_refused_with_what_to_do() {
        for text in [
            "",
            "{",
            "[1]",
            "AWSTemplateFormatVersion: x",
            "{\"Resources\":{}}",
            "{} {}",
            "[]",
            "null",
            "{\"ChangeSetId\":[]}",
        ] {
            let error = tree_of(&[text]).unwrap_err().to_string();
            assert!(error.contains("describe-change-set"), "{text}: {error}");
        }
    }
}
