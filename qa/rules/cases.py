"""Items made ready to be judged: their expressions as functions of a run, and the judgements that need nothing of a call.

Most items of most calls do not apply, or pass because nothing was found of what they forbid; all such judgements of an item are one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qa.rules import expressions
from qa.rules.expressions import And, CompareValues, Count, Expression, Name, Not, Or, compare_count
from qa.rules.model import Item
from qa.rules.verdict import Evidence, Verdict, both

if TYPE_CHECKING:
    from qa.rules.single import Run

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL
Key = tuple[str, str]
Value = Callable[["Run"], Verdict]
"""What an expression comes to in a run."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``applies`` and ``holds`` in three values, why, and (for forbidden things) how many hits: certain and at most."""

    item: Item
    applies: Verdict
    holds: Verdict
    reason: str
    evidence: tuple[Evidence, ...]
    fewest: int = 0
    most: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """An item. ``keys`` are the conditions that its requirement names; ``plain`` says that no values are compared in it.

    The three judgements are those of a call in which it does not apply, and of one in which it (perhaps) applies and holds,
    nothing at all having been found of its conditions.
    """

    item: Item
    applies: Value | None
    holds: Value
    keys: tuple[Key, ...]
    plain: bool
    not_applicable: Judgement
    passed: Judgement
    passed_if_applicable: Judgement

    def nothing_found(self, run: Run) -> bool:
        """Whether the call holds nothing to show or to count for the item, and nothing that might be."""
        if not self.plain:
            return False
        for key in self.keys:
            found = run.found(key)
            if found.hits or found.unsure or found.note:
                return False
        return True


def case_of(item: Item, key_of: Callable[[Item, str], Key]) -> Case:
    """The item ready to be judged; ``key_of`` says which condition a name means in it."""
    listed = [atom for atom, _ in expressions.atoms(item.requirement)]
    names = dict.fromkeys(name for atom in listed for name in sorted(expressions.names(atom)))
    return Case(
        item,
        None if item.applies_when is None else _value(item, item.applies_when, key_of),
        _value(item, item.requirement, key_of),
        tuple(key_of(item, name) for name in names),
        not any(isinstance(atom, CompareValues) for atom in listed),
        Judgement(item, MISS, HIT, both("不适用", "does not apply"), ()),
        Judgement(item, HIT, HIT, "", ()),
        Judgement(item, DOUBTFUL, HIT, "", ()),
    )


def _value(item: Item, expression: Expression, key_of: Callable[[Item, str], Key]) -> Value:
    """The Kleene value of an expression as a function; what cannot change it any more is not asked for."""
    if isinstance(expression, Not):
        inner = _value(item, expression.inner, key_of)
        return lambda run: ~inner(run)
    if isinstance(expression, And):
        return _until(MISS, HIT, [_value(item, part, key_of) for part in expression.parts])
    if isinstance(expression, Or):
        return _until(HIT, MISS, [_value(item, part, key_of) for part in expression.parts])
    if isinstance(expression, Name):
        key = key_of(item, expression.name)
        return lambda run: run.found(key).verdict
    if isinstance(expression, Count):
        counted, wanted = key_of(item, expression.name), expression

        def count(run: Run) -> Verdict:
            found = run.found(counted)
            high = math.inf if found.unsure else len(found.hits)
            return compare_count(len(found.certain), high, wanted.comparison, wanted.number)

        return count
    atom = expression
    return lambda run: run.atom(item, atom)


def _until(settles: Verdict, otherwise: Verdict, parts: list[Value]) -> Value:
    """Conjunction (settled by MISS) or disjunction (by HIT): doubtful where nothing settles it and some part is."""

    def value(run: Run) -> Verdict:
        found = otherwise
        for part in parts:
            here = part(run)
            if here is settles:
                return settles
            if here is DOUBTFUL:
                found = DOUBTFUL
        return found

    return value
