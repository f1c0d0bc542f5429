"""What policies are asked about: condition keys and resources that MiniStack leaves out.

Without them a policy that is right on AWS would be refused here (`s3:if-none-match` absent looks like an unconditional
write), or allowed.

Whether IAM takes the stack or the change set for the resource of a call that is about a change set is not known: the
Service Authorization Reference names the stack, policies of AWS's own name both. Here both must be allowed.
"""

import contextvars

from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudformation, iam, lambda_svc

# Parameter of a request to CloudFormation or IAM: the condition key that carries its value.
KEYS = {
    "cloudformation": {
        "ChangeSetName": "cloudformation:ChangeSetName",
        "RoleARN": "cloudformation:RoleArn",
        "StackPolicyURL": "cloudformation:StackPolicyUrl",
        "TemplateURL": "cloudformation:TemplateUrl",
    },
    "iam": {"PermissionsBoundary": "iam:PermissionsBoundary"},
}
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
WRITE_CONDITIONS = ("if-match", "if-none-match")
# Calls about a change set that exists.
OF_CHANGE_SETS = {
    f"cloudformation:{name}"
    for name in (
        "DeleteChangeSet", "DescribeChangeSet", "DescribeChangeSetHooks", "DescribeEvents", "ExecuteChangeSet", "GetTemplate",
    )
}
# The ARN of the change set that the present request is about, or an empty text.
CHANGE_SET = contextvars.ContextVar("change_set_of_request", default="")
# Session that a function's code has: the ARN of the function, which is in the context of what the code asks.
# https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
FUNCTIONS: dict[str, str] = {}


def install() -> None:
    tag_context, s3_context = iam_actions.request_tag_context, iam_actions.s3_service_context
    resource_arn, resolve_key = iam_actions.extract_resource_arn, iam_evaluator._resolve_condition_key
    enforce, credentials = iam_evaluator.enforce, lambda_runtime.execution_credentials

    def with_request_keys(service, action, body, params):
        context = dict(tag_context(service, action, body, params) or {})
        for parameter, key in KEYS.get(service, {}).items():
            if value := first(params, parameter):
                context[key] = value
        return context

    def with_write_conditions(action, params, path="", headers=None):
        context = dict(s3_context(action, params, path, headers) or {})
        if action == "s3:PutObject":
            context |= {f"s3:{name}": headers[name] for name in WRITE_CONDITIONS if (headers or {}).get(name)}
        return context

    def of_change_set(service, method, path, headers, body, params, region, account):
        arn = resource_arn(service, method, path, headers, body, params, region, account)
        CHANGE_SET.set(change_set_arn(params, region, account) if service == "cloudformation" else "")
        return stack_arn(params, region, account) if service == "cloudformation" and arn == "*" else arn

    def role_of_session(key, context):
        if key.lower() == "aws:principalarn":
            return role_arn(context.principal_arn)
        if key.lower() == "lambda:sourcefunctionarn" and key.lower() not in context.service_context:
            return FUNCTIONS.get(context.principal_arn)
        return resolve_key(key, context)

    def either_way(access_key_id, iam_action, service, region, resource_arn="*", service_context=None):
        refused = enforce(access_key_id, iam_action, service, region, resource_arn, service_context)
        change_set = CHANGE_SET.get() if iam_action in OF_CHANGE_SETS else ""
        if refused is None and change_set:
            return enforce(access_key_id, iam_action, service, region, change_set, service_context)
        return refused

    def of_function(config):
        role = config.get("Role", "").rsplit("/", 1)[-1]
        session = f"{role}/{config.get('FunctionName', '')[:64]}"
        FUNCTIONS[f"arn:aws:sts::{get_account_id()}:assumed-role/{session}"] = config.get("FunctionArn", "")
        return credentials(config)

    iam_actions.request_tag_context = with_request_keys
    iam_actions.s3_service_context = with_write_conditions
    iam_actions.extract_resource_arn = of_change_set
    iam_evaluator._resolve_condition_key = role_of_session
    iam_evaluator.enforce = either_way
    lambda_runtime.execution_credentials = lambda_svc.execution_credentials = of_function


