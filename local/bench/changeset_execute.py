"""Executes a change set that was approved, written the usual way with boto3."""

import json

import boto3

codepipeline = boto3.client("codepipeline")
cloudformation = boto3.client("cloudformation")


def handler(event, context):
    job = event["CodePipeline.job"]
    try:
        run = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        actions = codepipeline.list_action_executions(
            pipelineName=run["pipeline"], filter={"pipelineExecutionId": run["execution"]}
        )["actionExecutionDetails"]
        if not any(a["actionName"].startswith("Approve") and a["status"] == "Succeeded" for a in actions):
            raise ValueError("nobody approved")
        described = cloudformation.describe_change_set(ChangeSetName=run["changeSet"])
        if described["ExecutionStatus"] != "AVAILABLE":
            raise ValueError(f"the change set is {described['ExecutionStatus']}")
        cloudformation.execute_change_set(
            ChangeSetName=run["changeSet"], ClientRequestToken=run["execution"], DisableRollback=False
        )
        codepipeline.put_job_success_result(jobId=job["id"], continuationToken="follow")
    except Exception as error:
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": str(error)[:5000]}
        )
        raise
