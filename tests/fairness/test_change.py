"""What is behind a change: parts that add up, and the calls that weigh most."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from reports.fairness.change import contributions, parted, with_expected
from reports.fairness.standing import mix_effects


def _period(name: str, scores: dict[str, list[float | None]], topics: dict[str, list[str]] | None = None) -> pl.DataFrame:
    rows = [
        {"agent_id": agent, "call_id": f"{name}{agent}{place}", "score": score, "topic": topics[agent][place] if topics else "bill"}
        for agent, values in scores.items()
        for place, score in enumerate(values)
    ]
    return pl.DataFrame(rows, {"agent_id": pl.String, "call_id": pl.String, "score": pl.Float64, "topic": pl.String})


def test_three_calls_by_hand() -> None:
    before = _period("b", {"a": [90, 90], "z": [90]})
    now = _period("n", {"a": [90, 40, 95, 80, 85], "new": [10]})
    found = contributions(now, before)
    # mean 90 → 78: parts 0, −10, +1, −2, −1
    assert found["call_id"].to_list() == ["na1", "na3", "na4"] and found["place"].to_list() == [1, 2, 3]
    assert found["part"].to_list() == pytest.approx([-10, -2, -1]) and found["change"].to_list() == pytest.approx([-12] * 3)
    assert found["without"].to_list() == pytest.approx([2.5] * 3), "the other two calls are 90 and 95"


def test_all_parts_add_up_to_the_change() -> None:
    rng = np.random.default_rng(1)
    before = _period("b", {a: rng.normal(80, 5, 20).tolist() for a in "abc"})
    now = _period("n", {a: rng.normal(76, 5, 15).tolist() for a in "abc"})
    found = contributions(now, before, most=99)
    for (agent,), calls in found.group_by("agent_id"):
        scores, old = (frame.filter(agent_id=agent)["score"] for frame in (now, before))
        assert calls["change"][0] == pytest.approx(scores.mean() - old.mean())
        down = scores - old.mean()
        assert calls["part"].sum() == pytest.approx(down.filter(down < 0).sum() / 15)


def test_a_rise_lists_what_rose_and_no_change_lists_nothing() -> None:
    found = contributions(_period("n", {"a": [100, 70], "b": [80]}), _period("b", {"a": [80], "b": [80]}))
    assert found["call_id"].to_list() == ["na0"] and found["without"].to_list() == pytest.approx([-10])
    alone = contributions(_period("n", {"a": [100]}), _period("b", {"a": [80]}))
    assert alone["without"].to_list() == [None]


def test_missing_scores_count_for_nothing() -> None:
    found = contributions(_period("n", {"a": [None, 70]}), _period("b", {"a": [80, None]}))
    assert found.select("call_id", "change").rows() == [("na1", -10.0)]
    assert contributions(_period("n", {}), _period("b", {})).is_empty()


def _two_periods() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Agents who get harder topics in the second period; a0 works worse too."""
    rng = np.random.default_rng(3)
    frames = []
    for period, often in (("b", 0.2), ("n", 0.7)):
        scores, topics = {}, {}
        for number in range(8):
            hard = rng.random(300) < often
            topics[f"a{number}"] = np.where(hard, "fault", "bill").tolist()
            scores[f"a{number}"] = (90 - 8 * hard - 5 * (period == "n" and number == 0) + rng.normal(0, 3, 300)).tolist()
        frames.append(_period(period, scores, topics))
    return frames[0], frames[1]


def test_the_change_is_parted_into_mix_and_work() -> None:
    before, now = _two_periods()
    found = parted(now, before, ["topic"])
    assert found["agent_id"].to_list() == [f"a{n}" for n in range(8)]
    assert (found["by_mix"] + found["within"]).to_list() == pytest.approx(found["change"].to_list())
    means = [frame.group_by("agent_id").agg(pl.col("score").mean()).sort("agent_id")["score"] for frame in (now, before)]
    assert found["change"].to_list() == pytest.approx((means[0] - means[1]).to_list())
    assert found["by_mix"].mean() == pytest.approx(-4, abs=0.4) and found["within"][0] == pytest.approx(-5, abs=0.8)
    assert abs(found["within"][1:].mean()) < 0.4


def test_hard_topics_alone_explain_nothing_once_expected() -> None:
    before, now = _two_periods()
    effects = mix_effects(pl.concat([before, now]), ["topic"])
    table = effects["topic"]
    gap = table.filter(topic="bill")["effect"].item() - table.filter(topic="fault")["effect"].item()
    # a little over 8: the agent who got worse when the faults came makes them look harder
    assert gap == pytest.approx(8, abs=0.6) and (table["effect"] * table["calls"]).sum() == pytest.approx(0, abs=1e-6)
    told = contributions(with_expected(now, effects), with_expected(before, effects), expected="expected")
    assert told.filter(agent_id="a0")["change"][0] == pytest.approx(-5, abs=0.8)
    assert contributions(now, before).filter(agent_id="a0")["change"][0] == pytest.approx(-9, abs=1)
    unknown = with_expected(now.with_columns(topic=pl.lit("other")), effects)
    assert (unknown["expected"] == 0).all() and unknown.columns == [*now.columns, "expected"]
