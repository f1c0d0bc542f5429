"""The checks of `on-real-aws` that settle rows of docs/aws-unknowns.md. Each docstring's first line is the question."""

import io
import json
import time
import zipfile

# Runs with a deny on whatever does not carry its own ARN, as Changegate's functions do.
PLANNER = '''
import boto3

def handler(event, context):
    try:
        made = boto3.client("cloudformation").create_change_set(
            StackName=event["stack"], ChangeSetName="probe", ChangeSetType="CREATE", TemplateURL=event["url"])
        return {"answer": "accepted", "id": made["Id"]}
    except Exception as error:
        return {"answer": f"{type(error).__name__}: {error}"[:500]}
'''

HANDLE = {"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}}}


def until(what, look, seconds=180):
    end = time.time() + seconds
    while time.time() < end:
        if (seen := look()) is not None:
            return seen
        time.sleep(2)
    raise TimeoutError(f"{what} did not come within {seconds} seconds")


def code_of(call):
    """The error code of a call, or `accepted`."""
    try:
        call()
        return "accepted"
    except Exception as error:
        return getattr(error, "response", {}).get("Error", {}).get("Code") or type(error).__name__


def named(probe, pipeline, run, action):
    return next((each for each in probe.actions(pipeline, run) if each["actionName"] == action), None)


def lag(probe):
    """What does the history show of an action when its function is called, and how long until it shows all?"""
    told = {"do": "history", "pipeline": f"{probe.prefix}-lag", "run": "#{codepipeline.PipelineExecutionId}"}
    name = probe.make("lag", {"name": "Work", "actions": [probe.invoke("Go", told, namespace="Work")]})["name"]
    run = probe.first_run(name)
    probe.ended(name, run)
    seen = named(probe, name, run, "Go").get("output", {}).get("outputVariables", {})
    probe.found("P1", lag.__doc__, f"at first {seen.get('First')}; all of it after {seen.get('Seconds')} seconds", None)


def touched(probe):
    """Does lastUpdateTime of an action move after the next action has begun?"""
    name = probe.make("touched", {"name": "Work", "actions": [
        probe.invoke("Go", {"do": "report"}), probe.approval(order=2)]})["name"]
    run = probe.first_run(name)
    probe.open_approval(name)
    times = set()
    for _ in range(10):
        times.add(named(probe, name, run, "Go")["lastUpdateTime"])
        time.sleep(2)
    began = named(probe, name, run, "Approve")["startTime"]
    late = sorted(str(each - began) for each in times if each > began)
    probe.found("P2", touched.__doc__, f"{len(times)} different times within 20 seconds; after the approval began: {late or 'none'}",
                None)


def link(probe):
    """Does the history show an approval's link with its variables filled in?"""
    plan = {"name": "Plan", "actions": [
        probe.invoke("Go", {"do": "report", "variables": {"Link": "https://example.com/1"}}, namespace="Plan")]}
    approval = probe.approval()
    approval["configuration"] = {"ExternalEntityLink": "#{Plan.Link}"}
    name = probe.make("link", plan, {"name": "Work", "actions": [approval]})["name"]
    run = probe.first_run(name)
    probe.open_approval(name)
    shown = named(probe, name, run, "Approve")["input"].get("resolvedConfiguration", {}).get("ExternalEntityLink")
    probe.found("P3", link.__doc__, f"{shown}", shown == "https://example.com/1")


def order(probe):
    """Does the list of actions come newest first?"""
    name = probe.make("order", {"name": "Work", "actions": [
        probe.invoke("A", {"do": "report"}), probe.invoke("B", {"do": "report"}, order=2)]})["name"]
    run = probe.first_run(name)
    probe.ended(name, run)
    listed = [each["actionName"] for each in probe.actions(name, run)]
    probe.found("P11", order.__doc__, ", ".join(listed), listed == ["B", "A", "Object"])


def artifact(probe):
    """Do the credentials of a job write an artifact without naming an encryption, and does the next action read it?"""
    write = probe.invoke("Write", {"do": "write"})
    write["outputArtifacts"] = [{"name": "Written"}]
    read = probe.invoke("Read", {"do": "read"}, order=2, namespace="Read")
    read["inputArtifacts"] = [{"name": "Written"}]
    name = probe.make("artifact", {"name": "Work", "actions": [write, read]})["name"]
    run = probe.first_run(name)
    status = probe.ended(name, run)
    words = (named(probe, name, run, "Read") or {}).get("output", {}).get("outputVariables", {}).get("Words")
    probe.found("P10", artifact.__doc__, f"run {status}; read: {words}", (status, words) == ("Succeeded", "written by a job"))


def resource(probe):
    """Is the resource of a call about a change set the stack or the change set?"""
    stack = f"{probe.prefix}-resource"
    made = probe.stacks.create_change_set(
        StackName=stack, ChangeSetName="probe", ChangeSetType="CREATE", TemplateBody=json.dumps(HANDLE))
    probe.later(f"stack {stack}", lambda: probe.stacks.delete_stack(StackName=stack))
    probe.stacks.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 3})
    arn = lambda kind: f"arn:{probe.partition}:cloudformation:{probe.region}:{probe.account}:{kind}/*"
    calls = {
        "DescribeChangeSet": lambda client, more: client.describe_change_set(ChangeSetName=made["Id"], **more),
        "GetTemplate": lambda client, more: client.get_template(ChangeSetName=made["Id"], **more),
        "DeleteChangeSet": lambda client, more: client.delete_change_set(ChangeSetName=made["Id"], **more),
    }
    actions = [f"cloudformation:{name}" for name in calls]
    clients = {
        "stacks": probe.as_role("stacks", [{"Effect": "Allow", "Action": actions, "Resource": arn("stack")}]),
        "change sets": probe.as_role("sets", [{"Effect": "Allow", "Action": actions, "Resource": arn("changeSet")}]),
    }
    answers = []
    for name, call in calls.items():
        for words, more in (("by ARN", {}), ("by both", {"StackName": made["StackId"]})):
            # The last call would remove what the others are about: it is asked of nobody who may.
            if name == "DeleteChangeSet" and words == "by ARN":
                continue
            told = {what: code_of(lambda: call(client, more)) for what, client in clients.items()}
            answers.append(f"{name} {words}: " + ", ".join(f"a policy of {what}: {code}" for what, code in told.items()))
    probe.found("C1", resource.__doc__, "; ".join(answers), None)


