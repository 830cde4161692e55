"""Read a folder of feeds: one CSV or Parquet file a table, as other systems export them, into typed frames.

    centre/org_units.csv  centre/agents.csv  centre/calls.parquet …

Every complaint names the file, the line (the row in Parquet) and the column.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store.feeds import FEEDS
from hotline.store.schema import UtcDateTime

_CHUNK = 50_000  # records held as Python text at once
_TRUTH = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}
_DERIVED = {("calls", "day"), ("calls", "caller_key")}  # they follow from started_at and caller
_HALF_HOURS = ("interval_counts", "agent_intervals")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of a feed; ``lines`` are the lines its rows begin on, None when the format has none."""

    file: Path
    feed: str
    frame: pl.DataFrame
    lines: list[int] | None

    def bad(self, row: int, column: str, problem: str, mend: str) -> BadInput:
        """The complaint about a cell; ``row`` counts from 0."""
        where = f"{self.file}:{self.lines[row]}" if self.lines is not None else f"{self.file}: row {row + 1}"
        return BadInput(f"{where}: {column}", problem, mend)


def read_folder(folder: Path, zone: ZoneInfo) -> dict[str, Sheet]:
    """The feeds in ``folder`` by table name, typed as the tables are; instants without an offset are read in ``zone``.

    Raises BadInput for a folder without feeds, a file or column that is not known, and a cell that cannot be used.
    """
    if not folder.is_dir():
        raise BadInput(str(folder), "not a folder", "name the folder that holds org_units.csv, agents.csv, calls.csv …")
    found: dict[str, Sheet] = {}
    for file in sorted(folder.iterdir()):
        feed, kind = file.stem.lower(), file.suffix.lower()
        if not file.is_file() or file.name.startswith((".", "~")) or kind not in (".csv", ".parquet", ".xlsx", ".xls", ".tsv"):
            continue
        if kind not in (".csv", ".parquet"):
            raise BadInput(str(file), f"{kind} files are not read", "save it as CSV UTF-8 (comma delimited)")
        if feed not in FEEDS:
            raise BadInput(str(file), "no feed has this name", f"name it one of {', '.join(FEEDS)}")
        if feed in found:
            raise BadInput(str(file), f"{found[feed].file.name} holds the same feed", "keep one of them")
        found[feed] = _typed(_read_csv(file, feed) if kind == ".csv" else _read_parquet(file, feed), zone)
    if not found:
        raise BadInput(str(folder), "no feed is in it", f"put in CSV or Parquet files named {', '.join(FEEDS)}")
    return {feed: found[feed] for feed in FEEDS if feed in found}


def _read_csv(file: Path, feed: str) -> Sheet:
    """The cells as text, None where there is nothing. UTF-8 with or without a byte order mark."""
    lines: list[int] = []
    rows: list[list[str]] = []
    chunks: list[pl.DataFrame] = []
    start = 1
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.reader(handle, strict=True)
            header = [cell.strip() for cell in next(reader, [])]
            _check_header(file, f"{file}:1", feed, header)
            schema = dict.fromkeys(header, pl.String)
            start = reader.line_num + 1
            for record in reader:
                cells = [cell.strip() for cell in record]
                if any(cells):  # spreadsheets save empty rows too
                    if len(cells) != len(header):
                        problem = f"{len(cells)} cells, but the header has {len(header)}"
                        raise BadInput(f"{file}:{start}", problem, "put cells that hold a comma in double quotes")
                    rows.append(cells)
                    lines.append(start)
                start = reader.line_num + 1
                if len(rows) == _CHUNK:
                    chunks.append(pl.DataFrame(rows, schema=schema, orient="row"))
                    rows = []
    except UnicodeDecodeError:
        raise BadInput(f"{file}:{_undecodable(file)}", "not UTF-8", "save it as CSV UTF-8 (comma delimited)") from None
    except csv.Error as error:
        raise BadInput(f"{file}:{start}", f"not CSV ({error})", "mend the quotes of this line") from None
    frame = pl.concat([*chunks, pl.DataFrame(rows, schema=schema, orient="row")])
    return Sheet(file, feed, frame.with_columns(pl.when(pl.all() != "").then(pl.all())), lines)


def _undecodable(file: Path) -> int:
    with file.open("rb") as handle:
        for number, line in enumerate(handle, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _read_parquet(file: Path, feed: str) -> Sheet:
    try:
        frame = pl.read_parquet(file, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(file), f"not a Parquet file ({str(error).splitlines()[0]})", "export it again") from None
    _check_header(file, str(file), feed, frame.columns)
    return Sheet(file, feed, frame, None)


def _check_header(file: Path, where: str, feed: str, header: list[str]) -> None:
    table = FEEDS[feed]
    known = [column.name for column in table.columns] + (["caller"] if feed == "calls" else [])
    if not any(header):
        raise BadInput(str(file), "empty", f"the first line names the columns: {', '.join(known)}")
    for name in header:
        if name not in known:
            raise BadInput(f"{where}: {name}", "unknown column", f"known: {', '.join(known)}")
        if header.count(name) > 1:
            raise BadInput(f"{where}: {name}", "this column comes twice", "keep one of them")
    for column in table.columns:
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
            raise sheet.bad(_first(typed.is_null()), column.name, "there is no value", "fill it in or leave the row out")
        columns.append(typed)
    frame = pl.DataFrame(columns)
    result = Sheet(sheet.file, sheet.feed, frame, sheet.lines)
    _check_rows(result, zone)
    return result


def _check_rows(sheet: Sheet, zone: ZoneInfo) -> None:
    """What holds between cells, or for the cells of one feed only."""
    frame = sheet.frame
    if sheet.feed in _HALF_HOURS:
        start = frame["start"].dt.convert_time_zone(zone.key)
        crooked = start != start.dt.truncate("30m")
        if crooked.any():
            raise sheet.bad(_first(crooked), "start", "not the beginning of a half-hour", "sum the figures by half-hours: 08:00, 08:30 …")
    if sheet.feed == "calls" and "day" in frame.columns:
        other = frame["day"] != frame["started_at"].dt.convert_time_zone(zone.key).dt.date()
        if other.any():
            raise sheet.bad(_first(other), "day", "not the local day of started_at", "leave the column out: it follows from started_at")
    if "caller_key" in frame.columns:
        mend = "give numbers in a column caller: only a hash is kept"
        if "caller" in frame.columns:
            raise BadInput(f"{sheet.file}: caller_key", "stands beside the column caller", mend)
        plain = ~frame["caller_key"].str.contains("^[0-9a-f]{64}$").fill_null(True)
        if plain.any():
            raise sheet.bad(_first(plain), "caller_key", "not a keyed hash", mend)


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
    if lost.any():
        row = _first(lost)
        raise sheet.bad(row, before.name, f"'{before[row]}' is not {what}", mend)
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


def _first(mask: pl.Series) -> int:
    return int(mask.arg_true()[0])
