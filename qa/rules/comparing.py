"""Comparing what was said: ``given.value == back.value``, ``each promise.value <= $limit[meta.type, meta.area]``.

    any x.value (or x.value)   one of the values fits          nothing said: a miss
    each x.value               all of them fit                 nothing said: holds
    first, last, sum, max, min one value, or what they make together; nothing said: a miss (the sum of nothing is 0)

A hit in doubt makes of its comparison at best (any) or at worst (each) a doubtful one; a value or limit that is not known compares
in doubt. Which value is the first, and how much a sum is, may depend on hits in doubt: then every reading is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from qa.calls import Call
from qa.rules import values
from qa.rules.expressions import CompareValues, Field, Limit, Literal, Operand, Values
from qa.rules.facts import fact, unknown_field
from qa.rules.model import Item, Title
from qa.rules.values import Quantity, Value, Words
from qa.rules.variables import Cell, Lookup
from qa.rules.verdict import Found, Hit, Verdict, both

if TYPE_CHECKING:
    from qa.rules.single import Run

HIT, MISS, DOUBTFUL = Verdict.HIT, Verdict.MISS, Verdict.DOUBTFUL


class Absent:
    """No value at all, which compares with nothing (unlike one that is not known)."""


ABSENT = Absent()
Reading = Value | Absent | None
"""One thing that an operand may be: a value, nothing, or (None) a value that is not known."""


@dataclass(frozen=True, slots=True)
class Side:
    """An operand in a call: hits to be tried one by one (``how`` any or each), or the ``readings`` of one value."""

    how: str
    found: Found
    readings: tuple[Reading, ...] = ()
    why: str = ""
    """Why it is not known, where it is not."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How one hit of the left side came out, and why a doubtful comparison is one."""

    name: str
    hit: Hit
    verdict: Verdict


def verdict_of(run: Run, item: Item, atom: CompareValues) -> Verdict:
    """The value of the comparison in this call."""
    sides = [side_of(run, item, operand) for operand in atom.right]
    return _over(side_of(run, item, atom.left), lambda left: _against(left, atom.comparison, sides))


def hits_of(run: Run, item: Item, atom: CompareValues) -> Iterator[Compared]:
    """Every hit behind the comparison with how it alone came out; of both sides, the left first."""
    for left, others, comparison in _views(atom):
        if not isinstance(left, Values):
            continue
        sides = [side_of(run, item, operand) for operand in others]
        for hit in run.found(run.plan.key_of(item, left.name)).hits:
            verdict = _against(hit.value, comparison, sides)
            yield Compared(left.name, hit, verdict if hit.certain else verdict & DOUBTFUL if left.how != "each" else verdict | DOUBTFUL)


def why(run: Run, item: Item, atom: CompareValues) -> str:
    """Why the comparison is doubtful: the first reason among its hits, its limit and its fields."""
    for operand in atom.operands:
        side = side_of(run, item, operand)
        reason = next((h.doubt for h in side.found.hits if h.doubt), "") or side.found.unsure or side.why
        if reason:
            return reason
    for left in _candidates(side_of(run, item, atom.left)):
        for operand in atom.right:
            for right in _candidates(side_of(run, item, operand)):
                if values.compare(left, "==" if atom.comparison in ("in", "not in") else atom.comparison, right) is DOUBTFUL:
                    return values.why_doubtful(left, right)
    return both("数值不能确定地比较", "the values cannot be compared for certain")


def _candidates(side: Side) -> list[Value | None]:
    held: list[Reading] = list(side.readings) if side.how == "one" else [hit.value for hit in side.found.hits]
    return [value for value in held if not isinstance(value, Absent)]


def limit_shown(run: Run, item: Item, atom: CompareValues, wanted: Callable[[str], Title]) -> str:
    """What the values of the left side were held against, for people; ``wanted`` says what a condition looks for."""
    parts = []
    for operand in atom.right:
        if isinstance(operand, Values):
            title = wanted(operand.name)
            parts.append(both(f"「{title.zh}」", f"'{title.en}'"))
            continue
        readings = [r for r in side_of(run, item, operand).readings if not isinstance(r, Absent)]
        shown = values.shown(readings[0]) if readings else both("无", "none")
        keys = _held(run.call, operand)
        zh, _, en = shown.rpartition(" / ")
        parts.append(both(f"{zh}（{keys}）", f"{en} ({keys})") if keys else shown)
    halves = [part.rpartition(" / ") for part in parts]
    return both("、".join(zh for zh, _, _ in halves), ", ".join(en for _, _, en in halves))


def side_of(run: Run, item: Item, operand: Operand) -> Side:
    """The operand as this call has it."""
    if isinstance(operand, Values):
        found = run.found(run.plan.key_of(item, operand.name))
        if operand.how in ("any", "each"):
            return Side(operand.how, found)
        return Side("one", found, tuple(_readings(operand.how, found)))
    if isinstance(operand, Literal):
        return Side("one", Found(), (values.literal(operand.text),))
    if isinstance(operand, Field):
        return _field(run.call, operand.name)
    return _limit(run, operand)


def _views(atom: CompareValues) -> Iterator[tuple[Operand, tuple[Operand, ...], str]]:
    """The comparison as seen from each of its sides."""
    yield atom.left, atom.right, atom.comparison
    if atom.comparison in ("==", "!=") and not isinstance(atom.left, Literal):
        yield atom.right[0], (atom.left,), atom.comparison


