"""Erlang B, C and A against published numbers, the recursion and the exact birth–death chain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.erlang import ErlangA, ErlangC, erlang_b
from hotline.errors import BadInput

LOADS = st.floats(0.01, 400)


def recursion(agents: int, load: float) -> float:
    blocking = 1.0
    for k in range(1, agents + 1):
        blocking = load * blocking / (k + load * blocking)
    return blocking


def chain(agents: int, load: float, aht: float, patience: float) -> tuple[float, float, float]:
    """P(wait), P(abandon) and mean wait of answered calls of M/M/n+M, from its stationary distribution."""
    arrivals, service, leave = load / aht, 1 / aht, 1 / patience
    logs = [0.0]
    for k in range(1, agents + 6000):
        logs.append(logs[-1] + np.log(arrivals / (min(k, agents) * service + max(0, k - agents) * leave)))
    p = np.exp(np.array(logs) - max(logs))
    p /= p.sum()
    waiting = np.arange(len(p) - agents)
    abandon = leave * (p[agents:] * waiting).sum() / arrivals
    drain = agents * service + (waiting + 1) * leave
    answered_wait = (p[agents:] * agents * service / drain * np.cumsum(1 / drain)).sum()
    return float(p[agents:].sum()), float(abandon), float(answered_wait / (1 - abandon))


# Rechecked with exact formulas; sources: CRAN ErlangC 0.1.0, pyworkforce tests and guide (MIT). 100 calls in 30 min, AHT 3 min, 20 s.
@pytest.mark.parametrize(
    ("agents", "waiting", "level", "asa", "busy"), [(13, 0.2853, 0.7956, 17.12, 0.7692), (14, 0.17413193, 0.88835002, 7.83593701, 0.7143)]
)
def test_erlang_c_published(agents: int, waiting: float, level: float, asa: float, busy: float) -> None:
    queue = ErlangC(agents, 10, 180)
    assert float(queue.wait_probability) == pytest.approx(waiting, abs=6e-5)
    assert float(queue.service_level(20)) == pytest.approx(level, abs=6e-5)
    assert float(queue.asa_s) == pytest.approx(asa, abs=6e-3)
    assert float(queue.occupancy) == pytest.approx(busy, abs=6e-5)


def test_erlang_a_published() -> None:
    queue = ErlangA(13, 10, 180, 300)
    assert float(queue.wait_probability) == pytest.approx(0.22579708, abs=1e-8)
    assert float(queue.abandonment) == pytest.approx(0.02496330, abs=1e-8)
    assert float(queue.service_level(20)) == pytest.approx(0.8582, abs=5e-5)
    assert float(queue.service_level(20, "answered")) == pytest.approx(0.8801, abs=5e-5)
    assert float(queue.occupancy) == pytest.approx(0.7500, abs=5e-4)
    fourteen = ErlangA(14, 10, 180, 300)
    assert float(fourteen.wait_probability) == pytest.approx(0.14526, abs=5e-6)
    assert float(fourteen.abandonment) == pytest.approx(0.013984, abs=5e-7)
    assert float(fourteen.occupancy) == pytest.approx(0.704297, abs=5e-7)
    assert float(fourteen.service_level(20)) == pytest.approx(0.916792, abs=5e-7)
    small = ErlangA([9, 10, 11], 10, 180, 120)
    assert small.abandonment == pytest.approx([0.1922, 0.1375, 0.0942], abs=5e-5)
    assert small.service_level(20) == pytest.approx([0.5241, 0.6399, 0.7422], abs=5e-5)


@given(st.integers(0, 500), LOADS)
def test_erlang_b_equals_its_recursion(agents: int, load: float) -> None:
    assert float(erlang_b(agents, load)) == pytest.approx(recursion(agents, load), rel=1e-10)


@pytest.mark.parametrize(("agents", "load"), [(100_000, 1e5), (99_000, 1e5), (90_000, 1e5), (3, 1e5), (10, 500.0), (101_000, 1e5)])
def test_erlang_b_at_large_loads(agents: int, load: float) -> None:
    assert float(erlang_b(agents, load)) == pytest.approx(recursion(agents, load), rel=1e-9)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 150), st.floats(0.05, 160), st.floats(60, 900), st.floats(5, 1000))
def test_erlang_a_equals_the_chain(agents: int, load: float, aht: float, patience: float) -> None:
    queue = ErlangA(agents, load, aht, patience)
    waiting, abandon, asa = chain(agents, load, aht, patience)
    assert float(queue.wait_probability) == pytest.approx(waiting, rel=1e-8, abs=1e-15)
    assert float(queue.abandonment) == pytest.approx(abandon, rel=1e-8, abs=1e-15)
    assert float(queue.asa_s) == pytest.approx(asa, rel=1e-5, abs=1e-9)
    # nobody has waited for less than no time: within 0 s are those who do not wait
    assert float(queue.service_level(0)) == pytest.approx(1 - waiting, abs=1e-9)


@settings(deadline=None)
@given(st.integers(1, 300), LOADS, st.floats(30, 900), st.floats(0, 120), st.floats(10, 3000))
def test_one_more_agent_never_hurts(agents: int, load: float, aht: float, within: float, patience: float) -> None:
    crew = np.arange(agents, agents + 5)
    for queue in (ErlangC(crew, load, aht), ErlangA(crew, load, aht, patience)):
        assert np.all(np.diff(queue.service_level(within)) >= -1e-9)
        assert np.all(np.diff(queue.wait_probability) <= 1e-12)
        assert np.all(np.diff(queue.abandonment) <= 1e-12)
        assert np.all(np.diff(queue.occupancy) <= 1e-12)
        waits = queue.asa_s[np.isfinite(queue.asa_s)]
        assert np.all(np.diff(waits) <= 1e-6 * np.maximum(waits[:-1], 1e-3))


@settings(deadline=None)
@given(st.floats(0.5, 200), st.floats(1.02, 1.6), st.floats(60, 600), st.floats(0, 60))
def test_patient_callers_make_erlang_c(load: float, ratio: float, aht: float, within: float) -> None:
    agents = int(np.ceil(load * ratio)) + 1
    endless, patient = ErlangC(agents, load, aht), ErlangA(agents, load, aht, 1e9)
    assert float(patient.wait_probability) == pytest.approx(float(endless.wait_probability), rel=1e-3, abs=1e-12)
    assert float(patient.service_level(within)) == pytest.approx(float(endless.service_level(within)), abs=1e-3)
    assert float(patient.asa_s) == pytest.approx(float(endless.asa_s), rel=1e-3, abs=1e-9)
    assert float(patient.abandonment) < 1e-4


def test_no_calls_and_no_agents() -> None:
    idle = ErlangC([0, 3], 0, 180)
    assert idle.service_level(20).tolist() == [1, 1] and idle.asa_s.tolist() == [0, 0] and idle.occupancy.tolist() == [0, 0]
    idle_a = ErlangA([0, 3], 0, 0, 60)
    assert idle_a.service_level(20).tolist() == [1, 1] and idle_a.abandonment.tolist() == [0, 0]
    nobody = ErlangA(0, 5, 180, 60)
    assert float(nobody.abandonment) == pytest.approx(1) and float(nobody.service_level(20)) == pytest.approx(0, abs=1e-12)
    flooded = ErlangC(10, 10, 180)
    assert float(flooded.service_level(20)) == 0 and float(flooded.asa_s) == np.inf


@pytest.mark.parametrize("bad", [-1, np.nan, np.inf])
def test_bad_numbers_are_refused(bad: float) -> None:
    with pytest.raises(BadInput):
        ErlangC(10, bad, 180)
    with pytest.raises(BadInput):
        ErlangA(10, 5, 180, bad)
    with pytest.raises(BadInput, match="patience"):
        ErlangA(10, 5, 180, 0)
    with pytest.raises(BadInput, match="denominator"):
        ErlangA(10, 5, 180, 60).service_level(20, "seen")
