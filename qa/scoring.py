"""From verdicts to a score.

A call starts with ``start`` points (100) and loses the points of every failed item; what does not apply
cannot lose any. A doubtful item is a question to a person, so the score is an interval:

    high   only certain deductions: the score that counts until somebody has listened
    low    every doubtful item counted against the agent as well

    score = clamp(start − Σ lost + Σ bonus, 0, start), capped by set_score, and 0 after a fatal item
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from qa.calls import Call
from qa.rules.model import Item, RuleSet
from qa.rules.plan import compile_plan
from qa.rules.single import Judgement, run
from qa.rules.verdict import Evidence, Verdict


class Outcome(StrEnum):
    """What became of an item. ``NA``: it did not apply."""

    PASS = "pass"  # noqa: S105 - an outcome, not a secret
    FAIL = "fail"
    DOUBTFUL = "doubtful"
    NA = "na"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of one call. ``lost_low`` is the least it costs (certain), ``lost_high`` the most (doubt against the agent).

    ``fatal`` says that the item is a fatal one, not that it failed. ``reason`` is Chinese, `` / ``, English.
    """

    item_id: str
    section_id: str
    outcome: Outcome
    points: float
    lost_low: float
    lost_high: float
    fatal: bool
    reason: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Scorecard:
    """The judgement of one call by one version of one rule set; ``passed`` is ``yes``, ``no`` or ``doubtful``.

    ``fatal_certain`` and ``fatal_possible`` count the fatal items that failed and those in doubt.
    """

    call_id: str
    rule_set_id: str
    version: int
    rule_hash: str
    low: float
    high: float
    passed: str
    fatal_certain: int
    fatal_possible: int
    items: tuple[ItemResult, ...]

    def item(self, item_id: str) -> ItemResult:
        """The result of that item; KeyError when there is none."""
        for item in self.items:
            if item.item_id == item_id:
                return item
        raise KeyError(item_id)


def score(rule_set: RuleSet, call: Call) -> Scorecard:
    """``call`` judged by ``rule_set``. Pure: the same call and rules give the same card."""
    judgements = run(compile_plan(rule_set), call)
    results = tuple(_linked(_result(j), call) for j in judgements)
    fatal_certain = sum(r.fatal and r.outcome is Outcome.FAIL for r in results)
    fatal_possible = sum(r.fatal and r.outcome is Outcome.DOUBTFUL for r in results)
    items = [j.item for j in judgements]
    low = _total(rule_set, items, results, doubt_counts=True)
    high = _total(rule_set, items, results, doubt_counts=False)
    if high < rule_set.pass_mark or fatal_certain:
        passed = "no"
    elif low >= rule_set.pass_mark and not fatal_possible:
        passed = "yes"
    else:
        passed = "doubtful"
    return Scorecard(
        call.id, rule_set.id, rule_set.version, rule_set.content_hash, low, high, passed, fatal_certain, fatal_possible, results
    )


def outcome_of(judgement: Judgement) -> Outcome:
    """The outcome of a judged item.

    An item that perhaps does not apply and would pass costs nothing either way: it passes. If it would
    not pass, a person must decide.
    """
    if judgement.applies is Verdict.MISS:
        return Outcome.NA
    if judgement.holds is Verdict.HIT:
        return Outcome.PASS
    if judgement.applies is Verdict.DOUBTFUL or judgement.holds is Verdict.DOUBTFUL:
        return Outcome.DOUBTFUL
    return Outcome.FAIL


def _result(judgement: Judgement) -> ItemResult:
    item, outcome = judgement.item, outcome_of(judgement)
    lost_low, lost_high = 0.0, 0.0
    if outcome in (Outcome.FAIL, Outcome.DOUBTFUL):
        certain = outcome is Outcome.FAIL
        if item.points_per_hit:
            most = min(item.points, item.points_per_hit * max(1.0, judgement.most))
            lost_low = min(item.points, item.points_per_hit * max(1, judgement.fewest)) if certain else 0.0
            lost_high = max(lost_low, most)
        else:
            lost_low, lost_high = (item.points if certain else 0.0), item.points
    return ItemResult(item.id, item.section, outcome, item.points, lost_low, lost_high, item.fatal, judgement.reason, judgement.evidence)


def _linked(result: ItemResult, call: Call) -> ItemResult:
    """The result with at least one sentence to go to, for everything that costs or may cost points."""
    if result.outcome in (Outcome.PASS, Outcome.NA) or not call.turns or any(e.turn is not None for e in result.evidence):
        return result
    first = call.turns[0]
    link = Evidence("", "", first.index, None, first.span, result.reason, {"finding": "missing"})
    return replace(result, evidence=(*result.evidence, link))


def _total(rule_set: RuleSet, items: Iterable[Item], results: Iterable[ItemResult], *, doubt_counts: bool) -> float:
    total, cap = rule_set.start, rule_set.start
    for item, result in zip(items, results, strict=True):
        failed = result.outcome is Outcome.FAIL or (doubt_counts and result.outcome is Outcome.DOUBTFUL)
        total -= result.lost_high if doubt_counts else result.lost_low
        if result.outcome is Outcome.PASS or (result.outcome is Outcome.DOUBTFUL and not doubt_counts):
            total += item.bonus
        if failed and item.fatal:
            cap = 0.0
        elif failed and item.set_score is not None:
            cap = min(cap, item.set_score)
    return round(max(0.0, min(total, cap)), 2)
