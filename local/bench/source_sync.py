"""Copies what a push changed into the bucket and starts a pipeline, written the usual way with boto3."""

import io
import json
import os
import ssl
import urllib.request
import zipfile

import boto3

codepipeline = boto3.client("codepipeline")
s3 = boto3.client("s3")
secrets = boto3.client("secretsmanager")
tls = ssl.create_default_context(cafile=os.environ.get("AWS_CA_BUNDLE"))
cached = None


def github(path, accept="application/vnd.github+json"):
    url = f"{os.environ['CHANGEGATE_GITHUB_API_URL']}/repos/{os.environ['CHANGEGATE_GITHUB_REPOSITORY']}/{path}"
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {cached}", "Accept": accept})
    with urllib.request.urlopen(request, context=tls) as answer:
        return answer.read()


def handler(event, context):
    global cached
    bucket = os.environ["CHANGEGATE_SOURCE_BUCKET"]
    if cached is None:
        cached = secrets.get_secret_value(SecretId=os.environ["CHANGEGATE_GITHUB_CREDENTIAL_ARN"])["SecretString"]
    snapshot = json.load(s3.get_object(Bucket=bucket, Key="snapshot.json")["Body"])
    compared = json.loads(github(f"compare/{snapshot['commit']}...{os.environ['CHANGEGATE_GITHUB_BRANCH']}?per_page=100&page=1"))
    for file in compared["files"]:
        content = github(f"git/blobs/{file['sha']}", "application/vnd.github.raw+json")
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(os.path.basename(file["filename"]), content)
        s3.put_object(Bucket=bucket, Key=f"TemplateSource/{file['filename']}", Body=content)
        s3.put_object(Bucket=bucket, Key=f"TemplateSource/{file['filename']}.zip", Body=packed.getvalue())
    for stack in {file["filename"].split("/")[1] for file in compared["files"]}:
        codepipeline.start_pipeline_execution(name=os.environ["CHANGEGATE_PIPELINE_PREFIX"] + stack)
    s3.put_object(Bucket=bucket, Key="snapshot.json", Body=json.dumps(snapshot | {"commit": "new"}).encode())
