"""Read a folder of feeds: one CSV, Excel or Parquet file a table, as other systems export them, into typed frames.

    centre/org_units.csv  centre/agents.xlsx  centre/calls.parquet …

Every complaint names the file, the line (the row in Parquet) and the column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store import raw_sheets
from hotline.store.feeds import FEEDS
from hotline.store.mapping import FeedMap, mapped
from hotline.store.rejects import Reject
from hotline.store.schema import UtcDateTime

_TRUTH = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}
_DERIVED = {("calls", "day"), ("calls", "caller_key")}  # they follow from started_at and caller
_HALF_HOURS = ("interval_counts", "agent_intervals")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of a feed; ``lines`` are the lines its rows begin on (rows in Parquet), ``cells`` what stood there.

    ``aside`` collects rows that cannot be used; where it is None, the first of them is an error.
    """

    file: Path
    feed: str
    frame: pl.DataFrame
    lines: list[int]
    by_line: bool
    cells: pl.DataFrame
    aside: list[Reject] | None
    refused: set[int]

    def bad(self, row: int, column: str, problem: str, mend: str) -> BadInput:
        """The complaint about a cell; ``row`` counts from 0."""
        where = f"{self.file}:{self.lines[row]}" if self.by_line else f"{self.file}: row {self.lines[row]}"
        return BadInput(f"{where}: {column}", problem, mend)

    def put_aside(self, row: int, column: str, problem: str, mend: str) -> None:
        """Put a row aside, once; raises it as BadInput where nothing may be put aside."""
        if self.aside is None:
            raise self.bad(row, column, problem, mend)
        if row not in self.refused:
            cells = {name: None if cell is None else str(cell) for name, cell in self.cells.row(row, named=True).items()}
            self.aside.append(Reject(self.feed, self.file.name, self.lines[row], column, problem, mend, cells))
            self.refused.add(row)

    def sound(self) -> Sheet:
        """The sheet without the rows put aside."""
        if not self.refused:
            return self
        kept = [row for row in range(self.frame.height) if row not in self.refused]
        return replace(self, frame=self.frame[kept], lines=[self.lines[row] for row in kept], cells=self.cells[kept], refused=set())


def read_folder(
    folder: Path, zone: ZoneInfo, mapping: Mapping[str, FeedMap] | None = None, aside: list[Reject] | None = None
) -> dict[str, Sheet]:
    """The feeds in ``folder`` by table name, typed as the tables are; instants without an offset are read in ``zone``.

    ``mapping`` says how other systems' files become feeds. Rows that cannot be used go to ``aside``; without it the first is an error.
    Raises BadInput for a folder without feeds, a file or column that is not known, and a cell that cannot be used.
    """
    if not folder.is_dir():
        raise BadInput(str(folder), "not a folder", "name the folder that holds org_units.csv, agents.csv, calls.csv …")
    given = mapping or {}
    found: dict[str, Sheet] = {}
    for file in sorted(folder.iterdir()):
        kind = file.suffix.lower()
        if not file.is_file() or file.name.startswith((".", "~")) or kind not in (*raw_sheets.KINDS, ".xls", ".tsv"):
            continue
        named = [feed for feed, one in given.items() if one.file and fnmatch(file.name, one.file)]
        feed = named[0] if named else file.stem.lower()
        if given and feed not in FEEDS:
            continue  # a folder of another system holds other files too
        if kind not in raw_sheets.KINDS:
            raise BadInput(str(file), f"{kind} files are not read", "save it as CSV UTF-8 (comma delimited)")
        if feed not in FEEDS:
            raise BadInput(str(file), "no feed has this name", f"name it one of {', '.join(FEEDS)}")
        if feed in found:
            raise BadInput(str(file), f"{found[feed].file.name} holds the same feed", "keep one of them")
        found[feed] = _sheet(file, feed, given.get(feed, FeedMap()), zone, aside)
    if not found:
        raise BadInput(str(folder), "no feed is in it", f"put in CSV, Excel or Parquet files named {', '.join(FEEDS)}")
    return {feed: found[feed] for feed in FEEDS if feed in found}


