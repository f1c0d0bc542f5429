"""Puts questions to the policies of a deployed Changegate, through unmodified boto3."""

import base64
import io
import json
import re
import sys
import zipfile

import boto3
from botocore.exceptions import ClientError

ASKED = json.load(sys.stdin)
ACCOUNT, REGION, STACK = ASKED["account"], ASKED["region"], ASKED["stack"]
ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
ROLES = {
    "create": "ChangesetCreateRole",
    "describe": "ChangesetDescribeRole",
    "execute": "ChangesetExecuteRole",
    "record": "OutcomeRecordRole",
    "sync": "SourceSyncRole",
    "provision": "PipelinesProvisionRole",
}
ANSWERS = {"allowed": "yes", "implicitDeny": "no", "explicitDeny": "never"}


def client(service, **credentials):
    return boto3.client(service, endpoint_url=ASKED["endpoint"], region_name=REGION, **(credentials or ROOT))


def resources():
    """Logical id to ARN, for what the page writes in braces."""
    iam, secrets = client("iam"), client("secretsmanager")
    found = {}
    for resource in client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]:
        name, kind = resource["PhysicalResourceId"], resource["ResourceType"]
        if kind == "AWS::IAM::Role":
            name = iam.get_role(RoleName=name)["Role"]["Arn"]
        elif kind == "AWS::Lambda::Function":
            name = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        elif kind == "AWS::SecretsManager::Secret":
            name = secrets.describe_secret(SecretId=name)["ARN"]
        elif kind == "AWS::S3::Bucket":
            name = f"arn:aws:s3:::{name}"
        found[resource["LogicalResourceId"]] = name
    return found


def filled(text, arns):
    return re.sub(r"\{(\w+)\}", lambda match: arns[match[1]], text)


def arn(action, resource, arns):
    service, resource = action.split(":")[0], filled(resource, arns)
    if resource == "*" or resource.startswith("arn:"):
        return resource
    resource = re.sub(r"(^|[/:])S(?=[-/])", rf"\g<1>{STACK}", resource)
    place = {"iam": f":{ACCOUNT}", "sts": f":{ACCOUNT}", "cloudfront": f":{ACCOUNT}"}.get(service, f"{REGION}:{ACCOUNT}")
    service = "iam" if service == "sts" else service
    return f"arn:aws:{service}:{place}:{resource}"


def role(name, **limits):
    """A role with every right, less its limits."""
    iam = client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document(trust)), **limits)
    iam.put_role_policy(RoleName=name, PolicyName="everything", PolicyDocument=json.dumps(document(everything)))
    return made["Role"]["Arn"]


def document(*statements):
    return {"Version": "2012-10-17", "Statement": statements}


def simulate(question):
    iam, arns = client("iam"), resources()
    iam.create_user(UserName="operator")
    iam.attach_user_policy(UserName="operator", PolicyArn=arns["Operators"])
    arns["operator"] = f"arn:aws:iam::{ACCOUNT}:user/operator"
    arns["workload"] = role("workload", PermissionsBoundary=arns["DeployerBoundary"])
    arns["administrator"] = role("administrator")
    answers = []
    for asked in question:
        context = [
            {"ContextKeyName": key, "ContextKeyValues": [filled(value, arns)], "ContextKeyType": "string"}
            for key, value in asked["context"].items()
        ]
        answer = {}
        named = {key.lower() for key in asked["context"]}
        # A service control policy that only denies is one policy more that denies.
        limit = {"PolicyInputList": [asked["limit"]]} if asked["limit"] else {}
        for name, principal in asked["columns"].items():
            source = arns[principal]
            # A function's code asks with the function's ARN, unless the page says otherwise.
            function = arns.get(principal.removesuffix("Role") + "Function")
            own = [] if not function or "lambda:sourcefunctionarn" in named else [
                {"ContextKeyName": "lambda:SourceFunctionArn", "ContextKeyValues": [function], "ContextKeyType": "string"}
            ]
            result = iam.simulate_principal_policy(
                PolicySourceArn=source,
                ActionNames=[asked["action"]],
                ResourceArns=[arn(asked["action"], asked["resource"], arns)],
                ContextEntries=context + own,
                **limit,
            )
            answer[name] = ANSWERS[result["EvaluationResults"][0]["EvalDecision"]]
        answers.append(answer)
    return answers


