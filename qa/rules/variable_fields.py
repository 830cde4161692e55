"""Reading ``variables:``, the values of :mod:`qa.rules.variables`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qa.rules.expressions import FIELDS, Compare
from qa.rules.fields import Fields, near, seconds_of
from qa.rules.reading import NAME
from qa.rules.source import Node, Scalar, Table
from qa.rules.variables import Case, Cell, Lookup, Value, Variable

MAX_VARIABLES = 100
MAX_CASES = 64
MAX_CELLS = 2_000
MAX_WIDTH = 4
_KINDS = {"number": "a number", "time": "a time", "texts": "phrases"}
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,6})?")


def read_variables(fields: Fields, vocabularies: Iterable[str]) -> dict[str, Variable]:
    """The variables of a rule set by name. ``vocabularies`` are the names of its lists, whose ``$name`` must stay theirs.

    Raises BadRule, also for a value whose kind is not that of the default.
    """
    found: dict[str, Variable] = {}
    lists = set(vocabularies)
    for name, node in fields.children("variables"):
        owner = fields.child("variables")
        if len(owner.nodes) > MAX_VARIABLES:
            owner.refuse(name, f"is one of {len(owner.nodes)} variables", f"keep below {MAX_VARIABLES}")
        if not NAME.fullmatch(name):
            owner.refuse(name, f"'{name}' is not a name", "use letters, digits and _")
        if name in lists:
            owner.refuse(name, "is also a vocabulary", "give one of them another name")
        found[name] = _variable(owner, name, node, lists)
    return found


def _variable(owner: Fields, name: str, node: Node, lists: set[str]) -> Variable:
    if not isinstance(node, Table):
        kind, cell = _cell(owner, name, node, lists)
        return Variable(name, kind, cell, (), node.line)
    inner = Fields.of(owner.file, owner.name(name), node)
    kind, default = _value(inner, "default", lists)
    cases: list[Case] = []
    entries = inner.listing("cases") if inner.has("cases") else ()
    if len(entries) > MAX_CASES:
        inner.refuse("cases", f"are {len(entries)}", f"keep below {MAX_CASES}")
    for number, entry in enumerate(entries, start=1):
        case = Fields.of(owner.file, inner.name(f"cases[{number}]"), entry)
        when = _when(case)
        other, value = _value(case, "value", lists)
        _same_kind(case, "value", kind, default, other, value)
        case.text("note", "")
        case.finish()
        cases.append(Case(when, value, case.line()))
    inner.text("note", "")
    inner.finish(known=("cases", "default", "table"))
    return Variable(name, kind, default, tuple(cases), inner.line())


def _same_kind(fields: Fields, key: str, kind: str, default: Value, other: str, value: Value) -> None:
    if other != kind:
        fields.refuse(key, f"is {_KINDS[other]}, the default is {_KINDS[kind]}", f"write {_KINDS[kind]}")
    wide = default.width if isinstance(default, Lookup) else 0
    if wide != (value.width if isinstance(value, Lookup) else 0):
        fields.refuse("table" if fields.has("table") else key, "has not the shape of the default", f"write a table by {wide} fields")


def _when(fields: Fields) -> tuple[Compare, ...]:
    """``{province: 四川, queue: [q1, q2]}`` as comparisons; a name that is no field of a call is one of its metadata."""
    inner = fields.child("when")
    if not inner.nodes:
        fields.refuse("when", "is empty", "name a field and its value, or make it the default")
    found: list[Compare] = []
    for key in inner.nodes:
        values = tuple(value for value, _ in inner.texts(key, limit=500))
        field = key if key in FIELDS or key.startswith("meta.") else f"meta.{key}"
        if field == "meta.":
            inner.refuse(key, "names no field", "write meta.NAME")
        found.append(Compare(field, "in", values))
    return tuple(found)


def _value(fields: Fields, key: str, lists: set[str]) -> tuple[str, Value]:
    """The value under ``key``; with ``table`` beside it a table, whose ``default`` is that beside it."""
    if not fields.has("table"):
        return _cell(fields, key, fields.need(key, f"write {key}: with the value, or table:"), lists)
    if key != "default" and fields.has(key):
        fields.refuse(key, "stands beside table:", "keep one of them; the table's own default goes under default:")
    rows: dict[tuple[str, ...], tuple[str, Cell]] = {}
    _rows(fields, "table", fields.need("table"), (), rows, lists)
    kinds, widths = {kind for kind, _ in rows.values()}, {len(keys) for keys in rows}
    if not rows or len(widths) > 1:
        fields.refuse("table", "is empty" if not rows else "has rows of different depth", "name a value for every field in every row")
    default: Cell | None = None
    if fields.has("default"):
        kind, default = _cell(fields, "default", fields.need("default"), lists)
        kinds.add(kind)
    if len(kinds) > 1:
        fields.refuse("table", f"mixes {' and '.join(sorted(_KINDS[k] for k in kinds))}", "keep to one kind; 45 min is a time, 45 a number")
    return kinds.pop(), Lookup(widths.pop(), {keys: cell for keys, (_, cell) in rows.items()}, default)


def _rows(
    fields: Fields, key: str, node: Node, path: tuple[str, ...], rows: dict[tuple[str, ...], tuple[str, Cell]], lists: set[str]
) -> None:
    if not isinstance(node, Table):
        if not path:
            fields.refuse(key, "should be a table", "write {value of the field: …}", node)
        rows[path] = _cell(fields, key, node, lists)
        if len(rows) > MAX_CELLS:
            fields.refuse(key, f"has more than {MAX_CELLS:,} values", "split it", node)
        return
    if len(path) == MAX_WIDTH:
        fields.refuse(key, f"is nested deeper than {MAX_WIDTH} fields", "use fewer fields", node)
    for name, inner in node.pairs:
        _rows(fields, key, inner, (*path, name.value.strip()), rows, lists)


def _cell(fields: Fields, key: str, node: Node, lists: set[str]) -> tuple[str, Cell]:
    """A number, a time (a number with its unit), or phrases."""
    if isinstance(node, Scalar) and not node.quoted:
        text = node.value.strip()
        if _NUMBER.fullmatch(text):
            return "number", float(text)
        if text[:1].isdigit() and (seconds := seconds_of(text)) is not None:
            return "time", seconds
    if isinstance(node, Table):
        fields.refuse(key, "should be a value", "write a number, a time such as 45 s, or a list of phrases", node)
    phrases = fields.texts(key, node)
    for text, line in phrases:
        if text.startswith("$") and text[1:] not in lists:
            fields.refuse(key, f"vocabulary '{text}' is not defined", near(text[1:], lists), Scalar(text, line))
    return "texts", tuple(text for text, _ in phrases)
