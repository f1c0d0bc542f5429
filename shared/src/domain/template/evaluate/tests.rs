use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::domain::limits::{EVALUATION_BYTES, VALUE_BYTES, VALUE_STEPS};

fn template(value: &Value) -> Template {
    Template::parse(&value.to_string()).unwrap()
}

fn evaluator(template: &Template) -> Evaluator<'_> {
    let parameters = [("Stage".to_owned(), "production".to_owned())].into();
    let stack = "arn:aws:cloudformation:eu-west-1:111122223333:stack/network/0a1b";
    Evaluator::new(template, &parameters, stack)
}

/// What the one resource of a template with this property comes to.
fn property(value: &Value) -> Option<Value> {
    let template = template(&json!({
        "Parameters": { "Stage": { "Type": "String" }, "Zones": { "Type": "CommaDelimitedList", "Default": "a, b" } },
        "Conditions": { "Always": { "Fn::Equals": ["x", "x"] }, "Later": { "Fn::Equals": [{ "Ref": "Queue" }, "x"] } },
        "Mappings": { "Sizes": { "production": { "Count": "3" } } },
        "Resources": { "R": { "Properties": { "P": value } } },
    }));
    let resource = evaluator(&template).resource("R")?;
    resource.pointer("/Properties/P").cloned()
}

#[test]
fn functions_come_to_what_is_known_and_leave_the_rest_visible() {
    for (written, expected) in [
        (json!({ "Ref": "Stage" }), json!("production")),
        (json!({ "Ref": "AWS::Region" }), json!("eu-west-1")),
        (json!({ "Ref": "Queue" }), json!("${Queue}")),
        (json!({ "Ref": "Zones" }), json!(["a", "b"])),
        (json!({ "Fn::GetAtt": "Queue.Arn" }), json!("${Queue.Arn}")),
        (json!({ "Fn::GetAtt": ["Queue", "Arn"] }), json!("${Queue.Arn}")),
        (
            json!({ "Fn::Sub": "a-${Stage}-${Queue.Arn}-${!Literal}-${Zones}" }),
            json!("a-production-${Queue.Arn}-${Literal}-a,b"),
        ),
        (
            json!({ "Fn::Sub": ["${A}${A}", { "A": { "Fn::Sub": "${Stage}." } }] }),
            json!("production.production."),
        ),
        (json!({ "Fn::Sub": "open ${Stage" }), json!("open ${Stage")),
        (
            json!({ "Fn::Join": ["-", ["a", { "Ref": "Stage" }]] }),
            json!("a-production"),
        ),
        (json!({ "Fn::Join": ["-", { "Ref": "Zones" }] }), json!("a-b")),
        (
            json!({ "Fn::Select": ["1", { "Fn::Split": [",", "x,y"] }] }),
            json!("y"),
        ),
        (
            json!({ "Fn::FindInMap": ["Sizes", { "Ref": "Stage" }, "Count"] }),
            json!("3"),
        ),
        (json!({ "Fn::If": ["Always", "yes", "no"] }), json!("yes")),
        (
            json!({ "Fn::If": ["Later", "yes", { "Ref": "Stage" }] }),
            json!({ "Fn::If": ["Later", "yes", "production"] }),
        ),
        (
            json!({ "Fn::FindInMap": ["Nowhere", "a", { "Ref": "Stage" }] }),
            json!({ "Fn::FindInMap": ["Nowhere", "a", "production"] }),
        ),
        (
            json!({ "Fn::Join": ["-", [{ "Ref": "Stage" }, { "Fn::If": ["Later", "a", "b"] }]] }),
            json!({ "Fn::Join": ["-", ["production", { "Fn::If": ["Later", "a", "b"] }]] }),
        ),
        (json!({ "Fn::Length": { "Ref": "Zones" } }), json!("2")),
        (
            json!({ "Fn::ToJsonString": { "a": { "Ref": "Stage" } } }),
            json!("{\"a\":\"production\"}"),
        ),
        (
            json!({ "Fn::ImportValue": { "Fn::Sub": "${Stage}-vpc" } }),
            json!("${import production-vpc}"),
        ),
        (json!(["a", { "Ref": "AWS::NoValue" }]), json!(["a"])),
        (json!({ "a": { "Ref": "AWS::NoValue" }, "b": "c" }), json!({ "b": "c" })),
    ] {
        assert_eq!(property(&written), Some(expected), "{written}");
    }
}

