"""Types that MiniStack does not know and CloudFormation does: inert stand-ins, told as such in the stack's events.

MiniStack refuses such a template as if its author had made a mistake. A type that CloudFormation's schemas do not know
is refused as before, in AWS's own words. Nothing is made for a stand-in: it has an id, every attribute that is asked
for, and the properties that decide whether a change replaces it.
"""

import logging
import pathlib
import uuid

import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.cloudformation.stacks as stacks

# Made by scripts/resource-types from CloudFormation's schemas; the first column is the type, the third what replaces it.
TABLE = pathlib.Path(__file__).resolve().parents[2] / "shared/src/domain/risk/resource_types.tsv"
NOTE = "the local emulator does not know this type; AWS does: a stand-in takes its place and does nothing"

TYPES: set[str] = set()
logger = logging.getLogger(__name__)


def install() -> None:
    for resource_type, replacing in known_to_aws():
        if resource_type in provisioners._RESOURCE_HANDLERS:
            continue
        TYPES.add(resource_type)
        provisioners._RESOURCE_HANDLERS[resource_type] = {"create": create, "update": update, "delete": delete}
        if replacing:
            provisioners._REPLACING_PROPERTIES.setdefault(resource_type, replacing)
    add_event = stacks._add_event

    def add_event_with_note(stack_id, stack_name, logical_id, resource_type, status, reason="", *rest, **named):
        is_note_due = resource_type in TYPES and status.endswith("_COMPLETE") and not reason
        if is_note_due and not status.startswith("DELETE"):
            reason = f"{resource_type}: {NOTE}"
            logger.warning("%s of stack %s: %s", logical_id, stack_name, reason)
        return add_event(stack_id, stack_name, logical_id, resource_type, status, reason, *rest, **named)

    stacks._add_event = add_event_with_note


def known_to_aws() -> list[tuple[str, tuple[str, ...]]]:
    """Every type of CloudFormation's schemas with the properties that can be set only at creation."""
    rows = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return [(f"AWS::{row[0]}", tuple(row[2].split()) if len(row) > 2 else ()) for row in rows]


class Attributes(dict):
    """Whatever attribute a template asks for."""

    def __init__(self, physical_id: str) -> None:
        super().__init__(Id=physical_id)
        self.physical_id = physical_id

    def __contains__(self, _) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"{self.physical_id}-{name}"


def create(logical_id: str, properties: dict, stack_name: str):
    physical_id = f"{stack_name}-{logical_id}-{uuid.uuid4().hex[:8]}"
    return physical_id, Attributes(physical_id)


def update(physical_id: str, old: dict, new: dict, stack_name: str):
    return physical_id, Attributes(physical_id)


def delete(physical_id: str, properties: dict) -> None:
    """Nothing was made."""
