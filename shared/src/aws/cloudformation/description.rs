//! From `DescribeChangeSet`'s answer to a [`ChangeSetDescription`].

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types;

use super::{present, rfc3339};
use crate::domain::change_set::description::{
    Change, ChangeSetDescription, DeploymentConfig, Detail, Drift, DriftIgnoredAttribute, ModuleInfo, Parameter,
    ResourceChange, RollbackConfiguration, RollbackTrigger, Tag, Target,
};

/// One page, as a description that holds this page's changes.
pub(super) fn description(page: DescribeChangeSetOutput) -> ChangeSetDescription {
    ChangeSetDescription {
        change_set_name: page.change_set_name.unwrap_or_default(),
        change_set_id: page.change_set_id.unwrap_or_default(),
        stack_id: page.stack_id.unwrap_or_default(),
        stack_name: page.stack_name.unwrap_or_default(),
        description: present(page.description),
        parameters: page.parameters.unwrap_or_default().into_iter().map(parameter).collect(),
        creation_time: rfc3339(page.creation_time.as_ref()),
        execution_status: text(page.execution_status.as_ref()).unwrap_or_default(),
        status: text(page.status.as_ref()).unwrap_or_default(),
        status_reason: present(page.status_reason),
        notification_arns: page.notification_arns.unwrap_or_default(),
        capabilities: texts(page.capabilities),
        tags: page.tags.unwrap_or_default().into_iter().map(tag).collect(),
        changes: page.changes.unwrap_or_default().into_iter().map(change).collect(),
        include_nested_stacks: page.include_nested_stacks,
        parent_change_set_id: present(page.parent_change_set_id),
        root_change_set_id: present(page.root_change_set_id),
        on_stack_failure: text(page.on_stack_failure.as_ref()),
        import_existing_resources: page.import_existing_resources,
        deployment_mode: text(page.deployment_mode.as_ref()),
        deployment_config: page.deployment_config.map(|config| DeploymentConfig {
            mode: text(config.mode.as_ref()),
            disable_rollback: config.disable_rollback,
        }),
        rollback_configuration: page.rollback_configuration.map(rollback_configuration),
        stack_drift_status: text(page.stack_drift_status.as_ref()),
        next_token: None,
    }
}

fn rollback_configuration(configuration: types::RollbackConfiguration) -> RollbackConfiguration {
    let triggers = configuration.rollback_triggers.unwrap_or_default().into_iter();
    RollbackConfiguration {
        monitoring_time_in_minutes: configuration.monitoring_time_in_minutes,
        rollback_triggers: triggers
            .map(|trigger| RollbackTrigger {
                arn: trigger.arn.unwrap_or_default(),
                r#type: trigger.r#type.unwrap_or_default(),
            })
            .collect(),
    }
}

fn parameter(parameter: types::Parameter) -> Parameter {
    Parameter {
        parameter_key: parameter.parameter_key.unwrap_or_default(),
        // An empty value is a value: only an absent one means that the previous one is used.
        parameter_value: parameter.parameter_value,
        use_previous_value: parameter.use_previous_value,
        resolved_value: present(parameter.resolved_value),
    }
}

fn tag(tag: types::Tag) -> Tag {
    Tag {
        key: tag.key.unwrap_or_default(),
        value: tag.value.unwrap_or_default(),
    }
}

fn change(change: types::Change) -> Change {
    Change {
        r#type: text(change.r#type.as_ref()),
        hook_invocation_count: change.hook_invocation_count,
        resource_change: change.resource_change.map(resource_change),
    }
}

fn resource_change(change: types::ResourceChange) -> ResourceChange {
    let ignored = change.resource_drift_ignored_attributes.unwrap_or_default().into_iter();
    ResourceChange {
        policy_action: text(change.policy_action.as_ref()),
        action: text(change.action.as_ref()).unwrap_or_default(),
        logical_resource_id: change.logical_resource_id.unwrap_or_default(),
        physical_resource_id: present(change.physical_resource_id),
        resource_type: change.resource_type.unwrap_or_default(),
        replacement: text(change.replacement.as_ref()),
        scope: texts(change.scope),
        resource_drift_status: text(change.resource_drift_status.as_ref()),
        resource_drift_ignored_attributes: ignored
            .map(|attribute| DriftIgnoredAttribute {
                path: present(attribute.path),
                reason: text(attribute.reason.as_ref()),
            })
            .collect(),
        details: change.details.unwrap_or_default().into_iter().map(detail).collect(),
        change_set_id: present(change.change_set_id),
        module_info: change.module_info.map(|module| ModuleInfo {
            type_hierarchy: present(module.type_hierarchy),
            logical_id_hierarchy: present(module.logical_id_hierarchy),
        }),
        before_context: present(change.before_context),
        after_context: present(change.after_context),
        previous_deployment_context: present(change.previous_deployment_context),
    }
}

fn detail(detail: types::ResourceChangeDetail) -> Detail {
    Detail {
        target: detail.target.map(target),
        evaluation: text(detail.evaluation.as_ref()),
        change_source: text(detail.change_source.as_ref()),
        causing_entity: present(detail.causing_entity),
    }
}

fn target(target: types::ResourceTargetDefinition) -> Target {
    Target {
        attribute: text(target.attribute.as_ref()),
        name: present(target.name),
        requires_recreation: text(target.requires_recreation.as_ref()),
        path: present(target.path),
        // An empty value is a value.
        before_value: target.before_value,
        after_value: target.after_value,
        before_value_from: text(target.before_value_from.as_ref()),
        after_value_from: text(target.after_value_from.as_ref()),
        attribute_change_type: text(target.attribute_change_type.as_ref()),
        drift: target.drift.map(|drift| Drift {
            previous_value: drift.previous_value,
            actual_value: drift.actual_value,
            drift_detection_timestamp: rfc3339(drift.drift_detection_timestamp.as_ref()),
        }),
    }
}

/// The wire text of an enumeration's value, unknown ones included; `None` when absent or empty.
fn text(value: Option<&impl AsRef<str>>) -> Option<String> {
    present(value.map(|value| value.as_ref().to_owned()))
}

fn texts<T: AsRef<str>>(values: Option<Vec<T>>) -> Vec<String> {
    let values = values.unwrap_or_default().into_iter();
    values.map(|value| value.as_ref().to_owned()).collect()
}
