"""Creates the change set of a run, written the usual way with boto3."""

import io
import json
import os
import zipfile

import boto3

codepipeline = boto3.client("codepipeline")
cloudformation = boto3.client("cloudformation")
s3 = boto3.client("s3")


def artifact(job, name):
    location = next(a for a in job["data"]["inputArtifacts"] if a["name"] == name)["location"]["s3Location"]
    body = s3.get_object(Bucket=location["bucketName"], Key=location["objectKey"])["Body"].read()
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return archive.read(archive.namelist()[0]).decode()


def handler(event, context):
    job = event["CodePipeline.job"]
    try:
        run = json.loads(job["data"]["actionConfiguration"]["configuration"]["UserParameters"])
        codepipeline.list_action_executions(
            pipelineName=run["pipeline"], filter={"pipelineExecutionId": run["execution"]}
        )
        bucket = os.environ["CHANGEGATE_SOURCE_BUCKET"]
        gate = json.load(s3.get_object(Bucket=bucket, Key=f"gates/{run['gate']}.json")["Body"])
        template = artifact(job, "Template")
        configuration = json.loads(artifact(job, "Configuration"))
        stack = cloudformation.describe_stacks(StackName=gate["stackName"])["Stacks"][0]
        created = cloudformation.create_change_set(
            StackName=stack["StackName"],
            ChangeSetName=f"cg-{run['execution']}",
            TemplateBody=template,
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value}
                for key, value in configuration.get("Parameters", {}).items()
            ],
            Tags=[{"Key": key, "Value": value} for key, value in configuration.get("Tags", {}).items()],
            Capabilities=gate["capabilities"],
            RoleARN=gate["deployer"],
        )
        described = cloudformation.describe_change_set(ChangeSetName=created["Id"], StackName=stack["StackName"])
        output = job["data"]["outputArtifacts"][0]["location"]["s3Location"]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("change.json", json.dumps({"changeSet": created["Id"], "status": described["Status"]}))
        s3.put_object(Bucket=output["bucketName"], Key=output["objectKey"], Body=packed.getvalue())
        codepipeline.put_job_success_result(jobId=job["id"], outputVariables={"ChangeSetArn": created["Id"]})
    except Exception as error:
        codepipeline.put_job_failure_result(
            jobId=job["id"], failureDetails={"type": "JobFailed", "message": str(error)[:5000]}
        )
        raise
