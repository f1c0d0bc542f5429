"""The emulator's port is the endpoint of CodePipeline too.

A call of CodePipeline is checked here as AWS checks it, signature and IAM policies, and goes to the engine with the
caller's ARN. `FAKE_TLS=1` lets policies that demand TLS hold over
loopback.
"""

import asyncio
import json
import os
import pathlib

import ministack.app as app
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, set_request_account_id, set_request_region
from ministack.core.router import extract_access_key_id, extract_region

import engine
import routes

PREFIX = "CodePipeline_"
SECRET_HEADER = engine.HEADER.encode()
JSON = "application/x-amz-json-1.1"

# Which ARN IAM compares, by operation, and where a request names its pipeline: the engine's own table.
TABLE = pathlib.Path(__file__).resolve().parents[1] / "src/codepipeline/operations.json"
OPERATIONS = json.loads(TABLE.read_text(encoding="utf-8"))


def install() -> None:
    inner = app.app
    with_tls = os.environ.get("FAKE_TLS") == "1"

    async def front(scope, receive, send):
        if scope["type"] != "http":
            return await inner(scope, receive, send)
        if with_tls:
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        target = next((value.decode() for name, value in scope["headers"] if name == b"x-amz-target"), "")
        path = scope.get("path", "")
        if path.startswith("/_local/"):
            secret = next((value.decode() for name, value in scope["headers"] if name == SECRET_HEADER), "")
            body = await whole_body(receive)
            status, document = routes.answer(path, scope["query_string"], body, secret)
            return await respond(send, status, "application/json", json.dumps(document).encode())
        if target.startswith(PREFIX):
            status, body = await codepipeline(scope, target, await whole_body(receive), with_tls)
            return await respond(send, status, JSON, body)
        return await inner(scope, receive, send)

    app.app = front


async def codepipeline(scope, target: str, body: bytes, with_tls: bool) -> tuple[int, bytes]:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    key, region = extract_access_key_id(headers, {}), extract_region(headers, {})
    set_request_region(region)
    set_request_account_id(app._request_account_scope(key) if app.AUTH and key else key or routes.ACCOUNT)
    operation = target.split(".", 1)[-1]
    arn = resource_arn(operation, body, region, get_account_id())
    if app.AUTH:
        iam_evaluator.pin_request_origin((scope.get("client") or ("127.0.0.1",))[0], with_tls)
        raw_path = (scope.get("raw_path") or b"/").decode()
        iam_evaluator.pin_signed_request(scope["method"], raw_path, {}, scope["headers"])
        iam_evaluator.pin_signed_body(body)
        denial = iam_evaluator.enforce(key or "", f"codepipeline:{operation}", "codepipeline", region,
                                       resource_arn=arn)
        if denial:
            return 400, refusal(denial, operation, arn)
    caller = iam_evaluator.resolve_credential(key or "test", get_account_id())
    principal = getattr(caller, "principal_arn", "")
    return await asyncio.to_thread(forward, target, body, principal, region, get_account_id())


def resource_arn(operation: str, body: bytes, region: str, account: str) -> str:
    """What IAM compares with the resources of a policy."""
    rule = OPERATIONS.get(operation, {"level": "any"})
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return "*"
    if "arn" in rule:
        return named(request, rule["arn"]) or "*"
    parts = [named(request, rule[part]) for part in ("pipeline", "stage", "action") if part in rule]
    if not parts or not parts[0]:
        return "*"
    return f"arn:aws:codepipeline:{region}:{account}:" + "/".join(parts)


def named(request, path: list[str]) -> str:
    """The text at a path of a request, or an empty one."""
    for key in path:
        request = request.get(key) if isinstance(request, dict) else None
    return request if isinstance(request, str) else ""


def refusal(denial, operation: str, arn: str) -> bytes:
    if isinstance(denial, iam_evaluator.AuthError):
        return json.dumps({"__type": denial.code, "message": denial.message}).encode()
    sentence = (
        f"User: {denial.principal_arn} is not authorized to perform: codepipeline:{operation} on resource: {arn}"
    )
    return json.dumps({"__type": "AccessDeniedException", "message": sentence}).encode()


def forward(target: str, body: bytes, principal: str, region: str, account: str) -> tuple[int, bytes]:
    headers = {
        "content-type": JSON, "x-amz-target": target, "x-principal-arn": principal,
        "x-region": region, "x-account": account,
    }
    return engine.post("/", body, headers)


async def whole_body(receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def respond(send, status: int, content_type: str, body: bytes) -> None:
    headers = [(b"content-type", content_type.encode()), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
