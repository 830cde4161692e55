"""Bring a real centre in: a folder of feeds, loaded together, and the board days that they touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store import rejects
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.feeds import FEEDS, BadValue, load_all
from hotline.store.mapping import read_mapping
from hotline.store.rejects import Reject
from hotline.store.rollups import roll_up
from hotline.store.schema import calls, interval_counts
from hotline.store.sheets import Sheet, read_folder

_SHOWN = 3  # first rows of a feed that a dry run shows
_WORKED = ("agent_intervals", "agent_schedules")
_SERVED = ("interval_counts", "tickets")


@dataclass(frozen=True)
class Imported:
    """What came in: rows of each table, rows put aside, and the first rows of each feed as they were understood."""

    rows: dict[str, int]
    aside: list[Reject] = field(default_factory=list)
    first: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


class _TakeBack(Exception):
    """Ends the transaction of a dry run."""


def import_folder(
    store: Store, viewer: Viewer, folder: Path, *, mapping: Path | None = None, partial: bool = False, dry_run: bool = False
) -> Imported:
    """Load the feeds in ``folder`` (see ``sheets.read_folder``) and roll their days up. Needs IMPORT.

    All feeds are loaded in one transaction, so a wrong cell anywhere leaves the store as it was; loading again changes nothing.
    With ``partial`` rows that cannot be used are put aside (``rejects.put_aside``) and the others loaded. ``dry_run`` does all of
    this and takes it back. ``mapping`` is a file that says how another system's files become feeds (see ``mapping``).
    Raises BadInput naming file, line and column, and when invented data lie in the store that real data would mix with.
    """
    viewer.require(Permission.IMPORT, f"folder {folder}")
    aside: list[Reject] | None = [] if partial or dry_run else None
    sheets = read_folder(folder, store.settings.zone, read_mapping(mapping, FEEDS) if mapping else None, aside)
    _refuse_mixture(store, sheets)
    touched = _calls_of(sheets)
    days = _days(store, touched) | _local_days(store, sheets, _WORKED)
    rows: dict[str, int] = {}

    def put(feed: str, row: int, column: str, problem: str, mend: str) -> None:
        sheets[feed].put_aside(row, column, problem, mend)

    def last(connection: sa.Connection) -> None:
        rejects.keep(connection, [sheet.file.name for sheet in sheets.values()], aside or [])
        if dry_run:
            raise _TakeBack

    frames = {feed: sheet.frame for feed, sheet in sheets.items()}
    try:
        rows = load_all(store, viewer, frames, aside=None if aside is None else put, last=last)
    except _TakeBack:
        rows = {feed: frame.height - len(sheets[feed].refused) for feed, frame in frames.items()}
        return Imported(rows, _in_order(aside), {feed: _first_rows(sheet) for feed, sheet in sheets.items()})
    except BadValue as error:
        raise _with_line(sheets[error.feed], error) from None
    days |= _days(store, touched)  # a call may have moved to another day
    return Imported({**rows, "agent_days": roll_up(store, days, _local_days(store, sheets, _SERVED))}, _in_order(aside))


def _in_order(aside: list[Reject] | None) -> list[Reject]:
    return sorted(aside or [], key=lambda reject: (reject.file, reject.line))


def _with_line(sheet: Sheet, error: BadValue) -> BadInput:
    """The complaint with the line of the file that the value stands on, where that can be found."""
    if error.column not in sheet.frame.columns:
        return error
    found = (sheet.frame[error.column] == error.value).fill_null(False).arg_true()
    return sheet.bad(found[0], error.column, error.problem, error.mend) if len(found) else error


def _first_rows(sheet: Sheet) -> list[dict[str, Any]]:
    """What a dry run shows; never a caller's number."""
    return sheet.frame.drop("caller", strict=False).head(_SHOWN).to_dicts()


def _calls_of(sheets: Mapping[str, Sheet]) -> list[str]:
    """Calls that are given, or whose survey is."""
    found: set[str] = set()
    for feed, column in (("calls", "id"), ("surveys", "call_id")):
        if feed in sheets:
            found.update(sheets[feed].frame[column].drop_nulls())
    return sorted(found)


def _days(store: Store, ids: list[str]) -> set[date]:
    found: set[date] = set()
    with store.read() as connection:
        for first in range(0, len(ids), 10_000):
            found.update(connection.scalars(sa.select(calls.c.day).distinct().where(calls.c.id.in_(ids[first : first + 10_000]))))
    return found


def _local_days(store: Store, sheets: Mapping[str, Sheet], feeds: Iterable[str]) -> set[date]:
    """The local days of all instants of these feeds; of work orders also the days until their usual times have run out."""
    found: set[date] = set()
    for feed in feeds:
        if feed not in sheets:
            continue
        frame = sheets[feed].frame
        for name, kind in frame.schema.items():
            if isinstance(kind, pl.Datetime):
                found.update(frame[name].drop_nulls().dt.convert_time_zone(store.settings.timezone).dt.date().unique())
    longest = 3 if "tickets" in feeds else 0
    return found | {day + timedelta(days=more) for day in found for more in range(longest + 1)}


def _refuse_mixture(store: Store, sheets: Mapping[str, Sheet]) -> None:
    """Real figures must not stand beside invented ones: nobody could tell them apart on a board."""
    if any(_invented(sheet.frame) for sheet in sheets.values()):
        return
    with store.read() as connection:
        held = [connection.scalar(sa.select(sa.literal(1)).where(table.c.synthetic).limit(1)) for table in (calls, interval_counts)]
    if any(held):
        raise BadInput(
            "store", "it holds the invented sample centre", "use another home folder: HOTLINE_HOME=… hotline init, then import there"
        )


def _invented(frame: pl.DataFrame) -> bool:
    marks: Iterable[bool] = frame["synthetic"] if "synthetic" in frame.columns else ()
    return any(marks)
