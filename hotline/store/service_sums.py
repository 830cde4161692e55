"""One day of the roll-ups that are not about agents: queues, work orders, and the clocks that ran out on the day.

A clock counts on the day its time ran out, kept or not: by then both are known, and nothing that comes later changes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from hotline.store.clocks import OTHER, STARTS, Clock
from hotline.store.dialects import seconds_between
from hotline.store.measures import CLOSED, DISPATCHED, QUEUES, Measure
from hotline.store.schema import calls, clock_days, interval_counts, org_units, queue_days, queues, ticket_days, tickets
from hotline.store.tables import upsert


def known_until(connection: sa.Connection) -> datetime | None:
    """The last instant that the store knows of; what runs out later is not decided. None for an empty store."""
    columns = (calls.c.started_at, *(tickets.c[name] for name in STARTS))
    ends = [connection.scalar(sa.select(sa.func.max(column))) for column in columns]
    return max((end for end in ends if end is not None), default=None)


def write(connection: sa.Connection, day: date, zone: ZoneInfo, every_clock: Iterable[Clock], until: datetime | None) -> None:
    """Put ``day``'s rows of ``queue_days``, ``ticket_days`` and ``clock_days`` in place of those that are there.

    ``until`` is :func:`known_until`: clocks that run out after it are left for later.
    """
    begin, end = datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)
    for table in (queue_days, ticket_days, clock_days):
        connection.execute(table.delete().where(table.c.day == day))
    _queues(connection, day, begin, end)
    for at, measures in ((tickets.c.dispatched_at, DISPATCHED), (tickets.c.closed_at, CLOSED)):
        _tickets(connection, day, at, measures, begin, end)
    over = min(end, until) if until is not None else begin
    for clock in every_clock if over > begin else ():
        query = _clock(clock, day, begin, over)
        connection.execute(clock_days.insert().from_select([column.name for column in query.selected_columns], query))


def _queues(connection: sa.Connection, day: date, begin: datetime, end: datetime) -> None:
    sums = (measure.total() for measure in QUEUES.values())
    query = (
        sa.select(interval_counts.c.queue_id, sa.literal(day), *sums)
        # named one by one: the key begins with them, and there is no index on the instant alone
        .where(interval_counts.c.queue_id.in_(sa.select(queues.c.id)))
        .where(interval_counts.c.start >= begin, interval_counts.c.start < end)
        .group_by(interval_counts.c.queue_id)
    )
    connection.execute(queue_days.insert().from_select(["queue_id", "day", *QUEUES], query))


def unit_of_ticket() -> sa.ColumnElement[str]:
    """The unit a work order counts for: the team that took the call, or the queue's unit where no call is known."""
    return sa.func.coalesce(calls.c.unit_path, org_units.c.path)


def of_tickets() -> sa.FromClause:
    """Work orders with their call, if any, and the unit of their queue."""
    return (
        tickets.join(queues, queues.c.id == tickets.c.queue_id)
        .join(org_units, org_units.c.id == queues.c.unit_id)
        .outerjoin(calls, calls.c.id == tickets.c.call_id)
    )


def _tickets(
    connection: sa.Connection, day: date, at: sa.Column[Any], measures: Mapping[str, Measure], begin: datetime, end: datetime
) -> None:
    unit = unit_of_ticket()
    query = (
        sa.select(tickets.c.queue_id, tickets.c.type, unit.label("unit_path"), sa.literal(day).label("day"))
        .add_columns(*(measure.total().label(name) for name, measure in measures.items()))
        .select_from(of_tickets())
        .where(at >= begin, at < end)
        .group_by(tickets.c.queue_id, tickets.c.type, unit)
    )
    upsert(connection, ticket_days, [dict(row) for row in connection.execute(query).mappings()])


def runs(clock: Clock) -> sa.ColumnElement[bool]:
    """The condition that a clock runs on a work order."""
    wanted: list[sa.ColumnElement[bool]] = [tickets.c.complaint] if clock.complaint else []
    if clock.queues:
        wanted.append(tickets.c.queue_id.in_(clock.queues))
    if OTHER not in clock.limit_s:
        wanted.append(tickets.c.type.in_(clock.limit_s))
    return sa.and_(sa.true(), *wanted)


def ran_out(clock: Clock, begin: datetime, end: datetime) -> list[sa.ColumnElement[bool]]:
    """The conditions, of which one holds for a work order whose time on this clock ran out in ``begin`` ≤ instant < ``end``.

    A list, because one index serves each of them and none serves all.
    """
    start = tickets.c[clock.start]
    named = [kind for kind in clock.limit_s if kind != OTHER]
    kinds = []
    for kind, seconds in clock.limit_s.items():
        limit = timedelta(seconds=seconds)
        of_kind = tickets.c.type == kind if kind != OTHER else tickets.c.type.not_in(named) if named else sa.true()
        kinds.append(sa.and_(of_kind, start >= begin - limit, start < end - limit))
    # The limit is taken from the bounds, not added to the start, and the widest bounds stand by themselves: so the start's index serves.
    widest = (start >= begin - timedelta(seconds=max(clock.limit_s.values())), start < end - timedelta(seconds=min(clock.limit_s.values())))
    if not clock.extended:
        return [sa.and_(*widest, sa.or_(*kinds))]
    own = tickets.c[clock.extended]
    # coalesce hides the column from its index, which would serve up every work order without a date of its own
    return [sa.and_(own >= begin, own < end), sa.and_(*widest, sa.or_(*kinds), sa.func.coalesce(own, own).is_(None))]


def in_time(clock: Clock) -> sa.ColumnElement[bool]:
    """The condition that the work order stopped the clock before its time ran out."""
    start, stop = tickets.c[clock.start], tickets.c[clock.stop]
    named = [(tickets.c.type == kind, seconds) for kind, seconds in clock.limit_s.items() if kind != OTHER]
    other = sa.literal(clock.limit_s.get(OTHER, 0.0))
    limit = sa.case(*named, else_=other) if named else other
    kept = sa.and_(stop.is_not(None), seconds_between(start, stop) <= limit)
    if not clock.extended:
        return kept
    own = tickets.c[clock.extended]
    return sa.case((own.is_not(None), sa.and_(stop.is_not(None), stop <= own)), else_=kept)


def party_of(clock: Clock) -> sa.ColumnElement[str]:
    """The unit outside that answers for the clock on a work order; empty where the centre does, whose team and agent are known."""
    return sa.literal_column("''", sa.String(40)) if clock.party == "centre" else tickets.c[clock.party]


def _clock(clock: Clock, day: date, begin: datetime, end: datetime) -> sa.Select[Any]:
    """Sums of a clock a queue, type, unit and party. Each condition of :func:`ran_out` is searched for by itself."""
    conditions = ran_out(clock, begin, end)
    every = [sa.select(tickets.c.id).where(condition, runs(clock)) for condition in conditions]
    chosen = sa.and_(conditions[0], runs(clock)) if len(every) == 1 else tickets.c.id.in_(sa.union_all(*every))
    unit, kept = unit_of_ticket(), Measure(in_time(clock)).total()
    due = sa.func.count()
    return (
        sa.select(
            sa.literal(clock.id).label("clock"), sa.literal(day).label("day"), tickets.c.queue_id, tickets.c.type, unit.label("unit_path")
        )
        .add_columns(party_of(clock).label("party"), due.label("due"), kept.label("kept"), (due - kept).label("breached"))
        .select_from(of_tickets())
        .where(chosen, tickets.c[clock.start].is_not(None))
        .group_by(tickets.c.queue_id, tickets.c.type, unit, *(() if clock.party == "centre" else (party_of(clock),)))
    )
