"""Sums from the roll-ups, and the single rows that they were added up from: one scope, one set of conditions for both.

agent_days ◄── calls        queue_days ◄── half-hours        ticket_days, clock_days ◄── work orders        external_surveys
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.dialects import seconds_between
from hotline.store.engine import Store
from hotline.store.organisation import queue_clause
from hotline.store.schema import agent_days, calls, clock_days, external_surveys, org_units, queue_days, queues, ticket_days, tickets
from hotline.store.service_sums import of_tickets, unit_of_ticket
from hotline.store.tables import frame

_GROUPS: Mapping[str, tuple[sa.Table, tuple[str, ...]]] = {
    "agent_days": (agent_days, ("agent_id", "unit_path", "day")),
    "queue_days": (queue_days, ("queue_id", "day")),
    "ticket_days": (ticket_days, ("queue_id", "type", "unit_path", "day")),
    "clock_days": (clock_days, ("queue_id", "type", "unit_path", "party", "day")),
    "external_surveys": (external_surveys, ("kind", "unit_path", "day")),
    "closures": (tickets, ()),
}
"""Source → its table, and what it can be grouped by."""

_POINTS = 100.0 * external_surveys.c.score / external_surveys.c.scale
EXTERNAL: Mapping[str, sa.ColumnElement[Any]] = {
    "asked": external_surveys.c.asked,
    "answered": external_surveys.c.answered,
    "points": _POINTS * external_surveys.c.answered,  # of a hundred
}
QUANTILES = {"median_s": 0.5, "p90_s": 0.9}
"""Columns of ``closures``: how long complaints took. They cannot be added up, so they come from the work orders themselves."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of a source: local days ``first`` to ``last`` (both included), a unit path or None, an agent or None, a clock or ''."""

    first: date
    last: date
    unit: str | None = None
    agent: str | None = None
    clock: str = ""


def measures_of(source: str) -> tuple[str, ...]:
    """The columns of a source that can be added up; of ``closures``, which has none such, its quantiles."""
    if source == "closures":
        return tuple(QUANTILES)
    if source == "external_surveys":
        return tuple(EXTERNAL)
    table, keys = _GROUPS[source]
    return tuple(column.name for column in table.columns if column.name not in (*keys, "clock"))


def sums(store: Store, viewer: Viewer, source: str, part: Slice, by: Sequence[str] = ()) -> pl.DataFrame:
    """The sums of a source in the viewer's scope: a row a group of ``by``, sorted by it, with :func:`measures_of`; one row without.

    Agents get their own days; who may see only team boards gets no agents. Queues, work orders and surveys need SEE_REPORTS.
    Raises AccessDenied, and BadInput for a source or group that is not there.
    """
    if source not in _GROUPS or any(name not in _GROUPS[source][1] for name in by):
        raise BadInput(f"{source} by {', '.join(by)}", "there are no such sums", f"sources: {', '.join(_GROUPS)}")
    table, _ = _GROUPS[source]
    if source == "closures":
        return _closures(store, viewer, part)
    require(viewer, source, "agent_id" in by)
    keys = [table.c[name] for name in by]
    columns: list[sa.ColumnElement[Any]] = [
        EXTERNAL[name] if source == "external_surveys" else table.c[name] for name in measures_of(source)
    ]
    totals = [
        sa.func.coalesce(sa.func.sum(column), 0).cast(column.type).label(name)
        for name, column in zip(measures_of(source), columns, strict=True)
    ]
    query = sa.select(*keys, *totals).select_from(_joined(table)).where(*_within(viewer, source, part)).group_by(*keys).order_by(*keys)
    with store.read() as connection:
        return frame(connection, query)


def _joined(table: sa.Table) -> sa.FromClause:
    if table is queue_days:
        return table.join(queues, queues.c.id == table.c.queue_id).join(org_units, org_units.c.id == queues.c.unit_id)
    return table


def require(viewer: Viewer, source: str, by_agent: bool) -> None:
    """Raise AccessDenied unless the viewer may see sums of this source."""
    if source != "agent_days":
        viewer.require(Permission.SEE_REPORTS, "reports")
    elif by_agent or not viewer.may(Permission.SEE_TEAM_BOARD):
        viewer.require(Permission.SEE_BOARD, "weekly board")


def _within(viewer: Viewer, source: str, part: Slice) -> list[sa.ColumnElement[bool]]:
    table, _ = _GROUPS[source]
    require(viewer, source, part.agent is not None)
    found: list[sa.ColumnElement[bool]] = [table.c.day.between(part.first, part.last)]
    if source == "queue_days":
        return [*found, *queue_scope(viewer, part)]
    found += [viewer.covers(table.c.unit_path), *below(table.c.unit_path, part.unit)]
    if source == "agent_days":
        found += of_agent(viewer, part, table.c.agent_id)
    if source == "clock_days":
        found.append(table.c.clock == part.clock)
    return found


def queue_scope(viewer: Viewer, part: Slice) -> list[sa.ColumnElement[bool]]:
    """The queues that concern the viewer and the unit: below it, or those it answers."""
    path, unit = org_units.c.path, part.unit
    if unit is None:
        return [queue_clause(viewer)]
    above = sa.func.substr(sa.literal(unit), 1, sa.func.length(path)) == path
    return [queue_clause(viewer), sa.or_(*below(path, unit), above)]


def below(path: sa.ColumnElement[str], unit: str | None) -> list[sa.ColumnElement[bool]]:
    """The condition that a unit path lies in ``unit``; none without one."""
    return [] if unit is None else [sa.func.substr(path, 1, len(unit)) == unit]


def of_agent(viewer: Viewer, part: Slice, column: sa.ColumnElement[Any]) -> list[sa.ColumnElement[bool]]:
    """An agent's own rows for an agent, and those of the agent asked for."""
    found = [] if part.agent is None else [column == part.agent]
    if viewer.role is UserRole.AGENT:
        found.append(column == viewer.agent_id if viewer.agent_id else sa.false())
    return found


def bounds(store: Store, part: Slice) -> tuple[datetime, datetime]:
    """The instants at which the days of ``part`` begin and end."""
    zone = store.settings.zone
    return datetime.combine(part.first, time(), zone), datetime.combine(part.last + timedelta(days=1), time(), zone)


def closed_complaints(store: Store, viewer: Viewer, part: Slice) -> list[sa.ColumnElement[bool]]:
    """The conditions on :func:`service_sums.of_tickets` for complaints closed in the days of ``part``."""
    begin, end = bounds(store, part)
    unit = unit_of_ticket()
    closed = (tickets.c.complaint, tickets.c.closed_at >= begin, tickets.c.closed_at < end)
    return [*closed, viewer.covers(unit), *below(unit, part.unit), *of_agent(viewer, part, calls.c.agent_id)]


def _closures(store: Store, viewer: Viewer, part: Slice) -> pl.DataFrame:
    require(viewer, "closures", part.agent is not None)
    seconds = seconds_between(tickets.c.created_at, tickets.c.closed_at).label("seconds")
    query = sa.select(seconds).select_from(of_tickets()).where(*closed_complaints(store, viewer, part))
    with store.read() as connection:
        taken = frame(connection, query)["seconds"]
    return pl.DataFrame(
        {name: [taken.quantile(share, "linear")] for name, share in QUANTILES.items()}, schema=dict.fromkeys(QUANTILES, pl.Float64)
    )
