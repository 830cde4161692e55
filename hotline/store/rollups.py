"""The roll-up that boards read: one row an agent and day, rebuilt whole days at a time.

    calls + surveys + current scores ─► agent_days

First-contact resolution is counted by the repeat-call proxy: an inbound call is *closed* when its window of ``fcr_days`` local days
after the call's day has passed within the stored history, and *resolved* when the same caller did not call about the same topic later
on that day or within the window. Calls from hidden numbers are not counted.

An agent counts for one team a day: the team of the day's last call. Who moves at noon takes the morning along on that day.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl
import sqlalchemy as sa

from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.schema import agent_days as table
from hotline.store.schema import agents, calls, org_units, scores, surveys
from hotline.store.tables import frame
from hotline.store.weeks import published_at

_KEY = ("agent_id", "day", "unit_path")
MEASURES = tuple(column.name for column in table.columns if column.name not in _KEY)
"""The summable columns of ``agent_days``."""


def roll_up(store: Store, days: Iterable[date]) -> int:
    """Rebuild ``agent_days`` of these days, and of the ``fcr_days`` before them, whose repeats they hold; returns the rows.

    Days whose windows have closed since the last roll-up are rebuilt too, however long ago they were: after a gap in the history
    the next call closes them all. Days of published weeks stay as they are. Each day is one transaction: stopped anywhere, every day is
    either as before or new.
    """
    window = timedelta(days=store.settings.fcr_days)
    wanted = {day - timedelta(days=back) for day in days for back in range(store.settings.fcr_days + 1)}
    written = 0
    wanted |= _newly_closed(store, window)
    for day in sorted(wanted):  # oldest first: the newest row, which tells what is closed, is written last
        with store.begin() as connection:
            if published_at(connection, day) is not None:
                continue
            last = connection.scalar(sa.select(sa.func.max(calls.c.day)))
            closed = last is not None and day + window <= last
            connection.execute(table.delete().where(table.c.day == day))
            columns = [column.name for column in table.columns]
            connection.execute(table.insert().from_select(columns, _day(day, closed, window)))
            written += connection.scalar(sa.select(sa.func.count()).select_from(table).where(table.c.day == day)) or 0
    return written


def roll_up_all(store: Store) -> int:
    """Rebuild every day that has calls; returns the rows."""
    with store.read() as connection:
        days = connection.scalars(sa.select(calls.c.day).distinct()).all()
    return roll_up(store, days)


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


def _day(day: date, closed: bool, window: timedelta) -> sa.Select[tuple[object, ...]]:
    """The rows of one day, in the column order of ``agent_days``; an agent's team is the one of the day's last call."""
    late = calls.alias("late")
    team = (
        sa.select(late.c.unit_path)
        .where(late.c.agent_id == calls.c.agent_id, late.c.day == calls.c.day)
        .order_by(late.c.started_at.desc(), late.c.id.desc())
        .limit(1)
        .correlate(calls)
        .scalar_subquery()
    )
    again = calls.alias("again")
    came_back = sa.exists().where(
        again.c.caller_key == calls.c.caller_key,
        again.c.topic == calls.c.topic,
        again.c.started_at > calls.c.started_at,
        again.c.day <= day + window,
        again.c.direction == "inbound",
    )
    countable = sa.and_(calls.c.caller_key.is_not(None), calls.c.direction == "inbound") if closed else sa.false()

    def count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((condition, 1), else_=0))

    def total(value: sa.ColumnElement[float]) -> sa.ColumnElement[float]:
        return sa.func.coalesce(sa.func.sum(value), 0)

    joined = calls.outerjoin(surveys, surveys.c.call_id == calls.c.id).outerjoin(
        scores, (scores.c.call_id == calls.c.id) & scores.c.current
    )
    return (
        sa.select(
            calls.c.agent_id,
            calls.c.day,
            team,
            sa.func.count(),
            total(calls.c.talk_s + calls.c.hold_s + calls.c.acw_s),
            sa.func.count(surveys.c.call_id),
            sa.func.count(surveys.c.score),
            count(surveys.c.score >= 4),
            count(countable),
            count(sa.and_(countable, ~came_back)),
            sa.func.count(scores.c.id),
            total(scores.c.low),
            total(scores.c.high),
            total(scores.c.high * scores.c.high),
            total(scores.c.fatal_certain),
            total(scores.c.fatal_possible),
        )
        .select_from(joined)
        .where(calls.c.day == day, calls.c.agent_id.is_not(None))
        .group_by(calls.c.agent_id, calls.c.day)
    )
