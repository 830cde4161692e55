"""Clocks on work orders: from one instant to another within a limit, and who answers when it runs out.

    created ─30 s / 2 min / 20 min─► dispatched ─4 h─► unit replied … ─48 h or its own date─► result ─8 h─► caller told

>>> text = "- {id: a, name: {zh: 甲, en: A}, start: created_at, stop: closed_at, limit_s: {'*': 60}, party: centre}"
>>> parse(text, "clocks.yaml")[0].limit_s["*"]
60.0
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from hotline.errors import BadInput

INSTANTS = ("created_at", "dispatched_at", "replied_at", "feedback_at", "called_back_at", "closed_at")
STARTS = ("created_at", "dispatched_at", "feedback_at", "closed_at")  # those with an index
PARTIES = ("centre", "dispatched_to")
OTHER = "*"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock. ``limit_s`` maps a type of work order to seconds; ``*`` stands for every type not named.

    ``extended`` names the column whose instant takes the limit's place, or is empty. ``types`` and ``queues`` are empty for all.
    """

    id: str
    name: Mapping[str, str]
    start: str
    stop: str
    limit_s: Mapping[str, float]
    party: str
    extended: str = ""
    complaint: bool = False
    queues: tuple[str, ...] = ()


def parse(text: str, name: str) -> tuple[Clock, ...]:
    """The clocks of a file in YAML. Raises BadInput naming file, clock and field."""
    try:
        entries = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadInput(name, f"not valid YAML ({str(error).splitlines()[0]})", "mend the line named") from None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadInput(name, "not a list of clocks", "begin each clock with '- id:'")
    found = tuple(_clock(entry, f"{name}: {entry.get('id', place)}") for place, entry in enumerate(entries, 1))
    for clock in found:
        if [other.id for other in found].count(clock.id) > 1:
            raise BadInput(f"{name}: {clock.id}", "defined twice", "remove one")
    return found


def _clock(entry: dict[str, Any], thing: str) -> Clock:
    needed, known = {"id", "name", "start", "stop", "limit_s", "party"}, {"only", "extended"}
    missing, extra = ", ".join(sorted(needed - set(entry))), ", ".join(sorted(map(str, set(entry) - needed - known)))
    if missing or extra:
        raise BadInput(
            thing, f"fields missing: {missing or 'none'}; unknown: {extra or 'none'}", f"use {', '.join(sorted(needed | known))}"
        )
    for field, choices in (("start", STARTS), ("stop", INSTANTS), ("party", PARTIES), ("extended", ("", "due_at"))):
        if entry.get(field, "") not in choices:
            raise BadInput(f"{thing}: {field}", f"'{entry.get(field)}' is unknown", f"use one of {', '.join(filter(None, choices))}")
    name, limits, only = entry["name"], entry["limit_s"], entry.get("only", {})
    if not isinstance(name, dict) or set(name) != {"zh", "en"}:
        raise BadInput(f"{thing}: name", "not a text in both languages", "write {zh: …, en: …}")
    numbers = isinstance(limits, dict) and all(type(seconds) in (int, float) and 0 < seconds < 1e8 for seconds in limits.values())
    if not limits or not numbers:
        raise BadInput(f"{thing}: limit_s", f"'{limits}' does not give seconds by type", 'write {故障报修: 120, "*": 1200}')
    if not isinstance(only, dict) or set(only) - {"complaint", "queues"} or not isinstance(only.get("queues", []), list):
        raise BadInput(f"{thing}: only", f"'{only}' is unknown", "write {complaint: true} or {queues: [q3]}")
    return Clock(
        id=str(entry["id"]),
        name=MappingProxyType(name),
        start=entry["start"],
        stop=entry["stop"],
        limit_s=MappingProxyType({str(kind): float(seconds) for kind, seconds in limits.items()}),
        party=entry["party"],
        extended=entry.get("extended", ""),
        complaint=bool(only.get("complaint", False)),
        queues=tuple(map(str, only.get("queues", ()))),
    )


@cache
def _shipped() -> tuple[Clock, ...]:
    return parse(resources.files("hotline.store").joinpath("clocks.yaml").read_text(encoding="utf-8"), "clocks.yaml")


def clocks_of(home: Path) -> tuple[Clock, ...]:
    """The clocks of an installation: ``clocks.yaml`` of its home folder, else those that come with Hotline. Raises BadInput."""
    own = home / "clocks.yaml"
    return parse(own.read_text(encoding="utf-8"), str(own)) if own.is_file() else _shipped()
