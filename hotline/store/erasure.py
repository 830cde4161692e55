"""Erase what is known of a caller, or of one call: words, recording, evidence, links; counts and published figures stay.

    1. one transaction: erasures row · recordings, corrections, jobs gone · caller, metadata, evidence blanked · audit
    2. files: Parquet rows of the call, recording                 (names are in the erasures row until they are gone)
    3. erasures row finished

Killed anywhere, the next run (``hotline erase`` in any form) finishes what was begun. The row of ``calls`` stays with its times,
agent, queue and topic, and the row of ``scores`` with its points, so a roll-up that is built again counts as before. The caller's
keyed hash becomes a random one, the same for all calls erased together: repeat calls among them stay repeats, and nobody can test a
number any more. The recording's content hash is kept, so that the same file is refused if somebody brings it in again.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput, BadRecording, NotFound
from hotline.secret import caller_key, secret_key
from hotline.store import audit, parquet
from hotline.store.access import Permission, Viewer
from hotline.store.compaction import forget
from hotline.store.engine import Store
from hotline.store.schema import audit as audit_table
from hotline.store.schema import (
    calls,
    erasures,
    ingest_attempts,
    jobs,
    quarantine,
    recordings,
    scores,
    tickets,
    turn_corrections,
    watched_files,
)


@dataclass(frozen=True, slots=True)
class Found:
    """What an erasure would take. ``here`` are recordings in Hotline's home, ``elsewhere`` those of other systems.

    ``exports`` are (call, who, when) of copies that left the store, which nobody but their holders can remove.
    """

    calls: tuple[str, ...]
    here: tuple[Path, ...]
    elsewhere: tuple[Path, ...]
    tickets: int
    exports: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: calls erased now, erasures of earlier runs finished, recordings that could not be removed and why."""

    calls: tuple[str, ...]
    finished: tuple[str, ...]
    left: tuple[str, ...] = ()


def find(store: Store, viewer: Viewer, *, number: str | None = None, call_id: str | None = None) -> Found:
    """What is stored of a caller's number or of one call; nothing is changed. Needs ERASE.

    Raises BadInput for a number without digits, NotFound when there is nothing: the number itself is never repeated.
    """
    viewer.require(Permission.ERASE, "erasure")
    with store.read() as connection:
        ids = _ids(store, connection, number, call_id)
        paths = [
            store.settings.home / name for name in connection.scalars(sa.select(recordings.c.path).where(recordings.c.call_id.in_(ids)))
        ]
        linked = connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(tickets.c.call_id.in_(ids))) or 0
        copies = sa.select(audit_table.c.object, audit_table.c.who, audit_table.c.at).where(
            audit_table.c.action.in_(("export_call", "export_audio")), audit_table.c.object.in_(ids)
        )
        exports = [(row.object, row.who, row.at.astimezone(store.settings.zone)) for row in connection.execute(copies)]
    here = [path for path in paths if _is_ours(store, path)]
    return Found(tuple(ids), tuple(here), tuple(path for path in paths if path not in here), linked, tuple(exports))


def erase(store: Store, viewer: Viewer, *, number: str | None = None, call_id: str | None = None, elsewhere: bool = False) -> Erased:
    """Erase a caller's calls, or one call, and finish what an earlier run left. Needs ERASE.

    Recordings outside Hotline's home are removed only with ``elsewhere``. Raises like :func:`find`, but a caller or call whose
    erasure was begun before is no error.
    """
    viewer.require(Permission.ERASE, "erasure")
    with store.begin() as connection:
        _overwrite_deleted(connection)
        try:
            ids = _ids(store, connection, number, call_id)
        except NotFound:
            if not _unfinished(connection):
                raise
            ids = []
        key = caller_key(secret_key(store.settings.home), number) if number is not None else None
        pseudonym = f"erased-{secrets.token_hex(24)}"
        for one in ids:
            _mark(store, connection, viewer, one, key, pseudonym, elsewhere)
    finished, left = _finish(store)
    return Erased(tuple(ids), tuple(one for one in finished if one not in ids), left)


def refusal(connection: sa.Connection, where: str, call_id: str, content_hash: str | None) -> BadRecording | None:
    """Why a recording may not come in again: its call, or the same recording, was erased. None when it may."""
    same = erasures.c.call_id == call_id
    if content_hash is not None:
        same |= erasures.c.content_hash == content_hash
    at = connection.scalar(sa.select(erasures.c.at).where(same).limit(1))
    if at is None:
        return None
    return BadRecording(where, f"was erased on {at:%Y-%m-%d} at the caller's wish", "leave it out; it cannot be brought in again")


