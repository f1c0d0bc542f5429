"""The role that CloudFormation acts as: MiniStack ignores it, so nothing would show that it may too little.

It is checked where CloudFormation creates, updates and deletes resources of the types in `ACTIONS`.
"""

import contextlib
import contextvars
from typing import NamedTuple

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks
from ministack.core import iam_evaluator
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam

import conditions

ROLE = contextvars.ContextVar("cloudformation_service_role", default="")


class Actions(NamedTuple):
    """What creating, updating and deleting a resource of one type takes at least."""

    create: str
    update: str
    delete: str


ACTIONS = {
    "AWS::CloudFormation::Stack": Actions(
        "cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack"
    ),
    "AWS::CodePipeline::Pipeline": Actions(
        "codepipeline:CreatePipeline", "codepipeline:UpdatePipeline", "codepipeline:DeletePipeline"
    ),
    "AWS::DynamoDB::Table": Actions("dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable"),
    "AWS::IAM::Policy": Actions("iam:PutRolePolicy", "iam:PutRolePolicy", "iam:DeleteRolePolicy"),
    "AWS::IAM::Role": Actions("iam:CreateRole", "iam:UpdateRole", "iam:DeleteRole"),
    "AWS::Lambda::Permission": Actions("lambda:AddPermission", "lambda:AddPermission", "lambda:RemovePermission"),
    "AWS::Logs::LogGroup": Actions("logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"),
    "AWS::S3::Bucket": Actions("s3:CreateBucket", "s3:PutBucketTagging", "s3:DeleteBucket"),
    "AWS::S3::BucketPolicy": Actions("s3:PutBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "AWS::SNS::Topic": Actions("sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic"),
    "AWS::SQS::Queue": Actions("sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue"),
    "AWS::SSM::Parameter": Actions("ssm:PutParameter", "ssm:PutParameter", "ssm:DeleteParameter"),
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


def named(resource_type: str, properties: dict, stack_name: str, logical_id: str, physical_id: str) -> dict:
    """The properties with the resource's name in them: given, already there, or as CloudFormation makes one up."""
    _, property_name = conditions.RESOURCES.get(resource_type, ("", ""))
    if not property_name or properties.get(property_name):
        return properties
    name = physical_id or provisioners._physical_name(stack_name, logical_id)
    # The physical id of a queue is its URL, that of a topic or a stack its ARN.
    if resource_type == "AWS::CloudFormation::Stack" and name.startswith("arn:"):
        return {**properties, property_name: name.split("/")[1]}
    return {**properties, property_name: name.rsplit("/", 1)[-1] if "://" in name else name.rsplit(":", 1)[-1]}


def check(
    resource_type: str, verb: str, properties: dict, stack_name: str, logical_id: str = "", physical_id: str = "",
) -> None:
    """Raises what CloudFormation would report when the role may not do this."""
    role, actions = ROLE.get(), ACTIONS.get(resource_type)
    if not role or not actions:
        return
    arn, keys = conditions.of_resource(
        resource_type, named(resource_type, properties, stack_name, logical_id, physical_id)
    )
    ask(role, getattr(actions, verb), arn, keys)
    if resource_type == "AWS::CloudFormation::Stack" and verb != "delete":
        # The schema of the type has iam:PassRole for create and update: the stack's role is passed on, by itself.
        ask(role, "iam:PassRole", role, {"iam:passedtoservice": "cloudformation.amazonaws.com"})


def ask(role: str, action: str, arn: str, keys: dict) -> None:
    """Raises what CloudFormation would report when the role may not do this to this resource."""
    name, account = role.rsplit("/", 1)[-1], get_account_id()
    request = iam_evaluator.EvalContext(
        principal_arn=session_arn(), principal_type="AssumedRole", principal_account=account, action=action,
        resource_arn=arn, region=get_region(), secure_transport=True, service_context=keys,
    )
    result = iam_evaluator.evaluate(
        request,
        iam_evaluator._gather_role_policies(name, account),
        *iam_evaluator._permissions_boundary(iam._roles, name, account),
    )
    if result.decision != "Allow":
        raise ValueError(
            f"User: {session_arn()} is not authorized to perform: {action} on resource: {arn} "
            "(Service: CloudFormation service role; Status Code: 403; Error Code: AccessDenied)"
        )
