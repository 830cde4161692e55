"""What is behind a change from one period to the next: how much is the mix of calls, and which calls weigh most.

    mean now − mean before = Σ over calls now of (score − mean before) / calls now      each call's part, exactly
                           = change of the mix + change within the mix                  (Kitagawa 1955)

A handful of calls *explain* a change only if it is one: ask :mod:`reports.intervals` first whether the difference leaves out zero, or a
list of bad luck looks like a cause.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from reports.fairness.standing import standings

EXPLAINING = 3
"""Calls shown for a change."""


def contributions(
    now: pl.DataFrame,
    before: pl.DataFrame,
    *,
    agent: str = "agent_id",
    call: str = "call_id",
    score: str = "score",
    expected: str | None = None,
    most: int = EXPLAINING,
) -> pl.DataFrame:
    """The ``most`` calls of each agent that moved the mean most in the direction in which it went.

    ``now`` and ``before`` have a row a scored call: ``agent``, ``call``, ``score``, and ``expected`` if given: what the mix lets expect
    (:func:`with_expected`), so that a call on a hard topic is no explanation by its topic alone. Columns: ``agent``, ``call``,
    ``score``, part (points of the mean that the call moved), change (of the mean), without (the change with these calls left out of the
    period; null when none is left), place (1 the greatest). Agents who lack a period are left out; calls that moved the mean the other
    way are not listed.
    """
    measured = pl.col(score) if expected is None else pl.col(score) - pl.col(expected)
    old = before.drop_nulls([agent, score]).group_by(agent).agg(_before=measured.mean())
    new = now.drop_nulls([agent, score]).join(old, on=agent).with_columns(_deviation=measured - pl.col("_before"))
    new = new.with_columns(
        part=pl.col("_deviation") / pl.len().over(agent),
        change=pl.col("_deviation").mean().over(agent),
        _calls=pl.len().over(agent),
    )
    towards = new.filter(pl.col("part") * pl.col("change") > 0).with_columns(_size=-pl.col("part").abs())
    placed = towards.sort(agent, "_size", call).with_columns(place=pl.int_range(1, pl.len() + 1).over(agent))
    shown = placed.filter(pl.col("place") <= most)
    rest = pl.col("_calls") - pl.len().over(agent)
    left = pl.col("change") * pl.col("_calls") - pl.col("_deviation").sum().over(agent)
    return shown.with_columns(without=pl.when(rest > 0).then(left / rest)).select(
        agent, call, score, "part", "change", "without", pl.col("place").cast(pl.Int64)
    )


def with_expected(calls: pl.DataFrame, effects: Mapping[str, pl.DataFrame], name: str = "expected") -> pl.DataFrame:
    """``calls`` with the sum of the effects of their mix as a column ``name``. ``effects`` are by factor, as
    :func:`reports.fairness.standing.mix_effects` gives them; levels without an effect count 0.
    """
    total = pl.lit(0.0)
    wide = calls
    for place, (factor, table) in enumerate(effects.items()):
        wide = wide.join(
            table.select(factor, pl.col("effect").alias(f"_{place}")), on=factor, how="left", nulls_equal=True, maintain_order="left"
        )
        total = total + pl.col(f"_{place}").fill_null(0.0)
    return wide.with_columns(total.alias(name)).select(*calls.columns, name)


def parted(
    now: pl.DataFrame, before: pl.DataFrame, factors: Sequence[str], *, agent: str = "agent_id", score: str = "score"
) -> pl.DataFrame:
    """Each agent's change in parts: ``agent``, change, by_mix, within (change = by_mix + within).

    The mix's effects are estimated from both periods together, within agents and periods (:func:`reports.fairness.mix.adjust`), so that
    neither a better agent nor a better week is taken for an easier topic.
    """
    periods = [frame.drop_nulls([agent, score]).with_columns(_period=pl.lit(place)) for place, frame in enumerate((before, now))]
    both = pl.concat(periods, how="diagonal").with_columns(_key=pl.struct(agent, "_period"))
    keys = both.select("_key").unique().with_row_index("_place")
    board = (
        standings(both.join(keys, on="_key", maintain_order="left"), factors, agent="_place", score=score)
        .join(keys, on="_place")
        .unnest("_key")
    )
    old, new = (board.filter(pl.col("_period") == period).select(agent, "plain", "mix") for period in (0, 1))
    joined = new.join(old, on=agent, suffix="_before").sort(agent)
    return joined.select(
        agent,
        change=pl.col("plain") - pl.col("plain_before"),
        by_mix=pl.col("mix") - pl.col("mix_before"),
        within=pl.col("plain") - pl.col("mix") - pl.col("plain_before") + pl.col("mix_before"),
    )
