"""Requirements: published answers, minimality, which target binds, shrinkage."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.erlang import ErlangA, ErlangC
from forecasting.plan import plan_heads
from forecasting.staffing import Targets, gross_heads, required, total_shrinkage
from hotline.errors import BadInput


# calls, interval, AHT, target seconds, cap, agents: CRAN ErlangC, pyworkforce, jonesthenet.com, turbotab, phubers/erlang
@pytest.mark.parametrize(
    ("calls", "interval", "aht", "within", "cap", "agents"),
    [(100, 1800, 180, 20, 0.85, 14), (250, 3600, 330, 30, None, 28), (25, 600, 180, 20, None, 11), (200, 1800, 180, 60, None, 23)],
)
def test_published_requirements(calls: float, interval: float, aht: float, within: float, cap: float | None, agents: int) -> None:
    assert int(required(calls, aht, Targets(within_s=within, occupancy=cap), interval_s=interval).net) == agents


def test_published_positions_with_shrinkage() -> None:
    assert int(gross_heads(14, {"all": 0.3})) == 20
    assert int(gross_heads(11, {"all": 0.3})) == 16


def test_at_1200_erlangs_occupancy_binds() -> None:
    need = required(9000, 240)
    assert int(need.net) == 1412 and str(need.binding) == "occupancy"
    assert int(need.by_target["service_level"]) == 1214
    without = required(9000, 240, Targets(occupancy=None))
    assert int(without.net) == 1214 and str(without.binding) == "service_level"


@settings(deadline=None, max_examples=80)
@given(
    st.floats(0.01, 3000),
    st.floats(30, 900),
    st.floats(0.3, 0.98),
    st.floats(0, 90),
    st.sampled_from([None, 30.0, 300.0, 3000.0]),
    st.sampled_from([None, 2.0, 30.0]),
)
def test_the_requirement_is_the_smallest(
    calls: float, aht: float, goal: float, within: float, patience: float | None, asa: float | None
) -> None:
    need = required(calls, aht, Targets(service_level=goal, within_s=within, occupancy=0.9, asa_s=asa), patience)
    load = calls * aht / 1800

    def met(agents: int) -> bool:
        queue = ErlangC(agents, load, aht) if patience is None else ErlangA(agents, load, aht, patience)
        fine = float(queue.service_level(within)) >= goal and float(queue.occupancy) <= 0.9 + 1e-8
        return fine and (asa is None or float(queue.asa_s) <= asa)

    net = int(need.net)
    assert net >= 1 and met(net)
    assert net == 1 or not met(net - 1)
    assert str(need.binding) in need.by_target and int(need.by_target[str(need.binding)]) == net


def test_abandonment_and_the_answered_denominator() -> None:
    need = required(100, 180, Targets(service_level=None, occupancy=None, abandonment=0.02), 300)
    assert int(need.net) == 14 and str(need.binding) == "abandonment"  # 13 lose 2.5 %, 14 lose 1.4 %
    offered = required(100, 180, Targets(service_level=0.87, occupancy=None), 300)
    answered = required(100, 180, Targets(service_level=0.87, occupancy=None, denominator="answered"), 300)
    assert (int(offered.net), int(answered.net)) == (14, 13)


def test_quiet_intervals_need_nobody_or_the_minimum() -> None:
    need = required([0, 0.001, 40], [0, 180, 180])
    assert need.net.tolist() == [0, 1, 7] and need.binding.tolist() == ["none", "service_level", "service_level"]
    assert need.service_level[0] == 1 and need.occupancy[0] == 0
    kept = required([0, 0.001], 180, Targets(minimum=2), 120)
    assert kept.net.tolist() == [2, 2] and kept.binding.tolist() == ["minimum", "minimum"]


def test_without_targets_on_waiting_the_queue_must_still_empty() -> None:
    need = required(100, 180, Targets(service_level=None, occupancy=1.0))
    assert int(need.net) == 11 and str(need.binding) == "stability"


def test_many_intervals_at_once_equal_one_by_one() -> None:
    calls = np.random.default_rng(3).uniform(0, 900, 200)
    together = required(calls, 210.0, patience_s=240.0)
    assert together.net.tolist() == [int(required(c, 210.0, patience_s=240.0).net) for c in calls]


@given(st.dictionaries(st.sampled_from("abcde"), st.floats(0, 0.9)), st.integers(0, 5000))
def test_shrinkage_compounds(causes: dict[str, float], net: int) -> None:
    total = total_shrinkage(causes)
    assert total == pytest.approx(1 - np.prod([1 - s for s in causes.values()]))
    assert total <= sum(causes.values()) + 1e-12
    gross = int(gross_heads(net, causes))
    assert gross * (1 - total) >= net - 1e-6 and (gross == 0 or (gross - 1) * (1 - total) < net)


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("calls", lambda: required(-1, 180)),
        ("aht_s", lambda: required(5, 0)),
        ("aht_s", lambda: required(5, np.nan)),
        ("interval_s", lambda: required(5, 180, interval_s=0)),
        ("patience", lambda: required(5, 180, Targets(abandonment=0.05))),
        ("patience", lambda: required(5, 180, Targets(denominator="answered"))),
        ("service_level", lambda: Targets(service_level=1.0)),
        ("occupancy", lambda: Targets(occupancy=0.0)),
        ("abandonment", lambda: Targets(abandonment=5)),
        ("within_s", lambda: Targets(within_s=-1)),
        ("minimum", lambda: Targets(minimum=-1)),
        ("asa_s", lambda: Targets(asa_s=0)),
        ("denominator", lambda: Targets(denominator="seen")),
        ("leave", lambda: total_shrinkage({"leave": 1.0})),
    ],
)
def test_bad_input_is_named(words: str, call: object) -> None:
    with pytest.raises(BadInput, match=words):
        call()


def test_plan_of_two_frames() -> None:
    starts = [datetime(2026, 11, 16, 10, m) for m in (0, 30)]
    volume = pl.DataFrame({"start": starts, "mean": [100.0, 0.0], "low80": [80.0, 0.0]})
    aht = pl.DataFrame({"start": starts[::-1], "mean": [200.0, 180.0]})
    plan = plan_heads(volume, aht, shrinkage={"leave": 0.3})
    assert plan["net"].to_list() == [14, 0] and plan["gross"].to_list() == [20, 0]
    assert plan["erlangs"].to_list() == pytest.approx([10, 0]) and plan["binding"].to_list() == ["service_level", "none"]
    with pytest.raises(BadInput, match="same intervals"):
        plan_heads(volume, aht.head(1))