def _sheet(file: Path, feed: str, given: FeedMap, zone: ZoneInfo, aside: list[Reject] | None) -> Sheet:
    raw = raw_sheets.read(file, given.sheet, tolerant=aside is not None)
    where = f"{file}:1" if raw.by_line else str(file)
    known = [column.name for column in FEEDS[feed].columns] + (["caller"] if feed == "calls" else [])
    frame = mapped(raw.frame, given, where, known)
    _check_header(where, feed, frame.columns, known)
    for line, parts, problem, mend in raw.broken:
        # which cell is which cannot be known, so a number of a caller could be any of them
        assert aside is not None
        aside.append(Reject(feed, file.name, line, "", problem, mend, {"cells": str(len(parts))}))
    cells = frame.drop([name for name in ("caller", "caller_key") if name in frame.columns])
    return _typed(Sheet(file, feed, frame, raw.lines, raw.by_line, cells, aside, set()), zone).sound()


def _check_header(where: str, feed: str, header: list[str], known: list[str]) -> None:
    for name in header:
        if name not in known:
            raise BadInput(f"{where}: {name}", "unknown column", f"known: {', '.join(known)}")
    for column in FEEDS[feed].columns:
        optional = column.nullable or column.server_default is not None or (feed, column.name) in _DERIVED
        if not optional and column.name not in header:
            raise BadInput(f"{where}: {column.name}", "this column is missing", "add it")


def _typed(sheet: Sheet, zone: ZoneInfo) -> Sheet:
    table, columns = FEEDS[sheet.feed], []
    for values in sheet.frame.get_columns():
        column = sa.Column("caller", sa.String()) if values.name == "caller" else table.c[values.name]
        typed = _column(sheet, column, values, zone)
        if column.server_default is not None:
            if values.null_count() == len(values):
                continue  # an empty column is as good as none
            typed = typed.fill_null(_default(column))
        elif not column.nullable and typed.null_count():
            for row in _rows(typed.is_null()):
                sheet.put_aside(row, column.name, "there is no value", "fill it in or leave the row out")
        columns.append(typed)
    result = replace(sheet, frame=pl.DataFrame(columns))
    _check_rows(result, zone)
    return result


def _check_rows(sheet: Sheet, zone: ZoneInfo) -> None:
    """What holds between cells, or for the cells of one feed only."""
    frame = sheet.frame
    if sheet.feed in _HALF_HOURS:
        start = frame["start"].dt.convert_time_zone(zone.key)
        crooked = start != start.dt.truncate("30m")
        mend = "sum the figures by half-hours: 08:00, 08:30 …"
        for row in _rows(crooked):
            sheet.put_aside(row, "start", "not the beginning of a half-hour", mend)
    if sheet.feed == "agent_schedules":
        over = frame["end"] <= frame["start"]
        for row in _rows(over):
            sheet.put_aside(row, "end", "not after the start", "an activity over midnight ends on the next day")
    if sheet.feed == "calls" and "day" in frame.columns:
        other = frame["day"] != frame["started_at"].dt.convert_time_zone(zone.key).dt.date()
        mend = "leave the column out: it follows from started_at"
        for row in _rows(other):
            sheet.put_aside(row, "day", "not the local day of started_at", mend)
    if "caller_key" in frame.columns:
        mend = "give numbers in a column caller: only a hash is kept"
        if "caller" in frame.columns:
            raise BadInput(f"{sheet.file}: caller_key", "stands beside the column caller", mend)
        plain = ~frame["caller_key"].str.contains("^[0-9a-f]{64}$").fill_null(True)
        for row in _rows(plain):
            sheet.put_aside(row, "caller_key", "not a keyed hash", mend)


