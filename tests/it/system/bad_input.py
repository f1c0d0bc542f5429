"""Feeds the running system what no friend sends. One function for each test; each prints JSON."""

import hashlib
import hmac
import http.client
import io
import json
import sys
import time
import uuid
import zipfile
from urllib.parse import urlsplit

import boto3


class Asked:
    """What the test tells: where things are, and what is asked."""

    def __init__(self, told):
        self.told = told
        self.endpoint = told["endpoint"]

    def client(self, service):
        return boto3.client(service, endpoint_url=self.endpoint)

    def output(self, name):
        stack = self.client("cloudformation").describe_stacks(StackName="changegate")["Stacks"][0]
        return next(each["OutputValue"] for each in stack["Outputs"] if each["OutputKey"] == name)


def eventually(what, look, seconds=120):
    end = time.time() + seconds
    while time.time() < end:
        if (seen := look()) is not None:
            return seen
        time.sleep(0.1)
    raise SystemExit(f"{what} did not come within {seconds} seconds")


# Deliveries to the webhook.


def deliver(asked, body, signature):
    url, local = urlsplit(asked.output("WebhookUrl")), urlsplit(asked.endpoint)
    connection = http.client.HTTPConnection(local.hostname, local.port, timeout=60)
    connection.request("POST", "/", body, {
        "Host": url.netloc, "Content-Type": "application/json", "X-GitHub-Event": "push",
        "X-GitHub-Delivery": str(uuid.uuid4()), "X-Hub-Signature-256": signature})
    answer = connection.getresponse()
    return [answer.status, answer.read().decode()]


def sign(secret, body):
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def deliveries(asked):
    """Bad deliveries and a good one, while nobody takes messages out of the queue."""
    queue, functions, url = asked.client("sqs"), asked.client("lambda"), asked.output("QueueUrl")
    mapping = functions.list_event_source_mappings(FunctionName="changegate-source-sync")["EventSourceMappings"][0]

    def waiting():
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = queue.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)

    def switch(on):
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    secret = asked.told["secret"]
    push = json.dumps({
        "ref": "refs/heads/main", "before": "0" * 40, "after": asked.told["head"], "created": False, "deleted": False,
        "forced": False, "repository": {"full_name": asked.told["repository"], "default_branch": "main"}}).encode()
    large = b"{" + b" " * (6 * 1024 * 1024) + b"}"
    switch(False)
    try:
        eventually("an empty queue", lambda: waiting() == 0 or None)
        answers = {
            "another secret": deliver(asked, push, sign("not the secret", push)),
            "another body": deliver(asked, push + b" ", sign(secret, push)),
            "no digest": deliver(asked, push, "sha256="),
            "sha1 of old": deliver(asked, push, "sha1=" + hmac.new(secret.encode(), push, hashlib.sha1).hexdigest()),
            "too large": deliver(asked, large, sign(secret, large)),
            "no JSON": deliver(asked, b"not json", sign(secret, b"not json")),
        }
        queued = waiting()
        answers["good"] = deliver(asked, push, sign(secret, push))
        return {"answers": answers, "queued by bad ones": queued, "queued by the good one": waiting()}
    finally:
        switch(True)


# Jobs of pipelines that nobody rendered.


def trust(service):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def role(asked, name, service, actions):
    iam = asked.client("iam")
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="all", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}))
    return arn


def pipeline(asked, name, function, parameters):
    """A pipeline with one action that invokes a function; gives what became of its first run."""
    s3, pipelines = asked.client("s3"), asked.client("codepipeline")
    bucket = f"{name}-{uuid.uuid4().hex[:8]}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="source.zip", Body=b"no archive")
    kind = lambda category, provider: {"category": category, "owner": "AWS", "provider": provider, "version": "1"}
    configuration = {"FunctionName": function}
    if parameters is not None:
        configuration["UserParameters"] = parameters
    pipelines.create_pipeline(pipeline={
        "name": name, "pipelineType": "V2", "executionMode": "SUPERSEDED",
        "roleArn": role(asked, name, "codepipeline.amazonaws.com", ["s3:*", "lambda:InvokeFunction"]),
        "artifactStore": {"type": "S3", "location": bucket},
        "stages": [
            {"name": "Source", "actions": [{
                "name": "Object", "actionTypeId": kind("Source", "S3"), "outputArtifacts": [{"name": "Object"}],
                "configuration": {"S3Bucket": bucket, "S3ObjectKey": "source.zip", "PollForSourceChanges": "false"}}]},
            {"name": "Work", "actions": [{
                "name": "Go", "actionTypeId": kind("Invoke", "Lambda"), "configuration": configuration}]}]})

    def ended():
        run = next(iter(pipelines.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]), None)
        if run is None or run["status"] == "InProgress":
            return None
        actions = pipelines.list_action_executions(pipelineName=name)["actionExecutionDetails"]
        action = next(each for each in actions if each["actionName"] == "Go")
        error = action["output"]["executionResult"].get("errorDetails", {})
        return {"run": run["status"], "code": error.get("code"), "message": error.get("message")}

    return eventually(f"the end of {name}", ended)


