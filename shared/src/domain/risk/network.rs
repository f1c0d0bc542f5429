//! Security groups and their like: what is opened, to whom.

// An address is data: `core::net` has the addresses of `std::net` without its sockets.
use core::net::IpAddr;
use std::collections::HashSet;

use serde_json::Value;

use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Sentence, sentence};
use crate::domain::template::boolean;

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if facts.change.action == "Remove" {
        return;
    }
    let kind = facts.change.resource_type.as_str();
    let (before, after) = (properties(facts.before.as_ref()), properties(facts.after.as_ref()));
    // Nothing is behind what is new yet; what was closed was perhaps relied upon.
    let (inward, into_subnet) = if facts.change.action == "Add" {
        (Direction::InNew, Direction::IntoSubnet)
    } else {
        (Direction::In, Direction::In)
    };
    match kind {
        "AWS::EC2::SecurityGroup" => {
            for (list, direction) in [
                ("SecurityGroupIngress", inward),
                ("SecurityGroupEgress", Direction::Out),
            ] {
                compare(&rules(before, list), &rules(after, list), direction, found);
            }
        }
        "AWS::EC2::SecurityGroupIngress"
        | "AWS::EC2::SecurityGroupEgress"
        | "AWS::RDS::DBSecurityGroupIngress"
        | "AWS::Redshift::ClusterSecurityGroupIngress" => {
            let list = |side: Option<&Value>| side.map(Rule::all_of).unwrap_or_default();
            let direction = if kind.ends_with("Egress") {
                Direction::Out
            } else {
                inward
            };
            compare(&list(before), &list(after), direction, found);
        }
        "AWS::RDS::DBSecurityGroup" => compare(
            &rules(before, "DBSecurityGroupIngress"),
            &rules(after, "DBSecurityGroupIngress"),
            inward,
            found,
        ),
        "AWS::EC2::NetworkAclEntry" => {
            let entry = |side| properties_of_entry(side).unwrap_or_default();
            compare(&entry(before), &entry(after), into_subnet, found);
        }
        "AWS::EKS::Cluster" => {
            let list = |side: Option<&Value>| {
                side.and_then(|side| side.get("ResourcesVpcConfig")?.get("PublicAccessCidrs")?.as_array())
                    .into_iter()
                    .flatten()
                    .map(|cidr| Rule {
                        protocol: "tcp".to_owned(),
                        ports: Some((443, 443)),
                        peer: text(cidr),
                    })
                    .collect::<Vec<_>>()
            };
            compare(&list(before), &list(after), Direction::In, found);
        }
        _ => {}
    }
}

/// Which way a rule lets traffic through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    /// To what the group is attached to.
    In,
    /// To what a new group will be attached to.
    InNew,
    /// Into a subnet, by a new rule.
    IntoSubnet,
    /// To others.
    Out,
}

/// One protocol and port range, open to one peer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Rule {
    /// `-1` for every protocol.
    protocol: String,
    /// `None` for every port.
    ports: Option<(i64, i64)>,
    /// An address range, a group or a list of prefixes.
    peer: String,
}

/// Properties that name a peer.
const PEERS: [&str; 12] = [
    "CidrIp",
    "CidrIpv6",
    "CIDRIP",
    "CidrBlock",
    "Ipv6CidrBlock",
    "SourceSecurityGroupId",
    "SourceSecurityGroupName",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
    "EC2SecurityGroupId",
    "EC2SecurityGroupName",
];

impl Rule {
    /// What one rule of a template opens: a rule may name more than one peer.
    fn all_of(rule: &Value) -> Vec<Self> {
        let word = |name: &str| rule.get(name).map(text);
        let protocol = match word("IpProtocol").or_else(|| word("Protocol")) {
            None => "-1".to_owned(),
            Some(protocol) => match protocol.to_ascii_lowercase().as_str() {
                "all" | "-1" => "-1".to_owned(),
                "6" => "tcp".to_owned(),
                "17" => "udp".to_owned(),
                "1" => "icmp".to_owned(),
                other => other.to_owned(),
            },
        };
        let port = |name: &str| text(rule.get(name)?).parse().ok();
        let ports = match (port("FromPort"), port("ToPort")) {
            (Some(-1), _) | (_, Some(-1)) => None,
            (Some(from), Some(to)) => Some((from, to)).filter(|ports| *ports != (0, 65_535)),
            (Some(one), None) | (None, Some(one)) => Some((one, one)),
            (None, None) => None,
        };
        let mut peers: Vec<_> = PEERS.iter().filter_map(|name| word(name)).collect();
        if peers.is_empty() {
            peers.push("an unnamed peer".to_owned());
        }
        peers
            .into_iter()
            .map(|peer| Self {
                protocol: protocol.clone(),
                ports: if protocol == "-1" { None } else { ports },
                peer,
            })
            .collect()
    }