def _column(sheet: Sheet, column: sa.Column[Any], values: pl.Series, zone: ZoneInfo) -> pl.Series:
    """A column as its table has it; null where there is nothing."""
    kind, given = column.type, values.dtype
    if given == pl.Null:
        return values.cast(pl.String) if isinstance(kind, sa.String) else values
    if isinstance(kind, UtcDateTime):
        mend = f"write 2026-11-09 08:30:00 ({zone.key} time), or with an offset: 2026-11-09T08:30:00+08:00"
        if given == pl.String:
            return _parsed(sheet, values, lambda text: _instant(text, zone), pl.Datetime("us", "UTC"), "a time", mend)
        if not isinstance(given, pl.Datetime):
            raise BadInput(f"{sheet.file}: {values.name}", f"{given} is not a time", mend)
        if given.time_zone:
            return values.dt.convert_time_zone("UTC")
        local = values.dt.replace_time_zone(zone.key, ambiguous="null", non_existent="null")
        return _same_nulls(sheet, values, local, "a time that comes once", mend).dt.convert_time_zone("UTC")
    if isinstance(kind, sa.Date):
        return _parsed(sheet, values, _date, pl.Date, "a date", "write YYYY-MM-DD") if given == pl.String else values
    if isinstance(kind, sa.Boolean):
        return _parsed(sheet, values, lambda text: _TRUTH[text.lower()], pl.Boolean, "yes or no", "write true or false")
    if isinstance(kind, sa.Integer):
        whole = values.cast(pl.Int64, strict=False)
        if given.is_float():
            whole = whole.set(whole != values, None)  # the cast cuts fractions off
        return _same_nulls(sheet, values, whole, "a whole number", "write digits only")
    if isinstance(kind, sa.Float):
        number = values.cast(pl.Float64, strict=False)
        number = pl.select(pl.when(number.is_finite()).then(number)).to_series().alias(values.name)
        return _same_nulls(sheet, values, number, "a number", "write seconds as digits, without units")
    if isinstance(kind, sa.JSON):
        return values if given == pl.Struct else _parsed(sheet, values, _object, pl.String, "a JSON object", 'write {"area": "城区"}')
    if given != pl.String and not given.is_integer():
        raise BadInput(f"{sheet.file}: {values.name}", f"{given} is not text", "export it as text")
    return values.cast(pl.String)


def _parsed(sheet: Sheet, values: pl.Series, parse: Callable[[str], Any], kind: Any, what: str, mend: str) -> pl.Series:
    """Text by text; each different text is parsed once."""
    if values.dtype == kind and kind != pl.String:
        return values
    meanings: dict[str, Any] = {}
    for text in values.cast(pl.String).drop_nulls().unique():
        try:
            meanings[text] = parse(text)
        except (ValueError, KeyError, OverflowError):
            meanings[text] = None
    parsed = [None if text is None else meanings[text] for text in values.cast(pl.String)]
    return _same_nulls(sheet, values, pl.Series(values.name, parsed, dtype=kind), what, mend)


def _same_nulls(sheet: Sheet, before: pl.Series, after: pl.Series, what: str, mend: str) -> pl.Series:
    lost = after.is_null() & before.is_not_null()
    for row in _rows(lost):
        sheet.put_aside(row, before.name, f"'{before[row]}' is not {what}", mend)
    return after


def _instant(text: str, zone: ZoneInfo) -> datetime:
    """An instant; ValueError for a local time that the clock shows twice or never."""
    found = datetime.fromisoformat(re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})(?: +(\d):)?", _iso, text))
    if found.tzinfo is None:
        found = found.replace(tzinfo=zone)
        if found.utcoffset() != found.replace(fold=1).utcoffset():
            raise ValueError(text)
    return found.astimezone(UTC)


def _iso(match: re.Match[str]) -> str:
    """Dates as spreadsheets write them: 2026/11/9 8:05 is 2026-11-09 08:05."""
    year, month, day, hour = match.groups()
    return f"{year}-{int(month):02}-{int(day):02}" + (f" 0{hour}:" if hour else "")


def _date(text: str) -> date:
    return date.fromisoformat(re.sub(r"^(\d{4})/(\d{1,2})/(\d{1,2})()$", _iso, text))


def _object(text: str) -> str:
    if not isinstance(json.loads(text), dict):
        raise ValueError(text)
    return text


def _default(column: sa.Column[Any]) -> Any:
    """The value that the database would give."""
    assert isinstance(column.server_default, sa.DefaultClause)
    given = column.server_default.arg
    if isinstance(column.type, sa.Boolean):
        return isinstance(given, sa.True_)
    return float(str(given)) if isinstance(column.type, sa.Float) else str(given)


def _rows(mask: pl.Series) -> list[int]:
    return mask.fill_null(False).arg_true().to_list()
