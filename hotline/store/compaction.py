"""Join a day's many small Parquet files into few, and take a call out of them again.

    S001-….parquet  S002-….parquet  …   ──compact──►   all-77ab….parquet   (sorted by part: a call's rows lie together)
         ▲ SQL rows name the files                          ▲ SQL rows name file and part

A file is written first, then one transaction moves the SQL rows to it, each only if it still names what was copied: a call
corrected or erased meanwhile makes the attempt start again. Stopped anywhere, every row names a file that is there. The old files
stay for an hour, for readers that are about to open them; then :func:`hotline.store.parquet.sweep` removes them. Joining, forgetting
and sweeping take turns, across processes: of two at once, one would put back what the other took out.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import HotlineError
from hotline.store.engine import Store
from hotline.store.parquet_files import KINDS, MANY, PART, one_at_a_time, part_of, path_of, split, stem, write_whole
from hotline.store.rows import HITS, TURNS
from hotline.store.schema import calls, recordings, scores, turn_corrections

SCHEMAS = {"turns": TURNS, "hits": HITS}
MOST_PARTS = 10_000
"""Parts in one file: about 100 MB of memory to join them, and what one file more costs when a call is erased."""
ROW_GROUP = 4_000
"""Rows that are read at least when one call is opened."""
_TRIES = 3
_NAMELESS = re.compile(r"\.[0-9a-f]{16}\.tmp")
_MANY_LEFT = re.compile(rf"\.{MANY}[0-9a-f]+-[0-9a-f]{{16}}\.tmp")


class _Moved(Exception):
    """A row names another file than when its words were copied."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A SQL row that names Parquet rows: where it stands and what it says."""

    column: sa.Column[Any]
    key: Any
    reference: str


def compact(store: Store, day: date) -> int:
    """Join the small files of a local day; returns how many were joined. Does nothing where there are fewer than two.

    Safe beside readers, ingestion, corrections and a kill. Raises HotlineError when the day's calls keep changing under it.
    """
    with one_at_a_time(store):
        return sum(_compact(store, kind, day) for kind in KINDS)


def compact_before(store: Store, last: date, least: int = 2) -> int:
    """Join the files of every day before ``last`` that has at least ``least`` small ones; returns how many were joined."""
    joined = 0
    for day in days_with_small_files(store, least):
        if day < last:
            joined += compact(store, day)
    return joined


def days_with_small_files(store: Store, least: int = 2) -> list[date]:
    """The days whose folders hold at least ``least`` files of single calls, oldest first."""
    counts: dict[date, int] = {}
    for kind in KINDS:
        for folder in (store.settings.parquet / kind).glob("day=*"):
            with os.scandir(folder) as found:
                small = sum(_is_small(entry.name) for entry in found)
            day = date.fromisoformat(folder.name.removeprefix("day="))
            counts[day] = max(counts.get(day, 0), small)
    return sorted(day for day, count in counts.items() if count >= least)


def forget(store: Store, call_id: str) -> int:
    """Remove every Parquet row of a call, of all days and versions; returns the number of files removed or rewritten.

    For erasure: call it after the transaction that removed the call's references (``recordings``, ``scores``, ``turn_corrections``)
    has been committed, and again when it was interrupted; finding nothing it does nothing. Its own files are removed; a file of
    many calls is written anew without it, in its place, so that the references of the others stay right. Files are looked
    through whether or not a row names them: copies that wait to be swept go too, and what killed writers left half done.
    """
    begin = f"{stem(call_id)}-"
    changed = 0
    with one_at_a_time(store):
        for folder in (folder for kind in KINDS for folder in (store.settings.parquet / kind).glob("day=*")):
            for file in sorted(folder.iterdir()):
                own = file.name.startswith(begin) and file.suffix == ".parquet"
                if own or _is_left_over(file.name, begin):
                    file.unlink(missing_ok=True)
                    changed += 1
                elif _is_many(file.name):
                    changed += _forget_in(file, begin)
    return changed


def scan_parts(file: Path, kind: str, parts: Sequence[str] | None = None) -> pl.LazyFrame:
    """Rows of a file of many calls with the column ``part``, in the file's order; only of ``parts`` when given."""
    frame = pl.scan_parquet(file, hive_partitioning=False, schema=SCHEMAS[kind] | {PART: pl.String}, missing_columns="insert")
    if parts is None:
        return frame
    return frame.filter(pl.col(PART) == parts[0] if len(parts) == 1 else pl.col(PART).is_in(parts))


def _compact(store: Store, kind: str, day: date) -> int:
    for _ in range(_TRIES):
        try:
            return _compact_once(store, kind, day)
        except _Moved:
            continue
    raise HotlineError(f"{kind} of {day}", "calls of the day keep changing", "compact it later: hotline calls compact")


