//! What alarms count is what the functions write.

use changegate::domain::document::Node;

use super::template::{Template, text, visit};
use super::{files, is_test, read};

/// The field of a line of the log that a filter of metrics looks for.
fn field(pattern: &str) -> &str {
    pattern
        .strip_prefix("{ $.")
        .and_then(|rest| rest.strip_suffix(" = \"*\" }"))
        .unwrap_or_else(|| panic!("{pattern} is no pattern that this test can read"))
}

fn holds(node: &Node, wanted: &str) -> bool {
    let mut found = false;
    visit(node, &mut |node| {
        found |= node.as_text().is_some_and(|text| text.contains(wanted));
    });
    found
}

#[test]
fn each_field_that_a_metric_counts_is_written_by_a_flow_and_alarms_somebody() {
    let template = Template::read();
    let code: Vec<_> = files("shared/src/flows", &[".rs"])
        .into_iter()
        .filter(|path| !is_test(path))
        .map(|path| read(&path))
        .collect();
    let filters: Vec<_> = template.resources("AWS::Logs::MetricFilter").collect();
    assert!(!filters.is_empty());
    for (name, filter) in filters {
        let pattern = text(filter, "/Properties/FilterPattern");
        let written = format!("tracing::error!({} =", field(&pattern));
        assert!(
            code.iter().any(|code| code.contains(&written)),
            "no flow writes the field of {name}: {written}"
        );
        let metric = text(filter, "/Properties/MetricTransformations/0/MetricName");
        let alarm = template
            .resources("AWS::CloudWatch::Alarm")
            .find(|(_, alarm)| holds(alarm, &metric))
            .unwrap_or_else(|| panic!("no alarm watches {metric}"));
        let actions = alarm.1.pointer("/Properties/AlarmActions").expect("actions");
        assert!(holds(actions, "Topic"), "{} tells nobody", alarm.0);
        assert_eq!(text(alarm.1, "/Properties/Threshold"), "0", "{}", alarm.0);
    }
}
