"""What an expression can come to, over all calls there could be.

Atoms are not independent: ``meta.area == 城区`` and ``meta.area == 农村`` exclude each other, ``count(cut) >= 3`` implies ``cut``,
and ``each a has b`` holds where there is no ``a``. Each field and each count gets the few values that can make a difference (every
literal, the numbers between and beyond, nothing at all), and a search over them, cut short by Kleene's logic, asks whether the
expression can hold and whether it can fail. What it cannot know (values that are compared with each other) it leaves open, so that
it never calls possible what is impossible the other way round: "cannot" is proven, "can" is not.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from qa.calls import Layout
from qa.rules import expressions
from qa.rules.expressions import And, Atom, Compare, Count, EachHas, Expression, Name, Not, Or, compare_value, number_of
from qa.rules.model import Condition
from qa.rules.verdict import Verdict

BUDGET = 20_000
"""Steps of the search; an expression that needs more is not judged."""
_OTHER = "\0 any other text"
_ABSENT = None

Variable = tuple[str, str]
"""("count", condition), ("field", name) or ("free", how an atom is written)."""


class Undecided(Exception):
    """The search was given up."""


def can_come_to(wanted: bool, expression: Expression, given: Expression | None, conditions: Mapping[str, Condition]) -> bool:
    """Whether some call in which ``given`` holds could make ``expression`` come to ``wanted``. False is proven."""
    space = _Space(_spelled(expression, conditions), None if given is None else _spelled(given, conditions))
    try:
        return space.search(wanted)
    except Undecided:
        return True


def jointly_possible(expressions_: Iterable[Expression | None], conditions: Mapping[str, Condition]) -> bool:
    """Whether all of them can hold in one call; None always holds. Names must mean the same in all."""
    parts = tuple(e for e in expressions_ if e is not None)
    return not parts or can_come_to(True, And(parts), None, conditions)


def _spelled(expression: Expression, conditions: Mapping[str, Condition]) -> Expression:
    """The expression with names of facts of the call (metadata, duration) written out as the comparisons they are."""
    if isinstance(expression, Not):
        return Not(_spelled(expression.inner, conditions))
    if isinstance(expression, (And, Or)):
        return type(expression)(tuple(_spelled(part, conditions) for part in expression.parts))
    if isinstance(expression, Name) and expression.name in conditions:
        return _as_comparison(conditions[expression.name]) or expression
    return expression


def _as_comparison(condition: Condition) -> Expression | None:
    params = condition.params
    if condition.operator == "metadata":
        if params.type != "text" or params.test in ("present", "absent"):
            return None  # what a typed field may hold is not known here
        return Compare(params.field, params.test, params.values)
    if condition.operator == "duration":
        limits = ((">", params.over), ("<", params.under))
        parts = tuple(Compare("duration", sign, (f"{limit:g}",)) for sign, limit in limits if limit is not None)
        return And(parts) if len(parts) > 1 else parts[0]
    return None


class _Space:
    """The variables of two expressions, their values, and a search over them."""

    def __init__(self, expression: Expression, given: Expression | None) -> None:
        self.expression, self.given = expression, given
        self.values: dict[Variable, list[Any]] = {}
        self.assigned: dict[Variable, Any] = {}
        self.steps = 0
        atoms = [atom for e in (expression, given) if e is not None for atom, _ in expressions.atoms(e)]
        for atom in atoms:
            self._add(atom)
        # what hangs on counts comes after them
        self.order = sorted(self.values, key=lambda variable: (variable[0] == "free", variable))
        self.answers = {("free", str(atom)): atom for atom in atoms if isinstance(atom, EachHas)}

    def _add(self, atom: Atom) -> None:
        if isinstance(atom, Name):
            self._counts(atom.name, ())
        elif isinstance(atom, Count):
            self._counts(atom.name, (atom.number - 1, atom.number, atom.number + 1))
        elif isinstance(atom, Compare) and _is_plain(atom):
            known = self.values.setdefault(("field", atom.field), [])
            known.extend(value for value in atom.values if value not in known)
        else:
            self.values[("free", str(atom))] = [True, False]
            if isinstance(atom, EachHas):
                self._counts(atom.cause, ())
                self._counts(atom.answer, ())

    def _counts(self, name: str, numbers: Iterable[int]) -> None:
        known = self.values.setdefault(("count", name), [0, 1])
        known.extend(n for n in numbers if n >= 0 and n not in known)

    def search(self, wanted: bool) -> bool:
        for variable in self.order:
            if variable[0] == "field":
                self.values[variable] = list(_of_field(variable[1], self.values[variable]))
        return self._from(0, Verdict.of(wanted))

    def _from(self, position: int, wanted: Verdict) -> bool:
        self.steps += 1
        if self.steps > BUDGET:
            raise Undecided
        holds = Verdict.HIT if self.given is None else expressions.evaluate(self.given, self._value)
        comes_to = expressions.evaluate(self.expression, self._value)
        if holds is Verdict.MISS or comes_to not in (wanted, Verdict.DOUBTFUL):
            return False
        if holds is Verdict.HIT and comes_to is wanted:
            return True
        if position == len(self.order):
            return False
        variable = self.order[position]
        for value in self._choices(variable):
            self.assigned[variable] = value
            if self._from(position + 1, wanted):
                return True
        self.assigned.pop(variable, None)
        return False

    def _choices(self, variable: Variable) -> list[Any]:
        each = self.answers.get(variable)
        if each is not None:
            if self.assigned.get(("count", each.cause)) == 0:
                return [True]
            if self.assigned.get(("count", each.answer)) == 0:
                return [False]
        return self.values[variable]

    def _value(self, atom: Atom) -> Verdict:
        if isinstance(atom, (Name, Count)):
            count = self.assigned.get(("count", atom.name))
            if count is None:
                return Verdict.DOUBTFUL
            return Verdict.of(count > 0) if isinstance(atom, Name) else _counted(count, atom)
        if isinstance(atom, Compare) and _is_plain(atom):
            variable = ("field", atom.field)
            return _compared(self.assigned[variable], atom) if variable in self.assigned else Verdict.DOUBTFUL
        decided = self.assigned.get(("free", str(atom)))
        return Verdict.DOUBTFUL if decided is None else Verdict.of(decided)


def _is_plain(atom: Compare) -> bool:
    """Whether a field of the call is compared with literals."""
    return (atom.field in expressions.FIELDS or atom.field.startswith("meta.")) and not any(v.startswith("$") for v in atom.values)


def _counted(count: int, atom: Count) -> Verdict:
    return expressions.compare_count(count, count, atom.comparison, atom.number)


def _compared(value: str | None, atom: Compare) -> Verdict:
    if value is _ABSENT:
        return Verdict.of(atom.comparison in ("!=", "not in"))
    return Verdict.of(compare_value(value, atom.comparison, atom.values))


def _of_field(field: str, literals: list[str]) -> Iterator[str | None]:
    """The values of a field that can make a difference to comparisons with ``literals``."""
    if field == "layout":
        yield from (layout.value for layout in Layout)
        return
    numbers = sorted({n for n in map(number_of, literals) if n is not None and abs(n) < float("inf")})
    tried = list(numbers)
    if numbers:
        tried += [numbers[0] - 1, numbers[-1] + 1, *((a + b) / 2 for a, b in itertools.pairwise(numbers))]
    if field == "duration":
        yield from (f"{n!r}" for n in tried if n >= 0)
        if not numbers:
            yield "60.0"
        return
    yield from (text for text in literals if number_of(text) is None)
    yield from (f"{n!r}" for n in tried)
    yield _OTHER
    yield _ABSENT
