//! Conditions: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>.

use serde_json::Value;

use super::statement::texts;
use super::{Request, pattern};

/// Whether all operators of a `Condition` element hold.
pub(super) fn all_hold(condition: &Value, request: &Request) -> bool {
    let Some(operators) = condition.as_object() else {
        assert!(condition.is_null(), "a condition is an object");
        return true;
    };
    operators.iter().all(|(operator, keys)| {
        let mut keys = keys.as_object().expect("condition keys").iter();
        keys.all(|(key, expected)| holds(operator, request.values(key), &texts(expected)))
    })
}

fn holds(operator: &str, actual: &[String], expected: &[String]) -> bool {
    if operator == "Null" {
        return expected == [actual.is_empty().to_string()];
    }
    let (quantifier, operator) = match operator.split_once(':') {
        Some((quantifier, operator)) => (Some(quantifier), operator),
        None => (None, operator),
    };
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (is_negated, matches): (bool, fn(&str, &str) -> bool) = match operator {
        "StringEquals" => (false, equal),
        "StringNotEquals" => (true, equal),
        "StringLike" => (false, pattern::glob),
        "StringNotLike" => (true, pattern::glob),
        "ArnEquals" | "ArnLike" => (false, pattern::arn),
        "ArnNotEquals" | "ArnNotLike" => (true, pattern::arn),
        "Bool" => (false, |expected, actual| expected.eq_ignore_ascii_case(actual)),
        other => panic!("the condition operator {other} is not known"),
    };
    let one = |actual: &String| expected.iter().any(|expected| matches(expected, actual)) != is_negated;
    match quantifier {
        Some("ForAllValues") => actual.iter().all(one),
        Some("ForAnyValue") => actual.iter().any(one),
        Some(other) => panic!("the quantifier {other} is not known"),
        None => match actual {
            [] => is_negated || if_exists,
            [actual] => one(actual),
            several => panic!("{several:?} needs a quantifier"),
        },
    }
}

fn equal(expected: &str, actual: &str) -> bool {
    expected == actual
}
