"""The arithmetic of a scorecard: the score of a call whose items are settled, and the least and most while some are not.

points    start − Σ over sections of min(Σ lost, section points − floor) + min(Σ bonus, cap), within [0, highest]
percent   start × Σ section weight · kept share / Σ section weight, over what applies, + bonus likewise

After that ``set_score`` of a failed item caps the score, a fatal one makes it 0, one that is fatal for its section takes all of the
section. An item that does not apply loses nothing, and with percentages it is not in the denominator.

The interval is exact: ``low`` and ``high`` are what one would find by trying every way in which the doubts could be settled.
With points an item is worst when it fails and best when it passes, whatever the others do. With percentages an item or a section
that perhaps does not apply pulls the mean up or down, depending on where the others leave it; :func:`_mean` decides that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from qa.rules.model import Item, RuleSet, Section


class Outcome(StrEnum):
    """What became of an item. ``NA``: it did not apply."""

    PASS = "pass"  # noqa: S105 - an outcome, not a secret
    FAIL = "fail"
    DOUBTFUL = "doubtful"
    NA = "na"


@dataclass(frozen=True, slots=True)
class Settled:
    """An item whose outcome is known: PASS, FAIL or NA, and what it costs (points, or part of its weight)."""

    item: Item
    outcome: Outcome
    lost: float = 0.0


@dataclass(frozen=True, slots=True)
class Open:
    """An item with what it may turn out to be: a set of PASS, FAIL, NA, and the least and most that a failure costs."""

    item: Item
    may_be: frozenset[Outcome]
    least: float = 0.0
    most: float = 0.0
    worst: Settled = field(init=False, repr=False, compare=False)
    """The outcome that leaves the fewest points."""
    best: Settled = field(init=False, repr=False, compare=False)
    """The outcome that leaves the most points."""
    safe: bool = field(init=False, repr=False, compare=False)
    """Whether it cannot fail."""

    def __post_init__(self) -> None:
        may_fail, may_pass, may_vanish = (outcome in self.may_be for outcome in (Outcome.FAIL, Outcome.PASS, Outcome.NA))
        gone = Settled(self.item, Outcome.NA)
        passed = Settled(self.item, Outcome.PASS)
        set_once = object.__setattr__  # the value is frozen from here on
        set_once(self, "worst", Settled(self.item, Outcome.FAIL, self.most) if may_fail else gone if may_vanish else passed)
        set_once(self, "best", passed if may_pass else gone if may_vanish else Settled(self.item, Outcome.FAIL, self.least))
        set_once(self, "safe", not may_fail)


Some = TypeVar("Some", Settled, Open)


@dataclass(frozen=True, slots=True)
class Part:
    """A section: from ``low`` to ``high`` of ``points`` (0 where nothing of it applies)."""

    section_id: str
    low: float
    high: float
    points: float


def total(rule_set: RuleSet, items: Sequence[Settled]) -> float:
    """The score of a call all of whose items are settled, in the order of the rule set; rounded to hundredths."""
    by_section = _by_section(rule_set, items)
    if not rule_set.in_percent:
        base = rule_set.start - sum(_lost(section, inside) for section, inside in by_section)
    elif rule_set.sections[0].weight is None:
        share = _kept(items, 0.0)
        base = rule_set.start * (1.0 if share is None else share)
    else:
        shares = [(section.weight or 0.0, _kept(inside, section.floor / 100)) for section, inside in by_section]
        held = [(weight, share) for weight, share in shares if share is not None]
        base = rule_set.start * _mean(held, (), best=True)
    return _finished(rule_set, base, _bonus(items), items)


def interval(rule_set: RuleSet, items: Sequence[Open]) -> tuple[float, float]:
    """The least and the most that :func:`total` can be, each item being independently any of what it may be."""
    worst, best = [o.worst for o in items], [o.best for o in items]
    if not rule_set.in_percent:
        return total(rule_set, worst), total(rule_set, best)
    low = _finished(rule_set, rule_set.start * _percent(rule_set, items, best=False), _bonus(worst), worst)
    # An item that caps the score may still lift the mean (a floor keeps its section up), so every cap is worth a try.
    caps = {math.inf} | {o.item.set_score for o in items if o.item.set_score is not None}
    highs = [(rule_set.start * _percent(rule_set, items, best=True, cap=cap), cap) for cap in caps]
    return low, max(round(min(_finished(rule_set, base, _bonus(best), best), cap), 2) for base, cap in highs)


def _bonus(items: Iterable[Settled]) -> float:
    return sum([s.item.bonus for s in items if s.outcome is Outcome.PASS])


def parts(rule_set: RuleSet, items: Sequence[Open]) -> tuple[Part, ...]:
    """What each section is worth, from the least to the most; in percent of the section with ``weights: percent``."""
    found = []
    for section, inside in _by_section(rule_set, items):
        if not rule_set.in_percent:
            whole = worth(section)
            low = high = whole - min(0.0, whole - section.floor)
            if not all(o.safe for o in inside):
                low, high = whole - _lost(section, [o.worst for o in inside]), whole - _lost(section, [o.best for o in inside])
            found.append(Part(section.id, round(low, 2), round(high, 2), whole))
            continue
        low_share, high_share = (_section(section, inside, best=best)[0] for best in (False, True))
        applies = low_share is not None or high_share is not None
        low, high = (100.0 if share is None else 100.0 * share for share in (low_share, high_share))
        found.append(Part(section.id, round(low, 2), round(high, 2), 100.0) if applies else Part(section.id, 0.0, 0.0, 0.0))
    return tuple(found)


def shares(rule_set: RuleSet, items: Sequence[Open]) -> list[float]:
    """What each item is worth in points of the score: its points, or its share of ``start`` among all that may apply."""
    if not rule_set.in_percent:
        return [o.item.points for o in items]
    weights = [0.0 if o.may_be == {Outcome.NA} else o.item.points for o in items]
    sums: dict[str, float] = {}
    for o, weight in zip(items, weights, strict=True):
        sums[o.item.section] = sums.get(o.item.section, 0.0) + weight
    by_id = {section.id: section for section in rule_set.sections}
    heavy = {name: value if by_id[name].weight is None else by_id[name].weight or 0.0 for name, value in sums.items() if value}
    all_of_it = sum(heavy.values())
    return [
        rule_set.start * heavy[o.item.section] / all_of_it * weight / sums[o.item.section] if weight and all_of_it else 0.0
        for o, weight in zip(items, weights, strict=True)
    ]


def _finished(rule_set: RuleSet, base: float, bonus: float, items: Iterable[Settled]) -> float:
    """``base`` with the bonus, within its bounds, under the caps of what failed."""
    if rule_set.bonus_at_most is not None:
        bonus = min(bonus, rule_set.bonus_at_most)
    caps = [rule_set.highest]
    for settled in items:
        if settled.outcome is Outcome.FAIL:
            caps += [0.0] if settled.item.fatal else []
            caps += [settled.item.set_score] if settled.item.set_score is not None else []
    return round(max(0.0, min(base + bonus, *caps)), 2)


def _by_section(rule_set: RuleSet, items: Sequence[Some]) -> list[tuple[Section, list[Some]]]:
    found: list[tuple[Section, list[Some]]] = []
    at = 0
    for section in rule_set.sections:
        found.append((section, list(items[at : at + len(section.items)])))
        at += len(section.items)
    return found


def worth(section: Section) -> float:
    """The points of a section: its own, or those of its items together."""
    return sum([item.points for item in section.items]) if section.points is None else section.points


def _zeroed(items: Iterable[Settled]) -> bool:
    return any(s.outcome is Outcome.FAIL and s.item.fatal_section for s in items)


def _lost(section: Section, items: Sequence[Settled]) -> float:
    whole = worth(section)
    return whole if _zeroed(items) else min(sum([s.lost for s in items]), whole - section.floor)


def _kept(items: Sequence[Settled], floor: float) -> float | None:
    """The share (0–1) of a section's weight that is kept; None when nothing of it applies."""
    if _zeroed(items):
        return 0.0
    held = [(s.item.points, _share(s.item, s.lost)) for s in items if s.outcome is not Outcome.NA and s.item.points]
    return max(floor, _mean(held, (), best=True)) if held else None


