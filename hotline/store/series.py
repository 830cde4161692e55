"""History for forecasting and boards: queue counts, topics, agent states, tickets. Sums only, no caller and no words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa

from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.organisation import queue_clause, require_queue
from hotline.store.schema import agent_intervals, agents, interval_counts, org_units, queues, tickets, topic_days
from hotline.store.tables import frame

Grain = Literal["half_hour", "day"]
COUNTS = ("offered", "answered", "abandoned", "answered_20s", "wait_s", "handle_s")
"""Columns that sum: calls, and seconds of answered calls (ASA = wait_s / answered, AHT = handle_s / answered)."""


def offered(
    store: Store, viewer: Viewer, queue_id: str, grain: Grain = "half_hour", first: date | None = None, last: date | None = None
) -> pl.DataFrame:
    """A queue's history by half-hour or local day, oldest first: ``start`` (local), ``day``, :data:`COUNTS`, ``synthetic``.

    Intervals that no feed brought are absent, never zero. ``first`` and ``last`` are local days, both included. Needs SEE_FORECAST
    and a queue that concerns the viewer.
    """
    query: sa.Select[Any] = sa.select(interval_counts.c.start, *(interval_counts.c[name] for name in COUNTS), interval_counts.c.synthetic)
    query = _between(store, query.where(interval_counts.c.queue_id == queue_id), interval_counts.c.start, first, last)
    with store.read() as connection:
        require_queue(connection, viewer, queue_id, Permission.SEE_FORECAST)
        found = frame(connection, query.order_by(interval_counts.c.start), store.settings.timezone)
    found = found.with_columns(pl.col("start").dt.date().alias("day")).select("start", "day", *COUNTS, "synthetic")
    if grain == "half_hour":
        return found
    midnight = pl.col("day").cast(pl.Datetime("us")).dt.replace_time_zone(store.settings.timezone).alias("start")
    daily = found.group_by("day", maintain_order=True).agg(pl.col(COUNTS).sum(), pl.col("synthetic").any())
    return daily.with_columns(midnight).select("start", "day", *COUNTS, "synthetic")


def topics(store: Store, viewer: Viewer, queue_id: str, first: date | None = None, last: date | None = None) -> pl.DataFrame:
    """A queue's calls by local day and topic: ``day``, ``topic``, ``offered``. Needs SEE_FORECAST."""
    query = sa.select(topic_days.c.day, topic_days.c.topic, topic_days.c.offered).where(topic_days.c.queue_id == queue_id)
    if first is not None:
        query = query.where(topic_days.c.day >= first)
    if last is not None:
        query = query.where(topic_days.c.day <= last)
    with store.read() as connection:
        require_queue(connection, viewer, queue_id, Permission.SEE_FORECAST)
        return frame(connection, query.order_by(topic_days.c.day, topic_days.c.topic))


def agent_states(store: Store, viewer: Viewer, first: date, last: date) -> pl.DataFrame:
    """Seconds by local day, agent and state: ``day``, ``unit_path``, ``agent_id``, ``state``, ``seconds``.

    Scope as in ``rollups.agent_days``: an agent's own, everybody's with SEE_BOARD, teams (agent_id null) with SEE_TEAM_BOARD.
    """
    by_agent = viewer.may(Permission.SEE_BOARD)
    if not by_agent:
        viewer.require(Permission.SEE_TEAM_BOARD, "agent states")
    joined = agent_intervals.join(agents, agents.c.id == agent_intervals.c.agent_id).join(org_units, org_units.c.id == agents.c.team_id)
    columns = (agent_intervals.c.start, org_units.c.path.label("unit_path"), agent_intervals.c.agent_id, agent_intervals.c.state)
    query = sa.select(*columns, agent_intervals.c.seconds).select_from(joined).where(viewer.covers(org_units.c.path))
    if viewer.role is UserRole.AGENT:
        query = query.where(agent_intervals.c.agent_id == viewer.agent_id)
    with store.read() as connection:
        found = frame(connection, _between(store, query, agent_intervals.c.start, first, last), store.settings.timezone)
    if not by_agent:
        found = found.with_columns(pl.lit(None, dtype=pl.String).alias("agent_id"))
    keys = ["day", "unit_path", "agent_id", "state"]
    return found.with_columns(pl.col("start").dt.date().alias("day")).group_by(keys).agg(pl.col("seconds").sum()).sort(keys)


def tickets_of(store: Store, viewer: Viewer, first: date, last: date) -> pl.DataFrame:
    """Tickets made on the local days ``first`` to ``last`` in queues that concern the viewer; instants local.

    Columns: id, queue_id, type, area, created_at, dispatched_at, closed_at, returned. Needs SEE_TEAM_BOARD.
    """
    viewer.require(Permission.SEE_TEAM_BOARD, "tickets")
    names = ("id", "queue_id", "type", "area", "created_at", "dispatched_at", "closed_at", "returned")
    joined = tickets.join(queues, queues.c.id == tickets.c.queue_id).join(org_units, org_units.c.id == queues.c.unit_id)
    query = sa.select(*(tickets.c[name] for name in names)).select_from(joined).where(queue_clause(viewer))
    with store.read() as connection:
        return frame(
            connection, _between(store, query, tickets.c.created_at, first, last).order_by(tickets.c.created_at), store.settings.timezone
        )


def _between(
    store: Store, query: sa.Select[Any], column: sa.ColumnElement[datetime], first: date | None, last: date | None
) -> sa.Select[Any]:
    """Keep the instants of the local days ``first`` to ``last``."""
    if first is not None:
        query = query.where(column >= datetime.combine(first, time(), store.settings.zone))
    if last is not None:
        query = query.where(column < datetime.combine(last + timedelta(days=1), time(), store.settings.zone))
    return query
