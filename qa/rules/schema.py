"""The JSON Schema of rule sets, for editors: names, values and hints while typing.

Generated from the readers and from the parameters of the operators; ``hotline rules schema`` prints it, ``docs/rules.schema.json`` is
the copy to point an editor at. It knows the shape, not the meaning: names of conditions, phrases and expressions are checked by
``hotline rules check``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from qa.rules import card_fields, including, items, language, stakes
from qa.rules.conditions import OPERATORS
from qa.rules.conditions.operator import Operator
from qa.rules.items import OUTCOMES
from qa.rules.keys import Key, keys_read
from qa.rules.placement import KEYS

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_TEXTS: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
_VARIABLE: Schema = {"type": "string", "pattern": r"^\$"}
_FLAG: Schema = {"enum": [True, False, "true", "false", "yes", "no"]}
_SECONDS: Schema = {"type": ["number", "string"], "pattern": r"^(\$|\d+(\.\d+)?\s*\S*$)"}
_BOTH: Schema = {
    "type": "object",
    "properties": {"zh": _TEXT, "en": _TEXT},
    "minProperties": 1,
    "additionalProperties": False,
}
_TITLE: Schema = {"anyOf": [_TEXT, _BOTH]}
_ID: Schema = {"type": ["string", "number"], "pattern": "^[a-z0-9][a-z0-9_-]{0,79}$"}
_ANCHOR: Schema = {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/anchor"}]}
_LINES: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_OUTCOME: Schema = {
    "anyOf": [_TEXT, {"type": "array", "items": {"anyOf": [_LINES, {"$ref": "#/$defs/example"}]}}, {"$ref": "#/$defs/example"}]
}


def schema() -> Schema:
    """The schema as JSON values."""
    top = {**_properties(keys_read(language)), **_properties(keys_read(card_fields)), **_properties(keys_read(including))}
    section = _properties(keys_read(language, "section")) | _properties(keys_read(card_fields, "section"))
    item = {**_properties(keys_read(items)), **_properties(keys_read(stakes)), "effective": top["effective"]}
    top |= {
        "id": _ID,
        "title": _TITLE,
        "include": _TEXTS,
        "vocabularies": {"type": "object", "additionalProperties": _TEXTS},
        "synonyms": {"type": "object", "additionalProperties": _TEXTS},
        "conditions": {"$ref": "#/$defs/conditions"},
        "sections": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/section"}},
    }
    section |= {"id": _ID, "title": _TITLE, "items": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/item"}}}
    item |= {"id": _ID, "title": _TITLE, "coaching": _TITLE, "conditions": {"$ref": "#/$defs/conditions"}, "use": _TEXT}
    item |= {key: {"type": "number", "minimum": 0, "maximum": 1000} for key in ("points", "weight")}
    item |= {"fatal": {"enum": [*_FLAG["enum"], "card", "section"]}}
    item |= {"examples": {"$ref": "#/$defs/examples"}, **dict.fromkeys(("expect", "forbid", "applies_when"), _TEXT)}
    return {
        "$schema": DRAFT,
        "$id": "hotline-rules",
        "title": "Hotline 质检规则 rule set",
        **_table(top, "id", "title", "sections"),
        "$defs": {
            "section": _table(section, "id", "items"),
            "item": {**_table(item), "anyOf": [{"required": ["id"]}, {"required": ["use"]}], "not": {"required": ["expect", "forbid"]}},
            "conditions": {
                "type": "object",
                "propertyNames": {"pattern": r"^[^\W\d][\w-]{0,59}$"},
                "additionalProperties": {"$ref": "#/$defs/condition"},
            },
            "condition": _condition(),
            "anchor": _anchor(),
            "examples": _table({**dict.fromkeys(OUTCOMES, _OUTCOME), "meta": {"type": "object"}}),
            "example": _example(),
        },
    }


def schema_text() -> str:
    """The schema as it lies in ``docs/rules.schema.json``."""
    return json.dumps(schema(), ensure_ascii=False, indent=1) + "\n"


def _table(properties: Mapping[str, Schema], *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": dict(sorted(properties.items())), "additionalProperties": False}
    return found | ({"required": list(required)} if required else {})


def _properties(keys: Mapping[str, Key]) -> dict[str, Schema]:
    return {name: _value(key) for name, key in keys.items()}


def _value(key: Key) -> Schema:
    """What a key may hold, by how it is read; a variable (``$name``) may stand where a number or time may."""
    if key.kind in ("number", "whole"):
        kind = {"type": "integer" if key.kind == "whole" else "number"}
        bounds = {"minimum": 0 if key.low is None else key.low, **({} if key.high is None else {"maximum": key.high})}
        return {"anyOf": [kind | bounds, _VARIABLE]}
    if key.kind == "choice" and key.choices:
        return {"enum": list(key.choices)}
    shapes = {"text": _TEXT, "choice": _TEXT, "flag": _FLAG, "seconds": _SECONDS, "texts": _TEXTS, "listing": {"type": "array"}}
    return dict(shapes.get(key.kind, {}))


def _condition() -> Schema:
    """One operator with its keys, inside it or beside it, and where to look."""
    place: dict[str, Schema] = {
        "by": {"enum": ["agent", "customer", "any"]},
        "in": {"type": "string", "examples": ["first 2 agent turns", "last 3 turns", "turns 2 to 5", "first 20 s", "-30 s to end"]},
        "within": {"type": ["string", "number"], "examples": ["3 agent turns", "2 turns", "20 s"]},
        "if_absent": {"enum": ["miss", "open"]},
        "join_turns": _value(Key("join_turns", "whole")),
        "unless": {"anyOf": [{"type": "string"}, {"$ref": "#/$defs/anchor"}, {"type": "array", "items": _ANCHOR}]},
        **dict.fromkeys(("after", "before", "around"), _ANCHOR),
    }
    place = {**{key: {} for key in KEYS}, **place}
    free = {"note": _TEXT, "says": _TITLE}
    branches = []
    for operator in OPERATORS.values():
        own = _parameters(operator)
        inside = {"type": "object", "properties": own, "additionalProperties": False}
        direct = own.get(operator.name)
        value = {
            "description": f"{operator.summary.zh} {operator.summary.en}",
            "anyOf": [inside, *([direct] if direct is not None else [])],
        }
        properties = {**place, **free, **own, operator.name: value}
        branches.append({"if": {"required": [operator.name]}, "then": {"properties": properties, "additionalProperties": False}})
    return {"type": "object", "anyOf": [{"required": [name]} for name in OPERATORS], "allOf": branches}


def _parameters(operator: Operator) -> dict[str, Schema]:
    """The keys of an operator with their hints; those of its parameters that nothing is known of may hold anything."""
    found = _properties(keys_read(sys.modules[operator.read.__module__]))
    for spec in fields(operator.params):
        if spec.metadata:
            name = spec.metadata.get("key", spec.name)
            shape = found.get(name) or (_TEXTS if str(spec.type).startswith("tuple[str") else {})
            found[name] = {"description": f"{spec.metadata['zh']} {spec.metadata['en']}", **shape}
    return dict(sorted(found.items()))


def _anchor() -> Schema:
    which = {key: {"type": "string"} for key in ("first", "last", "any", "each")}
    directions = {key: {"anyOf": [{"type": "string"}, {"type": "object"}]} for key in ("after", "before", "around")}
    near = {"within": {"type": ["string", "number"]}, "if_absent": {"enum": ["miss", "open"]}, "expires": _SECONDS, "once": _FLAG}
    return _table({**which, **directions, **near})


def _example() -> Schema:
    read = _properties(keys_read(items, "inner", ("_example",)))
    return _table({**read, "turns": _LINES, "meta": {"type": "object"}, "note": _TEXT}, "turns")
