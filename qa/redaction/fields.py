"""Mask what came with a call from other systems: fields of a manifest, of a ``.meta.json``, of imported call records."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from qa.redaction import mask


def mask_fields(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with personal values masked, inside lists and objects too; a field's name is the cue for its value.

    A number that is one (``"phone": 13800004517``) becomes masked text; all other values keep their type.

    >>> mask_fields({"customer_phone": "13800004517", "level": 3, "contacts": [{"phone": 13800004517}]})
    {'customer_phone': '***********', 'level': 3, 'contacts': [{'phone': '***********'}]}
    """
    return {name: _masked(name, value) for name, value in metadata.items()}


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return mask_fields(value)
    if isinstance(value, list | tuple):
        return [_masked(name, item) for item in value]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    plain = str(value)
    hidden = _hidden(name, plain)
    return value if hidden == plain else hidden


@lru_cache(maxsize=4096)
def _hidden(name: str, value: str) -> str:
    """Call records repeat few values many times: 城区, 报修."""
    return mask(f"{name} {value}")[len(name) + 1 :]
