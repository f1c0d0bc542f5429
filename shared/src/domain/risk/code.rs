//! Code and templates that a change brings and that a review cannot show.

use serde_json::Value;

use super::types::{self, Purpose, ResourceType};
use super::{Found, Kind, Level};
use crate::domain::change_set::diff::{Leaf, text};
use crate::domain::change_set::own_packages::Whose;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::{Hider, SecretKind, decoded, is_code, sentence};

/// Types that run code or deploy templates somewhere else, or for others; what that means.
const ELSEWHERE: [(&str, &str); 19] = [
    (
        "AWS::CloudFormation::StackSet",
        "a stack set: what it deploys in which accounts and regions is not shown here",
    ),
    (
        "AWS::CloudFormation::Macro",
        "a macro: its function may rewrite templates that are planned later",
    ),
    (
        "AWS::CloudFormation::LambdaHook",
        "a hook: its function decides over later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::GuardHook",
        "a hook: its rules, which are not shown here, decide over later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::HookVersion",
        "a hook: its handler decides over later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::HookDefaultVersion",
        "a hook: another version of its handler decides over later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::HookTypeConfig",
        "a hook: its configuration decides over later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::ResourceVersion",
        "a resource type: its handler runs in later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::ResourceDefaultVersion",
        "a resource type: another version of its handler runs in later operations of CloudFormation",
    ),
    (
        "AWS::CloudFormation::ModuleVersion",
        "a module: its resources appear in templates that are planned later",
    ),
    (
        "AWS::CloudFormation::ModuleDefaultVersion",
        "a module: resources of another version appear in templates that are planned later",
    ),
    (
        "AWS::CloudFormation::TypeActivation",
        "a public extension: somebody else's code runs in later operations of CloudFormation",
    ),
    (
        "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
        "a product of Service Catalog: its template and what it creates are not shown here",
    ),
    (
        "AWS::ServiceCatalog::CloudFormationProduct",
        "a product of Service Catalog: its templates, which others deploy, are not shown here",
    ),
    (
        "AWS::ServiceCatalog::ServiceAction",
        "an action of Service Catalog: it runs a document that is not shown here",
    ),
    (
        "AWS::SSM::Association",
        "an association: its document runs on every target, now and on schedule",
    ),
    (
        "AWS::SSM::MaintenanceWindowTask",
        "a task: it runs on every target of its window",
    ),
    (
        "AWS::Proton::EnvironmentTemplate",
        "a template of Proton: what it deploys is not shown here",
    ),
    (
        "AWS::Serverless::Application",
        "a nested application: its template is not shown here",
    ),
];

/// What a resource of this type runs or deploys that the review cannot show; `None` when nothing is known to.
pub(in crate::domain) fn elsewhere(kind: &str) -> Option<&'static str> {
    if !kind.starts_with("AWS::") && !kind.starts_with("Custom::") && kind.contains("::") {
        return Some("a type that is not AWS's: its handler decides what happens, and no review can show it");
    }
    ELSEWHERE
        .iter()
        .find(|(known, _)| *known == kind)
        .map(|(_, means)| *means)
}

pub(super) fn assess(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if facts.change.action == "Remove" {
        return;
    }
    let kind = facts.change.resource_type.as_str();
    if let Some(means) = elsewhere(kind) {
        found.add(Level::Medium, Kind::Unknown, means);
    }
    let known = types::find(kind);
    for leaf in &facts.leaves {
        let (Some(after), Some(pointer)) = (leaf.after.as_deref(), leaf.pointer_after.as_deref()) else {
            continue;
        };
        let is_for = |purpose| known.is_some_and(|known: ResourceType| known.is_for(purpose, pointer));
        hidden(facts, leaf, after, is_for(Purpose::Code), found);
        if is_for(Purpose::Content) {
            content(facts, leaf, after, pointer, found);
        }
        if is_for(Purpose::Image) && !is_pinned_image(after) {
            found.add(
                Level::Medium,
                Kind::Unknown,
                sentence![
                    "it runs the image ",
                    after.to_owned(),
                    ", which is named by a tag or a name and can become another"
                ],
            );
        }
        if is_for(Purpose::Role) && is_existing(after) {
            found.add(
                Level::Medium,
                Kind::SecurityWidened,
                sentence![
                    "it acts with the rights of ",
                    after.to_owned(),
                    ", which this review does not show"
                ],
            );
        }
    }
}

