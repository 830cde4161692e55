"""What the watcher of a folder has dealt with, by content."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from hotline.store.schema import jobs, quarantine, recordings, watched_files
from hotline.store.tables import upsert


def stamps(connection: sa.Connection, *, but: str | None = None) -> dict[Path, tuple[int, int]]:
    """Path → (bytes, time of change in ns) of every set of files that was dealt with; a path that was reused: the last one.

    Sets with the outcome ``but`` are left out.
    """
    columns = (watched_files.c.path, watched_files.c.size, watched_files.c.mtime_ns, watched_files.c.outcome)
    rows = connection.execute(sa.select(*columns).order_by(watched_files.c.at)).all()
    last = {Path(row.path): row for row in rows}
    return {path: (row.size, row.mtime_ns) for path, row in last.items() if row.outcome != but}


def outcome(connection: sa.Connection, content: str) -> str | None:
    """What became of a set with this content: stored, put aside or manifest; None when it is new."""
    return connection.scalar(sa.select(watched_files.c.outcome).where(watched_files.c.content_hash == content))


def remember(connection: sa.Connection, content: str, path: str, stamp: tuple[int, int], outcome: str) -> None:
    """Note a set of files; again under another name, the name changes."""
    row = {"content_hash": content, "path": path, "size": stamp[0], "mtime_ns": stamp[1], "outcome": outcome, "at": datetime.now(UTC)}
    upsert(connection, watched_files, [row])


def became(connection: sa.Connection, quarantine_id: str, call_id: str, path: str) -> str | None:
    """What ingestion made of a recording: stored, put aside, or None when neither (it was stopped before)."""
    if connection.scalar(sa.select(quarantine.c.job_id).where(quarantine.c.job_id == quarantine_id)) is not None:
        return "put aside"
    stored = sa.select(jobs.c.id).where(jobs.c.call_id == call_id, jobs.c.source == path)
    return "stored" if connection.scalar(stored) is not None else None


def moved(connection: sa.Connection, path: str, to: str, mtime_ns: int) -> None:
    """A recording, or its transcript, lies elsewhere now."""
    connection.execute(watched_files.update().where(watched_files.c.path == path).values(path=to))
    connection.execute(recordings.update().where(recordings.c.transcript == path).values(transcript=to))
    connection.execute(recordings.update().where(recordings.c.path == path).values(path=to))
    connection.execute(jobs.update().where(jobs.c.source == path).values(source=to, mtime_ns=mtime_ns))
