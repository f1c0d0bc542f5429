"""Asynchronous deliveries to functions are made again when they fail, as Lambda does, whoever made them.

MiniStack repeats what the Invoke API was asked to deliver as an event, and delivers once what a rule of EventBridge, a
schedule, or the on-failure destination of another function sends.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

import json

from ministack.services import eventbridge, lambda_svc


def install() -> None:
    eventbridge._dispatch_to_lambda = dispatch
    plain = lambda_svc._route_async_failure

    def route(target_arn: str, function_name: str, event: dict, result: dict) -> None:
        if ":lambda:" in target_arn:
            deliver(target_arn, failure(function_name, event, result))
        else:
            plain(target_arn, function_name, event, result)

    lambda_svc._route_async_failure = route


def dispatch(arn: str, payload: str) -> None:
    try:
        event = json.loads(payload)
    except (json.JSONDecodeError, TypeError):
        event = {"body": payload}
    deliver(arn, event)


def deliver(arn: str, event: dict) -> None:
    """Delivers an event, again where the function fails, and at last to its own on-failure destination."""
    function, config, name = lambda_svc._get_func_record_for_ref(arn)
    if not function or not config:
        lambda_svc.logger.warning("a delivery to %s: there is no such function", name)
        return
    lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(function, config), event)


def failure(function_name: str, event: dict, result: dict) -> dict:
    """What Lambda tells a destination of a delivery that it gave up.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    config = lambda_svc._functions.get(function_name, {}).get("config", {})
    body = result.get("body")
    return {
        "version": "1.0",
        "requestContext": {
            "functionArn": config.get("FunctionArn", ""),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": event,
        "responseContext": {"statusCode": 200, "functionError": result.get("function_error") or "Unhandled"},
        "responsePayload": body if isinstance(body, dict) else {},
    }