def _share(item: Item, lost: float) -> float:
    return 1.0 - lost / item.points


def _percent(rule_set: RuleSet, items: Sequence[Open], *, best: bool, cap: float = math.inf) -> float:
    """The least or most share (0–1) of the whole; for the most, items that would cap the score below ``cap`` fail only if they must."""
    if rule_set.sections[0].weight is None:
        everything = Section("", rule_set.title, rule_set.items)
        share, _ = _section(everything, items, best=best, cap=cap)
        # Where all may be out of the question, nothing may be lost; for the least it counts only if there is nothing to lose at all.
        return 1.0 if share is None or (best and _may_vanish(items)) else share
    sure: list[tuple[float, float]] = []
    perhaps: list[tuple[float, float]] = []
    for section, inside in _by_section(rule_set, items):
        share, certain = _section(section, inside, best=best, cap=cap)
        if share is not None and section.weight:
            (sure if certain else perhaps).append((section.weight, share))
    return _mean(sure, perhaps, best=best)


def _may_vanish(items: Sequence[Open]) -> bool:
    return all(Outcome.NA in o.may_be or not o.item.points for o in items)


def _section(section: Section, items: Sequence[Open], *, best: bool, cap: float = math.inf) -> tuple[float | None, bool]:
    """The least or most share (0–1) of a section, and whether it is sure to count; (None, False) when nothing of it does."""
    settled = [o.best if best else o.worst for o in items]
    if _zeroed(settled):
        return 0.0, True
    sure: list[tuple[float, float]] = []
    perhaps: list[tuple[float, float]] = []
    for o, end in zip(items, settled, strict=True):
        capped = o.item.fatal or o.item.fatal_section or (o.item.set_score is not None and o.item.set_score < cap)
        if not o.item.points:
            continue
        if end.outcome is not Outcome.NA:
            avoidable = not best and Outcome.NA in o.may_be
            (perhaps if avoidable else sure).append((o.item.points, _share(o.item, end.lost)))
        elif best and Outcome.FAIL in o.may_be and not capped:
            perhaps.append((o.item.points, _share(o.item, o.least)))
    if sure:
        return max(section.floor / 100, _mean(sure, perhaps, best=best)), True
    if perhaps:
        edge = max if best else min
        return max(section.floor / 100, edge(share for _, share in perhaps)), False
    return None, False


def _mean(sure: Sequence[tuple[float, float]], perhaps: Sequence[tuple[float, float]], *, best: bool) -> float:
    """The greatest or least weighted mean of all of ``sure`` and any of ``perhaps``, given as (weight, share).

    One after the other, the most helpful first: what lies beyond the mean so far moves it on, and once one does not, none does.
    Nothing at all has the mean 1.
    """
    weight = math.fsum(w for w, _ in sure)
    kept = math.fsum(w * share for w, share in sure)
    for w, share in sorted(perhaps, key=lambda pair: -pair[1] if best else pair[1]):
        mean = kept / weight if weight else 1.0
        if (share <= mean) if best else (share >= mean):
            break
        kept, weight = kept + w * share, weight + w
    return kept / weight if weight else 1.0
