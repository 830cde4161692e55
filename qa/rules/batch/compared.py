"""``each promise.value <= $limit[meta.area]`` over many calls: once for all calls with the same values and the same fields."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, cast

import numpy as np

from qa.calls import Call
from qa.rules import comparing
from qa.rules.batch.hits import Hits
from qa.rules.batch.logic import CODE
from qa.rules.batch.table import Floats, Ints, Small, Table
from qa.rules.expressions import CompareValues, Field, Limit
from qa.rules.judging import trusted
from qa.rules.model import Item
from qa.rules.plan import Key, Plan
from qa.rules.values import Value
from qa.rules.verdict import Found, Hit, Verdict

if TYPE_CHECKING:
    from qa.rules.single import Run

Said = tuple[tuple[tuple[tuple[int, bool], ...], bool], ...]
"""Per condition compared: the numbers of its values in order, whether each is certain, and whether there may be more."""


@dataclass(frozen=True, slots=True)
class Kinds:
    """Calls that compare alike: ``which`` kind each call is of, and for each kind a call without turns and what was said."""

    which: Ints
    calls: list[Call]
    said: list[Said]


class ComparedValues:
    """A comparison of values in all calls of a table. ``values`` are those that ``Hits.phrase`` numbers."""

    def __init__(
        self, plan: Plan, item: Item, atom: CompareValues, table: Table, hits_of: Callable[[Key], Hits], values: Sequence[Value | None]
    ) -> None:
        self.plan, self.item, self.atom, self.values = plan, item, atom, values
        self.keys = [plan.key_of(item, name) for name in atom.names]
        self.kinds = _kinds(plan, atom, table, [hits_of(key) for key in self.keys])

    def verdicts(self) -> Small:
        """Per call whether the comparison holds."""
        found = [CODE[comparing.verdict_of(cast("Run", run), self.item, self.atom)] for run in self._runs()]
        return np.array(found, dtype=np.int8)[self.kinds.which]

    def counts(self) -> tuple[Ints, Floats]:
        """Per call how many values on the left compare so: certainly, and at most."""
        low, high = [], []
        for run in self._runs():
            own = [c.verdict for c in comparing.hits_of(cast("Run", run), self.item, self.atom) if c.name == self.atom.names[0]]
            low.append(own.count(Verdict.HIT))
            high.append(inf if run.found(self.keys[0]).unsure else float(len(own) - own.count(Verdict.MISS)))
        return np.array(low, dtype=np.int64)[self.kinds.which], np.array(high)[self.kinds.which]

    def _runs(self) -> list[_Told]:
        return [_Told(self.plan, call, self.keys, self._found(said)) for call, said in zip(self.kinds.calls, self.kinds.said, strict=True)]

    def _found(self, said: Said) -> list[Found]:
        return [
            Found(tuple(Hit(None, certain=sure, value=self.values[number]) for number, sure in hits), "unsure" if unsure else "")
            for hits, unsure in said
        ]


class _Told:
    """As much of a run as a comparison asks for: the fields of a call, and what its conditions found."""

    def __init__(self, plan: Plan, call: Call, keys: Sequence[Key], found: Sequence[Found]) -> None:
        self.plan, self.call = plan, call
        self._found = dict(zip(keys, found, strict=True))

    def found(self, key: Key) -> Found:
        return self._found[key]


def _kinds(plan: Plan, atom: CompareValues, table: Table, hits: Sequence[Hits]) -> Kinds:
    fields = sorted({name for o in atom.operands for name in _fields(o)})
    columns = [table.by_field(field)[0] for field in fields] or [np.zeros(table.n, dtype=np.int64)]
    _, heads, which_fields = np.unique(np.stack(columns), axis=1, return_index=True, return_inverse=True)
    which_fields = which_fields.reshape(-1)
    spoken: list[dict[int, list[tuple[int, bool]]]] = []
    for found in hits:
        by_call: dict[int, list[tuple[int, bool]]] = {}
        for call, number, sure in zip(found.call.tolist(), found.phrase.tolist(), found.certain.tolist(), strict=True):
            by_call.setdefault(call, []).append((number, sure))
        spoken.append(by_call)
    numbers: dict[Hashable, int] = {}
    kinds = Kinds(np.zeros(table.n, dtype=np.int64), [], [])
    doubt = plan.rule_set.doubt
    unsure = [found.unsure.tolist() for found in hits]
    for call, fields_of_call in enumerate(which_fields.tolist()):
        said: Said = tuple([(tuple(by_call.get(call, ())), lost[call]) for by_call, lost in zip(spoken, unsure, strict=True)])
        number = numbers.setdefault((fields_of_call, said), len(numbers))
        if number == len(kinds.calls):
            kinds.calls.append(trusted(table.head(int(heads[fields_of_call])), doubt))
            kinds.said.append(said)
        kinds.which[call] = number
    return kinds


def _fields(operand: object) -> tuple[str, ...]:
    if isinstance(operand, Field):
        return (operand.name,)
    return operand.fields if isinstance(operand, Limit) else ()