def _against(left: Reading, comparison: str, sides: list[Side]) -> Verdict:
    """One value of the left side against the right one, or against several literals."""
    if isinstance(left, Absent):
        return MISS
    if comparison in ("in", "not in"):
        several = [r for side in sides for r in side.readings if r is not None and not isinstance(r, Absent)]
        return values.compare_any(left, several, among=comparison == "in")
    return _over(sides[0], lambda right: MISS if isinstance(right, Absent) else values.compare(left, comparison, right))


def _over(side: Side, test: Callable[[Reading], Verdict]) -> Verdict:
    """``test`` over a side, by its quantifier."""
    if side.how == "one":
        tried = {MISS if isinstance(reading, Absent) else test(reading) for reading in side.readings}
        return tried.pop() if len(tried) == 1 else DOUBTFUL
    verdict = HIT if side.how == "each" else MISS
    for hit in side.found.hits:
        result = test(hit.value)
        if side.how == "each":
            verdict = verdict & (result if hit.certain else result | DOUBTFUL)
        else:
            verdict = verdict | (result if hit.certain else result & DOUBTFUL)
    if side.found.unsure:
        verdict = verdict & DOUBTFUL if side.how == "each" else verdict | DOUBTFUL
    return verdict


def _readings(how: str, found: Found) -> Iterator[Reading]:
    """What the first, the last, the sum, … may be."""
    if how in ("first", "last"):
        for hit in found.hits if how == "first" else reversed(found.hits):
            yield hit.value
            if hit.certain:
                return
        yield ABSENT
        if found.unsure:
            yield None
        return
    if not found.certain and how != "sum":
        yield ABSENT
    if found.hits or how == "sum" or found.unsure:
        yield _together(how, found)


def _together(how: str, found: Found) -> Quantity | None:
    """Sum, greatest or least within the bounds that the doubtful hits leave; None where the values do not go together."""
    said = [(hit.value, hit.certain) for hit in found.hits]
    quantities = [value for value, _ in said if isinstance(value, Quantity)]
    kind = values.total(quantities)
    if len(quantities) < len(said) or (quantities and kind is None):
        return None
    sure = [v for v, certain in said if certain and isinstance(v, Quantity)]
    rest = [v for v, certain in said if not certain and isinstance(v, Quantity)]
    infinite = Decimal("Infinity")
    if how == "sum":
        low = sum((v.low for v in sure), Decimal(0)) + sum((min(v.low, Decimal(0)) for v in rest), Decimal(0))
        high = sum((v.high for v in sure), Decimal(0)) + sum((max(v.high, Decimal(0)) for v in rest), Decimal(0))
        low, high = low, infinite if found.unsure else high
    elif how == "max":
        low = max((v.low for v in sure), default=min((v.low for v in rest), default=-infinite))
        high = infinite if found.unsure else max(v.high for v in quantities)
    else:
        low = -infinite if found.unsure else min(v.low for v in quantities)
        high = min((v.high for v in sure), default=max((v.high for v in rest), default=infinite))
    return Quantity(kind[0] if kind else "", low, high, kind[1] if kind else "")


def _field(call: Call, name: str) -> Side:
    held = fact(call, name)
    if held is None:
        return Side("one", Found(), (ABSENT if call.metadata_closed else None,), unknown_field(call, name))
    if name == "duration":
        seconds = Decimal(str(call.duration))
        return Side("one", Found(), (Quantity("duration", seconds, seconds, "s"),))
    return Side("one", Found(), (values.literal(held),))


def _limit(run: Run, limit: Limit) -> Side:
    """The variable's value in this call; of a table, while a field may still arrive, every cell that it may lead to."""
    rule_set, call = run.plan.rule_set, run.call
    variable, value = rule_set.variables[limit.variable], rule_set.values[limit.variable]
    if not isinstance(value, Lookup):
        return Side("one", Found(), (_cell(value, variable.kind),))
    held = tuple(fact(call, name) for name in limit.fields)
    missing = [name for name, key in zip(limit.fields, held, strict=True) if key is None]
    if missing and not call.metadata_closed:
        cells = [c for row, c in value.rows.items() if all(k is None or r in ("*", k.strip()) for r, k in zip(row, held, strict=True))]
        readings: dict[Value | None, None] = dict.fromkeys(_cell(cell, variable.kind) for cell in cells)
        unforeseen = value.at(held)  # the fields may bring what no row names, which is as if they were absent
        readings[None if unforeseen is None else _cell(unforeseen, variable.kind)] = None
        reason = both(f"{'、'.join(missing)} 尚未到达，限值未定", f"{', '.join(missing)} has not arrived yet: the limit is open")
        return Side("one", Found(), tuple(readings), reason)
    cell = value.at(held)
    if cell is None:
        shown = "、".join(f"{name}={key or '无'}" for name, key in zip(limit.fields, held, strict=True))
        reason = both(f"没有适用的限值（{shown}）", f"no limit is set for {shown}")
        return Side("one", Found(), (None,), reason)
    return Side("one", Found(), (_cell(cell, variable.kind),))


def _cell(cell: Cell, kind: str) -> Value:
    if isinstance(cell, float):
        number = Decimal(str(cell))
        return Quantity("duration", number, number, "s") if kind == "time" else Quantity("", number, number, "")
    return values.literal(cell[0]) if len(cell) == 1 else Words("、".join(cell))


def _held(call: Call, operand: Operand) -> str:
    """The fields that chose a limit, with what they hold."""
    names = operand.fields if isinstance(operand, Limit) else (operand.name,) if isinstance(operand, Field) else ()
    return "，".join(re.sub(r"^meta\.", "", name) + "=" + (fact(call, name) or "–") for name in names)