/// Levels of `Fn::Sub` within each other, each four times as long as the one in it.
fn nested_substitutions(levels: usize) -> Value {
    (0..levels).fold(
        json!("0123456789"),
        |inner, _| json!({ "Fn::Sub": ["${a}${a}${a}${a}", { "a": inner }] }),
    )
}

#[test]
fn substitutions_within_each_other_are_worked_out_once_and_end_where_they_become_too_long() {
    assert_eq!(
        property(&nested_substitutions(6)),
        Some(json!("0123456789".repeat(4096)))
    );
    let template = template(&json!({ "Resources": {
        "Bomb": { "P": nested_substitutions(28) },
        "Sound": { "P": "kept" },
    }}));
    let evaluator = evaluator(&template);
    assert_eq!(evaluator.resource("Bomb"), None);
    assert_eq!(evaluator.exceeded(), [("Resources.Bomb".to_owned(), TooMuch::Bytes)]);
    // It counts for that one alone.
    assert_eq!(evaluator.resource("Sound"), Some(json!({ "P": "kept" })));
    assert!(TooMuch::Bytes.to_string().contains(&VALUE_BYTES.to_string()));
}

#[test]
fn a_mapping_that_holds_itself_is_not_followed_for_ever() {
    let itself = json!({ "Fn::FindInMap": ["M", "a", "b"] });
    let template = template(&json!({
        "Mappings": { "M": { "a": { "b": [itself, itself] } } },
        "Resources": { "A": { "Properties": { "TopicName": itself } } },
    }));
    let evaluator = evaluator(&template);
    assert_eq!(evaluator.resource("A"), None);
    let [(place, why)] = &evaluator.exceeded()[..] else {
        panic!("{:?}", evaluator.exceeded());
    };
    assert_eq!(place, "Resources.A");
    assert!(matches!(why, TooMuch::Steps | TooMuch::Bytes | TooMuch::Depth), "{why}");
}

#[test]
fn a_chain_of_very_many_conditions_overflows_nothing_and_is_decided_from_its_beginning() {
    let mut conditions = "{\"Conditions\": {\"C0\": {\"Fn::Equals\": [\"x\", \"x\"]}".to_owned();
    for number in 1..47_500 {
        let _ = write!(conditions, ", \"C{number}\": {{\"Condition\": \"C{}\"}}", number - 1);
    }
    conditions.push_str("}, \"Resources\": {\"A\": {\"Condition\": \"C47499\"}, \"B\": {\"Condition\": \"C9\"}}}");
    let template = Template::parse(&conditions).unwrap();
    let evaluator = evaluator(&template);
    assert_eq!(evaluator.condition("C47499"), None);
    assert_eq!(evaluator.resource("A"), None);
    assert_eq!(
        evaluator.exceeded(),
        [
            ("Conditions.C47499".to_owned(), TooMuch::Depth),
            ("Resources.A".to_owned(), TooMuch::Depth)
        ]
    );
    assert_eq!(evaluator.condition("C100"), Some(true));
    assert!(evaluator.resource("B").is_some());
}

#[test]
fn conditions_that_double_are_each_decided_once() {
    let mut conditions = Map::new();
    conditions.insert(
        "C0".to_owned(),
        json!({ "Fn::Equals": [{ "Ref": "AWS::Region" }, "x"] }),
    );
    for number in 1..60 {
        let before = json!({ "Condition": format!("C{}", number - 1) });
        conditions.insert(format!("C{number}"), json!({ "Fn::Or": [before, before] }));
    }
    conditions.insert("Own".to_owned(), json!({ "Fn::Not": [{ "Condition": "Own" }] }));
    let template = template(&json!({ "Conditions": conditions }));
    let evaluator = evaluator(&template);
    assert_eq!(evaluator.condition("C59"), Some(false));
    assert_eq!(evaluator.condition("Own"), None);
    assert_eq!(evaluator.exceeded(), []);
}

#[test]
fn everything_of_one_template_shares_what_it_may_take() {
    let part = json!({ "Fn::Join": ["", ["x".repeat(1_000_000), "y".repeat(1_000_000)]] });
    let resources: Map<_, _> = (0..20)
        .map(|number| (format!("R{number}"), json!({ "P": part })))
        .collect();
    let template = template(&json!({ "Resources": resources }));
    let evaluator = evaluator(&template);
    let told = (0..20)
        .filter(|number| evaluator.resource(&format!("R{number}")).is_some())
        .count();
    let each = 4_000_000;
    assert!(
        told >= 2 && told * each <= usize::try_from(EVALUATION_BYTES).unwrap(),
        "{told}"
    );
    assert_eq!(evaluator.exceeded().len(), 20 - told);
    // Asking again costs nothing and answers the same.
    assert!(evaluator.resource("R0").is_some());
    assert_eq!(evaluator.exceeded().len(), 20 - told);
}

