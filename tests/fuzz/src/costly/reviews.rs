//! Change sets that take a review long.

use serde_json::{Value, json};

use super::{BYTES, Case};

/// Bytes of each of two texts that are compared.
const HALF: usize = BYTES / 2 - 20_000;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, text: String| cases.push(Case::new("review", name, text));
    add(
        "policies of many statements",
        modified("AWS::IAM::Policy", &|version| {
            let statement = |at: usize| json!({"Effect": "Allow", "Action": [format!("s3:Get{at}*{version}")], "Resource": format!("arn:aws:s3:::b{at}/*")});
            json!({"PolicyDocument": {"Statement": (0..HALF / 95).map(statement).collect::<Vec<_>>()}})
        }),
    );
    add(
        "policies of many actions",
        modified("AWS::IAM::Policy", &|version| {
            let actions: Vec<_> = (0..HALF / 12).map(|at| format!("s3:*{at}*{version}")).collect();
            json!({"PolicyDocument": {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}})
        }),
    );
    add(
        "rules of many networks",
        modified("AWS::EC2::SecurityGroup", &|version| {
            let rule = |at: usize| json!({"IpProtocol": "tcp", "FromPort": at, "ToPort": at + version, "CidrIp": format!("10.{}.{}.0/24", at / 256 % 256, at % 256)});
            json!({"SecurityGroupIngress": (0..HALF / 75).map(rule).collect::<Vec<_>>()})
        }),
    );
    add(
        "texts of many lines",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"Script": (0..HALF / 9).fold(String::new(), |text, at| text + &format!("{}\n", at * version % 99_991))}),
        ),
    );
    add(
        "texts of one line",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"Script": format!("ab{version}").repeat(HALF / 4)}),
        ),
    );
    add(
        "lists of things without names",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"Items": (0..HALF / 22).map(|at| json!({"a": at * version, "b": at % 7})).collect::<Vec<_>>()}),
        ),
    );
    add(
        "lists of lists",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"Items": (0..HALF / 24).map(|at| json!([[at % 5], [at * version]])).collect::<Vec<_>>()}),
        ),
    );
    add(
        "many keys",
        modified("AWS::Glue::Job", &|version| {
            Value::Object(
                (0..HALF / 22)
                    .map(|at| (format!("Key{at}"), json!(at * version)))
                    .collect(),
            )
        }),
    );
    add(
        "one deep value",
        modified("AWS::Glue::Job", &|version| {
            (0..100).fold(json!(version), |inner, _| json!({"a": inner}))
        }),
    );
    add(
        "encoded code",
        modified(
            "AWS::EC2::Instance",
            &|version| json!({"UserData": format!("IyEvYmluL3NoCmVjaG8ge30K{}", ["ZWNobyBhCg==", "ZWNobyBiCg=="][version - 1]).repeat(HALF / 40)}),
        ),
    );
    add(
        "addresses with schemes",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"A": format!("a://b{version}").repeat(HALF / 6)}),
        ),
    );
    add(
        "random words",
        modified(
            "AWS::Glue::Job",
            &|version| json!({"A": (0..HALF / 34).fold(String::new(), |text, at| text + &format!("{:x}{:016x} ", at * version, (at as u64 + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15)))}),
        ),
    );
    add(
        "many resources",
        set(&(0..BYTES / 300)
            .map(|at| change("Add", &format!("R{at}"), "AWS::SNS::Topic", None, &json!({"A": at})))
            .collect::<Vec<_>>()),
    );
    add("many details", {
        let details: Vec<_> = (0..BYTES / 170).map(|at| json!({"Evaluation": "Static", "ChangeSource": "DirectModification", "Target": {"Attribute": "Properties", "Name": "A", "Path": format!("/Properties/A/{at}"), "BeforeValue": "1", "AfterValue": "2", "RequiresRecreation": "Never"}})).collect();
        let mut one = change(
            "Modify",
            "A",
            "AWS::SNS::Topic",
            Some(&json!({"A": 1})),
            &json!({"A": 2}),
        );
        one["ResourceChange"]["Details"] = Value::Array(details);
        set(&[one])
    });
    add("many parameters and tags", {
        let mut set: Value = serde_json::from_str(&set(&[])).unwrap_or_default();
        set["Parameters"] = (0..BYTES / 120)
            .map(|at| json!({"ParameterKey": format!("P{at}"), "ParameterValue": format!("{at}")}))
            .collect();
        set["Tags"] = (0..BYTES / 120)
            .map(|at| json!({"Key": format!("P{at}"), "Value": format!("{at}")}))
            .collect();
        set.to_string()
    });
    cases
}

fn modified(kind: &str, properties: &dyn Fn(usize) -> Value) -> String {
    set(&[change("Modify", "A", kind, Some(&properties(1)), &properties(2))])
}

fn change(action: &str, id: &str, kind: &str, before: Option<&Value>, after: &Value) -> Value {
    let context = |value: &Value| json!({"Properties": value}).to_string();
    json!({"Type": "Resource", "ResourceChange": {"Action": action, "LogicalResourceId": id, "ResourceType": kind,
        "BeforeContext": before.map(context), "AfterContext": context(after)}})
}

fn set(changes: &[Value]) -> String {
    json!({"ChangeSetName": "cg-1", "StackName": "app", "Status": "CREATE_COMPLETE", "Changes": changes}).to_string()
}
