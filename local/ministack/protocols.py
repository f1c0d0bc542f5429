"""What the emulator looks up for a service's first answer is there before anybody waits for it.

MiniStack reads botocore's model of a service when that answers for the first time, to learn its protocol, and makes a
session for each: 30 ms of the first message, of the first object that is read by its version, and so on.
"""

import functools
import importlib

import botocore.session
from ministack.core import responses

# Those that the demo and the tests speak to; any other is read when it is asked for.
SERVICES = (
    "cloudformation", "codepipeline", "dynamodb", "events", "iam", "lambda", "logs", "s3", "secretsmanager", "sns", "sqs",
    "ssm", "sts",
)


def install() -> None:
    session, names = botocore.session.get_session(), responses._BOTOCORE_NAME

    @functools.cache
    def model(service: str):
        try:
            return session.get_service_model(names.get(service, service))
        except Exception:
            # As MiniStack does: a service that botocore does not know keeps what it answered.
            return None

    responses._service_model = model
    for service in SERVICES:
        model(service)
    # Loaded with the first invocation otherwise.
    importlib.import_module("ministack.services.lambda_durable")
