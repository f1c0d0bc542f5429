"""A function URL hands on every byte of a body: what is not UTF-8 goes as Base64, whatever its type says.

MiniStack puts question marks for bytes that are not UTF-8, so a signature over such a body could not be checked.

https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

import base64

from ministack.services import lambda_svc


def install() -> None:
    plain = lambda_svc._build_function_url_event

    def build(url_id, account_id, region, method, path, headers, body, *rest, **named):
        event = plain(url_id, account_id, region, method, path, headers, body, *rest, **named)
        if body and not is_text(body):
            event["body"] = base64.b64encode(body).decode("ascii")
            event["isBase64Encoded"] = True
        return event

    lambda_svc._build_function_url_event = build


def is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
