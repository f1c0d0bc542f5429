"""Routes that only the local parts use: whose key is this, a session of a role, an event of AWS's own.

They answer without a signature, to whom knows the secret; nothing here exists on AWS.
"""

import json
import os
import secrets
import time
from hmac import compare_digest
from urllib.parse import parse_qs

from ministack.core import iam_evaluator
from ministack.core.responses import _account_from_sts_session, get_region, request_scope
from ministack.services import eventbridge, iam, sts

import engine

ACCOUNT = "000000000000"
REGION = os.environ.get("MINISTACK_REGION", "us-east-1")
SERVICE = "codepipeline.amazonaws.com"


class Refused(Exception):
    """The answer is an error: status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def answer(path: str, query_string: bytes, body: bytes, secret: str) -> tuple[int, dict]:
    if not engine.SECRET or not compare_digest(secret.encode(), engine.SECRET.encode()):
        return 403, {"error": f"{path} is for the local parts only: {engine.HEADER} is missing or wrong"}
    query = {key: values[0] for key, values in parse_qs(query_string.decode()).items()}
    handler = {
        "/_local/principal": lambda: principal(query),
        "/_local/session": lambda: session(json.loads(body)),
        "/_local/events": lambda: publish(json.loads(body)),
    }.get(path)
    if handler is None:
        return 404, {"error": f"there is no {path}"}
    try:
        return 200, handler()
    except Refused as refused:
        return refused.status, {"error": str(refused)}
    except (ValueError, KeyError) as error:
        return 400, {"error": f"{path} needs other fields: {error!r}"}


def principal(query: dict) -> dict:
    """Whose access key `key` (with session token `token`) is."""
    account = _account_from_sts_session(query["key"]) or query.get("account", ACCOUNT)
    with request_scope(account, REGION):
        found = iam_evaluator.resolve_credential(query["key"], account, *filter(None, [query.get("token")]))
    fields = ("principal_arn", "principal_type", "account_id", "code", "message")
    return {field: getattr(found, field, None) for field in fields}


def session(wanted: dict) -> dict:
    """Credentials of a role that CodePipeline may assume, narrowed by a session policy if there is one."""
    arn, name = wanted["role_arn"], wanted["session_name"]
    assumed, malformed = sts._assumed_role_arn(arn, name)
    if malformed:
        raise Refused(400, f"{arn} is not the ARN of a role")
    account = arn.split(":")[4]
    with request_scope(account, wanted.get("region", REGION)):
        role = iam._roles.get(arn.rsplit("/", 1)[-1])
        if role is None or role.get("Arn") != arn:
            raise Refused(404, f"there is no role {arn}")
        check_trust(role, account)
        policy = wanted.get("policy") or ""
        if policy and (problem := iam_evaluator.validate_policy_document(policy)):
            raise Refused(400, f"the session policy is malformed: {problem}")
        return register(assumed, arn, name, account, policy, int(wanted.get("duration_seconds", 3600)))


def check_trust(role: dict, account: str) -> None:
    context = iam_evaluator.EvalContext(
        principal_arn=SERVICE, principal_type="Service", principal_account=account, action="sts:AssumeRole",
        resource_arn=role["Arn"], region=get_region(), secure_transport=True,
        service_context={"aws:sourceaccount": account},
    )
    document = for_service(role.get("AssumeRolePolicyDocument", "{}"))
    if not iam_evaluator.evaluate_trust_policy(document, SERVICE, context):
        raise Refused(403, f"{SERVICE} is not authorized to perform AssumeRole on role {role['Arn']}")


def for_service(document) -> dict:
    """The trust policy as it reads to the service: MiniStack compares callers with principals of type `AWS` only."""
    trust = json.loads(document) if isinstance(document, str) else json.loads(json.dumps(document))
    statements = trust.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        principal = statement.get("Principal", {})
        named = principal.get("Service", []) if isinstance(principal, dict) else []
        is_meant = principal == "*" or SERVICE in ([named] if isinstance(named, str) else named)
        statement["Principal"] = "*" if is_meant else {"AWS": "arn:aws:iam::000000000000:user/nobody"}
    return trust


def register(assumed: str, arn: str, name: str, account: str, policy: str, seconds: int) -> dict:
    key = "ASIA" + secrets.token_hex(8).upper()
    # A scan of the logs finds them by how they begin.
    secret, token = "local-secret-" + secrets.token_urlsafe(30), "local-session-" + secrets.token_urlsafe(96)
    sts.register_session(key, {
        "Arn": assumed,
        "UserId": f"{sts._role_id(arn)}:{name}",
        "SecretAccessKey": secret,
        "SessionToken": token,
        "Expiration": time.time() + seconds,
        "AccountId": account,
        "PrincipalType": "AssumedRole",
        "SessionTags": [],
        "SessionPolicies": {"Policy": policy, "PolicyArns": []} if policy else None,
    })
    return {"access_key_id": key, "secret_access_key": secret, "session_token": token, "arn": assumed}


def publish(wanted: dict) -> dict:
    """Publishes events of `aws.*` sources, which PutEvents refuses."""
    with request_scope(wanted.get("account", ACCOUNT), wanted.get("region", REGION)):
        response = eventbridge._put_events({"Entries": wanted["Entries"]}, allow_aws_source=True)
    return json.loads(response[2])
