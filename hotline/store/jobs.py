"""The ledger of ingestion: which recordings are in the store, and which were set aside and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import jobs
from hotline.store.schema import quarantine as quarantined_files
from hotline.store.tables import upsert


def done(connection: sa.Connection, job_id: str, call_id: str, source: str) -> None:
    """Note that a recording is in the store, in the same transaction that put it there; lifts its quarantine."""
    release(connection, job_id)
    upsert(connection, jobs, [{"id": job_id, "call_id": call_id, "source": source, "at": datetime.now(UTC)}])


def quarantine(connection: sa.Connection, job_id: str, source: str, problem: str, mend: str) -> None:
    """Set a recording aside with the reason; a later run with a mended file has another job id."""
    row = {"job_id": job_id, "source": source, "problem": problem, "mend": mend, "at": datetime.now(UTC)}
    upsert(connection, quarantined_files, [row])


def is_done(connection: sa.Connection, job_id: str) -> bool:
    """Is this recording already in the store?"""
    return connection.scalar(sa.select(jobs.c.id).where(jobs.c.id == job_id)) is not None


def release(connection: sa.Connection, job_id: str) -> None:
    """Lift the quarantine with this id, if there is one: what was wrong has been mended."""
    connection.execute(quarantined_files.delete().where(quarantined_files.c.job_id == job_id))


def quarantined(store: Store, viewer: Viewer) -> list[dict[str, Any]]:
    """Everything set aside, newest first, with fields job_id, source, problem, mend, at (local). Needs IMPORT."""
    viewer.require(Permission.IMPORT, "quarantine")
    query = sa.select(quarantined_files).order_by(quarantined_files.c.at.desc(), quarantined_files.c.job_id)
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [dict(row) | {"at": row["at"].astimezone(store.settings.zone)} for row in rows]
