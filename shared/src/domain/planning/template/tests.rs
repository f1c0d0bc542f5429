use super::*;

fn imports(template: &str) -> Vec<String> {
    let values = [("Network", "prod-network"), ("AWS::Region", "eu-west-1")];
    let values = values
        .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
        .into();
    TemplateFacts::of(template).imports(&values)
}

#[test]
fn imports_are_found_in_every_notation() {
    let template = r#"
Parameters:
  Network: {Type: String}
  Zone: {Type: String, Default: a}
Resources:
  One:
    Type: AWS::SNS::Topic
    Properties:
      A: !ImportValue literal
      B: {"Fn::ImportValue": long}
      C: !ImportValue {"Fn::Sub": "${Network}-VpcId"}
      D:
        Fn::ImportValue: !Sub "${Network}-${Zone}-${AWS::Region}"
      E:
        Fn::ImportValue: !Join ["-", [!Ref Network, subnet]]
      F:
        Fn::ImportValue: !Sub ["${Name}-x", {Name: !Ref Network}]
      G: !ImportValue literal
"#;
    assert_eq!(
        imports(template),
        [
            "literal",
            "long",
            "prod-network-VpcId",
            "prod-network-a-eu-west-1",
            "prod-network-subnet",
            "prod-network-x"
        ]
    );
}

#[test]
fn exports_are_told_by_their_names() {
    let template = r#"
Outputs:
  A: {Value: 1, Export: {Name: !Sub "${AWS::Region}-vpc"}}
  B: {Value: 2, Export: {Name: {"Fn::Join": ["-", [{"Ref": Network}, id]]}}}
  C: {Value: 3}
  D: {Value: 4, Export: {Name: !Sub "${Unknown}"}}
"#;
    let values = [("Network", "net"), ("AWS::Region", "eu-west-1")];
    let values = values
        .map(|(key, value)| (key.to_owned(), Some(value.to_owned())))
        .into();
    assert_eq!(
        TemplateFacts::of(template).exports(&values),
        ["eu-west-1-vpc", "net-id"]
    );
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in ".{0,300}") {
        let facts = TemplateFacts::of(&text);
        facts.imports(&BTreeMap::new());
        facts.exports(&BTreeMap::new());
        facts.iam_resources();
        facts.transforms();
    }
}

#[test]
fn an_import_that_may_not_be_needed_is_left_to_cloudformation() {
    let template = r#"
Resources:
  Conditional:
    Type: AWS::SNS::Topic
    Condition: IsProduction
    Properties: {A: !ImportValue under-condition}
  Chosen:
    Type: AWS::SNS::Topic
    Properties:
      A: !If [IsProduction, !ImportValue one-side, other]
      B: {"Fn::If": [IsProduction, {"Fn::ImportValue": other-side}, x]}
      C: {"Fn::ImportValue": !Sub "${Unknown}-x"}
      D: {"Fn::ImportValue": {"Fn::FindInMap": [A, B, C]}}
"#;
    assert!(imports(template).is_empty());
    assert!(imports("neither: [json nor yaml").is_empty());
}

#[test]
fn resources_that_need_a_capability_are_found_with_their_names() {
    let template = r#"{"Resources": {
            "Plain": {"Type": "AWS::IAM::Role", "Properties": {}},
            "Named": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "x"}},
            "Inline": {"Type": "AWS::IAM::Policy", "Properties": {"PolicyName": "x"}},
            "Function": {"Type": "AWS::Serverless::Function", "Properties": {}},
            "Given": {"Type": "AWS::Serverless::Function", "Properties": {"Role": "arn"}},
            "Topic": {"Type": "AWS::SNS::Topic"}}}"#;
    let found = TemplateFacts::of(template).iam_resources();
    let found: Vec<_> = found
        .iter()
        .map(|(name, _, is_named)| (name.as_str(), *is_named))
        .collect();
    assert_eq!(
        found,
        [
            ("Plain", false),
            ("Named", true),
            ("Inline", false),
            ("Function", false)
        ]
    );
}

#[test]
fn a_value_that_only_cloudformation_knows_makes_no_import_certain() {
    let template = r#"
Parameters:
  Kept: {Type: String, Default: old}
  Looked: {Type: "AWS::SSM::Parameter::Value<String>", Default: /network/name}
  Many: {Type: CommaDelimitedList, Default: "a,b"}
Resources:
  One:
    Type: AWS::SNS::Topic
    Properties:
      A: !ImportValue {"Fn::Sub": "${Kept}-x"}
      B: !ImportValue {"Ref": Looked}
      C: !ImportValue {"Ref": Many}
      D: {"Fn::ForEach::Each": [Name, [a], {"A${Name}": !ImportValue in-loop}]}
  Fn::ForEach::Topics:
    - Name
    - [a]
    - T${Name}: {Type: AWS::SNS::Topic, Properties: {A: !ImportValue in-loop}}
"#;
    let values = [("Kept".to_owned(), None)].into();
    assert!(TemplateFacts::of(template).imports(&values).is_empty());
    let own = "Transform: Own\nResources: {A: {Type: T, Properties: {B: !ImportValue x}}}\n";
    assert!(imports(own).is_empty());
    assert_eq!(imports(&own.replace("Own", "AWS::LanguageExtensions")), ["x"]);
}

#[test]
fn transforms_are_told_at_every_level() {
    let template = "Transform: [AWS::LanguageExtensions, Own]\nResources:\n  A: {Type: AWS::CloudFormation::Stack}\n";
    let facts = TemplateFacts::of(template);
    assert_eq!(facts.transforms(), ["AWS::LanguageExtensions", "Own"]);
    let inside = r#"{"Transform": {"Name": "AWS::Include"}, "Resources": {"A": {"Fn::Transform": [{"Name": "Upper"}]},
            "B": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/k"}}}}}"#;
    assert_eq!(TemplateFacts::of(inside).transforms(), ["AWS::Include", "Upper"]);
    let short = "Resources:\n  A:\n    B: !Transform {Name: Lower, Parameters: {X: y}}\n";
    assert_eq!(TemplateFacts::of(short).transforms(), ["Lower"]);
}