def _compact_once(store: Store, kind: str, day: date) -> int:
    named = _named(store, kind, day)
    by_file: dict[str, list[_Named]] = {}
    for row in named:
        by_file.setdefault(split(row.reference)[0], []).append(row)
    half_full = {file for file, rows in by_file.items() if len(rows) < MOST_PARTS // 2}
    wanted = sorted((row for file in half_full for row in by_file[file]), key=lambda row: part_of(row.reference))
    small = sum(_is_small(file.rpartition("/")[2]) for file in half_full)
    if small == 0 or len(half_full) < 2:
        return 0
    for some in _chunks(wanted):
        _join(store, kind, day, some)
    for file in half_full:  # young again: the hour of grace for readers begins now
        path_of(store, file).touch()
    return small


def _chunks(rows: list[_Named]) -> Iterator[list[_Named]]:
    """Runs of at most ``MOST_PARTS`` parts; rows that name the same part stay together."""
    chunk: list[_Named] = []
    parts = 0
    for _, same in groupby(rows, key=lambda row: part_of(row.reference)):
        if parts == MOST_PARTS:
            yield chunk
            chunk, parts = [], 0
        chunk += same
        parts += 1
    yield chunk


def _join(store: Store, kind: str, day: date, rows: list[_Named]) -> None:
    """Copy what ``rows`` name into one file and let them name it. Raises _Moved when one of them says something else by now."""
    # never the name of a file that is there: when this attempt fails, what it wrote is removed, and rows may name the other
    file = f"{kind}/day={day.isoformat()}/{MANY}{secrets.token_hex(12)}.parquet"
    # Of a part that lies in its own file and in one of many calls (corrected, and corrected back), one copy: they hold the same.
    one_of_each = {part_of(row.reference): row.reference for row in rows}
    frame = _copy_of(store, kind, sorted(one_of_each.values()))
    write_whole(path_of(store, file), lambda handle: frame.write_parquet(handle, row_group_size=ROW_GROUP))
    try:
        with store.begin() as connection:
            for column in {row.column for row in rows}:
                _move(connection, column, [row for row in rows if row.column is column], file)
    except _Moved:
        path_of(store, file).unlink(missing_ok=True)  # it may hold words that were erased meanwhile
        raise


def _copy_of(store: Store, kind: str, references: list[str]) -> pl.DataFrame:
    """The rows of the references with the column ``part``, sorted by it, each part's rows in their order."""
    own = [path_of(store, reference) for reference in references if split(reference)[1] is None]
    many: dict[Path, list[str]] = {}
    for reference in references:
        if (part := split(reference)[1]) is not None:
            many.setdefault(path_of(store, reference), []).append(part)
    frames = [scan_parts(file, kind, parts) for file, parts in many.items()]
    if own:
        name = pl.col(PART).str.extract(r"([^/\\]+)\.parquet$")
        scan = pl.scan_parquet(own, hive_partitioning=False, schema=SCHEMAS[kind], missing_columns="insert", include_file_paths=PART)
        frames.append(scan.with_columns(name))
    try:
        return pl.concat(frames).sort(PART, maintain_order=True).collect()
    except FileNotFoundError:
        raise _Moved from None


def _named(store: Store, kind: str, day: date) -> list[_Named]:
    """The rows of calls of a day that name a file in the folder of that day."""
    begin = f"{kind}/day={day.isoformat()}/"
    found: list[_Named] = []
    columns = {"turns": (recordings.c.turns_file, turn_corrections.c.turns_before), "hits": (scores.c.hits_file,)}[kind]
    with store.read() as connection:
        for column in columns:
            (key,) = column.table.primary_key
            query = sa.select(key, column).join(calls, calls.c.id == column.table.c.call_id).where(calls.c.day == day)
            found += [_Named(column, row[0], row[1]) for row in connection.execute(query) if row[1].startswith(begin)]
    return found


def _move(connection: sa.Connection, column: sa.Column[Any], rows: list[_Named], file: str) -> None:
    (key,) = column.table.primary_key
    statement = (
        column.table.update().where(key == sa.bindparam("of"), column == sa.bindparam("was")).values({column: sa.bindparam("becomes")})
    )
    values = [{"of": row.key, "was": row.reference, "becomes": f"{file}#{part_of(row.reference)}"} for row in rows]
    if connection.execute(statement, values).rowcount != len(rows):
        raise _Moved


def _forget_in(file: Path, begin: str) -> int:
    """Write a file of many calls anew without the parts that begin so; returns 1 when there were any."""
    # ordered comparison instead of a prefix test: the statistics of the row groups then spare reading the others
    of_call = (pl.col(PART) >= begin) & (pl.col(PART) < f"{begin[:-1]}.")  # "." follows "-" in ASCII
    held = pl.scan_parquet(file, hive_partitioning=False)
    if held.filter(of_call).select(pl.len()).collect().item() == 0:
        return 0
    rest = held.filter(~of_call).collect()
    if rest.is_empty():
        file.unlink(missing_ok=True)
    else:
        write_whole(file, lambda handle: rest.write_parquet(handle, row_group_size=ROW_GROUP))
    return 1


def _is_small(name: str) -> bool:
    return name.endswith(".parquet") and not _is_many(name)


def _is_left_over(name: str, begin: str) -> bool:
    """Is this what a killed writer left of a call whose names begin so, or of many calls?

    Files of many calls are written, and others taken aside to be removed, by one process at a time: this one. Nobody is at them.
    """
    if not name.endswith(".tmp"):
        return False
    return name.startswith(f".{begin}") or _NAMELESS.fullmatch(name) is not None or _MANY_LEFT.fullmatch(name) is not None


def _is_many(name: str) -> bool:
    # a call named "all" has two digests in its file names, a file of many calls one
    return name.startswith(MANY) and name.endswith(".parquet") and name.count("-") == 1
