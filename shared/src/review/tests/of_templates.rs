//! Reviews of one change with the templates on both sides.

use serde_json::{Value, json};

use crate::domain::change_set::build::{Inputs, TemplateTexts};
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;

/// The review of the stack `shop`, in which CloudFormation lists this one change of a resource.
pub(super) fn review_of(change: &Value, texts: TemplateTexts) -> Review {
    let tree = saved::tree_of(&[
        &json!({ "ChangeSetName": "next", "StackName": "shop", "Status": "CREATE_COMPLETE",
        "Changes": [{ "Type": "Resource", "ResourceChange": change }] })
        .to_string(),
    ])
    .unwrap()
    .0;
    let is_new = texts.before.is_none();
    Review::of(&Inputs {
        title: "shop",
        stack_name: "shop",
        is_new,
        tree: Some(&tree),
        templates: &[texts],
        ..Inputs::default()
    })
}
