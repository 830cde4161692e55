"""Words and hits as Parquet: one small file a call, below a folder a day, until the day's files are joined.

    <parquet>/turns/day=2026-11-09/S001-3f0c…-9d2e….parquet      <parquet>/hits/day=…/…

A file's name holds a digest of what is in it: writing the same again changes nothing, and a file becomes visible when
a SQL row names it. Files that no row names (a run was killed before its commit) do no harm; :func:`sweep` removes them.
:func:`compact` joins a day's files; only :func:`forget`, for erasure, ever takes rows out of a file.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput, MissingPart
from hotline.store.access import Viewer
from hotline.store.compaction import SCHEMAS, compact, compact_before, forget, scan_parts
from hotline.store.engine import Store
from hotline.store.parquet_files import PART, one_at_a_time, path_of, split, stem, write_whole
from hotline.store.rows import items_of, rows_of_items, rows_of_turns, turns_of
from hotline.store.schema import calls, erasures, published_weeks, recordings, scores, turn_corrections
from hotline.store.weeks import days_of
from qa.calls import Call, Turn
from qa.scoring import ItemResult, Scorecard

__all__ = [
    "compact",
    "compact_before",
    "forget",
    "forget_erased",
    "gathered",
    "read_items",
    "read_turns",
    "scan_hits",
    "scan_turns",
    "sweep",
    "write_hits",
    "write_turns",
]


_TRIES = 3


def write_turns(store: Store, call: Call) -> str:
    """Write the turns of a call (``started_at`` says the day); returns the reference to it.

    Atomic (temporary file, fsync, rename). Raises BadInput for a call without a start.
    """
    return _write(store, "turns", _day(store, call), call.id, rows_of_turns(call))


def write_hits(store: Store, call: Call, scorecard: Scorecard) -> str:
    """Write the item results and evidence of a call's scorecard; returns the reference to it.

    Atomic like :func:`write_turns`. Raises BadInput for a call without a start.
    """
    return _write(store, "hits", _day(store, call), scorecard.call_id, rows_of_items(scorecard))


def read_turns(store: Store, file: str) -> tuple[Turn, ...]:
    """The turns that ``file`` refers to, as write_turns returned it or SQL names it.

    Checks no access: people go through ``calls.open_call``.
    """
    return turns_of(_read(store, "turns", file))


def read_items(store: Store, file: str) -> tuple[ItemResult, ...]:
    """The item results that ``file`` refers to, as write_hits returned it or SQL names it.

    Checks no access: people go through ``calls.open_call``.
    """
    return items_of(_read(store, "hits", file))


def scan_turns(store: Store, viewer: Viewer, first: date | None = None, last: date | None = None) -> pl.LazyFrame:
    """All turns of the calls that ``viewer`` may open, of the local days ``first`` to ``last``; columns as in ``rows.TURNS``.

    A call's rows lie together and in order; calls come in no order.
    """
    query = sa.select(recordings.c.turns_file).join(calls, calls.c.id == recordings.c.call_id)
    return _scan(store, viewer, "turns", query, first, last)


def scan_hits(store: Store, viewer: Viewer, first: date | None = None, last: date | None = None) -> pl.LazyFrame:
    """Item results and evidence of the scores that count, scoped like :func:`scan_turns`; columns as in ``rows.HITS``.

    In published weeks those count that did when the week was published.
    """
    newest = scores.alias("newest")
    then = sa.select(sa.func.max(newest.c.id)).where(newest.c.call_id == scores.c.call_id).correlate(scores)
    counts: sa.ColumnElement[bool] = scores.c.current
    with store.read() as connection:
        weeks = connection.execute(sa.select(published_weeks.c.week, published_weeks.c.published_at)).all()
    for week, at in weeks:
        monday, sunday = days_of(week)
        if (first is None or first <= sunday) and (last is None or monday <= last):
            inside, as_published = calls.c.day.between(monday, sunday), then.where(newest.c.scored_at <= at).scalar_subquery()
            counts = sa.or_(sa.and_(inside, scores.c.id == as_published), sa.and_(~inside, counts))
    query = sa.select(scores.c.hits_file).join(calls, calls.c.id == scores.c.call_id).where(counts, scores.c.hits_file != "")
    return _scan(store, viewer, "hits", query, first, last)


def gathered(scan: Callable[[], pl.LazyFrame]) -> pl.DataFrame:
    """The rows of a scan of words or hits, which ``scan`` makes anew from SQL when a file was erased between the look and the reading.

    Raises MissingPart when files that rows name are not there at all.
    """
    for _ in range(_TRIES):
        try:
            return scan().collect()
        except FileNotFoundError:
            continue
    raise MissingPart("Parquet folder", "files that the store names are not there", "restore them from the backup")


def forget_erased(store: Store, call_id: str) -> None:
    """Remove what was just written of a call if it was erased meanwhile: for writers that the store has refused."""
    with store.read() as connection:
        gone = connection.scalar(sa.select(erasures.c.call_id).where(erasures.c.call_id == call_id).limit(1)) is not None
    if gone:
        forget(store, call_id)


def sweep(store: Store, older_than: timedelta = timedelta(hours=1)) -> int:
    """Remove temporary files and files that no row names; returns how many. Reads names only, so it can run after each ingest.

    Younger files are left alone: a run may be about to commit the row that names them.
    """
    with one_at_a_time(store):
        return _sweep(store, time.time() - older_than.total_seconds())


def _sweep(store: Store, limit: float) -> int:
    root, removed = store.settings.parquet, 0
    with store.read() as connection:
        columns = (recordings.c.turns_file, scores.c.hits_file, turn_corrections.c.turns_before)
        named = {split(reference)[0] for column in columns for reference in connection.scalars(sa.select(column))}
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


def _write(store: Store, kind: str, day: date, call_id: str, rows: list[dict[str, Any]]) -> str:
    content = hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    reference = f"{kind}/day={day.isoformat()}/{stem(call_id)}-{content[:16]}.parquet"
    frame = pl.DataFrame(rows, schema=SCHEMAS[kind], orient="row")
    write_whole(store.settings.parquet / reference, lambda handle: frame.write_parquet(handle))
    return reference


def _read(store: Store, kind: str, reference: str) -> pl.DataFrame:
    path, (file, part) = path_of(store, reference), split(reference)
    with suppress(FileNotFoundError):  # erased between the look and the reading
        if path.is_file():
            if part is None:
                return pl.read_parquet(path, hive_partitioning=False)
            return scan_parts(path, kind, [part]).drop(PART).collect()
    raise MissingPart(file, f"not in the Parquet folder {store.settings.parquet}", "restore it from the backup or ingest the call again")


def _scan(store: Store, viewer: Viewer, kind: str, query: sa.Select[Any], first: date | None, last: date | None) -> pl.LazyFrame:
    query = query.where(viewer.calls_clause()).order_by(calls.c.day, calls.c.id)
    if first:
        query = query.where(calls.c.day >= first)
    if last:
        query = query.where(calls.c.day <= last)
    own: list[Path] = []
    many: dict[str, list[str]] = {}
    with store.read() as connection:
        for reference in connection.scalars(query):
            file, part = split(reference)
            if part is None:
                own.append(path_of(store, reference))
            else:
                many.setdefault(file, []).append(part)
    frames = [scan_parts(path_of(store, file), kind, parts).drop(PART) for file, parts in many.items()]
    if own:
        # files of an earlier version lack the columns that came later
        frames.append(pl.scan_parquet(own, hive_partitioning=False, schema=SCHEMAS[kind], missing_columns="insert"))
    return pl.concat(frames) if frames else pl.LazyFrame(schema=SCHEMAS[kind])
