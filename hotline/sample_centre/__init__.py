"""The sample centre: an invented hotline with thirty months of history, the same for the same seed.

Every row is synthetic and says so. Parts: ``organisation`` (who), ``demand`` (how many calls to expect), ``roster`` (who sits there),
``simulation`` (calls one by one), ``calls``, ``followups`` and ``workorders`` (rows of single calls and what came of them).

>>> from datetime import date
>>> centre = build(until=date(2026, 11, 15), months=1, detail_weeks=1)
>>> centre.agents.height, centre.queues["id"].to_list()
(40, ['q0', 'q1', 'q2', 'q3', 'q5', 'q6'])
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from hotline.errors import BadInput
from hotline.sample_centre import calls, demand, followups, organisation, roster, simulation, workorders
from hotline.sample_centre.demand import SLOTS, TOPICS

SEED = 95598
UNTIL = date(2026, 11, 15)
MONTHS = 30
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class SampleCentre:
    """One frame a table of the store, with the store's column names; ``storms`` names the days when faults soared."""

    org_units: pl.DataFrame
    agents: pl.DataFrame
    queues: pl.DataFrame
    interval_counts: pl.DataFrame
    topic_days: pl.DataFrame
    calls: pl.DataFrame
    agent_intervals: pl.DataFrame
    agent_schedules: pl.DataFrame
    tickets: pl.DataFrame
    surveys: pl.DataFrame
    external_surveys: pl.DataFrame
    storms: tuple[date, ...]

    def frames(self) -> dict[str, pl.DataFrame]:
        """Table name to frame, parents before children."""
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name != "storms"}


def build(seed: int = SEED, until: date = UNTIL, months: int = MONTHS, detail_weeks: int | None = None) -> SampleCentre:
    """Make the centre: ``months`` of history that end with local day ``until``.

    ``detail_weeks`` keeps single calls, states, tickets and surveys of the last weeks only, which is quicker; None keeps them all.

    Raises BadInput when ``months`` is not 1–120 or the Chinese calendar does not know a year of the history.
    """
    if not 1 <= months <= 120:
        raise BadInput("months", f"{months} is not a usable length of history", "use 1 to 120")
    first_day = _months_before(until, months)
    days = [first_day + timedelta(days=i) for i in range((until - first_day).days + 1)]
    demand.is_workday(days[0]), demand.is_workday(days[-1] + timedelta(days=1))
    rng = np.random.default_rng(seed)
    crew = organisation.people(rng)
    storm = demand.storms(rng, days)
    plan = roster.roster(crew, days, rng)
    busy = np.array([(1.06 if day in storm else 1.0) * (1 - 0.02 * i / 365) for i, day in enumerate(days)])
    traffic = simulation.simulate(crew, plan, simulation.expected(days, storm, rng), busy, rng)
    midnight = datetime.combine(first_day, time(), ZONE)
    detail = 0 if detail_weeks is None else max(0, len(days) - 7 * detail_weeks)
    # A stream of its own: what was added to the feeds later leaves the calls of a seed as they were.
    more = np.random.default_rng([seed, 1])
    answered = calls.call_frame(traffic, crew, days, detail, midnight, rng, more)
    end = datetime.combine(until + timedelta(days=1), time(), ZONE)
    tickets = workorders.ticket_frame(answered, end, rng, more)
    surveys = followups.survey_frame(answered, crew, rng, more)
    outbound, tickets = workorders.call_backs(answered, tickets, crew, plan, midnight, more)
    call_rows = pl.concat([answered, outbound]).sort("started_at", "id")
    sub_centres = [f"/c/{key}/" for key in organisation.SUB_CENTRES]
    return SampleCentre(
        org_units=organisation.unit_frame(),
        agents=organisation.agent_frame(crew, first_day),
        queues=organisation.queue_frame(),
        interval_counts=_intervals(traffic, len(days), midnight),
        topic_days=_topic_days(traffic, days),
        calls=call_rows.drop("topic_number"),
        agent_intervals=followups.state_frame(call_rows, crew, plan, detail * SLOTS, midnight),
        agent_schedules=roster.schedule_frame(crew, plan, detail * SLOTS, midnight, more),
        tickets=tickets,
        surveys=surveys,
        external_surveys=followups.external_frame(days, sub_centres, more),
        storms=tuple(sorted(storm)),
    )


def _months_before(until: date, months: int) -> date:
    """The day after the same day of the month so many months earlier."""
    year, month = divmod(until.year * 12 + until.month - 1 - months, 12)
    return date(year, month + 1, min(until.day, 28)) + timedelta(days=1)


def _intervals(traffic: simulation.Traffic, days: int, midnight: datetime) -> pl.DataFrame:
    """Rows of ``interval_counts``: every queue and half-hour, also those without a call."""
    counted = (
        pl.DataFrame(
            {"queue_id": traffic.queue, "slot": traffic.slot, "wait": traffic.wait, "handle": traffic.handle, "agent": traffic.agent}
        )
        .with_columns(answered=pl.col("agent") >= 0)
        .group_by("queue_id", "slot")
        .agg(
            offered=pl.len(),
            answered=pl.col("answered").sum(),
            abandoned_short=(~pl.col("answered") & (pl.col("wait") < 5)).sum(),
            **{f"answered_{n}s": (pl.col("answered") & (pl.col("wait") <= n)).sum() for n in (15, 20, 30)},
            wait_s=pl.col("wait").filter("answered").sum().cast(pl.Float64),
            handle_s=pl.col("handle").sum().cast(pl.Float64),
        )
    )
    grid = organisation.queue_frame().select(queue_id="id").join(pl.DataFrame({"slot": np.arange(days * SLOTS)}), how="cross")
    return (
        grid.join(counted, on=["queue_id", "slot"], how="left")
        .fill_null(0)
        .select(
            "queue_id",
            start=pl.lit(midnight) + (pl.col("slot") * 1_800_000_000).cast(pl.Duration("us")),
            offered=pl.col("offered").cast(pl.Int64),
            answered=pl.col("answered").cast(pl.Int64),
            abandoned=(pl.col("offered") - pl.col("answered")).cast(pl.Int64),
            abandoned_short=pl.col("abandoned_short").cast(pl.Int64),
            **{f"answered_{n}s": pl.col(f"answered_{n}s").cast(pl.Int64) for n in (15, 20, 30)},
            wait_s="wait_s",
            handle_s="handle_s",
            synthetic=True,
        )
        .sort("queue_id", "start")
    )


def _topic_days(traffic: simulation.Traffic, days: list[date]) -> pl.DataFrame:
    """Rows of ``topic_days``: every topic of a queue on every day."""
    topics = pl.DataFrame({"topic_number": range(len(TOPICS)), "queue_id": [t.queue for t in TOPICS], "topic": [t.name for t in TOPICS]})
    counted = (
        pl.DataFrame({"topic_number": traffic.topic, "number": traffic.slot // SLOTS})
        .group_by("topic_number", "number")
        .agg(offered=pl.len())
    )
    calendar = pl.DataFrame({"number": range(len(days)), "day": days})
    return (
        topics.join(calendar, how="cross")
        .join(counted, on=["topic_number", "number"], how="left")
        .select("queue_id", "day", "topic", pl.col("offered").fill_null(0).cast(pl.Int64))
        .sort("queue_id", "day", "topic")
    )
