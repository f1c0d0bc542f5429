"""Takes each permission out of a function's role, one at a time, and looks whether the loss is noticed by name."""

import json
import pathlib
import sys
import time

import boto3

ASKED = json.load(sys.stdin)
PIPELINE = ASKED["pipeline"]


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


def provoke(approver):
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


def main():
    resources = client("cloudformation").describe_stack_resources(
        StackName="changegate", LogicalResourceId=ASKED["role"])["StackResources"]
    role, log = resources[0]["PhysicalResourceId"], pathlib.Path(ASKED["log"])
    approver = person() if ASKED["approve"] else None
    found = {}
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
                before = len(log.read_text(encoding="utf-8"))
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(without))
                try:
                    status, message = provoke(approver)
                finally:
                    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(policy))
                logged = log.read_text(encoding="utf-8")[before:]
                found[case] = {"end": status, "message": message, "named": action in message or action in logged}
    print(json.dumps(found))


main()
