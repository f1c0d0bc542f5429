"""The private names of MiniStack that the other modules patch or call.

They may go in any other version, so they are looked up before anything is patched.
"""

import importlib

NAMES = {
    "ministack.app": ["AUTH", "app", "main", "_request_account_scope"],
    "ministack.core.iam_actions": ["extract_resource_arn", "request_tag_context", "s3_service_context"],
    "ministack.core.iam_evaluator": [
        "AuthError", "EvalContext", "_gather_role_policies", "_gather_user_policies", "_permissions_boundary", "_resolve_condition_key",
        "enforce", "evaluate", "evaluate_trust_policy", "parse_policy_document", "pin_request_origin",
        "pin_signed_body", "pin_signed_request", "resolve_credential", "validate_policy_document",
    ],
    "ministack.core.lambda_runtime": [
        "ProvidedWorker", "ProvidedWorker._build_handler_class", "ProvidedWorker._pump_output",
        "ProvidedWorker._record_result", "ProvidedWorker._spawn", "ProvidedWorker.invoke", "execution_credentials",
    ],
    "ministack.core.responses": [
        "_BOTOCORE_NAME", "_account_from_sts_session", "_service_model", "get_account_id", "get_region", "request_scope", "set_request_account_id", "set_request_region",
    ],
    "ministack.core.router": ["extract_access_key_id", "extract_region"],
    "ministack.services.cloudformation": ["_change_sets", "_stack_events", "_stacks"],
    "ministack.services.cloudformation.changesets": [
        "_create_change_set", "_delete_change_set", "_describe_change_set", "_evaluate_conditions", "_execute_change_set",
        "_find_change_set", "_list_change_sets", "_resolve_props_for_diff",
    ],
    "ministack.services.cloudformation.handlers": ["_ACTION_HANDLERS", "_resolve_stack"],
    "ministack.services.cloudformation.helpers": ["_error", "_resolve_document"],
    "ministack.services.cloudformation.provisioners": [
        "_REPLACING_PROPERTIES", "_RESOURCE_HANDLERS", "_STACK_TAG_PROPERTY", "_physical_name",
    ],
    "ministack.services.cloudformation.stacks": [
        "_add_event", "_delete_resource", "_provision_resource", "_runs_on_worker_thread", "_update_resource",
    ],
    "ministack.services.eventbridge": ["_dispatch_to_lambda", "_put_events"],
    "ministack.services.iam": ["_error", "_p", "_roles", "_users", "_xml"],
    "ministack.services.lambda_svc": [
        "_build_function_url_event", "_emit_lambda_logs", "_execution_record_for_config", "_fetch_code_from_s3",
        "_functions", "_get_func_record_for_ref", "_provided_runtime_code_dir", "_route_async_failure",
        "execution_credentials", "invalidate_worker", "invoke_async_with_retry", "logger",
    ],
    "ministack.services.s3": [
        "_bucket_object_lock", "_bucket_versioning", "_buckets", "_get_object", "_parse_range",
        "_put_bucket_encryption", "_put_object_lock_configuration", "_range_error_xml", "_xml_body",
    ],
    "ministack.services.sns": ["_fanout", "_resolve_message_for_protocol", "_topic_by_arn_any_scope"],
    "ministack.services.sqs": ["_queue_name_to_url"],
    "ministack.services.sts": ["_assumed_role_arn", "_role_id", "register_session"],
}


def missing() -> list[str]:
    """The names that are not there, `module.name` each."""
    absent = []
    for module_name, names in NAMES.items():
        try:
            module = importlib.import_module(module_name)
        except ImportError:
            absent.append(module_name)
            continue
        for name in names:
            found = module
            for part in name.split("."):
                found = getattr(found, part, None)
            if found is None:
                absent.append(f"{module_name}.{name}")
    return absent
