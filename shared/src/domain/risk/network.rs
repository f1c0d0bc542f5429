//! Security groups: what is opened, to whom.

use serde_json::Value;

use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found) {
    if facts.change.action == "Remove" {
        return;
    }
    let kind = facts.change.resource_type.as_str();
    let (before, after) = (properties(facts.before.as_ref()), properties(facts.after.as_ref()));
    match kind {
        "AWS::EC2::SecurityGroup" => {
            for (list, is_ingress) in [("SecurityGroupIngress", true), ("SecurityGroupEgress", false)] {
                let old = rules(before, list);
                for rule in rules(after, list) {
                    if !old.iter().any(|old| covers(old, rule)) {
                        opened(rule, is_ingress, found);
                    }
                }
            }
        }
        "AWS::EC2::SecurityGroupIngress" | "AWS::EC2::SecurityGroupEgress" => {
            if let Some(rule) = after
                && !before.is_some_and(|before| covers(before, rule))
            {
                opened(rule, kind.ends_with("Ingress"), found);
            }
        }
        _ => {}
    }
}

fn rules<'v>(properties: Option<&'v Value>, list: &str) -> Vec<&'v Value> {
    properties
        .and_then(|properties| properties.get(list)?.as_array())
        .into_iter()
        .flatten()
        .collect()
}

fn opened(rule: &Value, is_ingress: bool, found: &mut Found) {
    let peer = peer(rule);
    let is_everybody = peer == "0.0.0.0/0" || peer == "::/0";
    let level = match (is_ingress, is_everybody) {
        (true, true) => Level::High,
        (true, false) => Level::Medium,
        (false, _) => Level::Low,
    };
    let (verb, joint) = if is_ingress {
        ("lets in", "from")
    } else {
        ("lets out", "to")
    };
    let whom = if is_everybody {
        format!("everybody ({peer})")
    } else {
        peer
    };
    found.add(
        level,
        Kind::SecurityWidened,
        format!("it {verb} {} {joint} {whom}", ports(rule)),
    );
}

/// Whether the old rule lets through all that the new one does.
fn covers(old: &Value, new: &Value) -> bool {
    let same_peer = peer(old) == peer(new);
    let protocol = |rule: &Value| rule.get("IpProtocol").map(text).unwrap_or_default();
    let all = matches!(protocol(old).as_str(), "-1" | "all");
    same_peer && (all || (protocol(old) == protocol(new) && within(range(old), range(new))))
}

fn within(old: Option<(i64, i64)>, new: Option<(i64, i64)>) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => old.0 <= new.0 && new.1 <= old.1,
        (old, new) => old == new,
    }
}

fn range(rule: &Value) -> Option<(i64, i64)> {
    let port = |name: &str| text(rule.get(name)?).parse().ok();
    Some((port("FromPort")?, port("ToPort")?))
}

fn ports(rule: &Value) -> String {
    let word = |name: &str| rule.get(name).map(text);
    let protocol = word("IpProtocol").unwrap_or_else(|| "any protocol".to_owned());
    if matches!(protocol.as_str(), "-1" | "all") {
        return "every protocol and port".to_owned();
    }
    match (word("FromPort"), word("ToPort")) {
        (Some(from), Some(to)) if from == to => format!("{protocol} port {from}"),
        (Some(from), Some(to)) => format!("{protocol} ports {from} to {to}"),
        _ => format!("{protocol}, every port"),
    }
}

fn peer(rule: &Value) -> String {
    [
        "CidrIp",
        "CidrIpv6",
        "SourceSecurityGroupId",
        "SourceSecurityGroupName",
        "SourcePrefixListId",
        "DestinationSecurityGroupId",
        "DestinationPrefixListId",
    ]
    .iter()
    .find_map(|name| rule.get(*name).map(text))
    .unwrap_or_else(|| "an unnamed peer".to_owned())
}
