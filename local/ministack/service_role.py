"""The role that CloudFormation acts as: MiniStack ignores it, so nothing would show that it may too little.

It is checked where CloudFormation creates, updates and deletes resources of the types in `RULES`.
"""

import contextlib
import contextvars
from typing import NamedTuple

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

ROLE = contextvars.ContextVar("cloudformation_service_role", default="")


class Rule(NamedTuple):
    """What creating, updating and deleting a resource of one type takes at least, and what it is called."""

    create: str
    update: str
    delete: str
    name: str  # property that names the resource
    arn: str


RULES = {
    "AWS::CodePipeline::Pipeline": Rule(
        "codepipeline:CreatePipeline", "codepipeline:UpdatePipeline", "codepipeline:DeletePipeline",
        "Name", "arn:aws:codepipeline:{region}:{account}:{name}",
    ),
    "AWS::DynamoDB::Table": Rule(
        "dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable",
        "TableName", "arn:aws:dynamodb:{region}:{account}:table/{name}",
    ),
    "AWS::IAM::Role": Rule(
        "iam:CreateRole", "iam:UpdateRole", "iam:DeleteRole", "RoleName", "arn:aws:iam::{account}:role{path}{name}",
    ),
    "AWS::Logs::LogGroup": Rule(
        "logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup",
        "LogGroupName", "arn:aws:logs:{region}:{account}:log-group:{name}",
    ),
    "AWS::S3::Bucket": Rule(
        "s3:CreateBucket", "s3:CreateBucket", "s3:DeleteBucket", "BucketName", "arn:aws:s3:::{name}",
    ),
    "AWS::SNS::Topic": Rule(
        "sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic",
        "TopicName", "arn:aws:sns:{region}:{account}:{name}",
    ),
    "AWS::SQS::Queue": Rule(
        "sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue",
        "QueueName", "arn:aws:sqs:{region}:{account}:{name}",
    ),
    "AWS::SSM::Parameter": Rule(
        "ssm:PutParameter", "ssm:PutParameter", "ssm:DeleteParameter",
        "Name", "arn:aws:ssm:{region}:{account}:parameter/{name}",
    ),
}


def install() -> None:
    provision, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource

    def provision_if_allowed(resource_type, logical_id, properties, stack_name, *rest):
        check(resource_type, "create", properties, stack_name, logical_id)
        return provision(resource_type, logical_id, properties, stack_name, *rest)

    def update_if_allowed(resource_type, physical_id, old, new, stack_name, *rest):
        if old != new:
            check(resource_type, "update", new, stack_name, physical_id=physical_id)
        return update(resource_type, physical_id, old, new, stack_name, *rest)

    def delete_if_allowed(resource_type, physical_id, properties, *rest, **named):
        check(resource_type, "delete", properties, "", physical_id=physical_id)
        return delete(resource_type, physical_id, properties, *rest, **named)

    stacks._provision_resource = provision_if_allowed
    stacks._update_resource = update_if_allowed
    stacks._delete_resource = delete_if_allowed


@contextlib.contextmanager
def acting_as(role_arn: str):
    """Whatever CloudFormation does inside is done as this role; an empty text stands for the caller."""
    token = ROLE.set(role_arn)
    try:
        yield
    finally:
        ROLE.reset(token)


def session_arn() -> str:
    """The session that CloudFormation acts as, or an empty text."""
    role = ROLE.get()
    return f"arn:aws:sts::{get_account_id()}:assumed-role/{role.rsplit('/', 1)[-1]}/AWSCloudFormation" if role else ""


def arn_of(rule: Rule, properties: dict, stack_name: str, logical_id: str = "", physical_id: str = "") -> str:
    """The ARN of a resource, from its name: given, already there, or as CloudFormation makes one up."""
    name = physical_id or properties.get(rule.name) or provisioners._physical_name(stack_name, logical_id)
    # The physical id of a queue is its URL, that of a topic its ARN.
    name = str(name).rsplit("/", 1)[-1] if "://" in str(name) else str(name)
    if name.startswith("arn:"):
        return name
    return rule.arn.format(
        region=get_region(), account=get_account_id(), name=name.lstrip("/"), path=properties.get("Path", "/"),
    )


def check(
    resource_type: str, verb: str, properties: dict, stack_name: str, logical_id: str = "", physical_id: str = "",
) -> None:
    """Raises what CloudFormation would report when the role may not do this."""
    role, rule = ROLE.get(), RULES.get(resource_type)
    if not role or not rule:
        return
    action, name, account = getattr(rule, verb), role.rsplit("/", 1)[-1], get_account_id()
    arn = arn_of(rule, properties, stack_name, logical_id, physical_id)
    boundary = properties.get("PermissionsBoundary")
    context = iam_evaluator.EvalContext(
        principal_arn=session_arn(), principal_type="AssumedRole", principal_account=account, action=action,
        resource_arn=arn, region=get_region(), secure_transport=True,
        service_context={"iam:permissionsboundary": boundary} if boundary else {},
    )
    result = iam_evaluator.evaluate(
        context,
        iam_evaluator._gather_role_policies(name, account),
        *iam_evaluator._permissions_boundary(iam._roles, name, account),
    )
    if result.decision != "Allow":
        raise ValueError(
            f"User: {session_arn()} is not authorized to perform: {action} on resource: {arn} "
            "(Service: CloudFormation service role; Status Code: 403; Error Code: AccessDenied)"
        )
