"""Work orders and what becomes of them: dispatched, answered by the unit, closed, the caller called back; nearly always in time.

call ─► order ─► unit replies ─► unit reports ─► centre calls back        (queue q3: 4 h, 48 h, 8 h)
fault ─► an automatic call after closing        complaint ─► an agent calls back, in a moment without a caller
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from hotline.sample_centre.demand import TOPICS
from hotline.sample_centre.followups import in_seconds
from hotline.sample_centre.organisation import People, team_path
from hotline.sample_centre.roster import PHONE

_FAULT, _COMPLAINT, _CHAIN = "故障报修", "投诉", "q3"
_DUE = {_FAULT: 120.0}  # seconds to dispatch; every other type has 20 minutes
_DUE_OTHER = 1200.0
_HOUR = 3600.0
_SUPPLY = ("润滑油一部", "润滑油二部", "物流部")


def ticket_frame(calls: pl.DataFrame, until: datetime, rng: np.random.Generator, more: np.random.Generator) -> pl.DataFrame:
    """Rows of ``tickets``: nearly all dispatched in time (fault 2 min and mostly 30 s, others 20 min), few sent back.

    What would happen after ``until`` has not happened yet.
    """
    share = np.array([topic.ticket for topic in TOPICS])[calls["topic_number"].to_numpy()]
    chosen = calls.filter(pl.Series(rng.random(len(calls)) < share))
    count = len(chosen)
    due = np.array([_DUE.get(name, _DUE_OTHER) for name in chosen["topic"]])
    fault, chain = due == _DUE[_FAULT], (chosen["queue_id"] == _CHAIN).to_numpy()
    dispatch = due * np.exp(rng.normal(0, 0.35, count) - np.where(fault, 1.95, 1.3))  # medians 17 s and 5 min
    late = rng.random(count) < 0.0012
    dispatch = np.where(late, due * rng.uniform(1.05, 2.5, count), np.minimum(dispatch, due * 0.98))
    hours = np.where(fault, rng.gamma(3.0, 1.0, count), rng.gamma(2.0, 15.0, count))
    reply = _HOUR * np.exp(more.normal(np.log(1.2), 0.5, count))
    longer = chain & (more.random(count) < 0.03)  # the unit was given four days
    feedback = reply + _HOUR * np.exp(more.normal(np.log(14), 0.5, count)) * np.where(longer, 2.5, 1.0)
    answer = _HOUR * np.exp(more.normal(np.log(2.0), 0.55, count))
    after_fault = np.where(more.random(count) < 0.0004, more.uniform(25, 40, count), more.uniform(0.1, 3, count)) * _HOUR
    closed = np.where(chain, feedback + answer + 600, hours * _HOUR)
    told = np.where(chain, feedback + answer, closed + after_fault)
    area = pl.Series([value["area"] for value in chosen["metadata"]], dtype=pl.String)
    unit = np.where(chain, np.array(_SUPPLY)[more.integers(0, len(_SUPPLY), count)], area.to_numpy() + "服务站")
    checked, wrong = more.random(count) < 0.02, more.random(count) < 0.004
    frame = chosen.select(
        id=pl.concat_str(pl.lit("T"), pl.col("id").str.slice(1)),
        call_id="id",
        queue_id="queue_id",
        type="topic",
        area=area,
        created_at=pl.col("started_at") + in_seconds(chosen["wait_s"].to_numpy() + chosen["talk_s"].to_numpy()),
    ).with_columns(dispatched_at=pl.col("created_at") + in_seconds(dispatch))
    sent, in_chain = pl.col("dispatched_at"), pl.lit(pl.Series(chain))
    frame = frame.with_columns(
        closed_at=sent + in_seconds(closed),
        returned=pl.Series(rng.random(count) < 0.0015),
        replied_at=pl.when(in_chain).then(sent + in_seconds(reply)),
        feedback_at=pl.when(in_chain).then(sent + in_seconds(feedback)),
        called_back_at=pl.when(pl.lit(pl.Series(chain | fault))).then(sent + in_seconds(told)),
        due_at=pl.when(pl.lit(pl.Series(longer))).then(sent + timedelta(hours=96)),
        complaint=pl.col("type") == _COMPLAINT,
        owner=chosen["agent_id"],
        dispatched_to=pl.Series(unit, dtype=pl.String),
        redispatched=pl.Series((more.random(count) < 0.0006).astype(np.int64)),
        error=pl.when(pl.lit(pl.Series(checked))).then(pl.lit(pl.Series(wrong))),
    )
    happened = ("dispatched_at", "closed_at", "replied_at", "feedback_at", "called_back_at")
    frame = frame.with_columns(pl.when(pl.col(name) <= until).then(name) for name in happened)
    known = pl.col("dispatched_at").is_not_null()  # what has not been sent is with nobody
    return frame.with_columns(
        dispatched_to=pl.when(known).then("dispatched_to").otherwise(pl.lit("")), due_at=pl.when(known).then("due_at")
    )


def call_backs(
    calls: pl.DataFrame, tickets: pl.DataFrame, crew: People, plan: np.ndarray, midnight: datetime, rng: np.random.Generator
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Outbound calls to those who complained, as rows like ``calls``, and the tickets with ``called_back_at``.

    Whoever took the complaint calls back once it is closed, in the first pause that is long enough; after ten hours without one a
    colleague does. Pauses lie within phone time of ``plan`` and no call is cut: the rows of an agent never overlap.
    """
    waiting = tickets.filter(pl.col("complaint") & pl.col("closed_at").is_not_null()).join(
        calls.rename({"id": "call_id"}).drop("queue_id"), on="call_id", maintain_order="left"
    )
    pauses = _pauses(calls, crew, plan, midnight)
    members = {queue: crew.of_queue(queue) for queue in calls["queue_id"].unique()}
    place = {name: i for i, name in enumerate(crew.ids)}
    length = np.maximum(40, rng.gamma(4.0, 35.0, len(waiting))).astype(int)
    wish = (waiting["closed_at"] - midnight).dt.total_seconds().to_numpy() + rng.exponential(2 * _HOUR, len(waiting))
    start, who = np.full(len(waiting), -1, dtype=np.int64), np.full(len(waiting), -1)
    owners, queues = [place[name] for name in waiting["agent_id"]], waiting["queue_id"].to_list()
    for number in np.argsort(wish, kind="stable").tolist():
        others = [agent for agent in members[queues[number]] if agent != owners[number]]
        for agent in (owners[number], *others):
            found = _take(pauses[agent], wish[number], wish[number] + 10 * _HOUR, int(length[number]) + 20)
            if found is not None:
                start[number], who[number] = found, agent
                break
    rows = waiting.select(pl.exclude(set(tickets.columns) - set(calls.columns) - {"id", "call_id"})).with_columns(
        id=pl.concat_str(pl.lit("B"), pl.col("call_id").str.slice(1)),
        started_at=pl.lit(midnight) + pl.Series(start * 1_000_000).cast(pl.Duration("us")),
        agent_id=pl.Series([crew.ids[i] for i in who.tolist()]),
        unit_path=pl.Series([team_path(crew.teams[i]) for i in who.tolist()]),
        direction=pl.lit("outbound"),
        wait_s=0.0,
        talk_s=pl.Series(length.astype(float)),
        hold_s=0.0,
        acw_s=15.0,
        transferred=False,
        transferred_to=pl.lit(None, dtype=pl.String),
        linked_to="call_id",
        key_path=pl.lit(""),
        hung_up_by=pl.lit("caller"),
        outcome=pl.lit("已回访"),
        resolved=pl.lit(None, dtype=pl.Boolean),
    )
    rows = rows.filter(pl.Series(start >= 0)).with_columns(day=pl.col("started_at").dt.date())
    told = rows.select(call_id="linked_to", told=pl.col("started_at") + pl.duration(seconds=pl.col("talk_s").cast(pl.Int64)))
    mended = tickets.join(told, on="call_id", how="left", maintain_order="left")
    return rows.select(calls.columns), mended.with_columns(called_back_at=pl.coalesce("called_back_at", "told")).drop("told")


