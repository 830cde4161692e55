"""Erase what is known of a caller, or of one call: words, recording, evidence, links; counts and published figures stay.

    1. one transaction: erasures row · recordings, corrections, jobs gone · caller, metadata, evidence blanked · audit
    2. files: Parquet rows of the call; recording, transcript, exports   (names are in the erasures row until they are gone)
    3. erasures row finished

Killed anywhere, the next run (``hotline erase`` in any form) finishes what was begun. The row of ``calls`` stays with its times,
agent, queue and topic, and the row of ``scores`` with its points, so a roll-up that is built again counts as before. The caller's
keyed hash becomes a random one, the same for all calls erased together: repeat calls among them stay repeats, and nobody can test a
number any more. The recording's content hash is kept, so that the same file is refused if somebody brings it in again.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, BadRecording, NotFound
from hotline.secret import caller_key, secret_key
from hotline.store import audit, copies, parquet
from hotline.store.access import Permission, Viewer
from hotline.store.compaction import forget
from hotline.store.engine import Store
from hotline.store.schema import (
    calls,
    erasures,
    ingest_attempts,
    item_reviews,
    jobs,
    quarantine,
    recordings,
    scores,
    tickets,
    turn_corrections,
    watched_files,
)
from qa.rules.kept import forget as forget_words


@dataclass(frozen=True, slots=True)
class Found:
    """What an erasure would take. ``here`` are recordings and transcripts in Hotline's home, ``elsewhere`` those of other systems.

    ``written`` are exported files that Hotline wrote and that still lie there. ``exports`` are (call, who, when) of all other copies
    that left the store, which nobody but their holders can remove.
    """

    calls: tuple[str, ...]
    here: tuple[Path, ...]
    elsewhere: tuple[Path, ...]
    tickets: int
    written: tuple[Path, ...]
    exports: tuple[tuple[str, str, datetime], ...]


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done: calls erased now, erasures of earlier runs finished, recordings that could not be removed and why."""

    calls: tuple[str, ...]
    finished: tuple[str, ...]
    left: tuple[str, ...] = ()


def find(store: Store, viewer: Viewer, *, number: str | None = None, call_id: str | None = None) -> Found:
    """What is stored of a caller's number or of one call; nothing is changed. Needs ERASE.

    Who looked, and which calls it told, stands in the audit trail. Raises BadInput for a number without digits, NotFound when there
    is nothing (the number itself is never repeated), AccessDenied when a call lies outside the viewer's scope.
    """
    viewer.require(Permission.ERASE, "erasure")
    with store.begin() as connection:
        ids = _ids(store, connection, viewer, number, call_id)
        audit.record(connection, viewer.name, "find_to_erase", call_id or "", calls=ids)
        kept = [Path(held["elsewhere"]) for held in _kept(connection, call_id)]
    if not ids and not kept:
        raise _nothing(number, call_id)
    with store.read() as connection:
        paths = copies.spoken(store, connection, ids)
        linked = connection.scalar(sa.select(sa.func.count()).select_from(tickets).where(tickets.c.call_id.in_(ids))) or 0
        left = copies.exported(store, connection, ids)
    here = tuple(path for path in paths if copies.is_ours(store, path))
    return Found(tuple(ids), here, (*kept, *(path for path in paths if path not in here)), linked, left.here, left.gone)


def erase(store: Store, viewer: Viewer, *, number: str | None = None, call_id: str | None = None, elsewhere: bool = False) -> Erased:
    """Erase a caller's calls, or one call, and finish what an earlier run left. Needs ERASE.

    Recordings and transcripts outside Hotline's home are removed only with ``elsewhere``; files that exports wrote always. Raises
    like :func:`find`, but a caller or call whose erasure was begun before is no error. Where they lie is kept, so that a later run
    with ``call_id`` and ``elsewhere`` finds them. What this process keeps of texts in memory it forgets; others do within minutes.
    """
    viewer.require(Permission.ERASE, "erasure")
    with store.begin() as connection:
        _overwrite_deleted(connection)
        ids = _ids(store, connection, viewer, number, call_id)
        taken_up = bool(elsewhere and not ids and _take_up(connection, viewer, call_id))
        if not ids and not taken_up and not _unfinished(connection):
            raise _nothing(number, call_id)
        pseudonym = f"erased-{secrets.token_hex(24)}"
        for one in ids:
            _mark(store, connection, viewer, one, pseudonym, elsewhere)
    finished, left = _finish(store)
    forget_words()
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


