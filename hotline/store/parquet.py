"""Words and hits as Parquet: one small file a call, below a folder a day.

    <parquet>/turns/day=2026-11-09/S001-3f0c…-9d2e….parquet      <parquet>/hits/day=…/…

A file's name holds a digest of what is in it, so it never changes: writing the same again changes nothing,
and a file becomes visible when a SQL row names it. Files that no row names (a run was killed before its
commit) do no harm; :func:`sweep` removes them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import time
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput, MissingPart
from hotline.store.access import Viewer
from hotline.store.engine import Store
from hotline.store.rows import HITS, TURNS, items_of, rows_of_items, rows_of_turns, turns_of
from hotline.store.schema import calls, recordings, scores
from qa.calls import Call, Turn
from qa.scoring import ItemResult, Scorecard


def write_turns(store: Store, call: Call) -> str:
    """Write the turns of a call (``started_at`` says the day); returns the path below the Parquet folder.

    Atomic (temporary file, fsync, rename). Raises BadInput for a call without a start.
    """
    return _write(store, "turns", _day(store, call), call.id, rows_of_turns(call), TURNS)


def write_hits(store: Store, call: Call, scorecard: Scorecard) -> str:
    """Write the item results and evidence of a call's scorecard; returns the path below the Parquet folder.

    Atomic like :func:`write_turns`. Raises BadInput for a call without a start.
    """
    return _write(store, "hits", _day(store, call), scorecard.call_id, rows_of_items(scorecard), HITS)


def read_turns(store: Store, file: str) -> tuple[Turn, ...]:
    """The turns in ``file`` (as returned by write_turns). Checks no access: people go through ``calls.open_call``."""
    return turns_of(_read(store, file))


def read_items(store: Store, file: str) -> tuple[ItemResult, ...]:
    """The item results in ``file`` (as returned by write_hits). Checks no access: people go through ``calls.open_call``."""
    return items_of(_read(store, file))


def scan_turns(store: Store, viewer: Viewer, first: date | None = None, last: date | None = None) -> pl.LazyFrame:
    """All turns of the calls that ``viewer`` may open, of the local days ``first`` to ``last``; columns as in ``rows.TURNS``."""
    query = sa.select(recordings.c.turns_file).join(calls, calls.c.id == recordings.c.call_id)
    return _scan(store, viewer, query, first, last, TURNS)


def scan_hits(store: Store, viewer: Viewer, first: date | None = None, last: date | None = None) -> pl.LazyFrame:
    """Item results and evidence of current scores, scoped like :func:`scan_turns`; columns as in ``rows.HITS``."""
    query = sa.select(scores.c.hits_file).join(calls, calls.c.id == scores.c.call_id).where(scores.c.current)
    return _scan(store, viewer, query, first, last, HITS)


def sweep(store: Store, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove temporary files and files that no row names; returns how many. Reads names only, so it can run after each ingest.

    Younger files are left alone: a run may be about to commit the row that names them.
    """
    limit, root, removed = time.time() - older_than.total_seconds(), store.settings.parquet, 0
    with store.read() as connection:
        named = set(connection.scalars(sa.select(recordings.c.turns_file))) | set(connection.scalars(sa.select(scores.c.hits_file)))
    for kind in ("turns", "hits"):
        for folder in (root / kind).glob("day=*"):
            for name in (file.name for file in folder.iterdir()):
                ours = name.endswith((".parquet", ".tmp"))
                if ours and f"{kind}/{folder.name}/{name}" not in named and _remove_old(folder / name, limit):
                    removed += 1
    return removed


def _remove_old(file: Path, limit: float) -> bool:
    """Remove a file last written before ``limit`` (seconds since 1970).

    It is taken aside first: had a run written the same words anew between the look and the removal, its file would be lost.
    """
    aside = file.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        if file.stat().st_mtime > limit:
            return False
        file.rename(aside)
        if aside.stat().st_mtime > limit:
            aside.rename(file)
            return False
        aside.unlink()
    except FileNotFoundError:  # another sweep was first
        return False
    return True


def _day(store: Store, call: Call) -> date:
    if call.started_at is None:
        raise BadInput(f"call {call.id}", "no start time", "give started_at in the manifest")
    return call.started_at.astimezone(store.settings.zone).date()


def _write(store: Store, kind: str, day: date, call_id: str, rows: list[dict[str, Any]], schema: dict[str, Any]) -> str:
    content = hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    relative = f"{kind}/day={day.isoformat()}/{_safe(call_id)}-{content[:16]}.parquet"
    target = store.settings.parquet / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        with fresh.open("wb") as handle:
            pl.DataFrame(rows, schema=schema, orient="row").write_parquet(handle)
            handle.flush()
            os.fsync(handle.fileno())
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return relative


def _safe(call_id: str) -> str:
    """A file name for any call id: readable letters, then a digest, since case and other marks may be lost on the way."""
    return f"{re.sub(r'[^A-Za-z0-9]+', '_', call_id)[:40]}-{hashlib.sha256(call_id.encode()).hexdigest()[:16]}"


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _path(store: Store, file: str) -> Path:
    root = store.settings.parquet.resolve()
    path = (root / file).resolve()
    if not path.is_relative_to(root):
        raise BadInput(file, "lies outside the Parquet folder", "name a file as write_turns or write_hits returned it")
    return path


def _read(store: Store, file: str) -> pl.DataFrame:
    path = _path(store, file)
    if not path.is_file():
        raise MissingPart(
            file, f"not in the Parquet folder {store.settings.parquet}", "restore it from the backup or ingest the call again"
        )
    return pl.read_parquet(path, hive_partitioning=False)


def _scan(
    store: Store, viewer: Viewer, query: sa.Select[Any], first: date | None, last: date | None, schema: dict[str, Any]
) -> pl.LazyFrame:
    query = query.where(viewer.calls_clause()).order_by(calls.c.day, calls.c.id)
    if first:
        query = query.where(calls.c.day >= first)
    if last:
        query = query.where(calls.c.day <= last)
    with store.read() as connection:
        files: Iterable[str] = connection.scalars(query).all()
    paths = [_path(store, file) for file in files]
    if not paths:
        return pl.LazyFrame(schema=schema)
    # files of an earlier version lack the columns that came later
    return pl.scan_parquet(paths, hive_partitioning=False, schema=schema, missing_columns="insert")