def _pauses(calls: pl.DataFrame, crew: People, plan: np.ndarray, midnight: datetime) -> list[tuple[list[int], list[int]]]:
    """For every agent the pauses between two calls that begin and end in phone time: begins and ends, seconds since midnight."""
    begin = (calls["started_at"] - midnight).dt.total_seconds().to_numpy() + calls["wait_s"].to_numpy()
    end = begin + calls.select(pl.sum_horizontal("talk_s", "hold_s", "acw_s")).to_series().to_numpy()
    place = {name: i for i, name in enumerate(crew.ids)}
    agent = np.array([place[name] for name in calls["agent_id"]])
    found = []
    for number in range(len(crew.ids)):
        mine = np.flatnonzero(agent == number)
        mine = mine[np.argsort(begin[mine], kind="stable")]
        opens, shuts = end[mine][:-1].astype(int), begin[mine][1:].astype(int)
        ours = plan[:, number] == PHONE
        at_phone = ours[np.minimum(opens // 1800, len(ours) - 1)] & ours[np.minimum(shuts // 1800, len(ours) - 1)]
        kept = at_phone & (shuts - opens >= 60) & (shuts - opens < 3600)
        found.append((opens[kept].tolist(), shuts[kept].tolist()))
    return found


def _take(pauses: tuple[list[int], list[int]], earliest: float, latest: float, seconds: int) -> int | None:
    """Begin of a call of so many seconds in the first pause that holds it; the pause is shortened by it. None without one."""
    opens, shuts = pauses
    place = bisect_left(opens, earliest)
    while place < len(opens) and opens[place] < latest:
        if shuts[place] - opens[place] >= seconds:
            start = opens[place] + 5
            opens[place] = min(start + seconds, shuts[place])
            return start
        place += 1
    return None
