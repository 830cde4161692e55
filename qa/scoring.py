"""From verdicts to a score.

A call starts with ``start`` points (100) and loses the points of every failed item; what does not apply
cannot lose any. With ``weights: percent`` it keeps the share of what applies that it fulfils. A doubtful item is a
question to a person, so the score is an interval:

    high   only certain deductions: the score that counts until somebody has listened
    low    every doubt settled against the agent

:mod:`qa.totals` has the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from qa.calls import Call
from qa.rules.judging import judge
from qa.rules.model import Band, RuleSet, Section
from qa.rules.single import Judgement
from qa.rules.verdict import Evidence, Verdict, both
from qa.totals import Open, Outcome, Part, interval, parts, shares, worth

__all__ = ["ItemResult", "Outcome", "Part", "Scorecard", "Totals", "band", "outcome_of", "score", "totals"]


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item of one call. ``lost_low`` is the least it costs (certain), ``lost_high`` the most (doubt against the agent).

    Both are points of the score, before section floors, bonus and caps; ``points`` is what was at stake: with ``weights: percent``
    the item's share of all that applies. ``fatal`` says that the item is a fatal one, not that it failed. ``reason`` is Chinese,
    `` / ``, English. ``severity`` is general, serious or fatal.
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
    severity: str = "general"


@dataclass(frozen=True, slots=True)
class Points:
    """What a call comes to: the interval of its score, and ``passed`` (``yes``, ``no`` or ``doubtful``).

    ``fatal_certain`` and ``fatal_possible`` count the fatal items that failed and those in doubt.
    """

    low: float
    high: float
    passed: str
    fatal_certain: int
    fatal_possible: int


@dataclass(frozen=True, slots=True)
class Scorecard(Points):
    """The judgement of one call by one version of one rule set.

    ``band_high`` is the grade of ``high`` and counts, ``band_low`` that of ``low``; None without bands. ``variables`` are the values
    that the rule set's variables had for this call, for people; ``metadata_open`` says that fields might still arrive.
    """

    call_id: str
    rule_set_id: str
    version: int
    rule_hash: str
    items: tuple[ItemResult, ...]
    sections: tuple[Part, ...] = ()
    band_low: Band | None = None
    band_high: Band | None = None
    variables: tuple[tuple[str, str], ...] = ()
    metadata_open: bool = False

    def item(self, item_id: str) -> ItemResult:
        """The result of that item; KeyError when there is none."""
        for item in self.items:
            if item.item_id == item_id:
                return item
        raise KeyError(item_id)

    def errors(self, severity: str) -> tuple[int, int]:
        """How many items of a severity failed: certainly, and at most."""
        outcomes = [item.outcome for item in self.items if item.severity == severity]
        certain = outcomes.count(Outcome.FAIL)
        return certain, certain + outcomes.count(Outcome.DOUBTFUL)


def score(rule_set: RuleSet, call: Call) -> Scorecard:
    """``call`` judged by ``rule_set``. Pure: the same call and rules give the same card."""
    judged = judge(rule_set, call)
    standings = _standings(rule_set, judged.judgements)
    items = [s.open for s in standings]
    stakes = shares(rule_set, items)
    results = tuple([_result(j, s, at, call) for j, s, at in zip(judged.judgements, standings, stakes, strict=True)])
    sums = _sums(rule_set, judged.judgements, standings)
    return Scorecard(
        sums.low,
        sums.high,
        sums.passed,
        sums.fatal_certain,
        sums.fatal_possible,
        call.id,
        rule_set.id,
        rule_set.version,
        rule_set.content_hash,
        results,
        parts(rule_set, items),
        band(rule_set, sums.low),
        band(rule_set, sums.high),
        judged.variables,
        metadata_open=not call.metadata_closed,
    )


@dataclass(frozen=True, slots=True)
class Totals(Points):
    """The numbers of a scorecard, and the outcome of every item."""

    outcomes: tuple[Outcome, ...]


def totals(rule_set: RuleSet, judgements: Sequence[Judgement]) -> Totals:
    """What the judgements of all items, in the order of the scorecard, make together."""
    return _sums(rule_set, judgements, _standings(rule_set, judgements))


def _sums(rule_set: RuleSet, judgements: Sequence[Judgement], standings: Sequence[_Standing]) -> Totals:
    outcomes = tuple([s.outcome for s in standings])
    fatal = [outcome for j, outcome in zip(judgements, outcomes, strict=True) if j.item.fatal]
    certain, possible = fatal.count(Outcome.FAIL), fatal.count(Outcome.DOUBTFUL)
    low, high = interval(rule_set, [s.open for s in standings])
    passes, may_pass = low >= rule_set.pass_mark and not possible, high >= rule_set.pass_mark and not certain
    passed = "yes" if passes and may_pass else "doubtful" if may_pass else "no"
    return Totals(low, high, passed, certain, possible, outcomes)


def band(rule_set: RuleSet, points: float) -> Band | None:
    """The grade of a score; None without bands."""
    return next((one for one in rule_set.bands if points >= one.at_least), None)


def section_loss(section: Section, items: Sequence[ItemResult]) -> tuple[float, float]:
    """What a section takes off the score, at least and at most: the losses of its items (the others in ``items`` are passed over), but
    no more than its floor leaves, and all of it after an item that is fatal for the section.
    """
    own = {item.id: item for item in section.items}
    results = [result for result in items if result.item_id in own]
    whole, floor = worth(section), section.floor
    if any(item.in_percent for item in section.items):
        whole = sum(result.points for result in results)
        floor = whole * section.floor / 100 if section.weight is not None else 0.0
    ends = []
    for lost, failed in (
        (sum(r.lost_low for r in results), (Outcome.FAIL,)),
        (sum(r.lost_high for r in results), (Outcome.FAIL, Outcome.DOUBTFUL)),
    ):
        gone = any(own[r.item_id].fatal_section and r.outcome in failed for r in results)
        ends.append(round(whole if gone else min(lost, whole - floor), 4))
    return ends[0], ends[1]


def outcome_of(judgement: Judgement) -> Outcome:
    """The outcome of a judged item.

    An item that perhaps does not apply and would pass costs nothing either way, so it passes, unless passing and not applying count
    differently: with a bonus, or in percent. If it would not pass, a person must decide.
    """
    if judgement.applies is Verdict.MISS:
        return Outcome.NA
    unsure = judgement.applies is Verdict.DOUBTFUL
    if judgement.holds is Verdict.HIT and not (unsure and (judgement.item.bonus or judgement.item.in_percent)):
        return Outcome.PASS
    if unsure or judgement.holds is Verdict.DOUBTFUL:
        return Outcome.DOUBTFUL
    return Outcome.FAIL


@dataclass(slots=True)
class _Standing:
    """What became of an item, and all that it may turn out to be. ``plain`` is its result where that needs nothing of a call."""

    outcome: Outcome
    open: Open
    plain: ItemResult | None = None


@lru_cache(maxsize=128)
def _known(content_hash: str) -> dict[tuple[int, Verdict, Verdict], _Standing]:
    """The standings met under the rule sets of one content, by item (its id, and it is in the standing, so that it stays the same one)
    and verdicts: most items of most calls stand as those before."""
    del content_hash
    return {}


def _standings(rule_set: RuleSet, judgements: Sequence[Judgement]) -> list[_Standing]:
    known = _known(rule_set.content_hash)
    found = []
    for judgement in judgements:
        item = judgement.item
        if item.points_per_hit:
            found.append(_Standing(outcome_of(judgement), _open(judgement)))
            continue
        key = (id(item), judgement.applies, judgement.holds)
        standing = known.get(key)
        if standing is None or standing.open.item is not item:
            standing = known[key] = _Standing(outcome_of(judgement), _open(judgement))
        found.append(standing)
    return found


def _open(judgement: Judgement) -> Open:
    """Everything that the item may turn out to be, with the least and most that its failure costs."""
    item = judgement.item
    if judgement.applies is Verdict.MISS:
        return Open(item, frozenset({Outcome.NA}))
    may_be = {Outcome.NA} if judgement.applies is Verdict.DOUBTFUL else set()
    if judgement.holds is not Verdict.MISS:
        may_be.add(Outcome.PASS)
    if judgement.holds is Verdict.HIT:
        return Open(item, frozenset(may_be))
    may_be.add(Outcome.FAIL)
    if not item.points_per_hit:
        return Open(item, frozenset(may_be), item.points, item.points)
    least = min(item.points, item.points_per_hit * max(1, judgement.fewest))
    return Open(item, frozenset(may_be), least, max(least, min(item.points, item.points_per_hit * max(1.0, judgement.most))))


def _result(judgement: Judgement, standing: _Standing, points: float, call: Call) -> ItemResult:
    outcome = standing.outcome
    if judgement.evidence or outcome not in (Outcome.PASS, Outcome.NA):
        return _linked(_as_result(judgement, standing, points), call)
    known = standing.plain
    if known is None or known.points != points or known.reason != judgement.reason:
        known = standing.plain = _as_result(judgement, standing, points)
    return known


def _as_result(judgement: Judgement, standing: _Standing, points: float) -> ItemResult:
    item, outcome = judgement.item, standing.outcome
    scale = points / item.points if item.points else 0.0
    certain = outcome is Outcome.FAIL
    lost_low = standing.open.least * scale if certain else 0.0
    lost_high = standing.open.most * scale if Outcome.FAIL in standing.open.may_be else 0.0
    reason = judgement.reason
    if outcome is Outcome.DOUBTFUL and not reason:
        reason = both("不确定是否适用", "not sure that it applies")
    return ItemResult(
        item.id,
        item.section,
        outcome,
        round(points, 4),
        round(lost_low, 4),
        round(lost_high, 4),
        item.fatal,
        reason,
        judgement.evidence,
        item.severity,
    )


def _linked(result: ItemResult, call: Call) -> ItemResult:
    """The result with at least one sentence to go to, for everything that costs or may cost points."""
    if result.outcome in (Outcome.PASS, Outcome.NA) or not call.turns or any(e.turn is not None for e in result.evidence):
        return result
    first = call.turns[0]
    link = Evidence("", "", first.index, None, first.span, result.reason, {"finding": "missing"})
    return replace(result, evidence=(*result.evidence, link))