def without_erased(connection: sa.Connection, feed: str, frame: pl.DataFrame) -> pl.DataFrame:
    """A feed's frame that brings nothing back: rows of erased calls are left out of ``calls``, and tickets no longer name them."""
    column = {"calls": "id", "tickets": "call_id"}.get(feed)
    if column is None or column not in frame.columns:
        return frame
    gone = frame.select(column).to_series().cast(pl.String).is_in(list(connection.scalars(sa.select(erasures.c.call_id))))
    if not gone.any():
        return frame
    if feed == "calls":
        return frame.filter(~gone)
    return frame.with_columns(pl.when(gone).then(None).otherwise(pl.col(column)).alias(column))


def _ids(store: Store, connection: sa.Connection, number: str | None, call_id: str | None) -> list[str]:
    """The calls meant that are not erased yet."""
    if (number is None) == (call_id is None):
        raise BadInput("erase", "needs a caller's number or a call", "write --caller NUMBER or --call ID")
    query = sa.select(calls.c.id).where(calls.c.id.not_in(sa.select(erasures.c.call_id))).order_by(calls.c.id)
    if number is not None:
        key = caller_key(secret_key(store.settings.home), number)
        if key is None:
            raise BadInput("--caller", "holds no digit", "write the number as the telephone system gives it")
        query = query.where(calls.c.caller_key == key)
    else:
        query = query.where(calls.c.id == call_id)
    found = list(connection.scalars(query))
    if not found:
        thing = "caller" if number is not None else f"call {call_id}"
        raise NotFound(thing, "nothing is stored, or it was erased before", "check the number; see: hotline calls list --all")
    return found


def _mark(store: Store, connection: sa.Connection, viewer: Viewer, call_id: str, key: str | None, pseudonym: str, elsewhere: bool) -> None:
    """Step one for one call: the rows."""
    held = connection.execute(sa.select(recordings.c.path, recordings.c.content_hash).where(recordings.c.call_id == call_id)).one_or_none()
    files: list[str] = []
    if held is not None:
        path = store.settings.home / held.path
        files = [str(path)] if elsewhere or _is_ours(store, path) else []
        connection.execute(watched_files.update().where(watched_files.c.content_hash == held.content_hash).values(path=""))
    row = {"call_id": call_id, "content_hash": held.content_hash if held else None, "at": datetime.now(UTC), "who": viewer.name[:80]}
    connection.execute(erasures.insert().values(**row, files=files))
    aside = sa.select(quarantine.c.job_id).where(quarantine.c.call_id == call_id)
    connection.execute(ingest_attempts.delete().where(ingest_attempts.c.job_id.in_(aside)))
    for table in (quarantine, jobs, turn_corrections, recordings):
        connection.execute(table.delete().where(table.c.call_id == call_id))
    connection.execute(scores.update().where(scores.c.call_id == call_id).values(hits_file=""))
    connection.execute(tickets.update().where(tickets.c.call_id == call_id).values(call_id=None))
    known = calls.c.caller_key.is_not(None)
    connection.execute(calls.update().where(calls.c.id == call_id, known).values(caller_key=pseudonym))
    connection.execute(calls.update().where(calls.c.id == call_id).values(metadata={}, metadata_closed=True))
    audit.record(connection, viewer.name, "erase_call", call_id, caller=key)


def _unfinished(connection: sa.Connection) -> list[tuple[str, list[str]]]:
    query = sa.select(erasures.c.call_id, erasures.c.files).where(erasures.c.finished_at.is_(None)).order_by(erasures.c.call_id)
    return [(row.call_id, row.files) for row in connection.execute(query)]


def _finish(store: Store) -> tuple[list[str], tuple[str, ...]]:
    """Steps two and three, for every erasure that is not finished; the ids finished, and what could not be removed."""
    with store.read() as connection:
        rows = _unfinished(connection)
    finished: list[str] = []
    left: list[str] = []
    for call_id, files in rows:
        stuck = []
        for name in files:
            try:
                Path(name).unlink(missing_ok=True)
            except OSError as error:
                stuck.append(name)
                left.append(f"{name}: {error.strerror}")
        forget(store, call_id)
        done = None if stuck else datetime.now(UTC)
        with store.begin() as connection:
            connection.execute(erasures.update().where(erasures.c.call_id == call_id).values(files=stuck, finished_at=done))
        if not stuck:
            finished.append(call_id)
    parquet.sweep(store)  # what a run wrote of an erased call before it was refused, and did not live to remove
    _truncate_log(store)
    return finished, tuple(left)


def _is_ours(store: Store, path: Path) -> bool:
    return path.resolve().is_relative_to(store.settings.home.resolve())


def _overwrite_deleted(connection: sa.Connection) -> None:
    """SQLite leaves deleted text in free pages unless told to overwrite it."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _truncate_log(store: Store) -> None:
    """SQLite's write-ahead log holds the rows as they were until it is truncated."""
    if store.engine.dialect.name == "sqlite":
        with store.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
