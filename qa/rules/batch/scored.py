"""Scores of many calls: with points by arrays, with percentages once for every row of verdicts that occurs.

See :mod:`qa.scoring` for what outcomes mean and :mod:`qa.totals` for the arithmetic.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa import scoring
from qa.rules.batch.execution import Verdicts
from qa.rules.batch.judged import OUTCOMES, PASSED, TRUTHS, Judged
from qa.rules.batch.placement import DOUBTFUL, HIT, MISS
from qa.rules.batch.table import Bools, Floats, Ints, Small
from qa.rules.cases import Judgement
from qa.rules.model import Item, RuleSet, Section

_PASS, _FAIL, _DOUBTFUL, _NA = range(4)


def scored(rule_set: RuleSet, ids: tuple[str, ...], verdicts: Verdicts) -> Judged:
    """The calls ``ids`` with their verdicts and what these make together."""
    outcome, low, high = _by_row(rule_set, verdicts) if rule_set.in_percent else _by_points(rule_set, verdicts)
    fatal = np.array([item.fatal for item in rule_set.items], dtype=np.bool_)
    certain, possible = ((outcome[:, fatal] == kind).sum(axis=1) for kind in (_FAIL, _DOUBTFUL))
    may_pass = (high >= rule_set.pass_mark) & (certain == 0)
    passes = (low >= rule_set.pass_mark) & (possible == 0) & may_pass
    passed = np.where(passes, PASSED.index("yes"), np.where(may_pass, PASSED.index("doubtful"), PASSED.index("no")))
    return Judged(
        rule_set,
        ids,
        verdicts.applies,
        verdicts.holds,
        verdicts.fewest.astype(np.int32),
        verdicts.most,
        outcome,
        low,
        high,
        passed.astype(np.int8),
        certain.astype(np.int32),
        possible.astype(np.int32),
    )


def _by_points(rule_set: RuleSet, verdicts: Verdicts) -> tuple[Small, Floats, Floats]:
    """(outcomes, least score, greatest score): every item at its worst, and at its best."""
    applies, holds = verdicts.applies, verdicts.holds
    bonus = np.array([item.bonus != 0 for item in rule_set.items], dtype=np.bool_)
    unsure = applies == DOUBTFUL
    passing = (holds == HIT) & ~(unsure & bonus)
    outcome = np.where(applies == MISS, _NA, np.where(passing, _PASS, np.where(unsure | (holds == DOUBTFUL), _DOUBTFUL, _FAIL)))
    may_fail: Bools = (applies != MISS) & (holds != HIT)
    may_pass: Bools = (applies != MISS) & (holds != MISS)
    worst = np.where(may_fail, _FAIL, np.where(applies == HIT, _PASS, _NA))
    best = np.where(may_pass, _PASS, np.where(applies == HIT, _FAIL, _NA))
    low, high = (_totals(rule_set, settled, verdicts, least=settled is best) for settled in (worst, best))
    return outcome.astype(np.int8), low, high


def _totals(rule_set: RuleSet, outcome: Ints, verdicts: Verdicts, *, least: bool) -> Floats:
    """``qa.totals.total`` of settled calls, a failure costing the least or the most that it may."""
    count, at = len(outcome), 0
    lost, bonus = np.zeros(count), np.zeros(count)
    cap = np.full(count, float(rule_set.highest))
    for section in rule_set.sections:
        inside = range(at, at + len(section.items))
        at += len(section.items)
        sums, zeroed = np.zeros(count), np.zeros(count, dtype=np.bool_)
        for column, item in zip(inside, section.items, strict=True):
            failed, fewest = outcome[:, column] == _FAIL, verdicts.fewest[:, column]
            sums += np.where(failed, _cost(item, fewest, verdicts.most[:, column], least=least), 0.0)
            bonus += np.where(outcome[:, column] == _PASS, item.bonus, 0.0)
            zeroed |= failed & item.fatal_section
            cap[failed] = np.minimum(cap[failed], 0.0 if item.fatal else np.inf if item.set_score is None else item.set_score)
        worth = _worth(section)
        lost += np.where(zeroed, worth, np.minimum(sums, worth - section.floor))
    if rule_set.bonus_at_most is not None:
        bonus = np.minimum(bonus, rule_set.bonus_at_most)
    exact = np.maximum(0.0, np.minimum(rule_set.start - lost + bonus, cap))
    values, which = np.unique(exact, return_inverse=True)
    return np.array([round(value, 2) for value in values.tolist()])[which.reshape(-1)]


def _cost(item: Item, fewest: Ints, most: Floats, *, least: bool) -> Floats | float:
    """What a failure costs, as ``qa.scoring._open`` has it."""
    if not item.points_per_hit:
        return item.points
    low = np.minimum(item.points, item.points_per_hit * np.maximum(1, fewest))
    return low if least else np.maximum(low, np.minimum(item.points, item.points_per_hit * np.maximum(1.0, most)))


def _worth(section: Section) -> float:
    return sum(item.points for item in section.items) if section.points is None else section.points


def _by_row(rule_set: RuleSet, verdicts: Verdicts) -> tuple[Small, Floats, Floats]:
    """The same where points are shares of what applies."""
    rows = np.concatenate([verdicts.applies, verdicts.holds, verdicts.fewest, verdicts.most], axis=1).astype(np.float64)
    kinds, which = np.unique(rows, axis=0, return_inverse=True)
    totals = np.array([_total(rule_set, *np.split(kind, 4)) for kind in kinds], dtype=np.float64)
    found = totals.reshape(len(kinds), 2 + len(rule_set.items))[which.reshape(-1)]
    return found[:, 2:].astype(np.int8), found[:, 0], found[:, 1]


def _total(rule_set: RuleSet, applies: Ints, holds: Ints, fewest: Ints, most: Ints) -> list[float]:
    columns: Sequence[tuple[Item, float, float, float, float]] = list(
        zip(rule_set.items, applies.tolist(), holds.tolist(), fewest.tolist(), most.tolist(), strict=True)
    )
    judgements = [Judgement(item, TRUTHS[int(a)], TRUTHS[int(h)], "", (), int(f), m) for item, a, h, f, m in columns]
    sums = scoring.totals(rule_set, judgements)
    return [sums.low, sums.high, *(float(OUTCOMES.index(str(outcome))) for outcome in sums.outcomes)]
