"""`AWS::CodePipeline::Pipeline`: CloudFormation's properties become calls of the CodePipeline API.

The engine's address is in `CODEPIPELINE_ENGINE`. The calls run on a worker thread: on the event loop a call whose
callee calls the emulator back would never end.
"""

import json
import os
import urllib.error
import urllib.request

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks
from ministack.core.responses import get_account_id, get_region

TYPE = "AWS::CodePipeline::Pipeline"
TARGET = "CodePipeline_20150709."
# Properties of the resource that are no part of the pipeline's structure.
APART = ("Tags", "RestartExecutionOnUpdate", "DisableInboundStageTransitions")
SECONDS = 30


def install() -> None:
    provisioners._RESOURCE_HANDLERS[TYPE] = {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "import": adopt,
    }
    provisioners._STACK_TAG_PROPERTY[TYPE] = ("Tags", "list")
    plain = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda resource_type: resource_type == TYPE or plain(resource_type)


def create(logical_id, properties, stack_name):
    name = properties.get("Name") or provisioners._physical_name(stack_name, logical_id, max_len=100)
    made = call("CreatePipeline", {"pipeline": structure(name, properties), "tags": tags(properties)})
    return name, {"Version": str(made["pipeline"]["version"])}


def update(name, old, new, stack_name, logical_id=None):
    made = call("UpdatePipeline", {"pipeline": structure(name, new)})
    arn = f"arn:aws:codepipeline:{get_region()}:{get_account_id()}:{name}"
    gone = sorted({tag["key"] for tag in tags(old)} - {tag["key"] for tag in tags(new)})
    if gone:
        call("UntagResource", {"resourceArn": arn, "tagKeys": gone})
    if tags(new) != tags(old):
        call("TagResource", {"resourceArn": arn, "tags": tags(new)})
    if str(new.get("RestartExecutionOnUpdate", "false")).lower() == "true":
        call("StartPipelineExecution", {"name": name})
    return name, {"Version": str(made["pipeline"]["version"])}


def delete(name, properties):
    call("DeletePipeline", {"name": name})


def adopt(identifier):
    found = call("GetPipeline", {"name": identifier["Name"]})
    return identifier["Name"], {"Version": str(found["pipeline"]["version"])}


def structure(name: str, properties: dict) -> dict:
    """The pipeline as the API spells it."""
    if properties.get("DisableInboundStageTransitions"):
        raise ValueError("DisableInboundStageTransitions is not emulated here")
    pipeline = camel({key: value for key, value in properties.items() if key not in APART})
    if "artifactStores" in pipeline:
        pipeline["artifactStores"] = {each["region"]: each["artifactStore"] for each in pipeline["artifactStores"]}
    return {**pipeline, "name": name}


def tags(properties: dict) -> list[dict]:
    return [{"key": tag["Key"], "value": str(tag["Value"])} for tag in properties.get("Tags") or []]


def camel(value):
    """Lower-cases the first letter of every key; what stands in `Configuration` is a map of the user's own texts."""
    if isinstance(value, list):
        return [camel(each) for each in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for key, inner in value.items():
        if key == "Configuration":
            made["configuration"] = {name: text(each) for name, each in inner.items()}
        elif key in ("RunOrder", "TimeoutInMinutes"):
            made[key[0].lower() + key[1:]] = int(inner)
        elif key == "Version":
            made["version"] = str(inner)
        else:
            made[key[0].lower() + key[1:]] = camel(inner)
    return made


def text(value) -> str:
    """A configuration value as CloudFormation hands it on: all of them are texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else str(value)


def call(operation: str, body: dict) -> dict:
    """Calls the engine; raises its message, which becomes the resource's reason."""
    import service_role

    request = urllib.request.Request(
        os.environ["CODEPIPELINE_ENGINE"],
        data=json.dumps(body).encode(),
        headers={
            "content-type": "application/x-amz-json-1.1",
            "x-amz-target": TARGET + operation,
            "x-principal-arn": service_role.session_arn() or f"arn:aws:iam::{get_account_id()}:root",
            "x-account": get_account_id(),
            "x-region": get_region(),
        },
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            return json.loads(response.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise ValueError(reason(error.read())) from None


def reason(body: bytes) -> str:
    """The message of an error of the API, as CloudFormation shows it."""
    try:
        error = json.loads(body)
        code, message = str(error["__type"]).rsplit("#", 1)[-1], error.get("message") or error.get("Message") or ""
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
    return f"{message} (Service: AWSCodePipeline; Status Code: 400; Error Code: {code})"
