"""Takes each permission out of a function's role, one at a time, and looks whether the loss is noticed by name."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3

ASKED = json.load(sys.stdin)
PIPELINE, LOG = ASKED["pipeline"], pathlib.Path(ASKED["log"])


def client(service, key="test", secret="test"):
    return boto3.client(service, endpoint_url=ASKED["endpoint"], aws_access_key_id=key, aws_secret_access_key=secret)


iam, pipelines = client("iam"), client("codepipeline")


def person():
    """Somebody who may approve, and nothing else."""
    outputs = client("cloudformation").describe_stacks(StackName="changegate")["Stacks"][0]["Outputs"]
    policy = next(each["OutputValue"] for each in outputs if each["OutputKey"] == "OperatorsPolicyArn")
    name = f"linus-{ASKED['role'].lower()}"
    iam.create_user(UserName=name)
    iam.attach_user_policy(UserName=name, PolicyArn=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return client("codepipeline", key["AccessKeyId"], key["SecretAccessKey"])


def question(run):
    """The approval that waits in a run."""
    for stage in pipelines.get_pipeline_state(name=PIPELINE)["stageStates"]:
        if stage.get("latestExecution", {}).get("pipelineExecutionId") == run:
            for action in stage["actionStates"]:
                latest = action.get("latestExecution", {})
                if latest.get("status") == "InProgress" and latest.get("token"):
                    return stage["stageName"], action["actionName"], latest["token"]
    return None


def logged(since=0):
    return LOG.read_text(encoding="utf-8")[since:]


def run(approver):
    """Runs the pipeline, and gives its end and what the failed action says. A question is approved or ends the run."""
    run, answered = pipelines.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"], None
    end = time.time() + 120
    while time.time() < end:
        status = pipelines.get_pipeline_execution(
            pipelineName=PIPELINE, pipelineExecutionId=run)["pipelineExecution"]["status"]
        if status != "InProgress":
            actions = pipelines.list_action_executions(
                pipelineName=PIPELINE, filter={"pipelineExecutionId": run})["actionExecutionDetails"]
            errors = [each["output"]["executionResult"].get("errorDetails", {}).get("message", "")
                      for each in actions if each["status"] == "Failed"]
            return status, "; ".join(errors)
        asked = question(run)
        if asked and asked != answered:
            if approver is None:
                pipelines.stop_pipeline_execution(
                    pipelineName=PIPELINE, pipelineExecutionId=run, abandon=True, reason="seen enough")
                return "Asked", ""
            stage, action, token = answered = asked
            approver.put_approval_result(
                pipelineName=PIPELINE, stageName=stage, actionName=action, token=token,
                result={"status": "Approved", "summary": "to see what fails"})
        time.sleep(0.1)
    return "it came to no end", ""


def run_and_record(missing):
    """Runs the pipeline, and waits for its record or for the log to name what is missing."""
    before = len(logged())
    execution = pipelines.start_pipeline_execution(name=PIPELINE)["pipelineExecutionId"]
    end = time.time() + 60
    while time.time() < end:
        for line in logged(before).splitlines():
            if missing in line:
                return "Failed", ""
            if "recorded how a run ended" in line and execution in line:
                return "Recorded", ""
        time.sleep(0.1)
    return "it came to no end", ""


class Pushes:
    """A clone, whose pushes add, change and remove files of a stack."""

    def __init__(self):
        self.directory = tempfile.TemporaryDirectory()
        self.count, self.functions = 0, client("lambda")
        self.git("clone", "--quiet", ASKED["pushUrl"], ".")

    def git(self, *arguments):
        subprocess.run(
            ["git", "-c", "user.name=linus", "-c", "user.email=linus@example.com", *arguments],
            cwd=self.directory.name, check=True)

    def push(self):
        self.count += 1
        folder = pathlib.Path(self.directory.name, "stacks/network")
        template = folder / "template.yaml"
        template.write_text(f"{template.read_text(encoding='utf-8')}# {self.count}\n", encoding="utf-8")
        folder.joinpath(f"notes-{self.count - 1}.txt").unlink(missing_ok=True)
        folder.joinpath(f"notes-{self.count}.txt").write_text("to be removed again", encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", f"Note {self.count}")
        self.git("push", "--quiet", "origin", "HEAD")

    def fails(self, event):
        """Whether the sync, called as the queue calls it, fails. The queue holds back what comes after a failure."""
        while True:
            try:
                answer = self.functions.invoke(FunctionName="changegate-source-sync", Payload=ASKED[event].encode())
                return "FunctionError" in answer or bool((json.load(answer["Payload"]) or {}).get("batchItemFailures"))
            except self.functions.exceptions.TooManyRequestsException:
                time.sleep(0.2)

    def sync(self):
        self.push()
        return ("Failed" if self.fails("schedule") or self.fails("audit") else "Synced"), ""

    def settle(self):
        """What was left half done is brought to its end."""
        for _ in range(20):
            if not self.fails("schedule"):
                return
            time.sleep(0.2)
        raise SystemExit("the sync came to no end: " + logged()[-2000:])

    def webhook(self, missing):
        before, end = len(logged()), time.time() + 20
        self.push()
        while time.time() < end:
            if missing in logged(before):
                return "Failed", ""
            time.sleep(0.1)
        return "nothing was said", ""


def ways():
    """How calls are provoked without a permission, and what has to be done when it is back."""
    if ASKED["way"] == "run":
        approver = person() if ASKED["approve"] else None
        return lambda _: run(approver), lambda: None
    if ASKED["way"] == "record":
        return run_and_record, lambda: None
    pushes = Pushes()
    if ASKED["way"] == "webhook":
        return pushes.webhook, pushes.settle
    return lambda _: pushes.sync(), pushes.settle


def at_rest():
    """Waits until nothing runs that a push started."""
    end = time.time() + 60
    while time.time() < end:
        runs = pipelines.list_pipeline_executions(pipelineName=PIPELINE)["pipelineExecutionSummaries"]
        if all(each["status"] != "InProgress" for each in runs):
            return
        time.sleep(0.1)


def main():
    resources = client("cloudformation").describe_stack_resources(
        StackName="changegate", LogicalResourceId=ASKED["role"])["StackResources"]
    role, found = resources[0]["PhysicalResourceId"], {}
    provoke, mend = ways()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for index, statement in enumerate(policy["Statement"]):
            if statement["Effect"] != "Allow":
                continue
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            for action in actions:
                case = f"{statement['Sid']} {action}"
                if ASKED["only"] is not None and case not in ASKED["only"]:
                    continue
                if case in ASKED["elsewhere"]:
                    found[case] = {"elsewhere": True}
                    continue
                without = json.loads(json.dumps(policy))
                # An action that does not exist keeps a statement of one action well formed.
                left = [each for each in actions if each != action] or ["sts:NothingOfThisName"]
                without["Statement"][index]["Action"] = left
                before = len(logged())
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(without))
                try:
                    status, message = provoke(action)
                finally:
                    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
                is_named = action in message or action in logged(before)
                found[case] = {"end": status, "message": message, "named": is_named}
                mend()
    at_rest()
    print(json.dumps(found))


main()