def on_behalf(probe):
    """Do requests that CloudFormation makes for a function carry the function's ARN?"""
    function = f"{probe.prefix}-planner"
    own = f"arn:{probe.partition}:lambda:{probe.region}:{probe.account}:function:{function}"
    role = probe.role("planner", "lambda.amazonaws.com", [
        {"Effect": "Allow", "Action": "cloudformation:CreateChangeSet", "Resource": "*"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:{probe.partition}:s3:::{probe.bucket}/*"},
        {"Effect": "Deny", "NotAction": "kms:Decrypt", "Resource": "*",
         "Condition": {"ArnNotLike": {"lambda:SourceFunctionArn": own}}}])
    probe.function(function, role, PLANNER)
    probe.s3.put_object(Bucket=probe.bucket, Key="template.json", Body=json.dumps(HANDLE).encode())
    stack = f"{probe.prefix}-behalf"
    probe.later(f"stack {stack}", lambda: probe.stacks.delete_stack(StackName=stack))
    url = f"https://{probe.bucket}.s3.{probe.region}.amazonaws.com/template.json"
    answer = json.load(probe.functions.invoke(
        FunctionName=function, Payload=json.dumps({"stack": stack, "url": url}))["Payload"])
    words = answer.get("answer", str(answer))
    probe.found("C5", on_behalf.__doc__, "yes" if words == "accepted" else words, None)


def describe_macro(probe):
    """Are two descriptions of a change set equal where a transform made the template?"""
    stack = f"{probe.prefix}-macro"
    template = json.dumps({"Transform": "AWS::LanguageExtensions", **HANDLE})
    made = probe.stacks.create_change_set(StackName=stack, ChangeSetName="probe", ChangeSetType="CREATE",
                                          TemplateBody=template, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    probe.later(f"stack {stack}", lambda: probe.stacks.delete_stack(StackName=stack))
    probe.stacks.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig={"Delay": 3})

    def read():
        described = probe.stacks.describe_change_set(ChangeSetName=made["Id"], IncludePropertyValues=True)
        texts = [probe.stacks.get_template(ChangeSetName=made["Id"], TemplateStage=stage)["TemplateBody"]
                 for stage in ("Original", "Processed")]
        described.pop("ResponseMetadata")
        return json.dumps([described, texts], sort_keys=True, default=str)

    first = read()
    time.sleep(10)
    is_equal = read() == first
    probe.found("C3", describe_macro.__doc__, "equal" if is_equal else "they differ", is_equal)


def conditional(probe):
    """Does a bucket policy with s3:if-none-match refuse unconditional writes, and only those?"""
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
         "Resource": f"arn:{probe.partition}:s3:::{probe.bucket}/once/*", "Condition": {"Null": {"s3:if-none-match": "true"}}}]}
    client = probe.as_role("writer", [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"arn:{probe.partition}:s3:::{probe.bucket}/*"}], "s3")
    probe.s3.put_bucket_policy(Bucket=probe.bucket, Policy=json.dumps(policy))
    put = lambda key="once/a", **more: code_of(
        lambda: client.put_object(Bucket=probe.bucket, Key=key, Body=b"x", **more))
    until("the role", lambda: True if put("free") == "accepted" else None)
    answers = [put(), put(IfNoneMatch="*"), put(IfNoneMatch="*")]
    probe.s3.delete_bucket_policy(Bucket=probe.bucket)
    probe.found("O2", conditional.__doc__, f"unconditional {answers[0]}, first {answers[1]}, second {answers[2]}",
                answers == ["AccessDenied", "accepted", "PreconditionFailed"])


CHECKS = {
    "lag": lag,
    "touched": touched,
    "link": link,
    "order": order,
    "artifact": artifact,
    "resource": resource,
    "on-behalf": on_behalf,
    "describe-macro": describe_macro,
    "conditional": conditional,
}
