"""Who sits at the phone in which half-hour: the roster the simulation works with.

``q0`` runs a fifteen-day cycle of day, late, evening and night shifts, ``q1`` two overlapping shifts on five of seven days, the
other queues office shifts with one agent on duty at weekends and holidays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from hotline.sample_centre.demand import SLOTS, is_workday
from hotline.sample_centre.organisation import TEAMS, People

OFF, PHONE, BREAK, MEETING, TRAINING = range(5)

# First and last half-hour (exclusive) of each shift, and the half-hour of its first meal break.
_SHIFTS = {
    "N": (0, 16, -1),  # alone at night: pauses between calls
    "K": (15, 32, 22),
    "D": (17, 34, 24),
    "L": (20, 37, 27),
    "E": (31, 48, 33),
    "M": (14, 31, 21),
    "A": (18, 35, 24),
    "P": (27, 44, 34),
    "O": (16, 33, 22),
    "B": (23, 40, 29),
    "W": (18, 34, -1),  # alone on duty at weekends
}
_CYCLE = ("K", "K", "D", "D", "D", "", "L", "L", "", "E", "E", "E", "", "N", "")  # never less than eleven hours between shifts


def roster(crew: People, days: Sequence[date], rng: np.random.Generator) -> np.ndarray:
    """State of every agent in every half-hour: int8 array, shape (days · 48, agents), values OFF … TRAINING."""
    plan = np.zeros((len(days) * SLOTS, len(crew.ids)), dtype=np.int8)
    on_leave = rng.random((len(days), len(crew.ids))) < 0.02
    for queue in sorted({f"q{team[0]}" for team in TEAMS.values()}):
        members = crew.of_queue(queue)
        for number, day in enumerate(days):
            for place, agent in enumerate(members):
                shift = _shift(queue, place, len(members), day)
                if shift and (shift == "W" or not on_leave[number, agent]):
                    _sit(plan, number * SLOTS, agent, shift, place, day)
    return plan


def _shift(queue: str, place: int, members: int, day: date) -> str:
    """The shift of the ``place``-th member of a queue's crew on a day; empty means off."""
    turn = day.toordinal()
    if queue == "q0":
        return _CYCLE[(turn + place % 5 * 3 + place // 5) % len(_CYCLE)]  # the three teams are spread over every shift
    if queue == "q1":
        if (turn + place * 3) % 7 in (0, 1):
            return ""
        return "MAPPAMPAMP"[(place + turn // 7) % 10]
    if not is_workday(day):
        return "W" if turn % members == place else ""
    earlier = day - timedelta(days=3)  # Tuesday for Saturday, Wednesday for Sunday
    if day.weekday() in (1, 2) and not is_workday(earlier) and earlier.toordinal() % members == place:
        return ""
    return "B" if (place + turn // 7) % members == 0 else "O"


def _sit(plan: np.ndarray, origin: int, agent: int, shift: str, place: int, day: date) -> None:
    """Write one shift: phone time, a meal, the pre-shift meeting on Mondays, training every other Thursday."""
    first, last, meal = _SHIFTS[shift]
    plan[origin + first : origin + last, agent] = PHONE
    if meal >= 0:
        plan[origin + meal + place % 3, agent] = BREAK
    if day.weekday() == 0 and shift in ("K", "D", "M", "O") and place % 2 == day.isocalendar().week % 2:
        plan[origin + first, agent] = MEETING
    if day.weekday() == 3 and shift in ("D", "L", "A", "O") and (day.isocalendar().week + place) % 4 == 0:
        plan[origin + last - 3 : origin + last - 1, agent] = TRAINING


def schedule_frame(crew: People, plan: np.ndarray, first: int, midnight: datetime, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of ``agent_schedules`` from half-hour number ``first`` on: what was planned, where ``plan`` is what came of it.

    Now and then a meal was planned half an hour earlier than it was taken, or a shift to begin half an hour earlier than it did.
    """
    planned = plan.copy()
    meal = np.argwhere((plan[1:] == BREAK) & (plan[:-1] == PHONE))  # (half-hour before, agent)
    moved = meal[rng.random(len(meal)) < 0.04]
    planned[moved[:, 0], moved[:, 1]], planned[moved[:, 0] + 1, moved[:, 1]] = BREAK, PHONE
    begun = np.argwhere((plan[1:] == PHONE) & (plan[:-1] == OFF))
    late = begun[rng.random(len(begun)) < 0.01]
    planned[late[:, 0], late[:, 1]] = PHONE
    frames = []
    for agent, name in enumerate(crew.ids):
        states = planned[first:, agent]
        edges = np.concatenate(([0], np.flatnonzero(np.diff(states)) + 1, [len(states)]))
        kind = states[edges[:-1]]
        frames.append(
            pl.DataFrame({"agent_id": name, "from": edges[:-1] + first, "to": edges[1:] + first, "kind": kind}).filter(
                pl.col("kind") != OFF
            )
        )
    names = {PHONE: "phone", BREAK: "break", MEETING: "meeting", TRAINING: "training"}
    slot = pl.lit(1_800_000_000)
    return pl.concat(frames).select(
        "agent_id",
        start=pl.lit(midnight) + (pl.col("from").cast(pl.Int64) * slot).cast(pl.Duration("us")),
        end=pl.lit(midnight) + (pl.col("to").cast(pl.Int64) * slot).cast(pl.Duration("us")),
        activity=pl.col("kind").replace_strict(names, return_dtype=pl.String),
    )


def phone_windows(plan: np.ndarray, agents: Sequence[int]) -> list[list[tuple[int, int, int]]]:
    """For every half-hour the agents who can take a caller that arrives in it: (agent, from, until), seconds since the first day.

    An agent who sits down in the next half-hour counts too, from then on: callers may still be waiting.
    """
    slots = plan.shape[0]
    windows: list[list[tuple[int, int, int]]] = [[] for _ in range(slots)]
    for agent in agents:
        at_phone = np.flatnonzero(np.diff(np.concatenate(([0], (plan[:, agent] == PHONE).astype(np.int8), [0]))))
        for start, end in zip(at_phone[::2].tolist(), at_phone[1::2].tolist(), strict=True):
            entry = (agent, start * 1800, end * 1800)
            for slot in range(max(0, start - 1), end):
                windows[slot].append(entry)
    return windows
