"""Files of other systems as rows of cells: CSV (UTF-8), Excel and Parquet, with the line that each row begins on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl

from hotline.errors import BadInput

KINDS = (".csv", ".parquet", ".xlsx")
_CHUNK = 50_000  # records held as Python text at once


@dataclass(frozen=True, slots=True)
class Raw:
    """Rows of a file. Cells are text, None where there is nothing; in Parquet they have their types.

    ``lines`` are the lines that rows begin on, row numbers in Parquet. ``broken`` are lines that are no rows: line, cells, problem, mend.
    """

    file: Path
    frame: pl.DataFrame
    lines: list[int]
    by_line: bool
    broken: list[tuple[int, list[str], str, str]]


def read(file: Path, sheet: str | None = None, *, tolerant: bool = False) -> Raw:
    """The rows of ``file``. Raises BadInput for a file that is not what its name says and, unless ``tolerant``, for a broken line."""
    if file.suffix.lower() == ".parquet":
        return _parquet(file)
    records = _excel(file, sheet) if file.suffix.lower() == ".xlsx" else _csv(file, tolerant)
    _, header, _ = next(records, (1, [], None))
    names = [cell.strip() for cell in header]
    if not any(names):
        raise BadInput(str(file), "empty", "the first line names the columns")
    for name in names:
        if names.count(name) > 1:
            raise BadInput(f"{file}:1: {name}", "this column comes twice", "keep one of them")
    lines: list[int] = []
    rows: list[list[str]] = []
    broken: list[tuple[int, list[str], str, str]] = []
    chunks: list[pl.DataFrame] = []
    schema = dict.fromkeys(names, pl.String)
    for line, record, told in records:
        cells = [cell.strip() for cell in record]
        if told is None and not any(cells):  # spreadsheets save empty rows too
            continue
        if told is None and len(cells) != len(names):
            problem = f"{len(cells)} cells, but the header has {len(names)}"
            told = BadInput(f"{file}:{line}", problem, "put cells that hold a comma in double quotes")
        if told is not None:
            if not tolerant:
                raise told
            broken.append((line, cells, told.problem, told.mend))
            continue
        rows.append(cells)
        lines.append(line)
        if len(rows) == _CHUNK:
            chunks.append(pl.DataFrame(rows, schema=schema, orient="row"))
            rows = []
    frame = pl.concat([*chunks, pl.DataFrame(rows, schema=schema, orient="row")])
    return Raw(file, frame.with_columns(pl.when(pl.all() != "").then(pl.all())), lines, True, broken)


_Record = tuple[int, list[str], BadInput | None]


def _csv(file: Path, tolerant: bool) -> Iterator[_Record]:
    """Line, cells, and what is wrong with it, of each record.

    A quote that is never closed swallows the lines after it; if ``tolerant``, reading goes on behind the line that opened it.
    """
    lines, unreadable = _decoded(file)
    place, width = 0, 0
    while place < len(lines):
        reader = csv.reader(iter(lines[place:]) if place else iter(lines), strict=True)
        start = place
        restart = None
        while restart is None:
            begun = start + reader.line_num
            problem: BadInput | None
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                record = [lines[begun]]
                problem = BadInput(f"{file}:{begun + 1}", f"not CSV ({error})", "mend the quotes of this line")
                restart = begun + 1
            else:
                width = width or len(record)
                problem = unreadable.get(begun)
                spanned = start + reader.line_num - begun
                if spanned > 1 and len(record) != width and tolerant:
                    record = [lines[begun]]
                    problem = BadInput(f"{file}:{begun + 1}", "a quote is not closed", "mend the quotes of this line")
                    restart = begun + 1
            yield begun + 1, record, problem
        place = restart


def _decoded(file: Path) -> tuple[list[str], dict[int, BadInput]]:
    """The lines of a file, with their ends, and which of them (from 0) are not UTF-8."""
    bad: dict[int, BadInput] = {}
    found = []
    with file.open("rb") as handle:
        for number, line in enumerate(handle):
            try:
                found.append(line.decode("utf-8-sig" if number == 0 else "utf-8"))
            except UnicodeDecodeError:
                found.append(line.decode("utf-8", "replace"))
                bad[number] = BadInput(f"{file}:{number + 1}", "not UTF-8", "save it as CSV UTF-8 (comma delimited)")
    return found, bad


def _excel(file: Path, sheet: str | None) -> Iterator[_Record]:
    """Values as a spreadsheet shows them: what a formula came to, and text that looks like a formula as text."""
    import openpyxl  # half a second, which CSV need not pay

    try:
        book = openpyxl.load_workbook(file, read_only=True, data_only=True)
    except Exception as error:  # openpyxl lets through whatever its zip and XML readers raise
        raise BadInput(str(file), f"not an Excel workbook ({type(error).__name__})", "save it again as .xlsx") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise BadInput(f"{file}: {sheet}", "there is no such sheet", f"known: {', '.join(book.sheetnames)}")
        table = book[sheet] if sheet is not None else book.worksheets[0]
        width = 0
        for number, row in enumerate(table.iter_rows(values_only=True), 1):
            cells = [_cell(value) for value in row]
            while len(cells) > width and width and not cells[-1]:
                cells.pop()  # a sheet is as wide as its widest formatting
            width = width or len(cells)
            cells += [""] * (width - len(cells))
            yield number, cells, None
    finally:
        book.close()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))  # a number of an agent is 1001, not 1001.0
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, (date, time)):
        return value.isoformat()
    return str(value)


def _parquet(file: Path) -> Raw:
    try:
        frame = pl.read_parquet(file, hive_partitioning=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise BadInput(str(file), f"not a Parquet file ({str(error).splitlines()[0]})", "export it again") from None
    return Raw(file, frame, list(range(1, frame.height + 1)), False, [])
