//! Properties that protect, watch or admit, whatever type they belong to: retention, versions, backups, logs, logins.

use super::{Found, Kind, Level};
use crate::domain::change_set::diff::Leaf;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Sentence, sentence};
use crate::domain::template::boolean;

/// Types without which nobody watches or filters any more.
const GUARDS: [(&str, &str); 12] = [
    (
        "AWS::CloudTrail::Trail",
        "what happens in the account is recorded by it no more",
    ),
    (
        "AWS::Config::ConfigurationRecorder",
        "configurations are recorded no more",
    ),
    ("AWS::Config::ConfigRule", "the rule is checked no more"),
    ("AWS::EC2::FlowLog", "traffic is recorded no more"),
    ("AWS::GuardDuty::Detector", "threats are detected no more"),
    ("AWS::NetworkFirewall::Firewall", "traffic is filtered no more"),
    ("AWS::SecurityHub::Hub", "findings are collected no more"),
    ("AWS::WAFv2::WebACL", "requests are filtered by it no more"),
    ("AWS::WAFv2::WebACLAssociation", "requests are filtered no more"),
    ("AWS::WAFRegional::WebACLAssociation", "requests are filtered no more"),
    ("AWS::CloudWatch::Alarm", "nobody is alarmed by it any more"),
    ("AWS::Backup::BackupSelection", "what it selected is backed up no more"),
];

/// Ends of paths whose switch, turned off, makes the resource less safe; what is lost then.
const ON: [(&str, Kind, Level, &str); 21] = [
    (
        "SqsManagedSseEnabled",
        Kind::SecurityWidened,
        Level::Medium,
        "the queue no longer encrypts with a key of SQS",
    ),
    (
        "VersioningConfiguration.Status",
        Kind::ProtectionRemoved,
        Level::High,
        "older versions are kept no more",
    ),
    (
        "PointInTimeRecoveryEnabled",
        Kind::ProtectionRemoved,
        Level::High,
        "it can be restored to earlier moments no more",
    ),
    (
        "BackupPolicy.Status",
        Kind::ProtectionRemoved,
        Level::High,
        "it is backed up no more",
    ),
    (
        "CopyTagsToSnapshot",
        Kind::ProtectionRemoved,
        Level::Low,
        "snapshots get no tags any more",
    ),
    (
        "EnableKeyRotation",
        Kind::SecurityWidened,
        Level::Medium,
        "the key is rotated no more",
    ),
    ("IsLogging", Kind::SecurityWidened, Level::High, "it records no more"),
    (
        "EnableLogFileValidation",
        Kind::SecurityWidened,
        Level::Medium,
        "changed log files are noticed no more",
    ),
    (
        "IncludeGlobalServiceEvents",
        Kind::SecurityWidened,
        Level::Medium,
        "events of global services are recorded no more",
    ),
    (
        "IsMultiRegionTrail",
        Kind::SecurityWidened,
        Level::Medium,
        "other regions are recorded no more",
    ),
    (
        "Detector.Enable",
        Kind::SecurityWidened,
        Level::High,
        "threats are detected no more",
    ),
    (
        "EnableIAMDatabaseAuthentication",
        Kind::SecurityWidened,
        Level::Medium,
        "logins by IAM are accepted no more",
    ),
    (
        "MultiAZ",
        Kind::ProtectionRemoved,
        Level::Medium,
        "the loss of one zone stops it",
    ),
    (
        "AutomaticFailoverEnabled",
        Kind::ProtectionRemoved,
        Level::Medium,
        "the loss of one node stops it",
    ),
    (
        "ImageScanningConfiguration.ScanOnPush",
        Kind::SecurityWidened,
        Level::Low,
        "images are scanned no more",
    ),
    (
        "EnforceHTTPS",
        Kind::SecurityWidened,
        Level::High,
        "it can be reached without encryption",
    ),
    (
        "DomainEndpointOptions.EnforceHTTPS",
        Kind::SecurityWidened,
        Level::High,
        "it can be reached without encryption",
    ),
    (
        "LoggingConfiguration.DestinationBucketName",
        Kind::SecurityWidened,
        Level::Medium,
        "access is recorded no more",
    ),
    (
        "LoggingConfiguration.LogDestinationConfigs",
        Kind::SecurityWidened,
        Level::Medium,
        "requests are recorded no more",
    ),
    (
        "AuthTokenEnabled",
        Kind::SecurityWidened,
        Level::High,
        "nobody needs a token any more",
    ),
    (
        "ReadonlyRootFilesystem",
        Kind::SecurityWidened,
        Level::Low,
        "the container can write to its own files",
    ),
];

