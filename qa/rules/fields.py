"""Typed reading of a YAML table: every mistake becomes ``file:line: field: problem; mend``."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NoReturn

from hotline.errors import BadRule
from qa.rules.source import Listing, Node, Scalar, Table

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|sec|seconds?|秒|min|minutes?|分钟|h|hours?|小时|d|days?|天)?")
_PER_UNIT = {"ms": 0.001}
_PER_UNIT |= dict.fromkeys(("min", "minute", "minutes", "分钟"), 60.0) | dict.fromkeys(("h", "hour", "hours", "小时"), 3600.0)
_PER_UNIT |= dict.fromkeys(("d", "day", "days", "天"), 86_400.0)
_TRUE, _FALSE = {"true", "yes"}, {"false", "no"}


def near(word: str, known: Iterable[str]) -> str:
    """A mend that names what is known, the nearest first.

    >>> near("sai", ["say", "regex"])
    'did you mean say? Known: regex, say'
    """
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=2, cutoff=0.5)
    listed = ", ".join(names) or "none"
    return f"did you mean {' or '.join(close)}? Known: {listed}" if close else f"known: {listed}"


def seconds_of(text: str) -> float | None:
    """Seconds of ``10 s``, ``500 ms``, ``2 min``, ``24 h``, ``3 d`` or a bare number; None when it is no such thing."""
    match = _SECONDS.fullmatch(text.strip())
    return float(match[1]) * _PER_UNIT.get(match[2] or "s", 1.0) if match else None


class Fields:
    """One table of the file. Getters mark a key as used; :meth:`finish` refuses the keys left over."""

    def __init__(self, file: str, path: str, table: Table) -> None:
        self.file, self.path, self.table = file, path, table
        self.nodes: dict[str, Node] = {key.value: node for key, node in table.pairs}
        self.lines = {key.value: key.line for key, _ in table.pairs}
        self.used: set[str] = set()

    @classmethod
    def of(cls, file: str, path: str, node: Node) -> Fields:
        """``node`` as a table, or BadRule."""
        if not isinstance(node, Table):
            raise BadRule(f"{file}:{node.line}: {path or 'rule set'}", "should be a table of name: value", "see docs/rules.md")
        return cls(file, path, node)

    def name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def line(self, key: str = "") -> int:
        return self.lines.get(key, self.table.line)

    def refuse(self, key: str, problem: str, mend: str, node: Node | None = None) -> NoReturn:
        line = node.line if node is not None else self.line(key)
        if len(problem) > 400:
            problem = f"{problem[:200]} … {problem[-150:]}"
        raise BadRule(f"{self.file}:{line}: {self.name(key)}", problem, mend)

    def has(self, key: str) -> bool:
        return key in self.nodes

    def get(self, key: str) -> Node | None:
        self.used.add(key)
        return self.nodes.get(key)

    def need(self, key: str, mend: str = "") -> Node:
        node = self.get(key)
        if node is None:
            self.refuse(key, "is missing", mend or f"add {key}:")
        return node

    def scalar(self, key: str, node: Node, kind: str) -> str:
        if not isinstance(node, Scalar) or node.empty:
            self.refuse(key, f"should be {kind}", f"write {key}: followed by {kind}", node)
        return node.value.strip()

    def text(self, key: str, default: str | None = None, *, limit: int = 2000) -> str:
        node = self.get(key)
        if node is None and default is not None:
            return default
        value = self.scalar(key, self.need(key), "text")
        if len(value) > limit:
            self.refuse(key, f"is {len(value):,} characters long", f"keep it below {limit:,}")
        return value

    def choice(self, key: str, choices: Sequence[str], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            self.refuse(key, f"'{value}' is not known", near(value, choices))
        return value

    def number(self, key: str, default: float | None = None, *, low: float = 0.0, high: float = 1e6, likely: float = 5) -> float:
        node = self.get(key)
        if node is None and default is not None:
            return default
        value = self.scalar(key, self.need(key), "a number")
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            mend = f"write for example {key}: {max(low, min(high, likely)):g}"
            self.refuse(key, f"'{value}' is not a number from {low:g} to {high:g}", mend)
        return number

    def whole(self, key: str, default: int | None = None, *, low: int = 0, high: int = 1_000_000) -> int:
        number = self.number(key, default, low=low, high=high)
        if number != int(number):
            self.refuse(key, f"'{number:g}' is not a whole number", "drop the fraction")
        return int(number)

    def flag(self, key: str, default: bool = False) -> bool:
        node = self.get(key)
        if node is None:
            return default
        value = self.scalar(key, node, "true or false").lower()
        if value not in _TRUE | _FALSE:
            self.refuse(key, f"'{value}' is neither true nor false", f"write {key}: true or {key}: false")
        return value in _TRUE

    def seconds(self, key: str, default: float | None = None) -> float:
        node = self.get(key)
        if node is None and default is not None:
            return default
        value = self.scalar(key, self.need(key), "a time such as 10 s")
        seconds = seconds_of(value)
        if seconds is None or seconds > 86_400:
            self.refuse(key, f"'{value}' is not a time", f"write for example {key}: 10 s (or 500 ms, 2 min)")
        return seconds

    def texts(self, key: str, node: Node | None = None, *, limit: int = 2000) -> list[tuple[str, int]]:
        """A text or a list of texts, each with its line."""
        node = node if node is not None else self.need(key)
        items = node.items if isinstance(node, Listing) else (node,)
        if not items:
            self.refuse(key, "is an empty list", "name at least one")
        if len(items) > limit:
            self.refuse(key, f"has {len(items):,} entries", f"keep it below {limit:,}")
        return [(self.scalar(key, item, "text or a list of texts"), item.line) for item in items]

    def child(self, key: str) -> Fields:
        return Fields.of(self.file, self.name(key), self.need(key))

    def children(self, key: str) -> Iterator[tuple[str, Node]]:
        """The entries of a table of tables, by name; nothing when the key is absent."""
        node = self.get(key)
        if node is None or (isinstance(node, Scalar) and node.empty):
            return
        table = Fields.of(self.file, self.name(key), node)
        yield from table.nodes.items()

    def listing(self, key: str) -> tuple[Node, ...]:
        node = self.need(key)
        if not isinstance(node, Listing):
            self.refuse(key, "should be a list", f"put every entry of {key}: on a line that starts with '- '", node)
        return node.items

    def finish(self, known: Iterable[str] = (), later: Iterable[str] = ()) -> None:
        """Refuse keys nobody read; those in ``later`` belong to the language but not to this version."""
        for key in self.nodes:
            if key in self.used:
                continue
            if key in later:
                self.refuse(key, "is not supported in this version", "remove it")
            self.refuse(key, "is not known here", near(key, {*self.used, *known}))
