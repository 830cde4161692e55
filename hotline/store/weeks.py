"""Published weeks: once a week of the boards is published, its figures no longer change.

What is learnt later (a call judged again, a late survey) counts in the calls themselves and in later weeks, not in what was published.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store import audit
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import calls, published_weeks
from qa.redaction import mask

LONGEST_NOTE = 500


def publish_week(store: Store, viewer: Viewer, week: str, note: str = "", *, today: date | None = None) -> datetime:
    """Publish an ISO week such as ``2026-W46``; returns when it was (the first time counts). Needs PUBLISH_WEEK over the whole centre.

    Raises BadInput for a week that is not over by ``today`` (default: now, in the centre's zone), or without calls.
    """
    viewer.require(Permission.PUBLISH_WEEK, f"week {week}")
    first, last = days_of(week)
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", f"{len(note)} characters", f"at most {LONGEST_NOTE}")
    if (today or datetime.now(store.settings.zone).date()) <= last:
        raise BadInput(f"week {week}", f"is not over before {last}", "publish it when its last day is over")
    with store.begin() as connection:
        if not viewer.sees_all(connection):
            raise BadInput(f"week {week}", "holds units outside your scope", "ask somebody who answers for the whole centre")
        at: datetime | None = connection.scalar(sa.select(published_weeks.c.published_at).where(published_weeks.c.week == week))
        if at is None:
            if connection.scalar(sa.select(calls.c.id).where(calls.c.day.between(first, last)).limit(1)) is None:
                raise BadInput(f"week {week}", "has no calls", "see: hotline board weekly")
            at = datetime.now(UTC)
            values = {"week": week, "published_at": at, "published_by": viewer.name[:80], "note": mask(note)}
            connection.execute(published_weeks.insert().values(**values))
            audit.record(connection, viewer.name, "publish_week", week)
    return at.astimezone(store.settings.zone)


def published(store: Store) -> list[dict[str, Any]]:
    """Published weeks, newest first: week, published_at (local), published_by, note. No figures, so this checks no access."""
    query = sa.select(published_weeks).order_by(published_weeks.c.week.desc())
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [{**row, "published_at": row["published_at"].astimezone(store.settings.zone)} for row in rows]


def published_at(connection: sa.Connection, day: date) -> datetime | None:
    """When the week of a local day was published (UTC); None while it is open."""
    return connection.scalar(sa.select(published_weeks.c.published_at).where(published_weeks.c.week == _week(day)))


def days_of(week: str) -> tuple[date, date]:
    """Monday and Sunday of an ISO week. Raises BadInput.

    >>> days_of("2026-W46")
    (datetime.date(2026, 11, 9), datetime.date(2026, 11, 15))
    """
    try:
        year, number = week.split("-W")
        first, last = (date.fromisocalendar(int(year), int(number), day) for day in (1, 7))
    except ValueError:
        raise BadInput("week", f"'{week}' is not an ISO week", "write for example 2026-W46") from None
    if week != _week(first):
        raise BadInput("week", f"'{week}' is not an ISO week", f"write {_week(first)}")
    return first, last


def _week(day: date) -> str:
    year, number, _ = day.isocalendar()
    return f"{year:04d}-W{number:02d}"
