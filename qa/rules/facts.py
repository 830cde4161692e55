"""What is known of a call besides its words: direction, queue, length and the metadata that came with it (随录参数)."""

from __future__ import annotations

from qa.calls import Call
from qa.rules.expressions import Compare, compare_value
from qa.rules.verdict import Verdict, both


def fact(call: Call, field: str) -> str | None:
    """The field as text, None when it did not come. ``meta.area`` is ``area`` (or ``meta.area``) of the metadata."""
    if field.startswith("meta."):
        value = call.metadata.get(field[5:], call.metadata.get(field))
    elif field == "agent":
        value = call.agent_id
    elif field == "layout":
        value = call.layout.value
    else:
        value = {"direction": call.direction, "queue": call.queue, "duration": call.duration}[field]
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)


def unknown_field(call: Call, field: str) -> str:
    """Why a field that is not there may still come, empty where it is there or its feed has closed."""
    if fact(call, field) is not None or call.metadata_closed:
        return ""
    return both(f"{field} 尚未到达", f"{field} has not arrived yet")


def compare(call: Call, comparison: Compare) -> Verdict:
    """Whether the comparison holds. A missing field is DOUBTFUL while it may still arrive, then it equals nothing."""
    value = fact(call, comparison.field)
    if value is None:
        if not call.metadata_closed:
            return Verdict.DOUBTFUL
        return Verdict.of(comparison.comparison in ("!=", "not in"))
    return Verdict.of(compare_value(value, comparison.comparison, comparison.values))