def session(role_arn):
    """Credentials of a role that only Lambda may assume: the trust is widened for this."""
    iam, name = client("iam"), role_arn.rsplit("/", 1)[1]
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
    }
    iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(document))
    made = client("sts").assume_role(RoleArn=role_arn, RoleSessionName="policies")["Credentials"]
    return {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }


def let_out(role_arn):
    """Lets a role be used outside its function, so that the policies of the buckets answer."""
    iam, name = client("iam"), role_arn.rsplit("/", 1)[1]
    policy = iam.get_role_policy(RoleName=name, PolicyName="calls")["PolicyDocument"]
    policy["Statement"] = [each for each in policy["Statement"] if each["Sid"] != "OnlyItsFunction"]
    iam.put_role_policy(RoleName=name, PolicyName="calls", PolicyDocument=json.dumps(policy))


def try_buckets(_):
    """What the policies of the buckets say, by trying it: who writes what, and how often."""
    arns, outcome = resources(), {}
    source, evidence = (arns[name].rsplit(":", 1)[1] for name in ("SourceBucket", "EvidenceBucket"))
    roles = {
        name: client("s3", **session(arns[role]))
        for name, role in ROLES.items()
    }

    def attempt(what, expected, call):
        try:
            call()
            got = "allowed"
        except ClientError as error:
            got = error.response["Error"]["Code"]
        outcome[what] = "as it should" if got == expected else f"{got} instead of {expected}"

    def put(who, bucket, key, **conditions):
        return lambda: roles[who].put_object(Bucket=bucket, Key=key, Body=b"1", **conditions)

    once = {"IfNoneMatch": "*"}
    attempt("describe writes reviews/z outside its function", "AccessDenied", put("describe", evidence, "reviews/z", **once))
    attempt("sync writes gates/z.json outside its function", "AccessDenied", put("sync", source, "gates/z.json"))
    for role in ROLES.values():
        let_out(arns[role])
    for who, key in [
        ("describe", "reviews/a"), ("create", "runs/a"), ("execute", "runs/b"), ("record", "outcomes/a"),
    ]:
        attempt(f"{who} writes {key}", "allowed", put(who, evidence, key, **once))
        attempt(f"{who} writes {key} again", "PreconditionFailed", put(who, evidence, key, **once))
        attempt(f"{who} writes {key} unconditionally", "AccessDenied", put(who, evidence, key))
        attempt(f"{who} deletes {key}", "AccessDenied", lambda: roles[who].delete_object(Bucket=evidence, Key=key))
    for who, key in [
        ("execute", "reviews/b"), ("create", "outcomes/b"), ("execute", "outcomes/b"), ("describe", "runs/c"),
        ("create", "executed/a"),
    ]:
        attempt(f"{who} writes {key}", "AccessDenied", put(who, evidence, key, **once))
    attempt("execute writes executed/a", "allowed", put("execute", evidence, "executed/a"))
    for who, key, expected in [
        ("sync", "TemplateSource/a.zip", "allowed"), ("sync", "gates/a.json", "allowed"),
        ("sync", "TemplateSource/.packages/a", "allowed"), ("provision", "TemplateSource/.packages/b", "allowed"),
        ("provision", "TemplateSource/a.zip", "AccessDenied"), ("create", "gates/a.json", "AccessDenied"),
    ]:
        attempt(f"{who} writes {key}", expected, put(who, source, key))
    # The bucket's own policy stands above whatever a role is given.
    client("iam").put_role_policy(
        RoleName=arns["ChangesetCreateRole"].rsplit("/", 1)[1],
        PolicyName="more",
        PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}],
        }),
    )
    attempt("a role with every right on S3 writes a review", "AccessDenied", put("create", evidence, "reviews/c", **once))
    attempt("a role with every right on S3 writes a gate", "AccessDenied", put("create", source, "gates/b.json"))
    attempt(
        "a role with every right on S3 deletes an outcome", "AccessDenied",
        lambda: roles["create"].delete_object(Bucket=evidence, Key="outcomes/a"),
    )
    attempt(
        "a role with every right on S3 tags an outcome", "AccessDenied",
        lambda: roles["create"].put_object_tagging(
            Bucket=evidence, Key="outcomes/a", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
        ),
    )
    attempt(
        "a role with every right on S3 writes elsewhere", "AccessDenied", put("create", evidence, "elsewhere/a", **once),
    )
    attempt(
        "a role with every right on S3 lets the evidence expire", "AccessDenied",
        lambda: roles["create"].put_bucket_lifecycle_configuration(
            Bucket=evidence,
            LifecycleConfiguration={"Rules": [
                {"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}},
            ]},
        ),
    )
    return outcome


def releases():
    return f"changegate-releases-{ACCOUNT}-{REGION}"


def try_releases(_):
    """Who may write where packages are deployed from, by trying it."""
    arns, outcome = resources(), {}
    of_sam = "aws-sam-cli-managed-default-samclisourcebucket-1"
    client("s3").create_bucket(Bucket=of_sam, CreateBucketConfiguration={"LocationConstraint": REGION})
    roles = {
        "a role of a stack": client("s3", **session(f"arn:aws:iam::{ACCOUNT}:role/workload")),
        "an administrator": client("s3", **session(f"arn:aws:iam::{ACCOUNT}:role/administrator")),
        "break-glass": client("s3", **session(arns["BreakGlass"])),
    }

    def attempt(who, what, expected, call):
        try:
            call(roles[who])
            got = "allowed"
        except ClientError as error:
            got = error.response["Error"]["Code"]
        outcome[f"{who} {what}"] = "as it should" if got == expected else f"{got} instead of {expected}"

    key, once = "functions/source-sync/predicted.zip", {"IfNoneMatch": "*"}
    put = lambda bucket, **conditions: lambda s3: s3.put_object(Bucket=bucket, Key=key, Body=b"planted", **conditions)
    everybody = json.dumps(document({"Effect": "Allow", "Principal": "*", "Action": "s3:*",
                                     "Resource": f"arn:aws:s3:::{releases()}/*"}))
    for who in ("a role of a stack", "an administrator"):
        attempt(who, "writes a predicted key", "AccessDenied", put(releases(), **once))
        attempt(who, "replaces the policy of the bucket", "AccessDenied",
                lambda s3: s3.put_bucket_policy(Bucket=releases(), Policy=everybody))
        attempt(who, "stops the versions", "AccessDenied", lambda s3: s3.put_bucket_versioning(
            Bucket=releases(), VersioningConfiguration={"Status": "Suspended"}))
    attempt("a role of a stack", "writes into the bucket of the SAM CLI", "AccessDenied", put(of_sam))
    attempt("break-glass", "writes a package", "allowed", put(releases(), **once))
    attempt("break-glass", "writes it again", "PreconditionFailed", put(releases(), **once))
    attempt("break-glass", "overwrites it", "AccessDenied", put(releases()))
    attempt("break-glass", "deletes it", "AccessDenied", lambda s3: s3.delete_object(Bucket=releases(), Key=key))
    return outcome


def plant(packages):
    """Puts other bytes under the name of each package."""
    s3 = client("s3")
    for package in packages:
        name = base64.b64decode(package["hash"]).hex()
        s3.put_object(Bucket=releases(), Key=f"functions/{package['function']}/{name}.zip", Body=b"planted",
                      IfNoneMatch="*")
    return "planted"


def change_code(function):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("bootstrap", "planted")
    client("lambda").update_function_code(FunctionName=f"{STACK}-{function}", ZipFile=archive.getvalue())
    return "changed"


QUESTIONS = {each.__name__: each for each in (simulate, try_buckets, try_releases, plant, change_code)}
json.dump(QUESTIONS[sys.argv[1]](ASKED["question"]), sys.stdout)
