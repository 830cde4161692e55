"""The single calls, half-hours, agent-days or work orders that a number was added up from, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import polars as pl
import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.store import audit
from hotline.store.access import Permission, Viewer
from hotline.store.clocks import Clock, clocks_of
from hotline.store.dialects import days_later, seconds_between
from hotline.store.engine import Store
from hotline.store.figures import EXTERNAL, Slice, below, bounds, closed_complaints, of_agent, queue_scope, require
from hotline.store.measures import CALLS, CLOSED, DISPATCHED, QUEUES, Measure, of_calls, resolution
from hotline.store.schema import agent_days, calls, external_surveys, interval_counts, org_units, queues, scores, surveys, tickets
from hotline.store.service_sums import in_time, known_until, of_tickets, party_of, ran_out, runs, unit_of_ticket
from hotline.store.tables import frame

Which = Literal["all", "counted", "left"]
Terms = Mapping[str, int]
"""Columns of a source with their signs: {"abandoned": 1, "abandoned_short": -1}."""


@dataclass(frozen=True, slots=True)
class RowsPage:
    """One page of rows, and how many there are in all. Columns end with ``top`` and ``bottom``: what the row adds to each."""

    rows: pl.DataFrame
    total: int


def rows_behind(
    store: Store,
    viewer: Viewer,
    source: str,
    top: Terms,
    bottom: Terms,
    part: Slice,
    which: Which = "all",
    *,
    limit: int = 50,
    offset: int = 0,
    name: str = "",
) -> RowsPage:
    """The rows that make up Σtop and Σbottom of a source, newest first; without a ``bottom`` those that add to the top.

    ``which`` keeps all, those that the top counts, or those of the bottom that it leaves out. Calls and work orders need OPEN_CALLS, the
    rest what their sums need. The audit trail says who looked at which rows of what (``name``).
    """
    with store.begin() as connection:
        query, added, under = _source(store, connection, viewer, source, top, bottom, part)
        base = query.add_columns(added.label("top"), under.label("bottom")).subquery()
        inside = base.c.bottom != 0 if bottom else base.c.top != 0
        wanted = {"all": sa.true(), "counted": base.c.top != 0, "left": base.c.top != base.c.bottom}[which]
        kept = sa.select(base).where(inside, wanted)
        total = connection.scalar(sa.select(sa.func.count()).select_from(kept.subquery())) or 0
        order = [base.c[column.name].desc() for column in list(base.c)[:2]]
        rows = frame(connection, kept.order_by(*order).limit(limit).offset(offset), store.settings.timezone)
        span = {"first": str(part.first), "last": str(part.last), "which": which, "offset": offset}
        audit.record(connection, viewer.name, "rows_behind", name or source, unit=part.unit or viewer.scope, agent=part.agent or "", **span)
    return RowsPage(rows, total)


_Found = tuple[sa.Select[Any], sa.ColumnElement[Any], sa.ColumnElement[Any]]


def _source(store: Store, connection: sa.Connection, viewer: Viewer, source: str, top: Terms, bottom: Terms, part: Slice) -> _Found:
    if source == "agent_days" and {*top, *bottom} <= {*CALLS, "fcr_closed", "fcr_resolved"}:
        return _of_calls(store, connection, viewer, top, bottom, part)
    if source == "agent_days":
        return _of_agent_days(viewer, top, bottom, part)
    if source == "queue_days":
        return _of_half_hours(store, viewer, top, bottom, part)
    if source in ("ticket_days", "closures"):
        return _of_orders(store, viewer, source, top, bottom, part)
    if source == "clock_days":
        clock = next((clock for clock in clocks_of(store.settings.home) if clock.id == part.clock), None)
        if clock is None:
            raise NotFound(f"clock {part.clock}", "this centre has none of this name", "see clocks.yaml in the home folder")
        return _of_clock(store, connection, viewer, clock, top, bottom, part)
    return _of_surveys(viewer, top, bottom, part)


def _terms(terms: Terms, measures: Mapping[str, Measure]) -> sa.ColumnElement[Any]:
    """What one row adds: the signed sum of what its measures count."""
    found: sa.ColumnElement[Any] = sa.literal_column("0.0", sa.Float)
    for name, sign in terms.items():
        found = found + sign * measures[name].added()
    return found.cast(sa.Float)


def _of_calls(store: Store, connection: sa.Connection, viewer: Viewer, top: Terms, bottom: Terms, part: Slice) -> _Found:
    last = connection.scalar(sa.select(sa.func.max(calls.c.day)))
    window = timedelta(days=store.settings.fcr_days)
    closed = calls.c.day <= last - window if last is not None else sa.false()
    measures = dict(CALLS) | resolution(closed, days_later(calls.c.day, window.days))
    columns = [calls.c.started_at, calls.c.id.label("call_id")]
    columns += [calls.c[name] for name in ("day", "agent_id", "unit_path", "queue_id", "direction", "topic")]
    query = (
        sa.select(*columns, surveys.c.score.label("survey"), scores.c.high.label("qa_score"))
        .select_from(of_calls())
        .where(viewer.calls_clause(), calls.c.day.between(part.first, part.last), calls.c.agent_id.is_not(None))
        .where(*below(calls.c.unit_path, part.unit), *of_agent(viewer, part, calls.c.agent_id))
    )
    return query, _terms(top, measures), _terms(bottom, measures)


def _of_agent_days(viewer: Viewer, top: Terms, bottom: Terms, part: Slice) -> _Found:
    require(viewer, "agent_days", True)
    measures = {column.name: Measure(value=column) for column in agent_days.columns}
    query = (
        sa.select(agent_days.c.day, agent_days.c.agent_id, agent_days.c.unit_path)
        .where(agent_days.c.day.between(part.first, part.last), viewer.covers(agent_days.c.unit_path))
        .where(*below(agent_days.c.unit_path, part.unit), *of_agent(viewer, part, agent_days.c.agent_id))
    )
    return query, _terms(top, measures), _terms(bottom, measures)


def _of_half_hours(store: Store, viewer: Viewer, top: Terms, bottom: Terms, part: Slice) -> _Found:
    require(viewer, "queue_days", False)
    begin, end = bounds(store, part)
    joined = interval_counts.join(queues, queues.c.id == interval_counts.c.queue_id).join(org_units, org_units.c.id == queues.c.unit_id)
    query = (
        sa.select(interval_counts.c.start, interval_counts.c.queue_id)
        .select_from(joined)
        .where(interval_counts.c.start >= begin, interval_counts.c.start < end, *queue_scope(viewer, part))
    )
    return query, _terms(top, QUEUES), _terms(bottom, QUEUES)


def _orders(viewer: Viewer, at: sa.Column[Any], part: Slice) -> sa.Select[Any]:
    """Work orders in scope, for columns and conditions to be added to."""
    viewer.require(Permission.OPEN_CALLS, "work orders")
    unit = unit_of_ticket()
    names = ("queue_id", "type", "call_id", "owner", "dispatched_to", "created_at", "dispatched_at", "closed_at")
    return (
        sa.select(at.label("at"), tickets.c.id.label("ticket_id"), unit.label("unit_path"), *(tickets.c[name] for name in names))
        .select_from(of_tickets())
        .where(viewer.covers(unit), *below(unit, part.unit), *of_agent(viewer, part, calls.c.agent_id))
    )


def _of_orders(store: Store, viewer: Viewer, source: str, top: Terms, bottom: Terms, part: Slice) -> _Found:
    if source == "closures":
        seconds = seconds_between(tickets.c.created_at, tickets.c.closed_at)
        return (
            _orders(viewer, tickets.c.closed_at, part).where(*closed_complaints(store, viewer, part)),
            seconds,
            sa.literal_column("0.0", sa.Float),
        )
    measures, at = (CLOSED, tickets.c.closed_at) if set(top) <= set(CLOSED) else (DISPATCHED, tickets.c.dispatched_at)
    begin, end = bounds(store, part)
    return _orders(viewer, at, part).where(at >= begin, at < end), _terms(top, measures), _terms(bottom, measures)


def _of_clock(store: Store, connection: sa.Connection, viewer: Viewer, clock: Clock, top: Terms, bottom: Terms, part: Slice) -> _Found:
    begin, end = bounds(store, part)
    until = known_until(connection)
    over = min(end, until) if until is not None else begin
    kept = in_time(clock)
    measures = {"due": Measure(), "kept": Measure(kept), "breached": Measure(sa.not_(kept))}
    query = _orders(viewer, tickets.c[clock.start], part).where(
        sa.or_(*ran_out(clock, begin, over)), runs(clock), tickets.c[clock.start].is_not(None)
    )
    stop = tickets.c[clock.stop].label("stopped_at")
    return query.add_columns(stop, party_of(clock).label("party")), _terms(top, measures), _terms(bottom, measures)


def _of_surveys(viewer: Viewer, top: Terms, bottom: Terms, part: Slice) -> _Found:
    require(viewer, "external_surveys", False)
    measures = {name: Measure(value=column) for name, column in EXTERNAL.items()}
    names = ("day", "id", "unit_path", "kind", "score", "scale", "asked", "answered")
    query = sa.select(*(external_surveys.c[name] for name in names)).where(
        external_surveys.c.day.between(part.first, part.last),
        viewer.covers(external_surveys.c.unit_path),
        *below(external_surveys.c.unit_path, part.unit),
    )
    return query, _terms(top, measures), _terms(bottom, measures)