#[test]
fn long_separators_many_parts_and_functions_that_cannot_be_worked_out_are_counted_too() {
    let many = vec!["a"; 10_000];
    let bombs = [
        json!({ "Fn::Join": ["s".repeat(10_000), many] }),
        json!({ "Fn::Split": ["a", "a".repeat(1_000_000)] }),
        // Each function cannot be worked out, and what is in it is looked at once all the same.
        (0..40).fold(
            json!({ "Fn::If": ["Nowhere", "a", "b"] }),
            |inner, _| json!({ "Fn::Join": [",", [inner]] }),
        ),
        (0..300).fold(json!("x"), |inner, _| json!([inner])),
    ];
    for (index, bomb) in bombs.into_iter().enumerate() {
        let template = Template::parse("Resources: {}").unwrap();
        let evaluator = evaluator(&template);
        let worked = evaluator.value(&bomb);
        match index {
            2 => assert_eq!(worked.as_ref(), Ok(&bomb)),
            3 => assert_eq!(worked, Err(TooMuch::Depth)),
            _ => assert!(worked.is_err(), "{index}"),
        }
    }
    assert!(TooMuch::Steps.to_string().contains(&VALUE_STEPS.to_string()));
}

fn expressions() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        "[a-c${}!.]{0,6}".prop_map(Value::from),
        Just(json!({ "Ref": "Stage" })),
        Just(json!({ "Ref": "AWS::NoValue" })),
        Just(json!({ "Fn::FindInMap": ["M", "a", "b"] })),
    ];
    leaf.prop_recursive(6, 64, 4, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..4);
        let name = prop_oneof![
            Just("Fn::Join"),
            Just("Fn::Sub"),
            Just("Fn::Select"),
            Just("Fn::Split"),
            Just("Fn::If"),
            Just("Fn::ToJsonString"),
            Just("Fn::Length"),
            Just("Other"),
        ];
        prop_oneof![
            list.clone().prop_map(Value::Array),
            (name.clone(), list).prop_map(|(name, list)| json!({ name: list })),
            (name, inner.clone()).prop_map(|(name, argument)| json!({ name: argument })),
            (inner.clone(), inner).prop_map(|(pattern, value)| json!({ "Fn::Sub": [pattern, { "a": value }] })),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_a_template_says_ends_and_says_the_same_again(value in expressions(), mapped in expressions()) {
        let template = template(&json!({
            "Mappings": { "M": { "a": { "b": mapped } } },
            "Conditions": { "C": { "Fn::Equals": [mapped, value] } },
            "Resources": { "R": { "P": value } },
        }));
        let evaluator = evaluator(&template);
        let worked = evaluator.resource("R");
        prop_assert_eq!(worked.is_none(), evaluator.exceeded().iter().any(|(place, _)| place == "Resources.R"));
        prop_assert_eq!(evaluator.resource("R"), worked);
        let _ = evaluator.condition("C");
    }
}

#[test]
fn what_a_number_without_quotes_decides_is_left_open_where_cloudformation_may_read_another() {
    let value = |condition: &str| {
        let text = format!(
            "Mappings:\n  Odd: {{010: {{a: eight}}, '8': {{a: quoted}}}}\n  Even: {{10: {{a: ten}}}}\nConditions:\n  It: {condition}\nResources:\n  \
             R:\n    Type: T\n    Properties:\n      A: !If [It, yes-branch, no-branch]\n      B: !FindInMap [Odd, '8', a]\n      \
             C: !FindInMap [Even, '10', a]\n"
        );
        let template = Template::parse(&text).unwrap();
        Evaluator::new(&template, &BTreeMap::new(), "").resource("R").unwrap()["Properties"].clone()
    };
    for odd in [
        "!Equals [010, '8']",
        "!Equals ['8', 0x8]",
        "!Not [!Equals [1.10, '1.1']]",
    ] {
        let told = value(odd);
        assert!(told["A"].is_object() && told["B"].is_object(), "{odd}: {told}");
        assert_eq!(told["C"], "ten");
    }
    assert_eq!(value("!Equals [8, '8']")["A"], "yes-branch");
    assert_eq!(value("!Equals ['010', '8']")["A"], "no-branch");
}
