"""The worst that AWS is allowed, from a seed that repeats it: throttles in bursts, and conditional writes that meet another.

Only what functions ask is concerned, so that what people and the demo see is what happened. `ROUGH_SEED` turns it on;
the engine has its own half (`src/codepipeline/rough`).
"""

import logging
import os
import random
import re

import ministack.app as app
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

SEED = os.environ.pop("ROUGH_SEED", "")
# One request in so many begins a burst, of at most so many refusals.
SELDOM, BURST = 40, 3
# One conditional write in so many meets another one of the same key.
RACES = 6
# The access keys of functions.
KEYS: set[str] = set()

logger = logging.getLogger(__name__)

CREDENTIAL = re.compile(r"Credential=([A-Z0-9]+)/\d+/[a-z0-9-]+/([a-z0-9-]+)/")


class Rough:
    """What is refused; each kind draws from a stream of its own."""

    def __init__(self, seed: str) -> None:
        self.throttles, self.races = random.Random(f"{seed} throttles"), random.Random(f"{seed} races")
        self.burst = 0

    def throttles_now(self) -> bool:
        if self.burst:
            self.burst -= 1
            return True
        if self.throttles.randrange(SELDOM):
            return False
        self.burst = self.throttles.randrange(BURST)
        return True

    def races_now(self) -> bool:
        return self.races.randrange(RACES) == 0

    def refusal(self, method: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str], bytes] | None:
        """Status, content type, more headers and body of a refusal; `None` when the request is answered."""
        found = CREDENTIAL.search(headers.get("authorization", ""))
        if not found or found[1] not in KEYS:
            return None
        service = found[2]
        if service == "s3" and method == "PUT" and {"if-none-match", "if-match"} & set(headers) and self.races_now():
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            sentence = "The conditional request cannot succeed due to a conflicting operation against this resource."
            return xml(409, f"<Error><Code>ConditionalRequestConflict</Code><Message>{sentence}</Message></Error>")
        if service == "codepipeline" or not self.throttles_now():
            return None
        return throttle(service, headers)


def throttle(service: str, headers: dict[str, str]) -> tuple[int, str, dict[str, str], bytes]:
    """A throttle as the service words it."""
    if service == "s3":
        # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
        return xml(503, "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>")
    if "x-amz-target" in headers or "json" in headers.get("content-type", ""):
        body = b'{"__type":"ThrottlingException","message":"Rate exceeded"}'
        return 400, "application/x-amz-json-1.1", {"x-amzn-errortype": "ThrottlingException"}, body
    if service == "lambda":
        # https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html
        body = b'{"Reason":"CallerRateLimitExceeded","message":"Rate exceeded"}'
        return 429, "application/json", {"x-amzn-errortype": "TooManyRequestsException"}, body
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/CommonErrors.html
    error = "<Error><Type>Sender</Type><Code>Throttling</Code><Message>Rate exceeded</Message></Error>"
    return xml(400, f"<ErrorResponse>{error}<RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>")


def xml(status: int, body: str) -> tuple[int, str, dict[str, str], bytes]:
    return status, "application/xml", {}, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode()


def install() -> None:
    if not SEED:
        return
    rough, inner, credentials = Rough(SEED), app.app, lambda_runtime.execution_credentials

    def with_key(config):
        made = credentials(config)
        KEYS.add(made["AWS_ACCESS_KEY_ID"])
        return made

    async def roughly(scope, receive, send):
        if scope["type"] != "http":
            return await inner(scope, receive, send)
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        refusal = rough.refusal(scope["method"], headers)
        if refusal is None:
            return await inner(scope, receive, send)
        status, content_type, more, body = refusal
        logger.warning("rough: %s %s was answered with %s", scope["method"], scope["path"], status)
        while (await receive()).get("more_body"):
            pass
        fields = {"content-type": content_type, "content-length": str(len(body)), **more}
        start = [(name.encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": start})
        await send({"type": "http.response.body", "body": body})

    app.app = roughly
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = with_key
