"""Rows of the fair board from scored calls."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from reports.fairness.bands import Standing
from reports.fairness.mix import adjust
from reports.fairness.standing import share_standings, standings


def _calls(seed: int = 1, each: int = 60) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    agent = np.repeat(np.arange(30), each)
    hard = rng.random(len(agent)) < np.where(agent % 2 == 0, 0.8, 0.2)
    score = 90 - 6 * hard - 6 * (agent == 7) + rng.normal(0, 6, len(agent))
    return pl.DataFrame(
        {
            "agent_id": [f"a{a:02}" for a in agent],
            "team": [f"t{a // 10}" for a in agent],
            "topic": np.where(hard, "fault", "bill"),
            "queue": rng.choice(["day", "night"], len(agent)),
            "score": score,
        }
    ).sample(fraction=1, shuffle=True, seed=seed)


def test_the_weak_agent_is_named_and_those_with_hard_topics_are_not() -> None:
    board = standings(_calls(), ["topic", "queue"])
    assert board["agent_id"].to_list() == [f"a{a:02}" for a in range(30)]
    assert board.filter(pl.col("standing") != Standing.SAME)["agent_id"].to_list() == ["a07"]
    hard, easy = board[::2], board[1::2]
    assert hard["plain"].mean() < easy["plain"].mean() - 2.5 and hard["mix"].max() < 0 < easy["mix"].min()
    unadjusted = standings(_calls())
    assert unadjusted.filter(pl.col("standing") != Standing.SAME).height > 5, "without the mix hard topics look like weak agents"


def test_columns_are_those_of_the_parts() -> None:
    calls = _calls().sort("agent_id")
    board = standings(calls, ["topic"], team="team")
    codes = calls["agent_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    found = adjust(codes, calls["score"].to_numpy(), [(calls["topic"] == "fault").cast(pl.Int64).to_numpy()])
    assert board["adjusted"].to_numpy() == pytest.approx(found.value) and board["error"].to_numpy() == pytest.approx(
        np.sqrt(found.variance)
    )
    assert (board["plain"] - board["mix"]).to_numpy() == pytest.approx(board["adjusted"].to_numpy())
    row = board.row(7, named=True)
    assert row["low"] < row["adjusted"] < row["shrunk"] < row["others"] and 0 < row["kept"] < 1
    assert row["adjusted"] < row["band_low"] < row["others"] < row["band_high"]


def test_a_missing_topic_is_a_level_and_a_missing_score_is_no_call() -> None:
    calls = _calls(each=20).with_columns(
        topic=pl.when(pl.col("topic") == "bill").then(pl.col("topic")),
        score=pl.when(pl.col("agent_id") != "a03").then(pl.col("score")),
    )
    board = standings(calls, ["topic"])
    whole = standings(_calls(each=20).filter(pl.col("agent_id") != "a03"), ["topic"])
    assert board.equals(whole) and "a03" not in board["agent_id"]


def test_few_calls_no_verdict() -> None:
    calls = pl.concat([_calls(), _calls(2, 4).with_columns(agent_id="b" + pl.col("agent_id"))])
    board = standings(calls, ["topic"])
    assert set(board.filter(pl.col("agent_id").str.starts_with("b"))["standing"]) == {Standing.TOO_FEW}
    assert board["q"].null_count() == 30


def test_an_empty_week_is_an_empty_board() -> None:
    board = standings(_calls().clear(), ["topic"])
    assert board.is_empty() and board.schema == standings(_calls(), ["topic"]).schema


def _failures(seed: int = 1) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    agent = np.repeat(np.arange(40), 120)
    hard = rng.random(len(agent)) < np.where(agent % 2 == 0, 0.8, 0.2)
    chance = np.where(hard, 0.10, 0.02) * np.where(agent == 11, 5, 1)
    return pl.DataFrame(
        {"agent_id": [f"a{a:02}" for a in agent], "topic": np.where(hard, "fault", "bill"), "positive": rng.random(len(agent)) < chance}
    )


def test_failures_are_set_beside_what_the_mix_lets_expect() -> None:
    calls = _failures()
    board = share_standings(calls, ["topic"])
    assert board.filter(pl.col("standing") != Standing.SAME)["agent_id"].to_list() == ["a11"]
    assert board["expected"].sum() == pytest.approx(board["observed"].sum()) == calls["positive"].sum()
    row = board.row(11, named=True)
    assert row["ratio"] == pytest.approx(row["observed"] / row["expected"]) and row["low"] > 1
    assert 1 < row["shrunk"] < row["ratio"] and row["shrunk_low"] < row["shrunk"] < row["shrunk_high"]
    assert row["adjusted"] == pytest.approx(calls["positive"].mean() * row["ratio"])
    assert board[::2]["share"].mean() > 2 * board[1::2]["share"].mean(), "hard topics fail more"


def test_shares_of_few_calls_or_none_have_no_verdict() -> None:
    few = share_standings(_failures().group_by("agent_id").head(4), ["topic"])
    assert set(few["standing"]) == {Standing.TOO_FEW} and few["q"].null_count() == 40
    empty = share_standings(_failures().clear(), ["topic"])
    assert empty.is_empty() and empty.schema == few.schema
