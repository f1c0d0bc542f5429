"""Calls a handler with the events of a Lambda Runtime API, as AWS's own Python runtime does."""

import importlib
import json
import os
import sys
import urllib.request

sys.path.insert(0, os.path.dirname(__file__))
handler = importlib.import_module(sys.argv[1]).handler
base = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{base}/next") as answer:
        request_id = answer.headers["lambda-runtime-aws-request-id"]
        event = json.load(answer)
    body = json.dumps(handler(event, None)).encode()
    urllib.request.urlopen(urllib.request.Request(f"{base}/{request_id}/response", data=body, method="POST")).close()
