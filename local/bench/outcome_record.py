"""Records how a run ended, written the usual way with boto3."""

import json
import os

import boto3

codepipeline = boto3.client("codepipeline")
s3 = boto3.client("s3")
sns = boto3.client("sns")


def handler(event, context):
    pipeline, execution = event["detail"]["pipeline"], event["detail"]["execution-id"]
    run = codepipeline.get_pipeline_execution(pipelineName=pipeline, pipelineExecutionId=execution)
    actions = codepipeline.list_action_executions(
        pipelineName=pipeline, filter={"pipelineExecutionId": execution}
    )["actionExecutionDetails"]
    outcome = {
        "pipeline": pipeline,
        "execution": execution,
        "status": run["pipelineExecution"]["status"],
        "actions": [{"name": action["actionName"], "status": action["status"]} for action in actions],
    }
    s3.put_object(
        Bucket=os.environ["CHANGEGATE_EVIDENCE_BUCKET"],
        Key=f"outcomes/{pipeline}/{execution}.json",
        Body=json.dumps(outcome).encode(),
    )
    sns.publish(TopicArn=os.environ["CHANGEGATE_TOPIC_ARN"], Subject=f"{pipeline} ended", Message=json.dumps(outcome))
