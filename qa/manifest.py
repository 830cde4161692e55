"""What to ingest: a manifest (CSV, Parquet, Excel), a folder of recordings or one recording, as :class:`Entry` values.

Rows are read as they are asked for: the first call is being heard while the rest of 300,000 rows is still on disk. A row that
cannot be used becomes a :class:`BadRow`; the others are read all the same.
"""

from __future__ import annotations

import codecs
import csv
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from hotline.errors import BadInput
from qa.manifest_fields import REQUIRED, Entry, Places, entry
from qa.sidecars import AUDIO_SUFFIXES, TRANSCRIPT_SUFFIXES, NamePattern, lone_entry

__all__ = ["AUDIO_SUFFIXES", "TRANSCRIPT_SUFFIXES", "BadRow", "Entry", "count", "is_manifest", "named_files", "read", "stream"]

MANIFEST_SUFFIXES = {".csv", ".parquet", ".xlsx"}
_SLICE = 10_000
_LONGEST_HEADER = 100_000
_TO_TEXT = {"%z": "%Y-%m-%dT%H:%M:%S%.f%:z", "": "%Y-%m-%dT%H:%M:%S%.f"}


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be used, with the line to show."""

    where: str
    error: BadInput


def read(source: Path, zone: ZoneInfo) -> tuple[list[Entry], list[BadRow]]:
    """All entries and bad rows at once. Raises BadInput when nothing in the source can be read."""
    entries: list[Entry] = []
    bad: list[BadRow] = []
    for item in stream(source, zone):
        if isinstance(item, Entry):
            entries.append(item)
        else:
            bad.append(item)
    return entries, bad


def stream(source: Path, zone: ZoneInfo, names: NamePattern | None = None, *, links: bool = True) -> Iterator[Entry | BadRow]:
    """Entries and bad rows in the order of the source; the second row with a call id is a bad one.

    ``names`` tells what the names of recordings mean where there is no manifest; ``links`` whether a manifest's rows may name symbolic
    links that stay inside its folder. Raises BadInput at once for a source that is not there, and while it is read for one that
    cannot be.
    """
    if not source.exists():
        raise BadInput(
            str(source), "no such file or folder", "name a manifest (CSV, Parquet, Excel), a recording or a folder of recordings"
        )
    return _no_id_twice(_items(source, zone, names, links))


def _no_id_twice(items: Iterator[Entry | BadRow]) -> Iterator[Entry | BadRow]:
    first: dict[str, str] = {}
    for item in items:
        if isinstance(item, Entry) and (holder := first.setdefault(item.call_id, item.where)) is not item.where:
            problem = f"'{item.call_id}' stands at {holder} already"
            yield BadRow(item.where, BadInput(f"{item.where}: call_id", problem, "give each call its own id"))
        else:
            yield item


def count(source: Path) -> int:
    """How many rows or recordings a source has; quick, for showing progress."""
    if source.is_dir():
        return sum(1 for _ in _recordings(source))
    if not source.exists() or source.suffix.lower() in AUDIO_SUFFIXES:
        return 1
    if source.suffix.lower() == ".parquet":
        return _parquet_rows(source)
    if source.suffix.lower() == ".xlsx":
        return sum(1 for _ in _table(source))
    with source.open(encoding="latin-1", newline="") as handle:  # only lines count, whatever the letters are
        try:
            return max(0, sum(1 for _ in csv.reader(handle)) - 1)
        except csv.Error:
            return 0  # reading the rows says what is wrong


def is_manifest(path: Path) -> bool:
    """Is this a table whose columns are a manifest's? (A transcript may be a CSV file too.)"""
    if path.suffix.lower() not in MANIFEST_SUFFIXES:
        return False
    if path.suffix.lower() == ".csv":
        with path.open("rb") as handle:  # the header alone: what follows may be broken, and then ingestion shall say so
            header = handle.readline(_LONGEST_HEADER).decode("utf-8-sig", errors="replace")
        names = next(csv.reader([header]), [])
        return all(name in names for name in REQUIRED)
    try:
        _, row = next(_table(path), (0, {}))
    except BadInput:
        return False
    return all(name in row for name in REQUIRED)


def named_files(source: Path) -> Iterator[Path]:
    """The recordings and transcripts below a manifest that it names, whether or not they are there. Raises BadInput."""
    base = source.parent.resolve()
    for _, row in _table(source):
        for name in (row["file"].strip(), row.get("transcript", "").strip()):
            if name and not name.startswith("package:") and "\0" not in name:
                yield base / name


