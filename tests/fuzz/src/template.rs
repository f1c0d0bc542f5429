//! Templates: whatever can be read can be checked, worked out and planned, within bounds, twice with one answer.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use changegate::domain::planning::TemplateFacts;
use changegate::domain::template::evaluate::Evaluator;
use changegate::domain::template::{Template, read_file};
use changegate::domain::template_check;

const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/app/00000000-0000-0000-0000-000000000000";

pub(super) fn check(bytes: &[u8]) {
    for path in ["stacks/app/template.yaml", "stacks/app/template.json"] {
        if let Ok(document) = read_file(path, bytes) {
            for finding in template_check::check(&document, bytes.len()) {
                assert!(finding.line >= 1 && finding.column >= 1, "{finding:?} has a place");
                super::told(&finding.message);
            }
        }
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(template) = Template::parse(text) else {
        return;
    };
    assert_eq!(all(&template), all(&template), "a second look sees the same");
    // No function holds a template twice.
    drop(template);
    let facts = TemplateFacts::of(text);
    let values = BTreeMap::new();
    let _ = (
        facts.imports(&values),
        facts.exports(&values),
        facts.iam_resources(),
        facts.transforms(),
    );
}

/// What every resource, output and condition comes to, and what was too much: the hash of it all.
fn all(template: &Template) -> u64 {
    let parameters = BTreeMap::from([("Name".to_owned(), "value".to_owned())]);
    let evaluator = Evaluator::new(template, &parameters, STACK);
    let mut hasher = DefaultHasher::new();
    for (name, _) in template.section("Resources") {
        (name, evaluator.resource(name)).hash(&mut hasher);
    }
    for (name, _) in template.section("Outputs") {
        (name, evaluator.output(name)).hash(&mut hasher);
    }
    for (name, _) in template.section("Conditions") {
        (name, evaluator.condition(name)).hash(&mut hasher);
    }
    for (place, _) in evaluator.exceeded() {
        place.hash(&mut hasher);
    }
    hasher.finish()
}
