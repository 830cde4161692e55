"""Tables as the store keeps them are judged as each of their calls is alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks import rules_calls
from qa import rules
from qa.rules.batch import TRUTHS
from qa.rules.batch.execution import Execution
from qa.rules.batch.frames import of_frames
from qa.rules.batch.many import judge_table, prepared
from qa.rules.judging import judge
from qa.rules.plan import compile_plan

CARD = Path(__file__).parents[2] / "scoring_rules" / "power_95598.yaml"
CALLS = 25


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> tuple[pl.DataFrame, pl.DataFrame]:
    (turns, calls), *_ = rules_calls.frames(CALLS, tmp_path_factory.mktemp("calls"))
    return pl.read_parquet(turns), pl.read_parquet(calls)


def test_calls_of_frames_are_judged_alike(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    rule_set = rules.load(CARD)
    table = of_frames(*frames)
    judged = judge_table(rule_set, table)
    for row in range(table.n):
        for column, alone in enumerate(judge(rule_set, table.call(row)).judgements):
            assert (TRUTHS[judged.applies[row, column]], TRUTHS[judged.holds[row, column]]) == (alone.applies, alone.holds), (
                f"{alone.item.id} of {table.ids[row]}: {alone.reason}"
            )
            assert (judged.fewest[row, column], judged.most[row, column]) == (alone.fewest, alone.most)


def test_most_items_are_settled_by_columns(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    """Repeats, waits and promises are told in columns wherever speakers and words are certain."""
    rule_set = rules.load(CARD)
    execution = Execution(prepared(compile_plan(rule_set)), of_frames(*frames))
    opened = execution.run().open[~execution.hard]
    places = {item.id: column for column, item in enumerate(rule_set.items)}
    assert not opened[:, places["no_repeats"]].any()
    assert not opened[:, places["response_time"]].any()
    assert opened.mean() < 0.05


def test_turns_out_of_order_are_refused(frames: tuple[pl.DataFrame, pl.DataFrame]) -> None:
    turns, calls = frames
    order = np.arange(len(turns))[::-1].copy()
    with pytest.raises(ValueError, match="order of the calls"):
        of_frames(turns[order], calls)
