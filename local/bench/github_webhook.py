"""The webhook, written the usual way with boto3."""

import hashlib
import hmac
import json
import os

import boto3

secrets = boto3.client("secretsmanager")
sqs = boto3.client("sqs")
cached = None


def handler(event, context):
    global cached
    if cached is None:
        arn = os.environ["CHANGEGATE_WEBHOOK_SECRET_ARN"]
        cached = secrets.get_secret_value(SecretId=arn)["SecretString"].splitlines()[0].encode()
    body = event["body"].encode()
    expected = "sha256=" + hmac.new(cached, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, event["headers"].get("x-hub-signature-256", "")):
        return {"statusCode": 401, "body": "bad signature"}
    push = json.loads(body)
    branch = os.environ["CHANGEGATE_GITHUB_BRANCH"]
    if event["headers"]["x-github-event"] != "push" or push["ref"] != f"refs/heads/{branch}":
        return {"statusCode": 200, "body": "ignored"}
    sqs.send_message(
        QueueUrl=os.environ["CHANGEGATE_QUEUE_URL"],
        MessageBody=json.dumps({"kind": "push", "commit": push["after"]}),
        MessageGroupId=f"{push['repository']['full_name']}/{branch}",
        MessageDeduplicationId=push["after"],
    )
    return {"statusCode": 202, "body": "queued"}
