"""Who did what, when: every sign-in, every call opened, heard or exported, every change of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import audit, users


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit trail; ``at`` is timezone-aware."""

    at: datetime
    who: str
    action: str
    object: str
    detail: dict[str, Any]


def record(connection: sa.Connection, who: str, action: str, object: str = "", **detail: Any) -> None:
    """Write one line, in the caller's transaction: what is not logged does not happen."""
    connection.execute(audit.insert().values(at=datetime.now(UTC), who=who[:80], action=action, object=object[:200], detail=detail))


def read(
    store: Store,
    viewer: Viewer,
    *,
    first: date | None = None,
    last: date | None = None,
    who: str | None = None,
    action: str | None = None,
    object: str | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Entry]:
    """The trail, newest first; ``first`` and ``last`` are local days, both included.

    Needs SEE_AUDIT; below the whole organisation only the lines of accounts in the viewer's scope are shown.
    """
    viewer.require(Permission.SEE_AUDIT, "audit trail")
    zone = store.settings.zone
    query = sa.select(audit).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit).offset(offset)
    if first:
        query = query.where(audit.c.at >= datetime.combine(first, time(), zone))
    if last:
        query = query.where(audit.c.at < datetime.combine(last + timedelta(days=1), time(), zone))
    for column, value in ((audit.c.who, who), (audit.c.action, action), (audit.c.object, object)):
        if value is not None:
            query = query.where(column == value)
    if viewer.scope != "/":
        query = query.where(audit.c.who.in_(sa.select(users.c.name).where(viewer.covers(users.c.scope))))
    with store.read() as connection:
        return [Entry(row.at, row.who, row.action, row.object, row.detail) for row in connection.execute(query)]
