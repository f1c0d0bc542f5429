//! How much a template may hold.

use super::{Rule, TemplateFinding};
use crate::domain::document::Node;
use crate::domain::limits::MAX_TEMPLATE_BYTES;

/// Sections with the number of entries that CloudFormation takes.
///
/// Source of all limits here: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const SECTIONS: [(&str, usize); 4] = [
    ("Mappings", 200),
    ("Outputs", 200),
    ("Parameters", 200),
    ("Resources", 500),
];
/// Entries of one mapping.
const MAPPING_ATTRIBUTES: usize = 200;
/// Characters of a name in a section.
const NAME_CHARACTERS: usize = 255;
/// Bytes of the description.
const DESCRIPTION_BYTES: usize = 1_024;

pub(super) fn check(root: &Node, size: usize) -> Vec<TemplateFinding> {
    let mut findings = Vec::new();
    let whole = (root, "the template", "bytes");
    compare(&mut findings, whole, size, MAX_TEMPLATE_BYTES);
    if let Some(description) = root.get("Description") {
        let length = description.as_text().map_or(0, str::len);
        compare(
            &mut findings,
            (description, "the description", "bytes"),
            length,
            DESCRIPTION_BYTES,
        );
    }
    for (section, most) in SECTIONS {
        let Some((key, entries)) = root.entry(section) else {
            continue;
        };
        // A loop stands for as many entries as it makes, which only CloudFormation knows.
        let count = entries.entries().len();
        compare(&mut findings, (key, &format!("`{section}`"), "entries"), count, most);
        for (name, value) in entries.entries() {
            let text = name.as_text().unwrap_or_default();
            let length = text.chars().count();
            if length > NAME_CHARACTERS {
                compare(
                    &mut findings,
                    (name, "this name", "characters"),
                    length,
                    NAME_CHARACTERS,
                );
            }
            if section == "Mappings" {
                let subject = format!("the mapping `{text}`");
                compare(
                    &mut findings,
                    (name, &subject, "entries"),
                    value.entries().len(),
                    MAPPING_ATTRIBUTES,
                );
            }
        }
    }
    findings
}

/// Tells what is over its limit, and from nine tenths on what is near it.
fn compare(findings: &mut Vec<TemplateFinding>, (node, subject, unit): (&Node, &str, &str), count: usize, most: usize) {
    let (rule, message) = if count > most {
        let message = format!(
            "{subject} has {count} {unit}; CloudFormation takes {most}: split the template, with nested stacks for example"
        );
        (Rule::OverLimit, message)
    } else if count * 10 >= most * 9 {
        let message = format!("{subject} has {count} {unit} of the {most} that CloudFormation takes");
        (Rule::NearLimit, message)
    } else {
        return;
    };
    findings.push(TemplateFinding::at(node, rule, message));
}