def _ids(store: Store, connection: sa.Connection, viewer: Viewer, number: str | None, call_id: str | None) -> list[str]:
    """The calls meant that are not erased yet; also one that was only put aside. Raises AccessDenied when one is out of scope."""
    if (number is None) == (call_id is None):
        raise BadInput("erase", "needs a caller's number or a call", "write --caller NUMBER or --call ID")
    query = sa.select(calls.c.id, calls.c.unit_path).where(calls.c.id.not_in(sa.select(erasures.c.call_id))).order_by(calls.c.id)
    if number is not None:
        key = caller_key(secret_key(store.settings.home), number)
        if key is None:
            raise BadInput("--caller", "holds no digit", "write the number as the telephone system gives it")
        query = query.where(calls.c.caller_key == key)
    else:
        query = query.where(calls.c.id == call_id)
    found = {row.id: viewer.sees_unit(row.unit_path) for row in connection.execute(query)}
    if call_id is not None and not found and _is_aside(connection, call_id):
        found[call_id] = False  # of whose unit it is nobody knows
    if not all(found.values()) and not viewer.sees_all(connection):
        # A caller is erased as a whole or not at all.
        raise AccessDenied("caller" if call_id is None else f"call {call_id}", "is not in your scope alone", "ask an administrator")
    return list(found)


def _nothing(number: str | None, call_id: str | None) -> NotFound:
    if number is None:
        return NotFound(f"call {call_id}", "nothing is stored, or it was erased before", "see: hotline calls list --all")
    mend = "check the number; what lies elsewhere of erased calls goes by hotline erase --call ID --audio"
    return NotFound("caller", "nothing is stored, or it was erased before", mend)


def _is_aside(connection: sa.Connection, call_id: str) -> bool:
    """Is a recording of this call, which is not erased yet, put aside or waiting for another try?"""
    if connection.scalar(sa.select(erasures.c.call_id).where(erasures.c.call_id == call_id)) is not None:
        return False
    put_aside = sa.select(quarantine.c.job_id).where(quarantine.c.call_id == call_id)
    waits = sa.select(ingest_attempts.c.job_id).where(ingest_attempts.c.job_id == _job_id(call_id))
    return connection.execute(put_aside.union_all(waits)).first() is not None


def _job_id(call_id: str) -> str:
    """What quarantine and attempts of a call are filed under."""
    return hashlib.sha256(f"call\0{call_id}".encode("utf-8", "surrogateescape")).hexdigest()


def _mark(store: Store, connection: sa.Connection, viewer: Viewer, call_id: str, pseudonym: str, elsewhere: bool) -> None:
    """Step one for one call: the rows."""
    content_hash = connection.scalar(sa.select(recordings.c.content_hash).where(recordings.c.call_id == call_id))
    files: list[Any] = []
    if content_hash is not None:
        for place, path in enumerate(copies.spoken(store, connection, [call_id])):
            goes = elsewhere or copies.is_ours(store, path)
            files.append(str(path) if goes else {"elsewhere": str(path), "sha256": _sha256(path) if place else content_hash})
        _forget_watched(store, connection, call_id, content_hash)
    files += [str(path) for path in copies.exported(store, connection, [call_id]).here]
    row = {"call_id": call_id, "content_hash": content_hash, "at": datetime.now(UTC), "who": viewer.name[:80]}
    connection.execute(erasures.insert().values(**row, files=files))
    aside = sa.select(quarantine.c.job_id).where(quarantine.c.call_id == call_id)
    attempts = ingest_attempts.c.job_id
    connection.execute(ingest_attempts.delete().where(attempts.in_(aside) | (attempts == _job_id(call_id))))
    for table in (quarantine, jobs, turn_corrections, recordings):
        connection.execute(table.delete().where(table.c.call_id == call_id))
    connection.execute(scores.update().where(scores.c.call_id == call_id).values(hits_file=""))
    connection.execute(item_reviews.update().where(item_reviews.c.call_id == call_id).values(note=""))
    connection.execute(tickets.update().where(tickets.c.call_id == call_id).values(call_id=None))
    known = calls.c.caller_key.is_not(None)
    connection.execute(calls.update().where(calls.c.id == call_id, known).values(caller_key=pseudonym))
    connection.execute(calls.update().where(calls.c.id == call_id).values(metadata={}, metadata_closed=True))
    # The pseudonym, not a hash of the number: with the key one could try numbers against the trail for good.
    audit.record(connection, viewer.name, "erase_call", call_id, caller=pseudonym)


