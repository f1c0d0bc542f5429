//! Reviews of saved change sets: the answer of `DescribeChangeSet`, then lines `===`, then the template before and the
//! template after.

use changegate::domain::change_set::build::{Inputs, TemplateTexts};
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use changegate::review;
use serde::de::IgnoredAny;

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
    renderings(&review, |_| ());
}

/// Renders a review in every form, one after the other, and demands what each promises; `look` sees each.
pub(super) fn renderings(review: &Review, look: impl Fn(&str)) {
    let see = |text: &str| {
        super::assert_visible("a review", text);
        look(text);
    };
    let summary = review::summary(review);
    assert!(summary.chars().count() <= LONGEST_SUMMARY, "{summary}");
    assert!(!summary.contains('\n'), "a summary is one line: {summary}");
    see(&summary);
    see(&review::subject(review));
    see(&review::status(review, false));
    see(&review::comment(review, true));
    see(&review::text(review));
    see(&review::markdown(review));
    let page = review::html(review);
    assert!(!page.contains("<script src"), "a page loads nothing");
    see(&page);
    drop(page);
    let json = review::json(review);
    assert!(
        serde_json::from_str::<IgnoredAny>(&json).is_ok(),
        "the JSON of a review is JSON"
    );
    see(&json);
}
