"""The ledger of ingestion: what is in the store, what was set aside and why, what is to be tried again, and how runs go."""

from __future__ import annotations

import os
import socket
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hotline.errors import NotFound, storable
from hotline.store import audit
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import calls, ingest_attempts, ingest_runs, jobs
from hotline.store.schema import quarantine as quarantined_files
from hotline.store.tables import upsert

_SILENT = timedelta(minutes=5)
"""A run on another machine that has not reported for so long is taken as killed."""


def done(
    connection: sa.Connection, job_id: str, call_id: str, source: str, *, size: int | None = None, mtime_ns: int | None = None
) -> None:
    """Note that a recording is in the store, in the same transaction that put it there; lifts its quarantine.

    ``size`` (bytes) and ``mtime_ns`` of the file let a later run see without reading it that it is the same.
    """
    release(connection, job_id)
    row = {"id": job_id, "call_id": call_id, "source": source, "at": datetime.now(UTC), "size": size, "mtime_ns": mtime_ns}
    upsert(connection, jobs, [row])


def is_done(connection: sa.Connection, job_id: str) -> bool:
    """Is this recording already in the store?"""
    return connection.scalar(sa.select(jobs.c.id).where(jobs.c.id == job_id)) is not None


def known_files(connection: sa.Connection, call_ids: Sequence[str]) -> set[tuple[str, str, int, int]]:
    """The files (call id, path, size, mtime_ns) of these calls that are in the store; at most a few thousand ids."""
    query = sa.select(jobs.c.call_id, jobs.c.source, jobs.c.size, jobs.c.mtime_ns).where(jobs.c.call_id.in_(call_ids))
    return {tuple(row) for row in connection.execute(query)}


def quarantine(connection: sa.Connection, job_id: str, source: str, problem: str, mend: str, **more: Any) -> None:
    """Set a recording aside with the reason; ``more`` are further columns of the table. Its attempts are forgotten."""
    row = {"job_id": job_id, "source": storable(source), "problem": storable(problem), "mend": storable(mend), "at": datetime.now(UTC)}
    if "origin" in more:
        more["origin"] = storable(more["origin"])
    defaults = {"call_id": "", "origin": "", "attempts": 0, "size": None, "mtime_ns": None}
    upsert(connection, quarantined_files, [row | defaults | more])
    _forget_attempts(connection, job_id)


def release(connection: sa.Connection, job_id: str) -> None:
    """Lift the quarantine with this id, if there is one, and forget its attempts: what was wrong has been mended."""
    connection.execute(quarantined_files.delete().where(quarantined_files.c.job_id == job_id))
    _forget_attempts(connection, job_id)


def set_aside(connection: sa.Connection) -> dict[str, Mapping[str, Any]]:
    """The rows of the quarantine by job id, for a run to know what it need not try again."""
    return {row["job_id"]: dict(row) for row in connection.execute(sa.select(quarantined_files)).mappings()}


def failed_attempt(connection: sa.Connection, job_id: str, source: str, attempts: int, problem: str, next_at: datetime) -> None:
    """Note the ``attempts``-th try that came to nothing for a passing reason, and when it may be tried again."""
    row = {"job_id": job_id, "source": storable(source), "attempts": attempts, "problem": storable(problem)}
    row |= {"at": datetime.now(UTC), "next_at": next_at}
    upsert(connection, ingest_attempts, [row])


def attempts(connection: sa.Connection) -> dict[str, tuple[int, datetime]]:
    """Tries so far and the time of the next, by job id, of all that wait for another try."""
    rows = connection.execute(sa.select(ingest_attempts.c.job_id, ingest_attempts.c.attempts, ingest_attempts.c.next_at))
    return {row.job_id: (row.attempts, row.next_at) for row in rows}


