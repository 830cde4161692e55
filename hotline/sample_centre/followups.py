"""What happens after and around a call: work orders, surveys, and what agents did in each half-hour."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl

from hotline.sample_centre.demand import TOPICS
from hotline.sample_centre.organisation import People
from hotline.sample_centre.roster import BREAK, MEETING, OFF, TRAINING

_DUE = {"故障报修": 120.0}  # seconds to dispatch; every other type has 20 minutes
_DUE_OTHER = 1200.0
_RESPONSE = 0.35


def ticket_frame(calls: pl.DataFrame, until: datetime, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of ``tickets``: nearly all dispatched in time (fault 2 min, others 20 min), few sent back.

    Tickets that would close after ``until`` are still open.
    """
    share = np.array([topic.ticket for topic in TOPICS])[calls["topic_number"].to_numpy()]
    chosen = calls.filter(pl.Series(rng.random(len(calls)) < share))
    count = len(chosen)
    due = np.array([_DUE.get(name, _DUE_OTHER) for name in chosen["topic"]])
    dispatch = due * np.exp(rng.normal(-1.3, 0.35, count))  # median 27 % of the clock
    late = rng.random(count) < 0.0012
    dispatch = np.where(late, due * rng.uniform(1.05, 2.5, count), np.minimum(dispatch, due * 0.98))
    hours = np.where(due == _DUE["故障报修"], rng.gamma(3.0, 1.0, count), rng.gamma(2.0, 15.0, count))
    seconds = chosen["wait_s"].to_numpy() + chosen["talk_s"].to_numpy()
    area = pl.Series([value["area"] for value in chosen["metadata"]], dtype=pl.String)
    return (
        chosen.select(
            id=pl.concat_str(pl.lit("T"), pl.col("id").str.slice(1)),
            call_id="id",
            queue_id="queue_id",
            type="topic",
            area=area,
            created_at=pl.col("started_at") + _seconds(seconds),
        )
        .with_columns(dispatched_at=pl.col("created_at") + _seconds(dispatch))
        .with_columns(closed_at=pl.col("dispatched_at") + _seconds(hours * 3600), returned=pl.Series(rng.random(count) < 0.0015))
        .with_columns(
            dispatched_at=pl.when(pl.col("dispatched_at") <= until).then("dispatched_at"),
            closed_at=pl.when(pl.col("closed_at") <= until).then("closed_at"),
        )
    )


def survey_frame(calls: pl.DataFrame, crew: People, rng: np.random.Generator) -> pl.DataFrame:
    """Rows of ``surveys``: every caller is asked after the call, about 35 % answer, about 98 % of those are satisfied (4 or 5)."""
    place = {name: i for i, name in enumerate(crew.ids)}
    pleased = crew.pleases[[place[name] for name in calls["agent_id"]]]
    count = len(calls)
    satisfied = rng.random(count) < pleased
    score = np.where(satisfied, rng.choice([4, 5], count, p=[0.22, 0.78]), rng.choice([1, 2, 3], count, p=[0.25, 0.25, 0.5]))
    answered = pl.Series(rng.random(count) < _RESPONSE)
    seconds = calls.select(pl.col("wait_s") + pl.col("talk_s") + pl.col("hold_s")).to_series().to_numpy()
    return calls.select(
        call_id="id",
        asked_at=pl.col("started_at") + _seconds(seconds),
        score=pl.when(answered).then(pl.Series(score)),
    )


def state_frame(calls: pl.DataFrame, crew: People, plan: np.ndarray, first: int, midnight: datetime) -> pl.DataFrame:
    """Rows of ``agent_intervals`` from half-hour number ``first`` on.

    States of a half-hour on the roster add up to 1,800 s: what is not talk, hold, after-call work or away time is waiting for a call.
    A call that runs past the end of a shift is counted as worked, beyond the roster.
    """
    place = {name: i for i, name in enumerate(crew.ids)}
    begin = (calls["started_at"] - midnight).dt.total_seconds().to_numpy() + calls["wait_s"].to_numpy()
    agent = np.array([place[name] for name in calls["agent_id"]])
    slots, people = plan.shape
    worked = {}
    for state in ("talk", "hold", "acw"):
        length = calls[f"{state}_s"].to_numpy()
        worked[state] = _spread(begin, length, agent, slots, people)
        begin = begin + length
    busy = sum(worked.values(), np.zeros((slots, people)))
    rest = np.clip(np.where(plan != OFF, 1800 - busy, 0), 0, None)
    away = {"break": BREAK, "meeting": MEETING, "training": TRAINING}
    states = worked | {name: np.where(plan == code, rest, 0) for name, code in away.items()}
    states["available"] = rest - sum((states[name] for name in away), np.zeros_like(rest))
    frames = []
    for name, seconds in states.items():
        slot, who = np.nonzero(seconds[first:])
        frames.append(
            pl.DataFrame(
                {
                    "agent_id": [crew.ids[i] for i in who.tolist()],
                    "start": pl.Series((slot + first).astype(np.int64) * 1_800_000_000).cast(pl.Duration("us")),
                    "state": name,
                    "seconds": seconds[first:][slot, who],
                }
            )
        )
    return pl.concat(frames).with_columns(start=pl.lit(midnight) + pl.col("start")).sort("agent_id", "start", "state")


def _spread(begin: np.ndarray, length: np.ndarray, agent: np.ndarray, slots: int, people: int) -> np.ndarray:
    """Seconds of each stretch that fall into each half-hour: array (slots, people). Time beyond the last half-hour is dropped."""
    first = (begin // 1800).astype(int)
    pieces = np.where(length > 0, ((begin + np.maximum(length, 1) - 1) // 1800).astype(int) - first + 1, 0)
    which = np.repeat(np.arange(len(begin)), pieces)
    slot = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    start = np.maximum(begin[which], slot * 1800)
    end = np.minimum(begin[which] + length[which], (slot + 1) * 1800)
    total = np.zeros((slots, people))
    inside = slot < slots
    np.add.at(total, (slot[inside], agent[which][inside]), (end - start)[inside])
    return total


def _seconds(values: np.ndarray) -> pl.Series:
    return pl.Series(np.round(values * 1e6).astype(np.int64)).cast(pl.Duration("us"))