def first(params: dict, name: str) -> str:
    value = (params or {}).get(name) or ""
    return (value[0] if value else "") if isinstance(value, list) else value


def stack_arn(params: dict, region: str, account: str) -> str:
    """The stack that a call means which names only a change set or a resource: AWS authorises it on the stack."""
    change_set = cloudformation._change_sets.get(first(params, "ChangeSetName"))
    if change_set:
        return change_set["StackId"]
    if first(params, "PhysicalResourceId") or first(params, "ChangeSetName"):
        return f"arn:aws:cloudformation:{region}:{account}:stack/unknown/unknown"
    return "*"


def change_set_arn(params: dict, region: str, account: str) -> str:
    """The ARN of the change set that a call names, or an empty text; one that is not there has an ARN all the same."""
    name = first(params, "ChangeSetName")
    if not name or name.startswith("arn:"):
        return name
    stack = first(params, "StackName")
    for arn, change_set in cloudformation._change_sets.items():
        if change_set.get("ChangeSetName") == name and stack in (change_set.get("StackName"), change_set.get("StackId")):
            return arn
    return f"arn:aws:cloudformation:{region}:{account}:changeSet/{name}/unknown"


def role_arn(principal: str) -> str:
    """The role behind a session: `aws:PrincipalArn` names roles, not sessions."""
    if ":assumed-role/" not in principal:
        return principal
    role = iam._roles.get(principal.split(":assumed-role/", 1)[1].split("/", 1)[0])
    return role["Arn"] if role else principal


# Type of a resource: ARN of one with a given name, and the property that gives the name.
RESOURCES = {
    "AWS::CloudFormation::Stack": ("arn:aws:cloudformation:{region}:{account}:stack/{name}/*", "StackName"),
    "AWS::CodePipeline::Pipeline": ("arn:aws:codepipeline:{region}:{account}:{name}", "Name"),
    "AWS::DynamoDB::Table": ("arn:aws:dynamodb:{region}:{account}:table/{name}", "TableName"),
    "AWS::IAM::ManagedPolicy": ("arn:aws:iam::{account}:policy{path}{name}", "ManagedPolicyName"),
    "AWS::IAM::Role": ("arn:aws:iam::{account}:role{path}{name}", "RoleName"),
    "AWS::Lambda::Permission": ("arn:aws:lambda:{region}:{account}:function:{name}", "FunctionName"),
    "AWS::Logs::LogGroup": ("arn:aws:logs:{region}:{account}:log-group:{name}", "LogGroupName"),
    "AWS::S3::Bucket": ("arn:aws:s3:::{name}", "BucketName"),
    "AWS::S3::BucketPolicy": ("arn:aws:s3:::{name}", "Bucket"),
    "AWS::SNS::Topic": ("arn:aws:sns:{region}:{account}:{name}", "TopicName"),
    "AWS::SQS::Queue": ("arn:aws:sqs:{region}:{account}:{name}", "QueueName"),
    "AWS::SSM::Parameter": ("arn:aws:ssm:{region}:{account}:parameter/{name}", "Name"),
}


def of_resource(resource_type: str, properties: dict) -> tuple[str, dict]:
    """The ARN and the condition keys of the call by which CloudFormation creates, updates or deletes a resource."""
    pattern, name = RESOURCES.get(resource_type, ("*", ""))
    if resource_type == "AWS::IAM::Policy":
        # It is written into each role; the first stands for all.
        role = iam._roles.get(next(iter(properties.get("Roles") or []), "")) or {"Arn": "*"}
        boundary = role.get("PermissionsBoundary")
        return role["Arn"], {"iam:permissionsboundary": boundary} if boundary else {}
    arn = pattern.format(
        region=get_region(),
        account=get_account_id(),
        name=str(properties.get(name) or "generated").lstrip("/"),
        path=properties.get("Path") or "/",
    )
    boundary = properties.get("PermissionsBoundary")
    return arn, {"iam:permissionsboundary": boundary} if boundary else {}