def _items(source: Path, zone: ZoneInfo, names: NamePattern | None, links: bool) -> Iterator[Entry | BadRow]:
    if source.is_dir() or source.suffix.lower() in AUDIO_SUFFIXES:
        yield from _lone(source, zone, names)
        return
    places = Places(source.parent, links=links)
    for number, row in _table(source):
        where = f"{source.name}:{number}"
        try:
            if None in row:
                raise BadInput(where, "more cells than the header has columns", "mend the line: a comma inside a cell needs quotes")
            yield entry(row, where, places, zone)
        except BadInput as error:
            yield BadRow(where, error)


def _lone(source: Path, zone: ZoneInfo, names: NamePattern | None) -> Iterator[Entry | BadRow]:
    places = Places(source if source.is_dir() else source.parent)
    paths = _recordings(places.base) if source.is_dir() else iter([places.base / source.name])
    nothing = True
    for path in paths:
        nothing = False
        try:
            yield lone_entry(path, places, zone, names)
        except BadInput as error:
            yield BadRow(path.relative_to(places.base).as_posix(), error)
        except OSError as error:
            where = path.relative_to(places.base).as_posix()
            yield BadRow(where, BadInput(f"{where}: file", f"cannot be read ({error.strerror})", "mend the file or its permissions"))
    if nothing:
        raise BadInput(str(source), "no recording in this folder", f"endings known: {' '.join(sorted(AUDIO_SUFFIXES))}")


def _recordings(base: Path) -> Iterator[Path]:
    """Recordings below a folder in order of their names; linked folders are not entered."""
    for folder, below, names in os.walk(base):
        below.sort()
        for name in sorted(names):
            if Path(name).suffix.lower() in AUDIO_SUFFIXES:
                yield Path(folder, name)


def _table(source: Path) -> Iterator[tuple[int, Mapping[Any, str]]]:
    """Line number and row (column: text, "" where nothing stands) of a table. Raises BadInput."""
    suffix = source.suffix.lower()
    try:
        rows = _csv(source) if suffix not in (".parquet", ".xlsx") else _frames(source)
        yield from rows
    except (pl.exceptions.PolarsError, OSError, csv.Error, UnicodeDecodeError) as error:
        kind = "CSV" if suffix not in (".parquet", ".xlsx") else suffix[1:].capitalize()
        raise BadInput(str(source), f"not a readable {kind} table ({_first_line(error)})", "save it as UTF-8 CSV") from None


def _csv(source: Path) -> Iterator[tuple[int, Mapping[Any, str]]]:
    with source.open(encoding=_encoding(source), newline="") as handle:
        reader = csv.DictReader(handle, restval="", strict=True)
        _check_columns(source, reader.fieldnames or ())
        try:
            for row in reader:
                yield reader.line_num, row
        except csv.Error as error:
            raise BadInput(f"{source}:{reader.line_num}", f"not a line of CSV ({error})", "save it as UTF-8 CSV") from None


def _encoding(source: Path) -> str:
    """UTF-8, or GB 18030, which Chinese Excel writes; read through once, a piece at a time."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with source.open("rb") as handle:
        try:
            while piece := handle.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8-sig"


def _frames(source: Path) -> Iterator[tuple[int, Mapping[Any, str]]]:
    if source.suffix.lower() == ".parquet":
        lazy = pl.scan_parquet(source, hive_partitioning=False)
        pieces: Iterator[pl.DataFrame] = (lazy.slice(start, _SLICE).collect() for start in range(0, _parquet_rows(source), _SLICE))
        columns = lazy.collect_schema().names()
    else:
        whole = pl.read_excel(source, infer_schema_length=0)
        pieces, columns = iter([whole]), whole.columns
    _check_columns(source, columns)
    number = 1
    for piece in pieces:
        instants = {name: _TO_TEXT["%z" if kind.time_zone else ""] for name, kind in piece.schema.items() if isinstance(kind, pl.Datetime)}
        texts = piece.with_columns(*(pl.col(name).dt.strftime(shape) for name, shape in instants.items()))
        for row in texts.cast(pl.String).fill_null("").iter_rows(named=True):
            number += 1
            yield number, row


def _parquet_rows(source: Path) -> int:
    try:
        return int(pl.scan_parquet(source, hive_partitioning=False).select(pl.len()).collect().item())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(source), f"not a readable Parquet table ({_first_line(error)})", "save it as UTF-8 CSV") from None


def _check_columns(source: Path, columns: Any) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    if missing:
        raise BadInput(f"{source}:1", f"column {', '.join(missing)} is missing", "see docs/ingestion.md for the columns")


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
