"""SimulatePrincipalPolicy with every resource, condition context and permissions boundary.

MiniStack's own looks at the first resource only and at no context.
"""

from xml.sax.saxutils import escape

from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id
from ministack.services import iam

DECISIONS = {"Allow": "allowed", "Deny": "explicitDeny"}


def install() -> None:
    tables = [
        value for value in vars(iam).values() if isinstance(value, dict) and "SimulatePrincipalPolicy" in value
    ]
    for table in tables:
        table["SimulatePrincipalPolicy"] = simulate


def simulate(query):
    source, account = iam._p(query, "PolicySourceArn"), get_account_id()
    name, is_user = source.rsplit("/", 1)[-1], ":user/" in source
    store = iam._users if is_user else iam._roles
    if store.get(name) is None:
        return iam._error(404, "NoSuchEntity", f"The entity with ARN {source} cannot be found.", ns="iam")
    gather = iam_evaluator._gather_user_policies if is_user else iam_evaluator._gather_role_policies
    policies = gather(name, account) + parsed(members(query, "PolicyInputList"))
    boundary = members(query, "PermissionsBoundaryPolicyInputList")
    limits = [parsed(boundary)] if boundary else iam_evaluator._permissions_boundary(store, name, account)
    context = context_entries(query)
    results = ""
    for action in members(query, "ActionNames"):
        for resource in members(query, "ResourceArns") or ["*"]:
            request = iam_evaluator.EvalContext(
                principal_arn=source,
                principal_type="User" if is_user else "AssumedRole",
                principal_account=account,
                action=action,
                resource_arn=resource,
                region=str(context.get("aws:requestedregion", "")),
                service_context=context,
                secure_transport=str(context.get("aws:securetransport", "false")) == "true",
                source_ip=str(context.get("aws:sourceip", "127.0.0.1")),
            )
            results += member(request, policies, limits)
    return iam._xml(
        200,
        "SimulatePrincipalPolicyResponse",
        f"<SimulatePrincipalPolicyResult><EvaluationResults>{results}</EvaluationResults>"
        "<IsTruncated>false</IsTruncated></SimulatePrincipalPolicyResult>",
        ns="iam",
    )


def members(query, prefix: str) -> list[str]:
    found: list[str] = []
    while value := iam._p(query, f"{prefix}.member.{len(found) + 1}"):
        found.append(value)
    return found


def parsed(documents: list[str]) -> list:
    return [iam_evaluator.parse_policy_document(document) for document in documents]


def context_entries(query) -> dict:
    entries, number = {}, 1
    while key := iam._p(query, f"ContextEntries.member.{number}.ContextKeyName"):
        values = members(query, f"ContextEntries.member.{number}.ContextKeyValues")
        entries[key.lower()] = values[0] if len(values) == 1 else values
        number += 1
    return entries


def member(request, policies, limits) -> str:
    result = iam_evaluator.evaluate(request, policies, *limits)
    decision = DECISIONS.get(result.decision, "implicitDeny")
    matched = "" if decision == "implicitDeny" else (
        f"<member><SourcePolicyId>{escape(result.matched_sid or 'policy')}</SourcePolicyId>"
        "<SourcePolicyType>IAM Policy</SourcePolicyType></member>"
    )
    within = ""
    if limits:
        is_within = iam_evaluator.evaluate(request, limits[0]).decision == "Allow"
        within = (
            "<PermissionsBoundaryDecisionDetail>"
            f"<AllowedByPermissionsBoundary>{str(is_within).lower()}</AllowedByPermissionsBoundary>"
            "</PermissionsBoundaryDecisionDetail>"
        )
    return (
        f"<member><EvalActionName>{escape(request.action)}</EvalActionName>"
        f"<EvalResourceName>{escape(request.resource_arn)}</EvalResourceName>"
        f"<EvalDecision>{decision}</EvalDecision><MatchedStatements>{matched}</MatchedStatements>"
        f"<MissingContextValues/>{within}</member>"
    )
