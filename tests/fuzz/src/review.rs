//! Reviews of saved change sets: the answer of `DescribeChangeSet`, then lines `===`, then the template before and the
//! template after.

use changegate::domain::change_set::build::{Inputs, TemplateTexts};
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use changegate::review;

/// Most characters that a summary has: CodePipeline takes no longer one.
const LONGEST_SUMMARY: usize = 700;

pub(super) fn check(bytes: &[u8]) {
    let files = super::files(bytes);
    let Ok((tree, warnings)) = saved::tree_of(&[&files[0]]) else {
        return;
    };
    let templates = [TemplateTexts {
        before: files.get(1).cloned(),
        after: files.get(2).cloned(),
        ..TemplateTexts::default()
    }];
    let review = Review::of(&Inputs {
        title: "app",
        stack_name: "app",
        tree: Some(&tree),
        templates: if files.len() > 1 { &templates } else { &[] },
        warnings,
        ..Inputs::default()
    });
    renderings(&review);
}

/// Renders a review in every form, demands what each promises, and gives them back.
pub(super) fn renderings(review: &Review) -> [String; 8] {
    let summary = review::summary(review);
    assert!(summary.chars().count() <= LONGEST_SUMMARY, "{summary}");
    assert!(!summary.contains('\n'), "a summary is one line: {summary}");
    let rendered = [
        review::text(review),
        review::markdown(review),
        review::html(review),
        review::json(review),
        summary,
        review::subject(review),
        review::status(review, false),
        review::comment(review, true),
    ];
    for text in &rendered {
        super::assert_visible("a review", text);
    }
    let value = serde_json::from_str::<serde_json::Value>(&rendered[3]);
    assert!(value.is_ok(), "the JSON of a review is JSON");
    assert!(!rendered[2].contains("<script src"), "a page loads nothing");
    rendered
}
