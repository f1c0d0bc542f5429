"""An invoke action that checks its job against CodePipeline's history, written the usual way with boto3."""

import json

import boto3

codepipeline = boto3.client("codepipeline")
cloudformation = boto3.client("cloudformation")
s3 = boto3.client("s3")


def handler(event, context):
    job = event["CodePipeline.job"]
    try:
        parameters = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        pages = codepipeline.get_paginator("list_action_executions").paginate(
            pipelineName=parameters["pipeline"],
            filter={"pipelineExecutionId": parameters["execution"]},
        )
        actions = [action for page in pages for action in page["actionExecutionDetails"]]
        if not any(action["status"] == "InProgress" for action in actions):
            raise ValueError("the history does not show this action in progress")
        codepipeline.put_job_success_result(jobId=job["id"])
    except Exception as error:
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": str(error)[:5000]}
        )
