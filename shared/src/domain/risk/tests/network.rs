//! What is opened to whom.

use serde_json::{Value, json};

use super::{must_find, must_find_nothing};

#[test]
fn security_groups_are_compared_by_what_they_let_through() {
    let group = |rules: Value| json!({ "SecurityGroupIngress": rules });
    let rule =
        |cidr: &str, from: u16, to: u16| json!({ "IpProtocol": "tcp", "FromPort": from, "ToPort": to, "CidrIp": cidr });
    let kind = "AWS::EC2::SecurityGroup";
    let narrow = group(json!([rule("10.0.0.0/8", 1, 65_000)]));
    must_find_nothing(kind, &narrow, &group(json!([rule("10.1.0.0/16", 22, 22)])));
    must_find(
        kind,
        &narrow,
        &group(json!([rule("11.0.0.0/16", 22, 22)])),
        "medium security widened: it lets in tcp port 22 from 11.0.0.0/16",
    );
    must_find(
        kind,
        &narrow,
        &group(json!([rule("0.0.0.0/0", 443, 443)])),
        "high security widened: it lets in tcp port 443 from everybody",
    );
    must_find(
        kind,
        &narrow,
        &group(json!([rule("128.0.0.0/1", 22, 22)])),
        "high security widened: it lets in tcp port 22 from a large part of the internet",
    );
    for everybody in ["::/0", "0::/0", "0:0:0:0:0:0:0:0/0"] {
        let rule = json!({ "IpProtocol": "-1", "CidrIpv6": everybody });
        must_find(
            kind,
            &narrow,
            &group(json!([rule])),
            "high security widened: it lets in every protocol and port from everybody",
        );
    }
    let both =
        json!({ "IpProtocol": "6", "FromPort": "22", "ToPort": "22", "CidrIp": "10.0.0.0/8", "CidrIpv6": "::/0" });
    must_find(
        kind,
        &narrow,
        &group(json!([both])),
        "high security widened: it lets in tcp port 22 from everybody (::/0)",
    );
    let ingress = "AWS::EC2::SecurityGroupIngress";
    must_find(
        ingress,
        &Value::Null,
        &rule("0.0.0.0/0", 22, 22),
        "high security widened: it lets in tcp port 22",
    );
    must_find_nothing(ingress, &rule("0.0.0.0/0", 0, 100), &rule("0.0.0.0/0", 22, 22));
    must_find(
        "AWS::EC2::SecurityGroupEgress",
        &Value::Null,
        &rule("0.0.0.0/0", 0, 65_535),
        "low security widened: it lets out tcp, every port",
    );
    let entry =
        |action: &str| json!({ "RuleAction": action, "Protocol": -1, "CidrBlock": "0.0.0.0/0", "Egress": "false" });
    must_find(
        "AWS::EC2::NetworkAclEntry",
        &entry("deny"),
        &entry("allow"),
        "high security widened: it lets in every protocol",
    );
    must_find(
        "AWS::EKS::Cluster",
        &json!({ "ResourcesVpcConfig": { "PublicAccessCidrs": ["192.0.2.0/24"] } }),
        &json!({ "ResourcesVpcConfig": { "PublicAccessCidrs": ["0.0.0.0/0"] } }),
        "high security widened: it lets in tcp port 443 from everybody",
    );
}
