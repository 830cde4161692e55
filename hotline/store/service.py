"""How callers were served: the half-hours of queues for boards and reports, and whether invented data are among them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import polars as pl
import sqlalchemy as sa

from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.organisation import queue_clause
from hotline.store.schema import agent_days, calls, interval_counts, org_units, queues
from hotline.store.tables import frame


def half_hours(store: Store, viewer: Viewer, first: date, last: date) -> pl.DataFrame:
    """Half-hours of the queues that concern the viewer, local days ``first`` to ``last`` (both included). Needs SEE_REPORTS.

    Columns: queue_id, queue, queue_en, path (of the queue's unit), start (centre's zone), offered, answered, abandoned,
    answered_20s, wait_s, handle_s.
    """
    viewer.require(Permission.SEE_REPORTS, "reports")
    counts = ("start", "offered", "answered", "abandoned", "answered_20s", "wait_s", "handle_s")
    query = (
        sa.select(queues.c.id.label("queue_id"), queues.c.name.label("queue"), queues.c.name_en.label("queue_en"), org_units.c.path)
        .add_columns(*(interval_counts.c[name] for name in counts))
        .select_from(
            interval_counts.join(queues, queues.c.id == interval_counts.c.queue_id).join(org_units, org_units.c.id == queues.c.unit_id)
        )
        .where(queue_clause(viewer), *_between(store, first, last))
        .order_by(queues.c.id, interval_counts.c.start)
    )
    with store.read() as connection:
        return frame(connection, query, store.settings.timezone)


def has_synthetic(store: Store, viewer: Viewer, first: date, last: date) -> bool:
    """Are invented calls or queue counts stored for these local days in the viewer's scope? Anybody who sees a board may ask."""
    if not viewer.may(Permission.SEE_BOARD):
        viewer.require(Permission.SEE_TEAM_BOARD, "weekly board")
    invented = sa.select(sa.literal(1)).where(calls.c.synthetic, calls.c.day.between(first, last), viewer.covers(calls.c.unit_path))
    counted = (
        sa.select(sa.literal(1))
        .select_from(
            interval_counts.join(queues, queues.c.id == interval_counts.c.queue_id).join(org_units, org_units.c.id == queues.c.unit_id)
        )
        .where(interval_counts.c.synthetic, queue_clause(viewer), *_between(store, first, last))
    )
    with store.read() as connection:
        return any(connection.execute(query.limit(1)).first() is not None for query in (invented, counted))


def last_day(store: Store, viewer: Viewer) -> date | None:
    """The last day in the viewer's scope that a board can show; None while there is none."""
    if not viewer.may(Permission.SEE_BOARD):
        viewer.require(Permission.SEE_TEAM_BOARD, "weekly board")
    with store.read() as connection:
        return connection.scalar(sa.select(sa.func.max(agent_days.c.day)).where(viewer.covers(agent_days.c.unit_path)))


def _between(store: Store, first: date, last: date) -> list[sa.ColumnElement[bool]]:
    zone = store.settings.zone
    begin, end = datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
    return [interval_counts.c.start >= begin, interval_counts.c.start < end]