/// Code that is hidden, or that cannot be read.
fn hidden(facts: &ResourceFacts<'_>, leaf: &Leaf, after: &str, is_for_code: bool, found: &mut Found<'_>) {
    let carries = is_for_code || is_code(after) || leaf.before.as_deref().is_some_and(is_code);
    let because = match Hider::hides(&facts.spot(&leaf.steps), after) {
        Some((SecretKind::NoEcho, _)) if is_for_code => "a parameter with NoEcho gives it",
        Some((SecretKind::Named, _)) if carries => "its name says that it is secret",
        None if is_for_code && is_packed(after) => "it is packed in a form that cannot be read here",
        _ => return,
    };
    found.add(
        Level::Medium,
        Kind::Unknown,
        sentence![
            leaf.path_word().to_owned(),
            " carries code and is hidden (",
            because,
            "): what runs cannot be shown"
        ],
    );
}

/// Whether a value is encoded and no text comes out of it.
fn is_packed(value: &str) -> bool {
    let value = value.trim();
    value.len() >= 64
        && !value.contains(' ')
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\n'))
        && decoded(value).is_none()
}

/// Code or a template at a place that is not in the template.
fn content(facts: &ResourceFacts<'_>, leaf: &Leaf, after: &str, pointer: &str, found: &mut Found<'_>) {
    let whole = facts.after.as_ref();
    let packages = found.context.packages.as_ref();
    let whose = match (packages, whole) {
        (Some(packages), Some(whole)) => packages.whose(whole, pointer, after),
        _ => Whose::Nobodys,
    };
    if whose == Whose::Unknown {
        found.add(
            Level::High,
            Kind::Unknown,
            sentence![
                "the package ",
                after.to_owned(),
                " (",
                leaf.path_word().to_owned(),
                ") was not made from a file of this commit; nobody knows who wrote it"
            ],
        );
        return;
    }
    if whose == Whose::Ours
        || facts.change.change_set_id.is_some()
        || pointer.ends_with("Bucket")
        || pointer.ends_with("Version")
    {
        return;
    }
    let is_versioned = is_versioned(facts.after.as_ref(), pointer, after);
    let (level, suffix) = if is_versioned {
        (Level::Low, ", which is not shown here")
    } else {
        (
            Level::Medium,
            ", which is not shown here and names no version: it may be another when it is used",
        )
    };
    found.add(
        level,
        Kind::Unknown,
        sentence![
            "code, a template or a definition comes from ",
            after.to_owned(),
            " (",
            leaf.path_word().to_owned(),
            ")",
            suffix
        ],
    );
}

/// Whether a place, or a property beside it, names a version, so that what stands there stays as it is.
///
/// A bucket that had no versions when the object was written calls it `null`, and writes over it.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>
pub(in crate::domain) fn is_versioned(after: Option<&Value>, pointer: &str, place: &str) -> bool {
    let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
    let beside = after.and_then(|after| after.pointer(above));
    let has_version = ["S3ObjectVersion", "ObjectVersion", "Version", "VersionId"]
        .iter()
        .filter_map(|name| beside?.get(*name))
        .any(|version| is_version(&text(version)));
    has_version || version_in(place).is_some_and(is_version)
}

fn is_version(version: &str) -> bool {
    !version.is_empty() && version != "null"
}

/// The version that the address of an object of S3 names. Elsewhere the same words say nothing: whoever answers there may
/// answer anything.
fn version_in(place: &str) -> Option<&str> {
    let (host, path) = place.strip_prefix("https://")?.split_once('/')?;
    let (_, query) = path.split('#').next()?.split_once('?')?;
    let version = query.split('&').find_map(|part| part.strip_prefix("versionId="))?;
    is_s3(host).then_some(version)
}

/// Whether a host is S3's: with the bucket before it or not, regional, dual-stack, or in the older forms.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/s3.html>
fn is_s3(host: &str) -> bool {
    let is_region = |text: &str| {
        let mut parts = text.split('-');
        let is_area = |area: &str| area.len() == 2 && area.bytes().all(|byte| byte.is_ascii_lowercase());
        parts.next().is_some_and(is_area) && parts.next_back().is_some_and(|number| number.parse::<u8>().is_ok())
    };
    let domain = host.strip_suffix(".cn").unwrap_or(host).strip_suffix(".amazonaws.com");
    let mut labels = domain.unwrap_or_default().rsplit('.').peekable();
    let is_regional = labels.next_if(|label| is_region(label)).is_some();
    if is_regional {
        labels.next_if_eq(&"dualstack");
    }
    let is_service = |label: &str| label == "s3" || label.strip_prefix("s3-").is_some_and(is_region);
    labels.next().is_some_and(is_service)
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
}

/// Whether an image is named by what is in it, or comes from a resource of the stack.
pub(in crate::domain) fn is_pinned_image(image: &str) -> bool {
    image.contains("@sha256:") || is_reference(image)
}

/// Whether a role is there already: its name or ARN is written out.
fn is_existing(role: &str) -> bool {
    !role.is_empty() && !is_reference(role) && !role.contains("/aws-service-role/")
}

/// Whether a value is that of another resource of the stack, or not known yet.
fn is_reference(value: &str) -> bool {
    value.contains("${") || value.contains("{{changeSet:")
}