def _forget_watched(store: Store, connection: sa.Connection, call_id: str, content_hash: str) -> None:
    """Take the recording's path out of what the watcher remembers: by its names, or alone in its set by its content."""
    held = sa.select(recordings.c.path, recordings.c.transcript).where(recordings.c.call_id == call_id)
    names = {name for row in connection.execute(held) for name in row if name}
    names |= {str(store.settings.home / name) for name in names}
    names |= set(connection.scalars(sa.select(jobs.c.source).where(jobs.c.call_id == call_id)))
    alone = hashlib.sha256(f"watched\0{content_hash}".encode()).hexdigest()
    mine = watched_files.c.path.in_(names) | (watched_files.c.content_hash == alone)
    connection.execute(watched_files.update().where(mine).values(path=""))


def _kept(connection: sa.Connection, call_id: str | None) -> list[dict[str, Any]]:
    """What lies elsewhere of an erased call, kept when it was erased without ``elsewhere``."""
    files = connection.scalar(sa.select(erasures.c.files).where(erasures.c.call_id == call_id)) or []
    return [held for held in files if isinstance(held, dict)]


def _take_up(connection: sa.Connection, viewer: Viewer, call_id: str | None) -> bool:
    """Begin an erasure again for what it left elsewhere; whether there was any.

    A file that holds something else by now, or that another call's recording names, is left alone; one in a folder that is not
    there (a share that is down) is kept for later.
    """
    kept = _kept(connection, call_id)
    if not kept:
        return False
    path = connection.scalar(sa.select(calls.c.unit_path).where(calls.c.id == call_id))
    if not viewer.sees_all(connection) and (path is None or not viewer.sees_unit(path)):
        raise AccessDenied(f"call {call_id}", "is not in your scope alone", "ask an administrator")
    files: list[Any] = connection.scalar(sa.select(erasures.c.files).where(erasures.c.call_id == call_id)) or []
    goes: list[Any] = [name for name in files if isinstance(name, str)]
    for held in kept:
        file = Path(held["elsewhere"])
        named = sa.select(recordings.c.call_id).where((recordings.c.path == str(file)) | (recordings.c.transcript == str(file)))
        if not file.parent.is_dir():
            goes.append(held)
        elif held["sha256"] is not None and _sha256(file) == held["sha256"] and connection.execute(named).first() is None:
            goes.append(str(file))
    connection.execute(erasures.update().where(erasures.c.call_id == call_id).values(files=goes, finished_at=None))
    audit.record(connection, viewer.name, "erase_call", str(call_id), files=len(goes))
    return True


def _sha256(path: Path) -> str | None:
    """Of a file; None when it cannot be read."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None


def _unfinished(connection: sa.Connection) -> list[tuple[str, list[Any]]]:
    query = sa.select(erasures.c.call_id, erasures.c.files).where(erasures.c.finished_at.is_(None)).order_by(erasures.c.call_id)
    return [(row.call_id, row.files) for row in connection.execute(query)]


def _finish(store: Store) -> tuple[list[str], tuple[str, ...]]:
    """Steps two and three, for every erasure that is not finished; the ids finished, and what could not be removed."""
    with store.read() as connection:
        rows = _unfinished(connection)
    finished: list[str] = []
    left: list[str] = []
    for call_id, files in rows:
        kept = [held for held in files if isinstance(held, dict)]
        stuck: list[str] = []
        for name in (name for name in files if isinstance(name, str)):
            try:
                Path(name).unlink(missing_ok=True)
            except OSError as error:
                stuck.append(name)
                left.append(f"{name}: {error.strerror}")
        forget(store, call_id)
        done = None if stuck else datetime.now(UTC)
        with store.begin() as connection:
            connection.execute(erasures.update().where(erasures.c.call_id == call_id).values(files=[*stuck, *kept], finished_at=done))
        if not stuck:
            finished.append(call_id)
    parquet.sweep(store)  # what a run wrote of an erased call before it was refused, and did not live to remove
    left += _scrub(store)
    return finished, tuple(left)


def _overwrite_deleted(connection: sa.Connection) -> None:
    """SQLite leaves deleted text in free pages unless told to overwrite it."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA secure_delete = ON")


def _scrub(store: Store) -> list[str]:
    """SQLite's file and write-ahead log hold rows as they were until they are written anew; what kept that from being done."""
    if store.engine.dialect.name != "sqlite":
        return []
    connection = store.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")  # rows that moved from page to page leave copies that secure_delete knows nothing of
        busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        return [f"{store.engine.url.database}: {error}"]
    finally:
        connection.close()
    return [f"{store.engine.url.database}-wal: somebody is reading it"] if busy else []