def quarantined(store: Store, viewer: Viewer) -> list[dict[str, Any]]:
    """What is set aside, newest first; fields job_id, source, problem, mend, at (local), call_id, origin, attempts. Needs IMPORT.

    Of whose unit a recording is tells only its call: in a scope below the whole centre lines of calls in it, and no others, are seen.
    """
    viewer.require(Permission.IMPORT, "quarantine")
    columns = [column for column in quarantined_files.c if column.name not in ("size", "mtime_ns")]
    query = sa.select(*columns).order_by(quarantined_files.c.at.desc(), quarantined_files.c.job_id)
    with store.read() as connection:
        if not viewer.sees_all(connection):
            query = query.where(quarantined_files.c.call_id.in_(sa.select(calls.c.id).where(viewer.covers(calls.c.unit_path))))
        rows = connection.execute(query).mappings().all()
    return [dict(row) | {"at": row["at"].astimezone(store.settings.zone)} for row in rows]


def drop(store: Store, viewer: Viewer, ids: Collection[str]) -> list[dict[str, Any]]:
    """Take lines out of the quarantine, named by the beginning of their job id (six letters or more) or by call; returns them.

    Needs IMPORT; written to the audit trail. The recording itself is not touched: the next run that names it tries again.
    Raises NotFound when one names nothing, or more than one line.
    """
    rows = quarantined(store, viewer)
    chosen = []
    for wanted in ids:
        fitting = [row for row in rows if row["call_id"] == wanted or (len(wanted) >= 6 and row["job_id"].startswith(wanted))]
        if len(fitting) != 1:
            problem = "nothing put aside has this id" if not fitting else f"{len(fitting)} lines begin so"
            raise NotFound(wanted, problem, "see: hotline calls quarantine list")
        chosen += fitting
    with store.begin() as connection:
        for row in chosen:
            release(connection, row["job_id"])
            audit.record(connection, viewer.name, "quarantine_drop", row["call_id"] or row["source"], problem=row["problem"])
    return chosen


# --- runs --------------------------------------------------------------------------------------------


def begin_run(connection: sa.Connection, source: str, workers: int) -> int:
    """A new run of this process; returns its id."""
    now = datetime.now(UTC)
    row = {"started_at": now, "updated_at": now, "source": storable(source), "state": "running", "workers": workers}
    row |= {"host": socket.gethostname()[:80], "pid": os.getpid()}
    return int(connection.execute(ingest_runs.insert().values(row).returning(ingest_runs.c.id)).scalar_one())


def update_run(connection: sa.Connection, run_id: int, **fields: Any) -> None:
    """Write how a run goes: columns of ``ingest_runs``."""
    connection.execute(ingest_runs.update().where(ingest_runs.c.id == run_id).values(updated_at=datetime.now(UTC), **fields))


def runs(store: Store, viewer: Viewer, limit: int = 20) -> list[dict[str, Any]]:
    """The newest runs of ingestion, newest first, for a screen. Needs IMPORT.

    Fields: those of ``ingest_runs``, times local; ``state`` is running, finished, stopped, failed, or killed for a run that says
    running but whose process is gone; ``speed`` is audio seconds a second since the start, ``left_s`` the estimate of seconds to go.
    ``source``, a path that may say whose calls they were, is empty in a scope below the whole centre.
    """
    viewer.require(Permission.IMPORT, "runs of ingestion")
    with store.read() as connection:
        rows = connection.execute(sa.select(ingest_runs).order_by(ingest_runs.c.id.desc()).limit(limit)).mappings().all()
        hidden = {} if viewer.sees_all(connection) else {"source": ""}
    return [_run(dict(row), store) | hidden for row in rows]


def _run(row: dict[str, Any], store: Store) -> dict[str, Any]:
    wall = (row["updated_at"] - row["started_at"]).total_seconds()
    if row["state"] == "running" and _is_gone(row):
        row["state"] = "killed"
    local = {name: row[name].astimezone(store.settings.zone) for name in ("started_at", "updated_at")}
    return row | local | {"speed": row["audio_s"] / wall if wall > 0 else None}


def _is_gone(row: Mapping[str, Any]) -> bool:
    if row["host"] != socket.gethostname()[:80]:
        return bool(datetime.now(UTC) - row["updated_at"] > _SILENT)
    try:
        os.kill(row["pid"], 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass
    return False


def _forget_attempts(connection: sa.Connection, job_id: str) -> None:
    connection.execute(ingest_attempts.delete().where(ingest_attempts.c.job_id == job_id))
