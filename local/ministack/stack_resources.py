"""DescribeStackResources by the physical id of a resource: whose stack is it.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
"""

import ministack.services.cloudformation.handlers as handlers
import ministack.services.cloudformation.helpers as helpers
from ministack.services import cloudformation


def install() -> None:
    plain = handlers._ACTION_HANDLERS["DescribeStackResources"]

    def describe(parameters):
        physical_id = parameters.get("PhysicalResourceId", [""])[0]
        if not physical_id or parameters.get("StackName", [""])[0]:
            return plain(parameters)
        stack = owner(physical_id)
        if stack is None:
            return helpers._error("ValidationError", f"Stack for {physical_id} does not exist")
        return plain({**parameters, "StackName": [stack["StackName"]]})

    handlers._ACTION_HANDLERS["DescribeStackResources"] = describe


def owner(physical_id: str):
    """The stack that a resource belongs to; a deleted stack owns nothing."""
    for stack in cloudformation._stacks.values():
        resources = stack.get("_resources", {}).values()
        if stack["StackStatus"] != "DELETE_COMPLETE" and any(
            resource.get("PhysicalResourceId") == physical_id for resource in resources
        ):
            return stack
    return None
