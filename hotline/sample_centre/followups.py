"""What happens after and around a call: surveys, and what agents did in each half-hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from hotline.sample_centre.organisation import People
from hotline.sample_centre.roster import BREAK, MEETING, OFF, TRAINING

_RESPONSE = 0.35
_REASONS = ("等待时间长", "问题未解决", "业务不熟", "态度生硬", "重复来电")


def survey_frame(calls: pl.DataFrame, crew: People, rng: np.random.Generator, more: np.random.Generator) -> pl.DataFrame:
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
        asked_at=pl.col("started_at") + in_seconds(seconds),
        score=pl.when(answered).then(pl.Series(score)),
        source=pl.lit("own"),
        asked_by=pl.Series(np.where(more.random(count) < 0.8, "ivr", "sms")),
        reason=pl.Series(np.where(answered.to_numpy() & ~satisfied, more.choice(_REASONS, count), "")),
    )


def external_frame(days: Sequence[date], paths: Sequence[str], rng: np.random.Generator) -> pl.DataFrame:
    """Rows of ``external_surveys``: every quarter somebody from outside asks 400 callers of each unit in ``paths``."""
    ends = [day for day in days if day.month % 3 == 0 and (day + timedelta(days=1)).day == 1]
    rows = [
        {
            "id": f"X{day:%Y%m}{path.replace('/', '-').rstrip('-')}",
            "day": day,
            "unit_path": path,
            "kind": "第三方满意度",
            "score": round(float(rng.normal(9.35, 0.12)), 2),
            "scale": 10.0,
            "asked": 400,
            "answered": int(rng.binomial(400, 0.93)),
        }
        for day in ends
        for path in paths
    ]
    kinds = {"id": pl.String, "day": pl.Date, "unit_path": pl.String, "kind": pl.String, "score": pl.Float64, "scale": pl.Float64}
    return pl.DataFrame(rows, schema=kinds | {"asked": pl.Int64, "answered": pl.Int64})


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


def in_seconds(values: np.ndarray) -> pl.Series:
    """Seconds as durations, to the microsecond."""
    return pl.Series(np.round(values * 1e6).astype(np.int64)).cast(pl.Duration("us"))
