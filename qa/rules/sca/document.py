"""JSON from elsewhere, read defensively: bounded in size and depth, no key twice, every value asked for by type."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from hotline.errors import BadInput
from qa.rules.exchange import Cannot

MAX_BYTES = 8 * 2**20
MAX_DEPTH = 40
MAX_RULES = 2_000
MAX_TEXT = 20_000
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def parse_json(text: str, name: str) -> Any:
    """The value of a JSON text. Raises BadInput for what is no JSON, too large, too deep, or names a key twice."""
    if len(text) > MAX_BYTES:
        raise BadInput(name, f"the file has {len(text):,} characters", f"keep it below {MAX_BYTES:,}, or split it")
    depth = _depth(text)
    if depth > MAX_DEPTH:
        raise BadInput(name, f"nested {depth:,} deep", f"no rule needs more than {MAX_DEPTH}")
    try:
        return json.loads(text, object_pairs_hook=_table, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise BadInput(f"{name}:{error.lineno}", f"is not JSON ({error.msg})", "export it again, or mend this line") from None
    except (ValueError, RecursionError) as error:  # a key twice, a number without end
        raise BadInput(name, str(error)[:200], "export it again, or mend it") from None


def _depth(text: str) -> int:
    """How deep brackets nest, texts skipped; read in one pass so that nothing is built from a bomb."""
    depth = deepest = 0
    for piece in re.finditer(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', text):
        char = piece[0]
        if char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def _table(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:40]!r} stands twice in one object")
        found[key] = value
    return found


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number")


class Record:
    """One object of the document. Keys are found whatever their capitals and underscores; :meth:`left` are those nobody asked for."""

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise Cannot(path, "应为 JSON 对象", "should be an object")
        self.path = path
        self._values: dict[str, tuple[str, Any]] = {}
        for key, entry in value.items():
            if entry is not None:
                self._values.setdefault(_plain(key), (clean(key), entry))
        self._used: set[str] = set()

    def name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str) -> Any:
        """The value under ``key``; None where there is none. A list in a wrapper (``{"Keywords": {"Keyword": [...]}}``) is unwrapped."""
        value = self.raw(key)
        if isinstance(value, dict) and len(value) == 1 and isinstance(inner := next(iter(value.values())), list):
            return inner
        return value

    def has(self, key: str) -> bool:
        return self.get(key) not in (None, "", [], {})

    def text(self, key: str, default: str = "") -> str:
        value = self.get(key)
        if value is None:
            return default
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise Cannot(self.name(key), "应为文本", "should be a text")
        if isinstance(value, str) and len(value) > MAX_TEXT:
            raise Cannot(self.name(key), f"有 {len(value):,} 个字符", f"has {len(value):,} characters")
        return clean(f"{value:g}" if isinstance(value, float) else str(value))

    def number(self, key: str, default: float | None = None) -> float:
        """A finite number; texts that are one count. Raises Cannot, also where there is none and no default."""
        value = self.get(key)
        if value is None and default is not None:
            return default
        try:
            if isinstance(value, bool) or not isinstance(value, (str, int, float)) or len(str(value)) > 30:
                raise ValueError
            found = float(value)
        except ValueError:
            found = math.nan
        if not math.isfinite(found) or abs(found) > 1e9:
            raise Cannot(self.name(key), "应为数字", "should be a number")
        return found

    def whole(self, key: str, default: int | None = None) -> int:
        found = self.number(key, default)
        if found != int(found):
            raise Cannot(self.name(key), "应为整数", "should be a whole number")
        return int(found)

    def flag(self, key: str, default: bool = False) -> bool:
        value = self.get(key)
        if value is None:
            return default
        if value in (True, False, 0, 1) and not isinstance(value, float):
            return bool(value)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise Cannot(self.name(key), "应为 true 或 false", "should be true or false")

    def texts(self, key: str) -> list[str]:
        """A list of texts without the empty ones; a single text is a list of one."""
        value = self.get(key)
        entries = [] if value is None else value if isinstance(value, list) else [value]
        if len(entries) > MAX_RULES or not all(isinstance(e, str) and len(e) <= MAX_TEXT for e in entries):
            raise Cannot(self.name(key), "应为文本列表", "should be a list of texts")
        return [cleaned for e in entries if (cleaned := clean(e).strip())]

    def raw(self, key: str) -> Any:
        """The value under ``key`` as it stands; None where there is none."""
        self._used.add(_plain(key))
        return self._values.get(_plain(key), ("", None))[1]

    def record(self, key: str) -> Record | None:
        value = self.raw(key)
        return None if value is None else Record(value, self.name(key))

    def records(self, key: str) -> list[Record]:
        """The objects under ``key``. Raises Cannot when it is no list of objects."""
        value = self.get(key)
        if value is None:
            return []
        if not isinstance(value, list) or len(value) > MAX_RULES:
            raise Cannot(self.name(key), f"应为不超过 {MAX_RULES} 个对象的列表", f"should be a list of at most {MAX_RULES} objects")
        return [Record(entry, f"{self.name(key)}[{number}]") for number, entry in enumerate(value)]

    def left(self) -> Iterator[str]:
        """The keys (as written) with a value that nothing has read."""
        for key, (written, value) in self._values.items():
            if key not in self._used and value not in ("", [], {}):
                yield written


def clean(text: str) -> str:
    """The text without control characters and broken surrogates, which no rule can be about."""
    return _CONTROL.sub(" ", text)


def _plain(key: str) -> str:
    return key.replace("_", "").lower()
