//! Which properties protect, watch or admit, and which of their values do.

use super::super::{Kind, Level};

/// Types without which nobody watches or filters any more.
pub(super) const GUARDS: [(&str, &str); 12] = [
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
pub(super) const ON: [(&str, Kind, Level, &str); 21] = [
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
        "older versions are no longer kept",
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
pub(super) const BECOMES: [(&str, &str, Level, &str); 22] = [
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
pub(super) const EXPIRES: [&str; 6] = [
    "ExpirationInDays",
    "ExpirationDate",
    "NoncurrentVersionExpirationInDays",
    "NoncurrentDays",
    "DeleteAfterDays",
    "LifecyclePolicyText",
];
