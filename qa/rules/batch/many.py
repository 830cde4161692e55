"""The door of the batch executor."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from qa import scoring
from qa.calls import Call
from qa.rules.batch.judged import OUTCOMES, PASSED, TRUTHS, Judged
from qa.rules.model import RuleSet
from qa.rules.plan import compile_plan
from qa.rules.single import run


def judge_many(rule_set: RuleSet, calls: Iterable[Call]) -> Judged:
    """Every call judged by ``rule_set``: verdicts, counts and scores as arrays, in the order of ``calls``."""
    plan = compile_plan(rule_set)
    ids, verdicts, cards = [], [], []
    for call in calls:
        ids.append(call.id)
        judgements = run(plan, call)
        verdicts.append([(TRUTHS.index(j.applies), TRUTHS.index(j.holds), j.fewest, j.most) for j in judgements])
        cards.append(scoring.score(rule_set, call))
    table = np.array(verdicts, dtype=np.float64).reshape(len(ids), len(rule_set.items), 4)
    outcome = [[OUTCOMES.index(str(result.outcome)) for result in card.items] for card in cards]
    return Judged(
        rule_set,
        tuple(ids),
        table[:, :, 0].astype(np.int8),
        table[:, :, 1].astype(np.int8),
        table[:, :, 2].astype(np.int32),
        table[:, :, 3],
        np.array(outcome, dtype=np.int8).reshape(len(ids), len(rule_set.items)),
        np.array([card.low for card in cards]),
        np.array([card.high for card in cards]),
        np.array([PASSED.index(card.passed) for card in cards], dtype=np.int8),
        np.array([card.fatal_certain for card in cards], dtype=np.int32),
        np.array([card.fatal_possible for card in cards], dtype=np.int32),
    )
