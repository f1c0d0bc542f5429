"""`AWS::CodePipeline::Pipeline`: CloudFormation hands the resource to the engine, which reads its properties.

The calls run on a worker thread: on the event loop a call whose callee calls the emulator back would never end.
"""

import json

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks
from ministack.core.responses import get_account_id, get_region

import engine

TYPE = "AWS::CodePipeline::Pipeline"


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
    return name, attributes(ask("create", name, properties))


def update(name, old, new, stack_name, logical_id=None):
    return name, attributes(ask("update", name, new))


def delete(name, properties):
    ask("delete", name)


def adopt(identifier):
    return identifier["Name"], attributes(ask("get", identifier["Name"]))


def attributes(answer: dict) -> dict[str, str]:
    return {"Version": str(answer.get("version", 1))}


def ask(operation: str, name: str, properties: dict | None = None) -> dict:
    """Asks the engine; raises its words, which become the resource's reason."""
    import service_role

    request = {
        "op": operation, "name": name, "props": properties or {},
        "account": get_account_id(), "region": get_region(),
    }
    # Who passes the pipeline's role: the stack's service role; without one, whoever deploys, here root.
    if caller := service_role.session_arn():
        request["caller"] = caller
    headers = {"content-type": "application/json"}
    status, body = engine.post("/cloudformation", json.dumps(request).encode(), headers)
    if status != 200:
        raise ValueError(body.decode(errors="replace")[:1000])
    return json.loads(body or b"{}")