    /// Whether this rule lets through all that `other` does.
    fn covers(&self, other: &Self) -> bool {
        let within = match (self.ports, other.ports) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(own), Some(other)) => own.0 <= other.0 && other.1 <= own.1,
        };
        within
            && (self.protocol == "-1" || self.protocol == other.protocol)
            && (self.peer == other.peer
                || matches!((Range::of(&self.peer), Range::of(&other.peer)), (Some(own), Some(other)) if own.holds(other)))
    }

    /// Whether it is the port of a web server, which is there for everybody.
    fn is_web(&self) -> bool {
        matches!(
            (self.protocol.as_str(), self.ports),
            ("tcp", Some((80, 80) | (443, 443))) | ("udp", Some((443, 443)))
        )
    }

    /// Whether it carries what routers and hosts tell each other, and no connections.
    fn is_control(&self) -> bool {
        matches!(self.protocol.as_str(), "icmp" | "icmpv6" | "58")
    }

    fn words(&self) -> Sentence {
        match (self.protocol.as_str(), self.ports) {
            ("-1", _) => sentence!["every protocol and port"],
            (protocol, None) => sentence![protocol.to_owned(), ", every port"],
            (protocol, Some((from, to))) if from == to => sentence![protocol.to_owned(), " port ", from],
            (protocol, Some((from, to))) => sentence![protocol.to_owned(), " ports ", from, " to ", to],
        }
    }
}

/// A range of addresses.
#[derive(Debug, Clone, Copy)]
struct Range {
    /// The address as a number, IPv4 in the upper bits as well.
    bits: u128,
    length: u32,
    is_v6: bool,
}

impl Range {
    fn of(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (bits, is_v6) = match address.parse().ok()? {
            IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, false),
            IpAddr::V6(address) => (u128::from(address), true),
        };
        (length <= if is_v6 { 128 } else { 32 }).then_some(Self { bits, length, is_v6 })
    }

    fn holds(self, other: Self) -> bool {
        let mask = u128::MAX.checked_shl(128 - self.length).unwrap_or(0);
        self.is_v6 == other.is_v6 && self.length <= other.length && (self.bits & mask) == (other.bits & mask)
    }

    /// Whether it holds so much of the internet that it is nobody's own network.
    fn is_wide(self) -> bool {
        let most = if self.is_v6 { 16 } else { 7 };
        self.length > 0 && self.length <= most
    }
}

fn properties_of_entry(properties: Option<&Value>) -> Option<Vec<Rule>> {
    let properties = properties?;
    let word = |name: &str| properties.get(name).map(text).unwrap_or_default();
    let allows = word("RuleAction").eq_ignore_ascii_case("allow") && boolean(&word("Egress")) != Some(true);
    let mut entry = properties.clone();
    if let (Some(range), Some(map)) = (
        properties.get("PortRange").and_then(Value::as_object),
        entry.as_object_mut(),
    ) {
        for (from, to) in [("From", "FromPort"), ("To", "ToPort")] {
            if let Some(port) = range.get(from) {
                map.insert(to.to_owned(), port.clone());
            }
        }
    }
    allows.then(|| Rule::all_of(&entry))
}

fn rules(properties: Option<&Value>, list: &str) -> Vec<Rule> {
    match properties.and_then(|properties| properties.get(list)) {
        Some(Value::Array(rules)) => rules.iter().flat_map(Rule::all_of).collect(),
        Some(rule @ Value::Object(_)) => Rule::all_of(rule),
        _ => Vec::new(),
    }
}

fn compare(old: &[Rule], new: &[Rule], direction: Direction, found: &mut Found<'_>) {
    let known: HashSet<_> = old.iter().collect();
    for rule in new.iter().filter(|rule| !known.contains(rule)) {
        if !found.context.network.spend(1 + old.len() as u64) {
            found.add(
                Level::High,
                Kind::Unknown,
                "its rules are too many to be compared; read them whole",
            );
            return;
        }
        if !old.iter().any(|old| old.covers(rule)) {
            opened(rule, direction, found);
        }
    }
}

fn opened(rule: &Rule, direction: Direction, found: &mut Found<'_>) {
    let range = Range::of(&rule.peer);
    let is_everybody = range.is_some_and(|range| range.length == 0);
    let is_wide = range.is_some_and(Range::is_wide);
    let level = match (direction, is_everybody || is_wide) {
        (Direction::InNew, true) if rule.is_web() || rule.is_control() => Level::Medium,
        (Direction::In | Direction::InNew, true) => Level::High,
        // Security groups still decide what reaches anything in the subnet.
        (Direction::In | Direction::InNew | Direction::IntoSubnet, _) => Level::Medium,
        (Direction::Out, _) => Level::Low,
    };
    let (verb, joint) = match direction {
        Direction::In | Direction::InNew | Direction::IntoSubnet => ("lets in", "from"),
        Direction::Out => ("lets out", "to"),
    };
    let whom = if is_everybody {
        sentence!["everybody (", &rule.peer, ")"]
    } else if is_wide {
        sentence!["a large part of the internet (", &rule.peer, ")"]
    } else {
        sentence![&rule.peer]
    };
    found.add(
        level,
        Kind::SecurityWidened,
        sentence!["it ", verb, " ", rule.words(), " ", joint, " ", whom],
    );
}
