"""Call rows: who called, about what, how the time was spent, and who had to call again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
import polars as pl

from hotline.sample_centre.demand import SLOTS, TOPICS
from hotline.sample_centre.organisation import People, team_path
from hotline.sample_centre.simulation import Traffic

DAY = SLOTS * 1800
AREAS = ("城区", "农村", "边远")
_REPEAT_DAYS = 3  # a caller whose matter is not settled calls again within so many days


def call_frame(
    traffic: Traffic,
    crew: People,
    days: Sequence[date],
    first: int,
    midnight: datetime,
    rng: np.random.Generator,
    more: np.random.Generator,
) -> pl.DataFrame:
    """Rows of ``calls`` for answered calls that arrive on or after day number ``first``.

    ``midnight`` is the first local midnight of the history, timezone-aware. Handle time is split into talk, hold and after-call work
    so that their sum is the handle time counted in ``interval_counts``. A row's ``started_at`` is the moment the caller entered the
    queue. Extra column ``topic_number`` (not stored) is the place in ``demand.TOPICS``.
    """
    chosen = np.flatnonzero((traffic.agent >= 0) & (traffic.arrival >= first * DAY))
    queue, topic, agent = traffic.queue[chosen], traffic.topic[chosen], traffic.agent[chosen]
    arrival, handle = traffic.arrival[chosen], traffic.handle[chosen]
    acw = np.minimum((handle * rng.uniform(0.06, 0.20, len(chosen))).astype(int), 120)
    hold = np.where(rng.random(len(chosen)) < 0.16, (handle * rng.uniform(0.08, 0.30, len(chosen))).astype(int), 0)
    settled = rng.random(len(chosen)) < crew.resolves[agent]
    callers = _callers(queue, topic, arrival, settled, rng)
    key = rng.bytes(16)
    area = rng.choice(len(AREAS), size=len(chosen), p=[0.58, 0.34, 0.08])
    day_numbers = arrival // DAY
    serial = np.arange(len(chosen)) - np.searchsorted(day_numbers, day_numbers) + 1
    names = [topic.name for topic in TOPICS]
    keys = [f"{topic.queue[1:]}/{sum(other.queue == topic.queue for other in TOPICS[:place]) + 1}" for place, topic in enumerate(TOPICS)]
    frame = pl.DataFrame(
        {
            "id": [f"C{days[d]:%Y%m%d}-{n:06d}" for d, n in zip(day_numbers.tolist(), serial.tolist(), strict=True)],
            "started_at": pl.Series(arrival * 1_000_000).cast(pl.Duration("us")),
            "day": [days[d] for d in day_numbers.tolist()],
            "queue_id": queue,
            "agent_id": [crew.ids[i] for i in agent.tolist()],
            "unit_path": [team_path(crew.teams[i]) for i in agent.tolist()],
            "direction": "inbound",
            "topic": [names[i] for i in topic.tolist()],
            "caller_key": [caller_key(number, key) for number in callers.tolist()],
            "wait_s": traffic.wait[chosen].astype(float),
            "talk_s": (handle - acw - hold).astype(float),
            "hold_s": hold.astype(float),
            "acw_s": acw.astype(float),
            "transferred": rng.random(len(chosen)) < crew.transfers[agent],
            "metadata": [{"ticket_type": names[t], "area": AREAS[a]} for t, a in zip(topic.tolist(), area.tolist(), strict=True)],
            "metadata_closed": True,
            "synthetic": True,
            "topic_number": topic,
        }
    ).with_columns(started_at=pl.lit(midnight) + pl.col("started_at"))
    return frame.with_columns(
        key_path=pl.Series([keys[i] for i in topic.tolist()]),
        hung_up_by=pl.Series(more.choice(["caller", "agent", "system"], size=len(chosen), p=[0.86, 0.125, 0.015])),
        **_dispositions(frame, settled, more),
    )


def _dispositions(frame: pl.DataFrame, settled: np.ndarray, rng: np.random.Generator) -> dict[str, pl.Expr | pl.Series]:
    """What agents key in when a call ends: they believe more matters settled than are, and forget one in thirty.

    A call handed on names where to; one that goes on with an earlier matter mostly names that call.
    """
    count = len(frame)
    believed = np.where(settled, rng.random(count) < 0.975, rng.random(count) < 0.45)
    said = rng.random(count) >= 0.03
    others = np.array(["q1", "q2", "q3", "q5", "q6"])[rng.integers(0, 5, count)]
    target = pl.Series(np.where((frame["queue_id"] == "q0").to_numpy(), others, "expert"))
    before = pl.col("id").shift(1).over("caller_key", "topic", order_by="started_at")
    handed_on, solved, known = pl.col("transferred"), pl.lit(pl.Series(believed)), pl.lit(pl.Series(said))
    outcome = pl.when(handed_on).then(pl.lit("转接")).when(solved).then(pl.lit("直接解答")).otherwise(pl.lit("转相关部门"))
    return {
        "transferred_to": pl.when(handed_on).then(pl.lit(target)),
        "linked_to": pl.when(pl.lit(pl.Series(rng.random(count) < 0.7))).then(before),
        "outcome": pl.when(known).then(outcome).otherwise(pl.lit("")),
        "resolved": pl.when(known).then(solved & ~handed_on),
    }


def _callers(queue: np.ndarray, topic: np.ndarray, arrival: np.ndarray, settled: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A caller number for each call.

    A caller whose matter was not settled owns a later call about the same topic, on average a day later and at the latest three days
    later, if the topic has one that nobody owns yet. Callers in different topics are different people.
    """
    callers = np.full(len(arrival), -1)
    newest = 0
    for number in np.unique(topic).tolist():
        mine = np.flatnonzero(topic == number)
        times = arrival[mine]
        delay = np.clip(rng.exponential(20 * 3600, len(mine)), 900, (_REPEAT_DAYS - 0.05) * DAY)
        wanted = np.searchsorted(times, times + delay.astype(int))
        latest = np.searchsorted(times, times + _REPEAT_DAYS * DAY)
        owner = [-1] * len(mine)
        unhappy = (~settled[mine]).tolist()
        for i, (place, end) in enumerate(zip(wanted.tolist(), latest.tolist(), strict=True)):
            if owner[i] < 0:
                owner[i] = newest
                newest += 1
            if unhappy[i]:
                while place < end and owner[place] >= 0:
                    place += 1
                if place < end:
                    owner[place] = owner[i]
        callers[mine] = owner
    return callers


def caller_key(number: int, key: bytes) -> str:
    """Keyed hash of an invented caller; the key is drawn with the sample and thrown away."""
    return hashlib.blake2b(number.to_bytes(8, "big"), key=key, digest_size=16).hexdigest()