/// Ends of paths, and the value that admits or weakens; what that means.
const BECOMES: [(&str, &str, Level, &str); 22] = [
    ("AuthType", "NONE", Level::High, "everybody may call it without a login"),
    (
        "AuthorizationType",
        "NONE",
        Level::High,
        "everybody may call it without a login",
    ),
    (
        "AuthenticationType",
        "API_KEY",
        Level::Medium,
        "whoever has a key may call it",
    ),
    (
        "AllowUnauthenticatedIdentities",
        "true",
        Level::High,
        "visitors without a login get credentials",
    ),
    (
        "HttpTokens",
        "optional",
        Level::Medium,
        "whoever can make the instance send a request gets its credentials",
    ),
    (
        "Scheme",
        "internet-facing",
        Level::Medium,
        "it becomes reachable from the internet",
    ),
    (
        "MfaConfiguration",
        "OFF",
        Level::Medium,
        "a second factor is asked for no more",
    ),
    (
        "ViewerProtocolPolicy",
        "allow-all",
        Level::Medium,
        "it can be reached without encryption",
    ),
    (
        "OriginProtocolPolicy",
        "http-only",
        Level::Medium,
        "traffic to the origin is not encrypted",
    ),
    ("Protocol", "HTTP", Level::Low, "traffic is not encrypted"),
    (
        "Privileged",
        "true",
        Level::High,
        "the container may do all that its host may",
    ),
    (
        "PrivilegedMode",
        "true",
        Level::Medium,
        "builds may do all that their host may",
    ),
    (
        "AcceptanceRequired",
        "false",
        Level::Medium,
        "whoever is allowed may connect without being accepted",
    ),
    (
        "AutoAcceptSharedAttachments",
        "enable",
        Level::Medium,
        "other accounts attach networks without being accepted",
    ),
    ("AnonymousAuthEnabled", "true", Level::High, "nobody needs a login"),
    (
        "PubliclyAdvertisable",
        "true",
        Level::Medium,
        "the addresses are announced to the internet",
    ),
    ("AccessControl", "PublicRead", Level::High, "everybody may read it"),
    (
        "AccessControl",
        "PublicReadWrite",
        Level::High,
        "everybody may read and write it",
    ),
    (
        "AccessControl",
        "AuthenticatedRead",
        Level::High,
        "everybody with an AWS account may read it",
    ),
    (
        "AllowExternalPrincipals",
        "true",
        Level::Medium,
        "it can be shared with other organizations",
    ),
    (
        "SourceDestCheck",
        "false",
        Level::Low,
        "the instance may pass on the traffic of others",
    ),
    ("PolicyType", "NONE", Level::Medium, "no policy applies"),
];

/// Ends of paths of rules by which things are deleted after a while.
const EXPIRES: [&str; 6] = [
    "ExpirationInDays",
    "ExpirationDate",
    "NoncurrentVersionExpirationInDays",
    "NoncurrentDays",
    "DeleteAfterDays",
    "LifecyclePolicyText",
];

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let kind = facts.change.resource_type.as_str();
    if facts.change.action == "Remove" {
        if let Some((_, lost)) = GUARDS.iter().find(|(guard, _)| *guard == kind) {
            let level = if kind == "AWS::CloudWatch::Alarm" {
                Level::Medium
            } else {
                Level::High
            };
            found.add(level, Kind::SecurityWidened, sentence!["it goes: ", *lost]);
        }
        return;
    }
    let is_new = matches!(facts.change.action.as_str(), "Add" | "Import");
    for leaf in &facts.leaves {
        let Some(path) = leaf.path.strip_prefix("Properties.") else {
            continue;
        };
        if !is_new {
            switched_off(leaf, kind, path, found);
            retention(leaf, kind, path, found);
        }
        becomes(leaf, path, is_new, found);
    }
}

