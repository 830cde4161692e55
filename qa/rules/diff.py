"""What a rule set says otherwise than another one: items, conditions, word lists and settings, field by field.

Content is compared, not text: comments, layout and the order of keys make no difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from qa.rules.model import RuleSet
from qa.rules.source import parse, plain

ADDED, REMOVED, CHANGED = "added", "removed", "changed"
_SHOWN = 160
"""Characters of a value that are shown."""


@dataclass(frozen=True, slots=True)
class RuleChange:
    """One difference. ``part`` is ``item``, ``condition``, ``vocabulary`` or ``setting``; ``field`` is empty for the whole of it.

    ``old`` and ``new`` are the values as short text, empty where there is none.
    """

    part: str
    name: str
    change: str
    field: str = ""
    old: str = ""
    new: str = ""


def rule_changes(old: RuleSet, new: RuleSet) -> tuple[RuleChange, ...]:
    """All differences from ``old`` to ``new``, settings first, then lists, conditions and items in the order of ``new``."""
    if old.content_hash == new.content_hash:
        return ()
    before, after = plain(parse(old.source, old.file)), plain(parse(new.source, new.file))
    parts = {"vocabularies": "vocabulary", "conditions": "condition"}
    found = [*_fields("setting", "", _without(before, *parts, "sections"), _without(after, *parts, "sections"))]
    for key, part in parts.items():
        found += _tables(part, before.get(key) or {}, after.get(key) or {})
    found += _tables("item", _items(before), _items(after))
    return tuple(found)


def _items(tree: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every item by id, with the section it stands in."""
    return {item["id"]: {**item, "section": section["id"]} for section in tree["sections"] for item in section["items"]}


def _without(tree: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    """Settings: the top-level fields without ``keys``; of sections all but their items, under ``sections.ID``."""
    settings = {key: value for key, value in tree.items() if key not in keys}
    for section in tree["sections"]:
        for key, value in section.items():
            if key not in ("id", "items"):
                settings[f"sections.{section['id']}.{key}"] = value
    return settings


def _tables(part: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[RuleChange]:
    for name in [*new, *(n for n in old if n not in new)]:
        if name not in old:
            yield RuleChange(part, name, ADDED, new=_short(new[name]) if part != "item" else "")
        elif name not in new:
            yield RuleChange(part, name, REMOVED, old=_short(old[name]) if part != "item" else "")
        elif part == "item":
            yield from _fields(part, name, old[name], new[name])
        elif old[name] != new[name]:
            yield RuleChange(part, name, CHANGED, "", _short(old[name]), _short(new[name]))


def _fields(part: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[RuleChange]:
    """Field by field; conditions of an item one by one."""
    for key in [*new, *(k for k in old if k not in new)]:
        a, b = old.get(key), new.get(key)
        if a == b:
            continue
        if key == "conditions" and isinstance(a, dict) and isinstance(b, dict):
            yield from (
                RuleChange(part, name, CHANGED, f"conditions.{c}", _short(a.get(c)), _short(b.get(c)))
                for c in [*b, *(c for c in a if c not in b)]
                if a.get(c) != b.get(c)
            )
            continue
        change = ADDED if key not in old else REMOVED if key not in new else CHANGED
        yield RuleChange(part, name or key, change, key if name else "", _short(a), _short(b))


def _short(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
