"""Properties that MiniStack's CloudFormation drops, and names that it takes over.

The services behind it know all of them; only the way from the template is missing.
"""

from xml.sax.saxutils import escape

import ministack.services.cloudformation.provisioners as provisioners
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, lambda_svc, s3, sqs

HANDLERS = provisioners._RESOURCE_HANDLERS


def install() -> None:
    after("AWS::IAM::Role", keep_boundary)
    after("AWS::Lambda::Function", keep_concurrency)
    after("AWS::S3::Bucket", keep_bucket_settings)
    _before_delete("AWS::Lambda::Function", end_processes)
    _before_delete("AWS::S3::Bucket", refuse_full_bucket)
    _refuse_taken("AWS::SQS::Queue", "QueueName", lambda name: name in sqs._queue_name_to_url,
                  "Resource of type AWS::SQS::Queue with identifier {} already exists.")
    _refuse_taken("AWS::IAM::Role", "RoleName", lambda name: name in iam._roles,
                  "Role with name {} already exists.")


def keep_boundary(name: str, properties: dict) -> None:
    role = iam._roles.get(name)
    if role is not None:
        role["PermissionsBoundary"] = properties.get("PermissionsBoundary")


def keep_concurrency(name: str, properties: dict) -> None:
    function = lambda_svc._functions[name]
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    if properties.get("DeadLetterConfig"):
        function["config"]["DeadLetterConfig"] = properties["DeadLetterConfig"]


def keep_bucket_settings(name: str, properties: dict) -> None:
    lock = properties.get("ObjectLockConfiguration")
    if properties.get("ObjectLockEnabled") or lock:
        s3._bucket_versioning[name] = "Enabled"
        s3._bucket_object_lock.setdefault(name, {"enabled": True, "default_retention": None})
        retention = (lock or {}).get("Rule", {}).get("DefaultRetention")
        if retention:
            s3._put_object_lock_configuration(name, _lock_document(retention).encode())
    rules = (properties.get("BucketEncryption") or {}).get("ServerSideEncryptionConfiguration")
    if rules:
        s3._put_bucket_encryption(name, _encryption_document(rules[0]).encode())


def end_processes(name: str, _: dict) -> None:
    """Without this a function's processes outlive the stack that owned it."""
    lambda_svc.invalidate_worker(name, account=get_account_id(), region=get_region())


def refuse_full_bucket(name: str, _: dict) -> None:
    bucket = s3._buckets.get(name)
    if bucket and bucket.get("objects"):
        raise ValueError("The bucket you tried to delete is not empty. You must delete all versions in the bucket.")


def _lock_document(retention: dict) -> str:
    period = "".join(f"<{key}>{retention[key]}</{key}>" for key in ("Days", "Years") if key in retention)
    return (
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
        f"<Mode>{retention['Mode']}</Mode>{period}"
        "</DefaultRetention></Rule></ObjectLockConfiguration>"
    )


def _encryption_document(rule: dict) -> str:
    default = rule.get("ServerSideEncryptionByDefault", {})
    fields = "".join(
        f"<{key}>{escape(str(default[key]))}</{key}>" for key in ("SSEAlgorithm", "KMSMasterKeyID") if key in default
    )
    return (
        "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
        f"{fields}</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
    )


def after(resource_type: str, apply) -> None:
    """Calls `apply` with name and properties of every resource of a type that was made or updated."""
    create, update = HANDLERS[resource_type]["create"], HANDLERS[resource_type]["update"]

    def create_and_apply(logical_id, properties, stack_name):
        made = create(logical_id, properties, stack_name)
        apply(made[0], properties)
        return made

    def update_and_apply(*arguments):
        made = update(*arguments)
        apply(made[0], arguments[2])
        return made

    HANDLERS[resource_type]["create"], HANDLERS[resource_type]["update"] = create_and_apply, update_and_apply


def _before_delete(resource_type: str, check) -> None:
    delete = HANDLERS[resource_type]["delete"]

    def check_and_delete(physical_id, properties):
        check(physical_id, properties)
        return delete(physical_id, properties)

    HANDLERS[resource_type]["delete"] = check_and_delete


def _refuse_taken(resource_type: str, name_property: str, exists, message: str) -> None:
    create = HANDLERS[resource_type]["create"]

    def create_if_free(logical_id, properties, stack_name):
        name = properties.get(name_property)
        if name and exists(name):
            raise ValueError(message.format(name))
        return create(logical_id, properties, stack_name)

    HANDLERS[resource_type]["create"] = create_if_free
