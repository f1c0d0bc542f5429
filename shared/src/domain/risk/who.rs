//! Whom a statement of a policy names.

/// A principal of a statement, seen from the stack's own account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who<'p> {
    /// Nobody: the statement is an identity's own.
    Identity,
    /// Everybody, with or without an account.
    Everybody,
    /// The account itself: its own policies decide who.
    OwnAccount,
    /// A user or role of the account, or a resource of the stack.
    Own,
    /// Somebody of another account.
    Foreign,
    /// A service.
    Service,
    /// An account that AWS itself uses to deliver logs, or a distribution of CloudFront.
    Aws,
    /// The identities of a provider.
    Federated(&'p str),
    /// It cannot be told whose it is.
    Unknown,
}

impl<'p> Who<'p> {
    /// `principal` as [`super::statement::Grant`] has it; `account` is the stack's own, where known.
    pub(super) fn of(principal: &'p str, account: Option<&str>) -> Self {
        match principal.split_once(' ') {
            Some((_, "*")) => return Self::Everybody,
            Some(("Service", _)) => return Self::Service,
            Some(("Federated", provider)) => return Self::Federated(provider),
            Some(("CanonicalUser", _)) => return Self::Unknown,
            _ => {}
        }
        match principal {
            "" => return Self::Identity,
            "*" => return Self::Everybody,
            _ if is_policy_variable(principal) => return Self::Unknown,
            _ => {}
        }
        if principal.starts_with("arn:") && principal.contains(":iam::cloudfront:user/") {
            return Self::Aws;
        }
        let Some(named) = account_of(principal) else {
            return if is_reference(principal) {
                Self::Own
            } else {
                Self::Unknown
            };
        };
        let is_whole = principal == named || principal.ends_with(":root");
        if account == Some(named) {
            if is_whole { Self::OwnAccount } else { Self::Own }
        } else if LOG_DELIVERY.contains(&named) {
            Self::Aws
        } else if named.len() == 12 && named.bytes().all(|byte| byte.is_ascii_digit()) {
            Self::Foreign
        } else {
            Self::Unknown
        }
    }
}

/// The account that an ARN names, or that is named by its number alone; empty where an ARN has none.
pub(super) fn account_of(principal: &str) -> Option<&str> {
    if let Some(arn) = principal.strip_prefix("arn:") {
        return arn.split(':').nth(3);
    }
    (principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit())).then_some(principal)
}

/// Whether a value is that of another resource of the stack, or not known yet.
///
/// A policy variable is not a reference: the request fills it in.
pub(super) fn is_reference(value: &str) -> bool {
    !is_policy_variable(value) && (value.contains("${") || value.contains("{{changeSet:"))
}

/// Whether a text has a variable of a policy, such as `${aws:PrincipalAccount}`.
///
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html>
pub(super) fn is_policy_variable(value: &str) -> bool {
    value
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split('}').next())
        .any(|name| name.contains(':') && !name.starts_with("AWS::"))
}

/// Accounts from which load balancers deliver access logs, by region, oldest way.
///
/// Source: <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html>
const LOG_DELIVERY: [&str; 26] = [
    "009996457667",
    "027434742980",
    "033677994240",
    "037604701340",
    "048591011584",
    "054676820928",
    "076674570225",
    "098369216593",
    "114774131450",
    "127311923021",
    "156460612806",
    "190560391635",
    "383597477331",
    "507241528517",
    "582318560864",
    "589379963580",
    "600734575887",
    "635631232127",
    "638102146993",
    "652711504416",
    "718504428378",
    "754344448648",
    "783225319266",
    "797873946194",
    "897822967062",
    "985666609251",
];
