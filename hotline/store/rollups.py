"""The roll-ups that boards read, rebuilt whole days at a time.

    calls + surveys + current scores, agent_intervals, agent_schedules ─► agent_days
    interval_counts ─► queue_days        tickets ─► ticket_days, clock_days

First-contact resolution is counted by the repeat-call proxy: an inbound call is *closed* when its window of ``fcr_days`` local days
after the call's day has passed within the stored history, and *resolved* when the same caller did not call about the same topic later
on that day or within the window. Calls from hidden numbers are not counted.

An agent counts for one team a day: the team of the day's last call. Who moves at noon takes the morning along on that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import polars as pl
import sqlalchemy as sa

from hotline.store import agent_sums, service_sums
from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.clocks import clocks_of
from hotline.store.engine import Store
from hotline.store.schema import agent_days as table
from hotline.store.schema import agents, calls, clock_days, interval_counts, org_units, tickets
from hotline.store.tables import frame
from hotline.store.weeks import published_at

_KEY = ("agent_id", "day", "unit_path")
MEASURES = tuple(column.name for column in table.columns if column.name not in _KEY)
"""The summable columns of ``agent_days``."""


def roll_up(store: Store, days: Iterable[date], service: Iterable[date] = ()) -> int:
    """Rebuild ``agent_days`` of these days, and of the ``fcr_days`` before them, whose repeats they hold; returns the rows.

    Days whose windows have closed since the last roll-up are rebuilt too, however long ago they were: after a gap in the history
    the next call closes them all. The figures of queues, work orders and clocks are rebuilt for the same days and those in ``service``.
    Days of published weeks stay as they are. Each day is one transaction: stopped anywhere, every day is either as before or new.
    """
    window = timedelta(days=store.settings.fcr_days)
    wanted = {day - timedelta(days=back) for day in days for back in range(store.settings.fcr_days + 1)}
    written = 0
    wanted |= _newly_closed(store, window)
    every_clock = clocks_of(store.settings.home)
    with store.read() as connection:
        until = service_sums.known_until(connection)
        decided = connection.scalar(sa.select(sa.func.max(clock_days.c.day)))
    served = wanted | set(service)
    if until is not None and decided is not None:  # clocks that were running when the history ended there
        end = until.astimezone(store.settings.zone).date()
        served |= {decided + timedelta(days=more) for more in range((end - decided).days + 1)}
    for day in sorted(served):  # oldest first: the newest row, which tells what is closed, is written last
        with store.begin() as connection:
            if published_at(connection, day) is not None:
                continue
            if day in wanted:
                last = connection.scalar(sa.select(sa.func.max(calls.c.day)))
                written += agent_sums.write(connection, day, store.settings.zone, last, window)
            service_sums.write(connection, day, store.settings.zone, every_clock, until)
    return written


def roll_up_all(store: Store) -> int:
    """Rebuild every day that has calls, queue counts or work orders; returns the rows of ``agent_days``."""
    with store.read() as connection:
        days = connection.scalars(sa.select(calls.c.day).distinct()).all()
        ends: list[datetime | None] = []
        for column in (interval_counts.c.start, tickets.c.created_at):
            ends += connection.execute(sa.select(sa.func.min(column), sa.func.max(column))).one()
    known = [end.astimezone(store.settings.zone).date() for end in ends if end is not None]
    between = range((max(known) - min(known)).days + 1) if known else ()
    return roll_up(store, days, [min(known) + timedelta(days=number) for number in between])


def agent_days(store: Store, viewer: Viewer, first: date, last: date) -> pl.DataFrame:
    """The roll-up of the local days ``first`` to ``last`` (both included) in the viewer's scope.

    Columns: day, unit_path, team, team_en, agent_id, agent_name and :data:`MEASURES`; sorted by day, unit, agent. An agent gets his
    own rows. Whoever may see only team boards gets one row a team and day, with agent_id and agent_name null.
    """
    by_agent = viewer.may(Permission.SEE_BOARD)
    if not by_agent:
        viewer.require(Permission.SEE_TEAM_BOARD, "weekly board")
    team = (table.c.day, table.c.unit_path, org_units.c.name.label("team"), org_units.c.name_en.label("team_en"))
    person = (table.c.agent_id, agents.c.name.label("agent_name"))
    nobody = (sa.cast(sa.null(), sa.String(40)).label("agent_id"), sa.cast(sa.null(), sa.String(80)).label("agent_name"))
    measures = [table.c[name] for name in MEASURES]
    joined = table.outerjoin(org_units, org_units.c.path == table.c.unit_path).join(agents, agents.c.id == table.c.agent_id)
    if by_agent:
        query = sa.select(*team, *person, *measures)
    else:
        sums = [sa.func.sum(column).cast(column.type).label(column.name) for column in measures]
        query = sa.select(*team, *nobody, *sums).group_by(*(column for column in (*team[:2], org_units.c.name, org_units.c.name_en)))
    query = query.select_from(joined).where(table.c.day.between(first, last), viewer.covers(table.c.unit_path))
    if viewer.role is UserRole.AGENT:
        query = query.where(table.c.agent_id == viewer.agent_id)
    query = query.order_by(table.c.day, table.c.unit_path, *((table.c.agent_id,) if by_agent else ()))
    with store.read() as connection:
        return frame(connection, query)


def _newly_closed(store: Store, window: timedelta) -> set[date]:
    """Days with calls that were open when the history ended at the newest row, and are closed now."""
    with store.read() as connection:
        before = connection.scalar(sa.select(sa.func.max(table.c.day)))
        last = connection.scalar(sa.select(sa.func.max(calls.c.day)))
        if before is None or last is None:
            return set()
        query = sa.select(calls.c.day).distinct().where(calls.c.day > before - window, calls.c.day <= last - window)
        return set(connection.scalars(query))