fn ends(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether a name holds a word, whatever its case.
fn holds(name: &str, word: &str) -> bool {
    name.as_bytes()
        .windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn switched_off(leaf: &Leaf, kind: &str, path: &str, found: &mut Found<'_>) {
    let off = |value: Option<&str>| {
        value.is_none_or(|value| {
            boolean(value) == Some(false)
                || ["", "suspended", "disabled", "0"]
                    .iter()
                    .any(|word| value.eq_ignore_ascii_case(word))
        })
    };
    if !off(leaf.after.as_deref()) || off(leaf.before.as_deref()) {
        return;
    }
    let typed = format!("{}.{path}", kind.rsplit(':').next().unwrap_or_default());
    let known = ON.iter().find(|(end, ..)| ends(path, end) || ends(&typed, end));
    if let Some((_, kind, level, lost)) = known {
        found.add(
            *level,
            *kind,
            sentence![*lost, ": ", path.to_owned(), " (", super::settings::arrow(leaf), ")"],
        );
    }
}

fn becomes(leaf: &Leaf, path: &str, is_new: bool, found: &mut Found<'_>) {
    let Some(after) = leaf.after.as_deref() else { return };
    let known = BECOMES
        .iter()
        .find(|(end, value, ..)| ends(path, end) && is_same(after, value));
    if let Some((_, _, level, means)) = known {
        // What is new was open to nobody before; what changes was perhaps relied upon.
        let level = if is_new && *level == Level::Low { return } else { *level };
        found.add(
            level,
            Kind::SecurityWidened,
            sentence![*means, ": ", path.to_owned(), " (", super::settings::arrow(leaf), ")"],
        );
    }
}

/// Whether CloudFormation takes both texts for the same value of a setting.
fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other) || boolean(one).is_some_and(|value| boolean(other) == Some(value))
}

/// What is kept for a shorter time than before is deleted earlier, most of it at once.
fn retention(leaf: &Leaf, kind: &str, path: &str, found: &mut Found<'_>) {
    let last = path.rsplit('.').next().unwrap_or(path);
    let is_about_keeping =
        holds(last, "retention") || last.eq_ignore_ascii_case("pendingwindowindays") || EXPIRES.contains(&last);
    if !is_about_keeping && last != "Enabled" {
        return;
    }
    let number = |value: Option<&str>| value.and_then(|value| value.trim().parse::<f64>().ok());
    let (before, after) = (number(leaf.before.as_deref()), number(leaf.after.as_deref()));
    let arrow = super::settings::arrow(leaf);
    let is_expiry = EXPIRES.contains(&last) && leaf.after.is_some();
    if is_expiry
        || (last == "Enabled"
            && path.contains("TimeToLiveSpecification")
            && leaf.after.as_deref().and_then(boolean) == Some(true))
    {
        let later = matches!((before, after), (Some(before), Some(after)) if after >= before);
        if !later {
            found.add(
                Level::Medium,
                Kind::DataLoss,
                sentence![
                    "what is older is deleted by itself: ",
                    path.to_owned(),
                    " (",
                    arrow,
                    ")"
                ],
            );
        }
        return;
    }
    if !is_about_keeping {
        return;
    }
    // Log groups keep everything for ever as long as they are told nothing.
    let was_unlimited = before.is_none() && kind == "AWS::Logs::LogGroup";
    match (before, after) {
        (Some(before), Some(0.0)) if before > 0.0 => found.add(
            Level::High,
            Kind::ProtectionRemoved,
            sentence!["nothing is kept any more: ", path.to_owned(), " (", arrow, ")"],
        ),
        (Some(before), Some(after)) if after < before => shortened(path, arrow, found),
        (None, Some(_)) if was_unlimited => shortened(path, arrow, found),
        (Some(_), None) if kind != "AWS::Logs::LogGroup" => found.add(
            Level::Medium,
            Kind::ProtectionRemoved,
            sentence![
                "how long it keeps things is left to the service: ",
                path.to_owned(),
                " (",
                arrow,
                ")"
            ],
        ),
        _ => {}
    }
}

fn shortened(path: &str, arrow: Sentence, found: &mut Found<'_>) {
    found.add(
        Level::Medium,
        Kind::DataLoss,
        sentence![
            "what is older than the new time is deleted: ",
            path.to_owned(),
            " (",
            arrow,
            ")"
        ],
    );
}
