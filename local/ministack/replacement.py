"""Which properties replace a resource, for types that MiniStack's own table lacks.

For a type that is missing there, a change set calls every change `Conditional`.
Source: the `Update requires` lines of the CloudFormation template reference.
"""

import ministack.services.cloudformation.provisioners as provisioners

REPLACING = {
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::CodePipeline::Pipeline": ("Name",),
    "AWS::Events::Rule": ("Name", "EventBusName"),
    "AWS::KMS::Key": ("KeySpec", "KeyUsage", "MultiRegion"),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": ("Bucket",),
    "AWS::SNS::Subscription": ("Endpoint", "Protocol", "TopicArn"),
    "AWS::SecretsManager::Secret": ("Name",),
}


def install() -> None:
    for resource_type, properties in REPLACING.items():
        provisioners._REPLACING_PROPERTIES.setdefault(resource_type, properties)
