"""Change sets: conditions, masked parameters, stack ARNs, the id of a stack under review, stacks that are busy."""

import ministack.services.cloudformation.changesets as changesets
import ministack.services.cloudformation.handlers as handlers
import ministack.services.cloudformation.helpers as helpers
from ministack.services import cloudformation

# CloudFormation answers `is in … state and can not be updated` for each of these and for every `*_IN_PROGRESS`.
NOT_UPDATABLE = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED")


def install() -> None:
    plain_create, plain_execute = changesets._create_change_set, changesets._execute_change_set
    plain_resolve = changesets._resolve_props_for_diff

    def resolve(template, parameters, stack_name, stack_id):
        resolved = plain_resolve(template, parameters, stack_name, stack_id)
        if template:
            resolved["Resources"] = with_true_conditions(resolved.get("Resources", {}), template, parameters)
        return resolved

    changesets._resolve_props_for_diff = resolve
    actions = handlers._ACTION_HANDLERS
    actions["CreateChangeSet"] = by_name(lambda parameters: create(plain_create, parameters))
    actions["ExecuteChangeSet"] = by_name(lambda parameters: execute(plain_execute, parameters))
    actions["DescribeChangeSet"] = by_name(changesets._describe_change_set)
    actions["DeleteChangeSet"] = by_name(changesets._delete_change_set)
    actions["ListChangeSets"] = by_name(changesets._list_change_sets)


def with_true_conditions(resources: dict, template: dict, parameters: dict) -> dict:
    """The resources whose condition holds: the others do not exist and are no part of a difference."""
    try:
        conditions = changesets._evaluate_conditions(template, parameters)
    except Exception:  # A condition that cannot be evaluated is reported by the change set itself.
        conditions = {}
    return {
        name: resource
        for name, resource in resources.items()
        if conditions.get(resource.get("Condition"), True)
    }


def by_name(action):
    """Lets `StackName` be an ARN."""

    def with_name(parameters):
        name = parameters.get("StackName", [""])[0]
        if name.startswith("arn:") and ":stack/" in name:
            parameters = {**parameters, "StackName": [name.split(":stack/")[1].split("/")[0]]}
        return action(parameters)

    return with_name


def create(plain_create, parameters):
    name = parameters.get("StackName", [""])[0]
    kind = parameters.get("ChangeSetType", ["UPDATE"])[0]
    stack = handlers._resolve_stack(name)
    if kind == "UPDATE" and stack and not is_updatable(stack["StackStatus"]):
        return helpers._error(
            "ValidationError", f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        )
    under_review = stack if kind == "CREATE" and stack and stack["StackStatus"] == "REVIEW_IN_PROGRESS" else None
    events = cloudformation._stack_events.get(under_review["StackId"]) if under_review else None
    known = set(cloudformation._change_sets)
    response = plain_create(parameters)
    if under_review:
        response = keep_stack_id(under_review, events, response)
    for change_set_id in set(cloudformation._change_sets) - known:
        change_set = cloudformation._change_sets[change_set_id]
        if under_review:
            change_set["StackId"] = under_review["StackId"]
        if kind == "UPDATE" and stack:
            count_outputs(change_set, stack)
        mask_parameters(change_set)
        change_set["_role"] = parameters.get("RoleARN", [""])[0]
    return response


def execute(plain_execute, parameters):
    import service_role

    _, change_set = changesets._find_change_set(
        parameters.get("ChangeSetName", [""])[0], parameters.get("StackName", [""])[0]
    )
    stack = cloudformation._stacks.get(change_set["StackName"]) if change_set else None
    if stack and stack["StackStatus"] != "REVIEW_IN_PROGRESS" and stack["StackStatus"].endswith("_IN_PROGRESS"):
        return helpers._error(
            "InvalidChangeSetStatus",
            f"Stack [{change_set['StackName']}] is in {stack['StackStatus']} state and cannot be executed",
        )
    with service_role.acting_as((change_set or {}).get("_role", "")):
        return plain_execute(parameters)


def is_updatable(status: str) -> bool:
    return status not in NOT_UPDATABLE and not status.endswith("_IN_PROGRESS")


def keep_stack_id(stack: dict, events, response):
    """A second change set of a stack under review belongs to the same stack; MiniStack makes a new one."""
    current = cloudformation._stacks.get(stack["StackName"])
    if current is stack:
        return response
    if current is not None:
        cloudformation._stack_events.pop(current["StackId"], None)
    cloudformation._stacks[stack["StackName"]] = stack
    cloudformation._stack_events[stack["StackId"]] = events or []
    if current is None or not isinstance(response[2], bytes):
        return response
    body = response[2].replace(current["StackId"].encode(), stack["StackId"].encode())
    return response[0], response[1], body


def count_outputs(change_set: dict, stack: dict) -> None:
    """A change of outputs alone is one too, though the change set lists no resource; MiniStack sees none."""
    before, after = (each.get("_template", {}).get("Outputs", {}) for each in (stack, change_set))
    if change_set["Status"] == "FAILED" and "didn't contain changes" in change_set["StatusReason"] and before != after:
        change_set.update(Status="CREATE_COMPLETE", ExecutionStatus="AVAILABLE", StatusReason="")


def mask_parameters(change_set: dict) -> None:
    for parameter in change_set["Parameters"]:
        if change_set["_resolved_params"].get(parameter["ParameterKey"], {}).get("NoEcho"):
            parameter["ParameterValue"] = "****"