def malformed_jobs(asked):
    """The real functions, with parameters that nobody rendered."""
    return {
        f"{function} {number}": pipeline(asked, f"malformed-{function}-{number}", f"changegate-{function}", parameters)
        for function in ("changeset-create", "changeset-describe", "changeset-execute", "pipelines-provision")
        for number, parameters in enumerate([None, "not json", "[]", '{"pipeline":7}'])
    }


BOOTSTRAP = """#!{python}
import os, signal, urllib.request
api = "http://" + os.environ["AWS_LAMBDA_RUNTIME_API"] + "/2018-06-01/runtime/invocation/"
while True:
    with urllib.request.urlopen(api + "next") as invocation:
        invocation.read()
        request = invocation.headers["lambda-runtime-aws-request-id"]
    if {dies}:
        os.kill(os.getpid(), signal.SIGKILL)
    urllib.request.urlopen(urllib.request.Request(api + request + "/response", b"null", method="POST")).read()
"""


def function(asked, name, dies):
    """A function that dies over every invocation, or ends each without reporting its job."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        files.writestr(entry, BOOTSTRAP.format(python=sys.executable, dies=dies))
    made = asked.client("lambda").create_function(
        FunctionName=name, Runtime="provided.al2023", Handler="bootstrap", Timeout=30,
        Role=role(asked, f"{name}-function", "lambda.amazonaws.com", ["lambda:InvokeFunction"]),
        Code={"ZipFile": archive.getvalue()})
    return made["FunctionArn"]


def killed(asked):
    """A function that is killed over every delivery, wired as template.yaml wires the functions of jobs."""
    functions = asked.client("lambda")
    function(asked, "killed", True)
    real = functions.get_function_event_invoke_config(
        FunctionName="changegate-changeset-create", Qualifier="$LATEST")
    functions.put_function_event_invoke_config(
        FunctionName="killed", MaximumRetryAttempts=real["MaximumRetryAttempts"],
        DestinationConfig=real["DestinationConfig"])
    return {"wiring": {key: real[key] for key in ("MaximumRetryAttempts", "DestinationConfig")},
            "end": pipeline(asked, "killed", "killed", "{}")}


def silent(asked):
    """A function that returns and never reports, while jobs may take less time than usual."""
    function(asked, "silent", False)
    usual = knobs(asked, {"replyLimit": asked.told["limit"]}, "GET")["replyLimit"]
    knobs(asked, {"replyLimit": asked.told["limit"]}, "PUT")
    try:
        return pipeline(asked, "silent", "silent", "{}")
    finally:
        knobs(asked, {"replyLimit": usual}, "PUT")


def knobs(asked, wanted, method):
    """Reads or turns the knobs of the CodePipeline engine."""
    local = urlsplit(asked.told["gitHost"])
    connection = http.client.HTTPConnection(local.hostname, local.port, timeout=10)
    headers = {"Authorization": asked.told["instance"], "Content-Type": "application/json"}
    connection.request(method, "/_local/knobs", json.dumps(wanted), headers)
    answer = connection.getresponse()
    if answer.status != 200:
        raise SystemExit(f"{method} /_local/knobs: {answer.status}")
    return json.load(answer)


def words_of_cloudformation(asked):
    """What CloudFormation itself says about a template."""
    try:
        asked.client("cloudformation").create_change_set(
            StackName="probe", ChangeSetName="probe", ChangeSetType="CREATE", TemplateBody=asked.told["template"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value}
                        for key, value in asked.told["parameters"].items()])
    except asked.client("cloudformation").exceptions.ClientError as error:
        return error.response["Error"]["Message"]
    raise SystemExit("CloudFormation takes the template")


def why_it_failed(asked):
    """The message of the action that failed in the newest run of a pipeline, once that is another than before."""
    pipelines, name = asked.client("codepipeline"), asked.told["pipeline"]

    def look():
        run = pipelines.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"][0]
        if run["pipelineExecutionId"] == asked.told["before"] or run["status"] == "InProgress":
            return None
        actions = pipelines.list_action_executions(
            pipelineName=name, filter={"pipelineExecutionId": run["pipelineExecutionId"]})["actionExecutionDetails"]
        failed = [each for each in actions if each["status"] == "Failed"]
        return {"run": run["status"], "actions": [
            {"name": each["actionName"], **each["output"]["executionResult"].get("errorDetails", {})} for each in failed]}

    return eventually(f"the run of {name}", look)


print(json.dumps(globals()[sys.argv[1]](Asked(json.load(sys.stdin)))))
