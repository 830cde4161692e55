"""The scores of many calls are those of each call alone, whatever the verdicts and however items cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import scoring
from qa.rules import load_text
from qa.rules.batch.execution import Verdicts
from qa.rules.batch.judged import OUTCOMES, PASSED, TRUTHS
from qa.rules.batch.scored import scored
from qa.rules.cases import Judgement

POINTS = """
id: t
title: T
start: 90
highest: 91.35
floors: {one: 4}
bonus_at_most: 4
pass_mark: 70
conditions: {x: {say: 您好}}
sections:
  - id: one
    title: one
    items:
      - {id: plain, points: 10.1, expect: x}
      - {id: hits, points_per_hit: 2.2, at_most: 7, forbid: x}
      - {id: gain, bonus: 2.35, expect: x}
      - {id: whole, points: 3, fatal: section, expect: x}
  - id: two
    title: two
    items:
      - {id: more, points: 5.3, severity: serious, expect: x}
      - {id: cap, points: 1, set_score: 59.5, expect: x}
      - {id: fatal, points: 2, fatal: true, forbid: x}
"""
PERCENT = """
id: t
title: T
start: 100
weights: percent
pass_mark: 70
conditions: {x: {say: 您好}}
sections:
  - id: one
    title: one
    items: [{id: a, weight: 10, expect: x}, {id: b, weight: 30, expect: x}, {id: c, weight: 5, fatal: true, expect: x}]
"""
ROW = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 4), st.sampled_from([0.0, 1.0, 3.0, np.inf]))


@pytest.mark.parametrize("card", [POINTS, PERCENT], ids=["points", "percent"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_scores_are_those_of_each_call(card: str, data: st.DataObject) -> None:
    rule_set = load_text(card, "t.yaml")
    calls = data.draw(st.lists(st.lists(ROW, min_size=len(rule_set.items), max_size=len(rule_set.items)), min_size=1, max_size=6))
    applies, holds, fewest, most = (np.array([[item[n] for item in call] for call in calls]) for n in range(4))
    most = np.maximum(most, fewest)
    verdicts = Verdicts(applies.astype(np.int8), holds.astype(np.int8), fewest, most, np.zeros(applies.shape, dtype=np.bool_))
    many = scored(rule_set, tuple(str(n) for n in range(len(calls))), verdicts)
    for row in range(len(calls)):
        judgements = [
            Judgement(item, TRUTHS[applies[row, n]], TRUTHS[holds[row, n]], "", (), int(fewest[row, n]), float(most[row, n]))
            for n, item in enumerate(rule_set.items)
        ]
        alone = scoring.totals(rule_set, judgements)
        assert (many.low[row], many.high[row], PASSED[many.passed[row]]) == (alone.low, alone.high, alone.passed)
        assert (many.fatal_certain[row], many.fatal_possible[row]) == (alone.fatal_certain, alone.fatal_possible)
        assert tuple(OUTCOMES[o] for o in many.outcome[row]) == tuple(str(o) for o in alone.outcomes)
