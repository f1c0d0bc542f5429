"""Renders a template of pipelines from the catalogue, written the usual way with boto3."""

import io
import json
import os
import zipfile

import boto3

codepipeline = boto3.client("codepipeline")
s3 = boto3.client("s3")


def invoke(name, function, run):
    return {
        "Name": name,
        "ActionTypeId": {"Category": "Invoke", "Owner": "AWS", "Provider": "Lambda", "Version": "1"},
        "Configuration": {"FunctionName": function, "UserParameters": json.dumps(run)},
    }


def pipeline(name, gate):
    run = {"pipeline": name, "execution": "#{codepipeline.PipelineExecutionId}", "gate": gate}
    return {
        "Type": "AWS::CodePipeline::Pipeline",
        "Properties": {
            "Name": name,
            "PipelineType": "V2",
            "Stages": [
                {"Name": "Plan", "Actions": [invoke("CreateChangeSet", "changeset-create", run)]},
                {"Name": "Apply", "Actions": [invoke("ExecuteChangeSet", "changeset-execute", run)]},
            ],
        },
    }


def handler(event, context):
    job = event["CodePipeline.job"]
    try:
        run = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        codepipeline.list_action_executions(
            pipelineName=run["pipeline"], filter={"pipelineExecutionId": run["execution"]}
        )
        location = job["data"]["inputArtifacts"][0]["location"]["s3Location"]
        body = s3.get_object(Bucket=location["bucketName"], Key=location["objectKey"])["Body"].read()
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            catalogue = json.loads(archive.read(archive.namelist()[0]))
        prefix = os.environ["CHANGEGATE_PIPELINE_PREFIX"]
        template = {"Resources": {f"P{n}": pipeline(f"{prefix}{n}", str(s)) for n, s in enumerate(catalogue)}}
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("template.json", json.dumps(template))
        output = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
        s3.put_object(Bucket=output["bucketName"], Key=output["objectKey"], Body=packed.getvalue())
        codepipeline.put_job_success_result(jobId=job["id"])
    except Exception as error:
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": str(error)[:5000]}
        )
        raise
