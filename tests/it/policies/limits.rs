//! The longest name of a deployment, in the longest regions: everything still fits.

use std::collections::BTreeMap;

use changegate::domain::document::Node;
use serde_json::Value;

use super::rendered::{Place, Rendered};
use crate::contracts::template::{Template, text};

/// Most characters of the name of Changegate's stack.
const LONGEST: usize = 30;

/// Partitions, and the longest names of regions in each.
const REGIONS: [(&str, &str); 4] = [
    ("aws", "ap-southeast-2"),
    ("aws", "ap-northeast-1"),
    ("aws-cn", "cn-northwest-1"),
    ("aws-us-gov", "us-gov-west-1"),
];

/// Checks deployments whose credential is a secret with a name of `credential` characters.
fn each(credential: usize, check: impl Fn(&Rendered<'_>, &str)) {
    let template = Template::read();
    for (partition, region) in REGIONS {
        let place = Place {
            stack: "c".repeat(LONGEST),
            partition: partition.to_owned(),
            region: region.to_owned(),
            account: "123456789012".to_owned(),
        };
        let credential = format!(
            "arn:{partition}:secretsmanager:{region}:123456789012:secret:{}-AbCdEf",
            "s".repeat(credential)
        );
        for given in ["", credential.as_str()] {
            let (repository, branch) = (format!("o/{}", "r".repeat(20)), "b".repeat(8));
            let parameters = [
                ("BreakGlassPrincipals", "arn:aws:iam::123456789012:user/trusted"),
                ("GitHubCredentialArn", given),
                ("GitHubRepository", repository.as_str()),
                ("GitHubBranch", branch.as_str()),
            ];
            check(&Rendered::new(&template, place.clone(), &parameters), region);
        }
    }
}

/// Characters as IAM counts them: without white space.
fn length(policy: &Value) -> usize {
    assert!(!policy.is_null(), "no policy");
    policy.to_string().chars().filter(|c| !c.is_whitespace()).count()
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
#[test]
fn policies_of_the_longest_deployment_fit() {
    each(64, |rendered, region| {
        for policy in rendered.resources("AWS::IAM::ManagedPolicy") {
            let length = length(&rendered.property(&policy, "/PolicyDocument"));
            assert!(length <= 6_144, "{policy} has {length} characters in {region}");
        }
        for role in rendered.resources("AWS::IAM::Role") {
            let Value::Array(inline) = rendered.property(&role, "/Policies") else {
                continue;
            };
            let length: usize = inline.iter().map(|policy| length(&policy["PolicyDocument"])).sum();
            assert!(length <= 10_240, "{role} has {length} characters in {region}");
            let trust = rendered.property(&role, "/AssumeRolePolicyDocument").to_string().len();
            assert!(trust <= 2_048, "the trust of {role} has {trust} characters in {region}");
        }
    });
}

#[test]
fn names_of_the_longest_deployment_fit() {
    each(64, |rendered, region| {
        for (kind, property, most) in [
            ("AWS::IAM::Role", "/RoleName", 64),
            ("AWS::IAM::ManagedPolicy", "/ManagedPolicyName", 128),
            ("AWS::Serverless::Function", "/FunctionName", 64),
            ("AWS::Events::Rule", "/Name", 64),
            ("AWS::Scheduler::Schedule", "/Name", 64),
            ("AWS::SQS::Queue", "/QueueName", 80),
            ("AWS::CodePipeline::Pipeline", "/Name", 100),
        ] {
            for id in rendered.resources(kind) {
                let name = rendered.property(&id, property);
                let length = name.as_str().map_or(0, str::len);
                assert!(length <= most, "{id} has a name of {length} characters in {region}");
            }
        }
    });
}

#[test]
fn a_longer_name_of_a_deployment_is_refused_before_anything_else_is_made() {
    let template = Template::read();
    let pattern = text(template.resource("DeploymentName"), "/Properties/AllowedPattern");
    assert_eq!(pattern, format!("^[A-Za-z][A-Za-z0-9-]{{0,{}}}$", LONGEST - 1));
    assert_eq!(
        text(template.resource("DeploymentName"), "/Properties/Value"),
        "AWS::StackName"
    );
}

/// What the parameters that hold lists may add to the environment, each at most once.
fn of_parameters(template: &Template) -> usize {
    let parameters = template.document.root.get("Parameters").expect("parameters").entries();
    let in_environment = |name: &str| template.text.contains(&format!("${{{name}}}"));
    let lengths = parameters.iter().filter_map(|(name, declaration)| {
        let is_secret = declaration.get("NoEcho").is_some();
        let most = declaration
            .get("MaxLength")
            .and_then(Node::as_text)?
            .parse::<usize>()
            .ok()?;
        (!is_secret && in_environment(name.as_text()?)).then_some(most)
    });
    lengths.sum()
}

// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
#[test]
fn environments_of_the_longest_deployment_fit() {
    let most_of_parameters = of_parameters(&Template::read());
    assert!(
        most_of_parameters > 0,
        "no parameter with a length stands in an environment"
    );
    each(24, |rendered, region| {
        let shared = rendered.global("/Function/Environment/Variables");
        for function in rendered.resources("AWS::Serverless::Function") {
            let mut variables = shared.as_object().expect("variables").clone();
            if let Value::Object(own) = rendered.property(&function, "/Environment/Variables") {
                variables.extend(own);
            }
            // scripts/deploy writes the hash of each package there.
            if let Some(release) = variables.get_mut("CHANGEGATE_RELEASE") {
                let hashes = rendered
                    .resources("AWS::Serverless::Function")
                    .into_iter()
                    .map(|id| (rendered.property(&id, "/CodeUri"), "h".repeat(44)))
                    .map(|(folder, hash)| (folder.as_str().expect("a folder").replace("functions/", ""), hash));
                *release = Value::String(serde_json::json!(hashes.collect::<BTreeMap<_, _>>()).to_string());
            }
            let bytes: usize = variables
                .iter()
                .map(|(name, value)| name.len() + value.as_str().map_or(0, str::len))
                .sum();
            let most = bytes + most_of_parameters;
            assert!(
                most <= 4_096,
                "{function} has up to {most} bytes of environment in {region}"
            );
        }
    });
}
