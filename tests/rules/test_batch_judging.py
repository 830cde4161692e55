"""Many calls judged at once get the verdicts, counts and scores that each gets alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa import rules, scoring
from qa.calls import Call, Layout, Role, Span, Turn
from qa.rules import RuleSet
from qa.rules.batch import OUTCOMES, PASSED, TRUTHS, judge_many
from qa.rules.judging import judge
from tests.rules.random_calls import calls

SHIPPED = sorted((Path(__file__).parents[2] / "scoring_rules").glob("*.yaml"))
TRANSCRIPTS = sorted((Path(__file__).parents[2] / "data" / "calls" / "transcripts").glob("*.json"))
SETS = [rules.load(path) for path in SHIPPED]


def same(rule_set: RuleSet, many: Sequence[Call]) -> None:
    """Fail with the first call and item on which the executors differ."""
    judged = judge_many(rule_set, many)
    assert judged.call_ids == tuple(call.id for call in many)
    for row, call in enumerate(many):
        alone = judge(rule_set, call).judgements
        for column, judgement in enumerate(alone):
            found = (TRUTHS[judged.applies[row, column]], TRUTHS[judged.holds[row, column]])
            counts = (judged.fewest[row, column], judged.most[row, column])
            where = f"{judgement.item.id} of {[(t.role.value, t.text, t.span, t.confidence, t.role_confidence) for t in call.turns]}"
            assert (*found, *counts) == (judgement.applies, judgement.holds, judgement.fewest, judgement.most), (
                f"{where}: {judgement.reason}"
            )
        card = scoring.score(rule_set, call)
        assert (judged.low[row], judged.high[row], PASSED[judged.passed[row]]) == (card.low, card.high, card.passed)
        assert (judged.fatal_certain[row], judged.fatal_possible[row]) == (card.fatal_certain, card.fatal_possible)
        assert [OUTCOMES[o] for o in judged.outcome[row]] == [result.outcome.value for result in card.items]


@pytest.mark.parametrize("rule_set", SETS, ids=lambda r: r.id)
def test_the_examples_of_a_shipped_rule_set(rule_set: RuleSet) -> None:
    same(rule_set, [example.call for item in rule_set.items for example in item.examples])


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SETS), st.lists(calls(), min_size=1, max_size=4))
def test_random_calls_under_shipped_rule_sets(rule_set: RuleSet, many: list[Call]) -> None:
    same(rule_set, many)


@pytest.mark.parametrize("rule_set", SETS, ids=lambda r: r.id)
def test_sample_calls(rule_set: RuleSet) -> None:
    """Transcripts as recognisers leave them: wrong characters, confidences, real times."""
    same(rule_set, [_sample(path, number) for number, path in enumerate(TRANSCRIPTS[::5])])


def _sample(path: Path, number: int) -> Call:
    entries = json.loads(path.read_text(encoding="utf-8"))["entries"]
    turns = tuple(
        Turn(index, Role(entry["role"]), entry["text"], Span(entry["start"], entry["end"]), confidence=entry.get("confidence"))
        for index, entry in enumerate(entries)
    )
    metadata = {"ticket_type": ("故障报修", "投诉", "电费查询")[number % 3], "area": ("城区", "农村")[number % 2]}
    end = max(entry["end"] for entry in entries) + 0.4
    return Call(path.stem, turns, end, Layout.STEREO, overlap_known=True, metadata=metadata)


def test_no_call_at_all() -> None:
    judged = judge_many(SETS[0], [])
    assert len(judged) == 0
    assert judged.outcome.shape == (0, len(SETS[0].items))
    assert isinstance(judged.low, np.ndarray)
