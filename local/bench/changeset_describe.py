"""Writes and sends the review of a change set, written the usual way with boto3."""

import html
import json
import os

import boto3

codepipeline = boto3.client("codepipeline")
cloudformation = boto3.client("cloudformation")
s3 = boto3.client("s3")
sns = boto3.client("sns")


def handler(event, context):
    job = event["CodePipeline.job"]
    try:
        run = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        codepipeline.list_action_executions(
            pipelineName=run["pipeline"], filter={"pipelineExecutionId": run["execution"]}
        )
        described = cloudformation.describe_change_set(ChangeSetName=run["changeSet"], IncludePropertyValues=True)
        changes = [change["ResourceChange"] for change in described["Changes"]]
        lines = [f"{c['Action']} {c['ResourceType']} {c['LogicalResourceId']}" for c in changes]
        folder = f"reviews/{run['pipeline']}/{run['execution']}/1"
        for name, body in {
            "review.json": json.dumps(changes, default=str),
            "review.md": "\n".join(f"- {line}" for line in lines),
            "review.txt": "\n".join(lines),
            "review.html": "".join(f"<p>{html.escape(line)}</p>" for line in lines),
        }.items():
            s3.put_object(Bucket=os.environ["CHANGEGATE_EVIDENCE_BUCKET"], Key=f"{folder}/{name}", Body=body.encode())
        sns.publish(
            TopicArn=os.environ["CHANGEGATE_TOPIC_ARN"], Subject=f"Review of {run['pipeline']}", Message="\n".join(lines)
        )
        codepipeline.put_job_success_result(jobId=job["id"], outputVariables={"Summary": f"{len(changes)} changes"})
    except Exception as error:
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": str(error)[:5000]}
        )
        raise
