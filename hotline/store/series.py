"""History for forecasting and boards: queue counts and topics. Sums only, no caller and no words."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa

from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.organisation import require_queue
from hotline.store.schema import interval_counts, topic_days
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


def _between(
    store: Store, query: sa.Select[Any], column: sa.ColumnElement[datetime], first: date | None, last: date | None
) -> sa.Select[Any]:
    """Keep the instants of the local days ``first`` to ``last``."""
    if first is not None:
        query = query.where(column >= datetime.combine(first, time(), store.settings.zone))
    if last is not None:
        query = query.where(column < datetime.combine(last + timedelta(days=1), time(), store.settings.zone))
    return query
