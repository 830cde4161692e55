"""Calls one by one: they arrive, wait for a free agent of their queue, give up, or are answered.

Everything that is later counted (half-hours, topics, agent states, call rows) comes from the one list made here, so that all feeds of
the sample centre agree with each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from hotline.sample_centre import demand
from hotline.sample_centre.demand import SLOTS, TOPICS
from hotline.sample_centre.organisation import SUB_CENTRES, People
from hotline.sample_centre.roster import phone_windows

_PATIENCE = 240.0  # mean seconds a caller waits before hanging up
_OVERDISPERSION = {"day": 160.0, "slot": 45.0}  # gamma shapes: smaller means noisier


@dataclass(frozen=True)
class Traffic:
    """All calls of the centre in order of arrival, as equally long arrays. Times are whole seconds since the first local midnight."""

    queue: np.ndarray
    topic: np.ndarray
    """Index into ``demand.TOPICS``."""
    arrival: np.ndarray
    wait: np.ndarray
    """Seconds until answered, or until the caller gave up."""
    agent: np.ndarray
    """Position of the agent; −1 for a caller who gave up."""
    handle: np.ndarray
    """Talk, hold and after-call work together, seconds; 0 for a caller who gave up."""

    @property
    def slot(self) -> np.ndarray:
        """Half-hour of arrival since the first midnight."""
        return self.arrival // 1800


def expected(days: Sequence[date], storm: Mapping[date, float], rng: np.random.Generator) -> np.ndarray:
    """Expected calls, shape (topics, days, 48), with a day's and a half-hour's luck already in it."""
    calendar = {kind: (demand.profile(kind, True), demand.profile(kind, False)) for kind in ("home", "day", "long", "office")}
    workdays = [demand.is_workday(day) for day in days]
    luck = {f"q{key}": _drift(len(days), rng) for key in SUB_CENTRES}
    result = np.empty((len(TOPICS), len(days), SLOTS))
    for number, topic in enumerate(TOPICS):
        growth = 1 + 0.05 * np.arange(len(days)) / 365
        level = np.array([topic.base * demand.day_factor(topic, day) * demand.season_factor(topic, day) for day in days])
        if topic.name in ("故障报修", "停电咨询"):
            level *= np.array([storm.get(day, 1.0) for day in days])
        level *= growth * luck[topic.queue] * rng.gamma(_OVERDISPERSION["day"], 1 / _OVERDISPERSION["day"], len(days))
        shapes = np.array([calendar[topic.profile][0 if workday else 1] for workday in workdays])
        result[number] = level[:, None] * shapes
    return result * rng.gamma(_OVERDISPERSION["slot"], 1 / _OVERDISPERSION["slot"], result.shape)


def _drift(days: int, rng: np.random.Generator) -> np.ndarray:
    """Good and bad weeks: a slow AR(1) factor around 1 with a standard deviation of about 4 %."""
    steps = rng.normal(0, 0.04 * np.sqrt(1 - 0.8**2), days)
    level = np.empty(days)
    state = rng.normal(0, 0.04)
    for i in range(days):
        state = 0.8 * state + steps[i]
        level[i] = state
    return np.exp(level)


def simulate(crew: People, plan: np.ndarray, rates: np.ndarray, busy: np.ndarray, rng: np.random.Generator) -> Traffic:
    """Play every queue through the roster ``plan``.

    ``rates`` is ``expected(…)``; ``busy`` (days) multiplies handle times, for storm days and slow learning.
    """
    parts = [_play(f"q{key}", crew, plan, rates, busy, rng) for key in SUB_CENTRES]
    columns = [np.concatenate([part[i] for part in parts]) for i in range(6)]
    order = np.lexsort((columns[0], columns[2]))
    return Traffic(*(column[order] for column in columns))


def _play(queue: str, crew: People, plan: np.ndarray, rates: np.ndarray, busy: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    mine = [i for i, topic in enumerate(TOPICS) if topic.queue == queue]
    counts = rng.poisson(rates[mine])
    cells = np.repeat(np.arange(counts.size), counts.ravel())
    topic_at, slot = np.divmod(cells, counts.shape[1] * SLOTS)
    arrival = slot * 1800 + rng.integers(0, 1800, len(cells))
    order = np.argsort(arrival, kind="stable")
    arrival, slot, topic = arrival[order], slot[order], np.array(mine)[topic_at[order]]
    spread = 0.55  # sigma of the log-normal handle time
    aht = np.array([t.aht for t in TOPICS])[topic] * busy[slot // SLOTS]
    work = np.maximum(20.0, aht * np.exp(rng.normal(-(spread**2) / 2, spread, len(aht))))
    patience = np.maximum(3, rng.exponential(_PATIENCE, len(aht))).astype(int)
    wait, agent, handle = _serve(
        arrival.tolist(), slot.tolist(), work.tolist(), patience.tolist(), phone_windows(plan, crew.of_queue(queue)), crew.speed.tolist()
    )
    return [np.full(len(arrival), queue), topic, arrival, np.array(wait), np.array(agent), np.array(handle)]


def _serve(
    arrival: list[int],
    slot: list[int],
    work: list[float],
    patience: list[int],
    windows: list[list[tuple[int, int, int]]],
    speed: list[float],
) -> tuple[list[int], list[int], list[int]]:
    """First come, first served: each caller gets the agent who is free first, the longest idle one if several are.

    Exact for a queue with impatient callers: one who hangs up before an agent is free takes no agent's time.
    """
    free = [0] * len(speed)
    waits, agents, handles = [], [], []
    for at, half_hour, effort, patient in zip(arrival, slot, work, patience, strict=True):
        best, idle_since, chosen = at + patient + 1, 0, -1
        for agent, opens, shuts in windows[half_hour]:
            ready = free[agent]
            start = ready if ready > at else at
            if opens > start:
                start = opens
            if start < shuts and (start < best or (start == best and ready < idle_since)):
                best, idle_since, chosen = start, ready, agent
        if chosen < 0:
            waits.append(patient)
            handles.append(0)
        else:
            seconds = max(15, round(effort * speed[chosen]))
            free[chosen] = best + seconds
            waits.append(best - at)
            handles.append(seconds)
        agents.append(chosen)
    return waits, agents, handles
