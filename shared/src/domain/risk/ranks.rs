//! How bad it is that somebody may do something.

use super::actions::{Access, Reach};
use super::conditions::{self, Confinement, confinement};
use super::statement::{Grant, TooLarge};
use super::who::Who;
use super::{Context, Level};
use crate::domain::change_set::description::ResourceChange;

/// Whose policy it is, where that says more than its statements do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// A network's endpoint: what goes through it needs a permission of its own besides, and without a policy everything may.
    ///
    /// Source: <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html>
    Endpoint,
    /// An API that is new: without a policy everybody may call it, and its methods ask for a login or do not.
    ///
    /// Source: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies.html>
    NewApi,
    /// Anything else.
    Other,
}

impl Holder {
    /// Of the resource that a change is about.
    pub(super) fn of(change: &ResourceChange) -> Self {
        match (change.resource_type.as_str(), change.action.as_str()) {
            ("AWS::EC2::VPCEndpoint", _) => Self::Endpoint,
            ("AWS::ApiGateway::RestApi", "Add") => Self::NewApi,
            _ => Self::Other,
        }
    }
}

/// A grant with how bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ranked<'s> {
    /// How bad it would be.
    pub(super) level: Level,
    /// To whom its condition confines it.
    pub(super) confinement: Confinement,
    /// What is allowed.
    pub(super) grant: Grant<'s>,
}

impl<'s> Ranked<'s> {
    /// Ranks a grant that somebody gains.
    ///
    /// # Errors
    ///
    /// When the budget does not suffice for the patterns of the change set.
    pub(super) fn of(grant: Grant<'s>, holder: Holder, context: &Context) -> Result<Self, TooLarge> {
        let account = context.account.as_deref();
        let confinement = confinement(grant.condition, account);
        let level = level(&grant, Who::of(grant.principal, account), confinement, context)?;
        Ok(Self {
            level: match holder {
                Holder::Endpoint => level.min(Level::Medium),
                Holder::NewApi if grant.action.eq_ignore_ascii_case("execute-api:Invoke") => level.min(Level::Medium),
                Holder::NewApi | Holder::Other => level,
            },
            confinement,
            grant,
        })
    }
}

fn level(grant: &Grant<'_>, who: Who<'_>, confinement: Confinement, context: &Context) -> Result<Level, TooLarge> {
    let excepts = [grant.principal, grant.action, grant.resource]
        .iter()
        .any(|part| part.starts_with("not "));
    if excepts || (who == Who::Everybody && confinement == Confinement::Nobody) {
        return Ok(Level::High);
    }
    // What a trust policy allows is to become this role; elsewhere it is to become others.
    if who != Who::Identity && grant.resource == "*" && is_of_sts(grant.action) {
        return Ok(trust(grant, who, confinement));
    }
    let reach = context.ranking.of(grant.action, &context.policies)?;
    if who == Who::Identity {
        return Ok(of_identity(grant, reach));
    }
    let level = of_reach(reach);
    Ok(match (who, confinement) {
        // The account's own policies decide; they are reviewed where they are made.
        (Who::OwnAccount, _) => Level::Low,
        (Who::Service, Confinement::OwnAccount | Confinement::OneSource | Confinement::Organization) => match level {
            Level::High => Level::Medium,
            Level::Medium | Level::Low => Level::Low,
        },
        (Who::Foreign, _) => match level {
            Level::Low => Level::Medium,
            Level::Medium | Level::High => Level::High,
        },
        (Who::Everybody, Confinement::Organization | Confinement::Network) | (Who::Unknown | Who::Federated(_), _) => {
            level.max(Level::Medium)
        }
        // A service that acts for whoever asks it, and people and roles that are known.
        _ => level.min(Level::Medium),
    })
}

/// What the statement of an identity lets it do.
fn of_identity(grant: &Grant<'_>, reach: Reach) -> Level {
    let is_wide = grant.resource.contains('*');
    if matches!(grant.action, "*" | "*:*") || (reach.borrows && is_wide) {
        Level::High
    } else {
        of_reach(reach)
    }
}

fn of_reach(reach: Reach) -> Level {
    if reach.escalates || reach.access == Some(Access::Permissions) {
        Level::High
    } else if reach.borrows || reach.reads_secrets || reach.access.is_none_or(|access| access >= Access::Tagging) {
        Level::Medium
    } else {
        Level::Low
    }
}

/// How bad it is that somebody may become a role.
fn trust(grant: &Grant<'_>, who: Who<'_>, confinement: Confinement) -> Level {
    match (who, confinement) {
        (Who::Service, _) => Level::Low,
        // Whoever the provider lets in is let in, unless a condition says whom.
        (Who::Federated(provider), _) if !conditions::names_identities(grant.condition, provider) => Level::High,
        (Who::Everybody, Confinement::OneSource | Confinement::Network) | (Who::Foreign | Who::Unknown, _) => {
            Level::High
        }
        _ => Level::Medium,
    }
}

fn is_of_sts(action: &str) -> bool {
    action.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("sts:"))
}
