"""One day of ``agent_days``: sums of each agent's calls, of his states, and of how they fit his schedule.

The state feed tells seconds a state and half-hour, not when in the half-hour, so adherence is kept half-hour by half-hour: of the seconds
planned for an activity as many are adhered to as were spent in its states, at most all of them.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from hotline.store.measures import AWAY, BUSY, INBOUND, INBOUND_CALLS, OUTBOUND, OUTBOUND_CALLS, of_calls, resolution
from hotline.store.schema import agent_days, agent_intervals, agent_schedules, agents, calls, org_units
from hotline.store.tables import frame, upsert

_HALF_HOUR = 1800.0


def write(connection: sa.Connection, day: date, zone: ZoneInfo, last: date | None, window: timedelta) -> int:
    """Put the rows of local ``day`` in place of those that are there; returns how many.

    ``last`` is the last day with calls; a call's repeat ``window`` is closed when it ends by then. Beyond ``last`` nothing is written:
    a roster of next week is not yet a day of work.
    """
    connection.execute(agent_days.delete().where(agent_days.c.day == day))
    if last is None or day > last:
        return 0
    measures = dict(INBOUND_CALLS) | resolution(
        sa.true() if day + window <= last else sa.false(),
        sa.literal(day + window),
        # the same bound as an instant, which the index can use
        lambda again: again.c.started_at < _midnight(day + window + timedelta(days=1), zone),
    )
    columns = ["agent_id", "day", "unit_path", *measures]
    query = (
        sa.select(calls.c.agent_id, calls.c.day, _team(), *(measure.total() for measure in measures.values()))
        .select_from(of_calls())
        .where(calls.c.day == day, calls.c.agent_id.is_not(None), INBOUND)
        .group_by(calls.c.agent_id, calls.c.day)
    )
    connection.execute(agent_days.insert().from_select(columns, query))
    for more in (_called_back(connection, day), _worked(connection, day, zone)):
        rows = _rows(connection, more, day, list(measures))
        upsert(connection, agent_days, rows, keep=("unit_path", *measures))
    return connection.scalar(sa.select(sa.func.count()).select_from(agent_days).where(agent_days.c.day == day)) or 0


def _team() -> sa.ColumnElement[str]:
    """The team of the day's last call; it is looked for only where an agent's calls of the day name more than one."""
    late = calls.alias("late")
    last = (
        sa.select(late.c.unit_path)
        .where(late.c.agent_id == calls.c.agent_id, late.c.day == calls.c.day)
        .order_by(late.c.started_at.desc(), late.c.id.desc())
        .limit(1)
        .correlate(calls)
        .scalar_subquery()
    )
    lowest = sa.func.min(calls.c.unit_path)
    return sa.case((lowest == sa.func.max(calls.c.unit_path), lowest), else_=last)


def _called_back(connection: sa.Connection, day: date) -> pl.DataFrame:
    """agent_id, unit_path and the columns of ``agent_days`` that come from call-backs."""
    query = (
        sa.select(calls.c.agent_id, _team().label("unit_path"))
        .add_columns(*(measure.total().label(name) for name, measure in OUTBOUND_CALLS.items()))
        .select_from(of_calls())
        .where(calls.c.day == day, calls.c.agent_id.is_not(None), OUTBOUND)
        .group_by(calls.c.agent_id, calls.c.day)
    )
    return pl.DataFrame([dict(row) for row in connection.execute(query).mappings()], infer_schema_length=None)


def _rows(connection: sa.Connection, worked: pl.DataFrame, day: date, nought: list[str]) -> list[dict[str, object]]:
    """Rows to write; an agent without a call that day stands under his present team, with no calls."""
    if worked.is_empty():
        return []
    joined = agents.join(org_units, org_units.c.id == agents.c.team_id)
    path = {row.id: row.path for row in connection.execute(sa.select(agents.c.id, org_units.c.path).select_from(joined))}
    empty = {"day": day, **dict.fromkeys(nought, 0)}
    return [{**empty, "unit_path": path[row["agent_id"]], **row} for row in worked.iter_rows(named=True)]


def half_hours(connection: sa.Connection, begin: datetime, end: datetime) -> pl.DataFrame:
    """What agents did between two instants: agent_id, start, phone, break, meeting, training, busy, available, login (s)."""
    state, seconds = agent_intervals.c.state, agent_intervals.c.seconds

    def spent(name: str, *states: str) -> sa.ColumnElement[float]:
        return sa.func.sum(sa.case((state.in_(states), seconds), else_=0.0)).cast(sa.Float).label(name)

    query = (
        sa.select(agent_intervals.c.agent_id, agent_intervals.c.start)
        .add_columns(spent("busy", *BUSY), *(spent(name, name) for name in ("available", "break", *AWAY)))
        .add_columns(sa.func.sum(seconds).cast(sa.Float).label("login"))
        # by way of the agents: the key begins with them, and there is no index on the instant alone
        .where(agent_intervals.c.agent_id.in_(sa.select(agents.c.id)))
        .where(agent_intervals.c.start >= begin, agent_intervals.c.start < end)
        .group_by(agent_intervals.c.agent_id, agent_intervals.c.start)
    )
    return frame(connection, query).with_columns(phone=pl.col("busy") + pl.col("available"))


def planned(connection: sa.Connection, begin: datetime, end: datetime) -> pl.LazyFrame:
    """What schedules say between two instants: agent_id, start (of the half-hour), activity, seconds."""
    query = (
        sa.select(*(agent_schedules.c[name] for name in ("agent_id", "start", "end", "activity")))
        .where(agent_schedules.c.agent_id.in_(sa.select(agents.c.id)))
        .where(agent_schedules.c.start < end, agent_schedules.c.start >= begin - timedelta(days=1), agent_schedules.c.end > begin)
    )
    clipped = frame(connection, query).lazy().with_columns(pl.col("start").clip(lower_bound=begin), pl.col("end").clip(upper_bound=end))
    halves = pl.datetime_ranges(pl.col("start").dt.truncate("30m"), pl.col("end"), "30m", closed="left").alias("half")
    overlap = pl.min_horizontal("end", pl.col("half") + timedelta(minutes=30)) - pl.max_horizontal("start", "half")
    return (
        clipped.with_columns(halves)
        .explode("half")
        .with_columns(seconds=overlap.dt.total_milliseconds() / 1000)
        .group_by("agent_id", "activity", start="half")
        .agg(pl.col("seconds").sum())
    )


def adherence(done: pl.LazyFrame, plan: pl.LazyFrame) -> pl.LazyFrame:
    """Each planned activity of a half-hour beside what was done: agent_id, start, activity, planned, adherent (s)."""
    spent = done.unpivot(on=["phone", "break", *AWAY], index=["agent_id", "start"], variable_name="activity", value_name="spent")
    return plan.join(spent, on=["agent_id", "start", "activity"], how="left").select(
        *("agent_id", "start", "activity"),
        planned=pl.col("seconds"),
        adherent=pl.min_horizontal("seconds", pl.col("spent").fill_null(0.0)),
    )


def _worked(connection: sa.Connection, day: date, zone: ZoneInfo) -> pl.DataFrame:
    """agent_id and the columns of ``agent_days`` that come from states and schedules."""
    begin, end = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    done, plan = half_hours(connection, begin, end).lazy(), planned(connection, begin, end)
    states = done.group_by("agent_id").agg(
        login_s=pl.col("login").sum(),
        busy_s=pl.col("busy").sum(),
        available_s=pl.col("available").sum(),
        break_s=pl.col("break").sum(),
        away_s=pl.sum_horizontal(AWAY).sum(),
        phone=pl.col("phone").sum(),
    )
    kept = (
        adherence(done, plan)
        .group_by("agent_id")
        .agg(
            scheduled_s=pl.col("planned").sum(),
            adherent_s=pl.col("adherent").sum(),
            scheduled_phone_s=pl.col("planned").filter(pl.col("activity") == "phone").sum(),
        )
    )
    both = states.join(kept, on="agent_id", how="full", coalesce=True).fill_null(0.0)
    return both.with_columns(worked_s=pl.when(pl.col("scheduled_s") > 0).then("phone").otherwise(0.0)).drop("phone").collect()


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
