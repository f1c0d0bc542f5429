//! What CloudFormation says without values: parts that change, and whether a resource drifted.

use serde_json::json;

use super::complete::{of_page, review_of};
use crate::review;

#[test]
fn what_changes_without_values_and_every_word_about_drift_are_told() {
    let change = |name: &str, drift: &str| {
        json!({ "Type": "Resource", "ResourceChange": {
            "Action": "Modify", "LogicalResourceId": name, "ResourceType": "AWS::AutoScaling::AutoScalingGroup",
            "Replacement": "False", "Scope": ["Properties", "CreationPolicy", "Tags"], "ResourceDriftStatus": drift,
            "Details": [{ "Target": { "Attribute": "Properties", "Name": "MaxSize", "Path": "/Properties/MaxSize",
                                      "BeforeValue": "1", "AfterValue": "2" } }] } })
    };
    let drifts = [
        "IN_SYNC",
        "MODIFIED",
        "DELETED",
        "NOT_CHECKED",
        "UNKNOWN",
        "UNSUPPORTED",
    ];
    let changes: Vec<_> = drifts.iter().map(|drift| change(&format!("R{drift}"), drift)).collect();
    let review = review_of(&[json!({ "ChangeSetId": "arn:set", "StackName": "s", "Changes": changes })]);
    for rendered in [
        review::text(&review),
        review::markdown(&review),
        of_page(&review::html(&review)),
    ] {
        let told = "also changes, values unknown: CreationPolicy, Tags";
        assert_eq!(rendered.matches(told).count(), drifts.len(), "{rendered}");
        for drift in drifts {
            assert!(rendered.contains(drift), "{drift} in\n{rendered}");
        }
        assert_eq!(
            rendered.matches("it differs from what was last deployed: ").count(),
            2,
            "{rendered}"
        );
    }
    assert!(
        drifts
            .iter()
            .all(|drift| review::json(&review).contains(&format!("\"drift\": \"{drift}\"")))
    );
}
