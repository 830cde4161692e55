"""Variables: what differs by province, queue or direction while the rules stay the same.

    variables:
      hold_limit: 45 s                              # a time, a number, or a list of phrases
      company:
        default: [国家电网, 供电公司]
        cases:                                      # in order; the first whose fields all fit
          - {when: {province: 广东}, value: [南方电网]}
          - {when: {queue: [q1, q2], direction: outbound}, value: [国网商城]}
      limit:                                        # by the values of fields: $limit[meta.ticket_type, meta.area]
        table: {故障报修: {城区: 45 min, 农村: 90 min, "*": 2 h}}
        default: 24 h

``say: $company`` and ``over: $hold_limit`` take the value of the call's own case. While a field that decides may
still arrive, every value that it may bring is possible (:mod:`qa.rules.variants`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from qa.rules.expressions import Compare
from qa.rules.source import Listing, Node, Scalar, Table

ANY = "*"
"""In a table: whatever the field holds, and also when it is absent."""
SUBSTITUTED = frozenset({"conditions", "vocabularies", "synonyms", "hotwords"})
"""The keys below which ``$name`` is filled in; stakes and titles are the same for everybody."""
_EXPRESSIONS = ("expect", "forbid", "applies_when")
_COUNTED = re.compile(r"(count\(\s*[\w-]+\s*\)\s*(?:>=|<=|==|!=|>|<)\s*)(\$[^\W\d][\w-]*)(?!\s*\[)")

Cell = float | tuple[str, ...]
"""A number, a time in seconds, or phrases."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Values by the values of ``width`` fields; ``default`` where no row fits, None when there is none."""

    width: int
    rows: Mapping[tuple[str, ...], Cell]
    default: Cell | None = None

    def at(self, keys: tuple[str | None, ...]) -> Cell | None:
        """The value for these fields (None: absent), rows without ``*`` first, else the default.

        >>> table = Lookup(2, {("报修", "城区"): 2700.0, ("报修", "*"): 7200.0}, 86400.0)
        >>> table.at(("报修", "城区")), table.at(("报修", None)), table.at(("咨询", "城区"))
        (2700.0, 7200.0, 86400.0)
        """
        held = tuple(None if key is None else key.strip() for key in keys)
        for wild in range(self.width + 1):
            # The later fields are the finer ones, so they are the first to give way.
            for places in sorted(combinations(range(self.width), wild), reverse=True):
                row = tuple(ANY if i in places else key or "" for i, key in enumerate(held))
                if row in self.rows:
                    return self.rows[row]
        return self.default


Value = Cell | Lookup


@dataclass(frozen=True, slots=True)
class Case:
    """``value`` holds for calls whose fields pass every comparison of ``when``."""

    when: tuple[Compare, ...]
    value: Value
    line: int


@dataclass(frozen=True, slots=True)
class Variable:
    """``kind`` is that of every value (in tables of every cell): ``number``, ``time`` (seconds) or ``texts``."""

    name: str
    kind: str
    default: Value
    cases: tuple[Case, ...]
    line: int

    @property
    def is_table(self) -> bool:
        return isinstance(self.default, Lookup)

    def fields(self) -> set[str]:
        """The fields of a call that its cases ask for."""
        return {comparison.field for case in self.cases for comparison in case.when}

    def shown(self, value: Value) -> str:
        """A value for people: ``45 s``, ``3``, ``国家电网、供电公司`` or ``table of 12``."""
        if isinstance(value, Lookup):
            return f"table of {len(value.rows)}"
        if isinstance(value, float):
            return f"{value:g} s" if self.kind == "time" else f"{value:g}"
        return "、".join(value)


def defaults(variables: Mapping[str, Variable]) -> dict[str, Value]:
    """The value of every variable where no case holds."""
    return {name: variable.default for name, variable in variables.items()}


def fill_in(root: Node, variables: Mapping[str, Variable], values: Mapping[str, Value], *, examples: bool = True) -> Node:
    """The tree of a rule set with every ``$name`` of a variable below :data:`SUBSTITUTED` replaced by its value.

    In expressions ``count(x) >= $name`` is filled in; other values there are looked up when a call is judged. Tables stay as they are:
    only an expression can say for which fields. Without ``examples`` those of the items are left out.
    """
    if not variables:
        return root
    written = {f"${name}": tuple(_written(variables[name], value)) for name, value in values.items() if not isinstance(value, Lookup)}
    return _head(root, written, examples)


def _written(variable: Variable, value: Value) -> Iterator[Scalar]:
    line = next((case.line for case in variable.cases if case.value == value), variable.line)
    for text in value if isinstance(value, tuple) else (variable.shown(value),):
        yield Scalar(text, line, quoted=True)


def _head(node: Node, written: Mapping[str, tuple[Scalar, ...]], examples: bool) -> Node:
    """Walks down to the keys below which values are filled in."""
    if isinstance(node, Listing):
        return Listing(tuple(_head(item, written, examples) for item in node.items), node.line)
    if not isinstance(node, Table):
        return node
    pairs = []
    for key, value in node.pairs:
        if key.value == "examples" and not examples:
            continue
        inside = key.value in SUBSTITUTED
        if inside or key.value in ("sections", "items"):
            value = _filled(value, written) if inside else _head(value, written, examples)
        elif key.value in _EXPRESSIONS and isinstance(value, Scalar) and "$" in value.value:
            value = replace(value, value=_COUNTED.sub(lambda found: _count(found, written), value.value))
        pairs.append((key, value))
    return Table(tuple(pairs), node.line)


def _count(found: re.Match[str], written: Mapping[str, tuple[Scalar, ...]]) -> str:
    """``count(x) >= `` and the value of the variable; the name itself where there is none of that name."""
    value = written.get(found[2], ())
    return found[1] + (value[0].value if len(value) == 1 else found[2])


def _filled(node: Node, written: Mapping[str, tuple[Scalar, ...]]) -> Node:
    if isinstance(node, Scalar):
        found = written.get(node.value.strip())
        if found is None:
            return node
        return found[0] if len(found) == 1 else Listing(found, found[0].line)
    if isinstance(node, Table):
        return Table(tuple((key, _filled(value, written)) for key, value in node.pairs), node.line)
    items: list[Node] = []
    for item in node.items:
        found = written.get(item.value.strip()) if isinstance(item, Scalar) else None
        items += found if found is not None else (_filled(item, written),)
    return Listing(tuple(items), node.line)
