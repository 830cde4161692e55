"""The fairness benchmark's own arithmetic: the worlds it makes and what it counts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from benchmarks import fairness


@pytest.mark.parametrize("skewed", [False, True])
def test_worlds_are_as_told(skewed: bool) -> None:
    worlds = [fairness.world(seed, skewed) for seed in range(1000, 1020)]
    calls = pl.concat([w.calls for w in worlds])
    first = worlds[0]
    assert (
        first.calls.height == 210 * 120
        and first.worse.sum() == 10
        and first.hard[~first.worse].sum() == 100
        and first.hard[first.worse].sum() == 5
    )
    assert first.calls.group_by("agent_id", "week").len()["len"].unique().to_list() == [30]
    facts = calls.with_columns(
        (pl.col("score") + fairness.POINTS * fairness.HARDEST * pl.col("topic") / (fairness.TOPICS - 1)).alias("quality"),
        (pl.col("agent_id") >= 200).alias("worse"),
        (pl.col("agent_id") % 2 == 1).alias("hard"),
    )
    quality = dict(facts.group_by("worse").agg(pl.col("quality").mean()).iter_rows())
    assert quality[False] == pytest.approx(90, abs=0.1) and quality[False] - quality[True] == pytest.approx(0.4 * 8, abs=0.25)
    spread = facts.filter(~pl.col("worse"))["quality"].std()
    assert spread == pytest.approx(8, rel=0.02)
    equals = dict(facts.filter(~pl.col("worse")).group_by("hard").agg(pl.col("quality").mean()).iter_rows())
    assert equals[True] == pytest.approx(equals[False], abs=0.12), "harder topics, equal quality"
    plain = dict(facts.filter(~pl.col("worse")).group_by("hard").agg(pl.col("score").mean()).iter_rows())
    assert plain[False] - plain[True] > 2
    assert fairness.world(3).calls.equals(fairness.world(3).calls)


def test_a_tally_counts_equals_and_worse_apart() -> None:
    truth = fairness.world(1000)
    tally = fairness.Tally("both")
    named = np.zeros(210, bool)
    named[[0, 1, 3, 200]] = True  # one equal with easy topics, two with harder ones, one worse
    tally.add(truth, named)
    tally.add(truth, named, truth.worse)
    assert tally.row() == ("both", 55.0, 1.5, 2.0)


def test_a_few_worlds_judged() -> None:
    found = fairness.tallies(iter(range(1000, 1004)))
    rate = {name: (tally.worse / 4, tally.equals / 4) for name, tally in found.items()}
    assert rate["board"][1] < 0.05 and rate["board"][0] >= 0.7
    assert rate["rank"][0] < rate["board"][0] < rate["rank_adjusted"][0] + 0.2
    assert rate["unadjusted"][1] > 0.2 and rate["rank"][1] == pytest.approx((10 - 10 * rate["rank"][0]) / 200)
    assert rate["board"][1] >= rate["fourth"][1] and rate["board"][0] == rate["fourth"][0]
