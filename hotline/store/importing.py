"""Bring a real centre in: a folder of feeds, loaded together, and the board days that they touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import polars as pl
import sqlalchemy as sa

from hotline.errors import BadInput
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.feeds import BadValue, load_all
from hotline.store.rollups import roll_up
from hotline.store.schema import calls, interval_counts
from hotline.store.sheets import Sheet, read_folder


def import_folder(store: Store, viewer: Viewer, folder: Path) -> dict[str, int]:
    """Load the feeds in ``folder`` (see ``sheets.read_folder``) and roll their days up; returns the rows of each table. Needs IMPORT.

    All feeds are loaded in one transaction, so a wrong cell anywhere leaves the store as it was; loading again changes nothing.
    Raises BadInput naming file, line and column, and when invented data lie in the store that real data would mix with.
    """
    viewer.require(Permission.IMPORT, f"folder {folder}")
    sheets = read_folder(folder, store.settings.zone)
    _refuse_mixture(store, sheets)
    touched = _calls_of(sheets)
    days = _days(store, touched)
    try:
        loaded = load_all(store, viewer, {feed: sheet.frame for feed, sheet in sheets.items()})
    except BadValue as error:
        sheet = sheets[error.feed]
        rows = sheet.frame.with_row_index("row of the file")
        found = rows.filter(pl.col(error.column) == error.value) if error.column in rows.columns else rows.clear()
        if found.is_empty():
            raise
        raise sheet.bad(found["row of the file"][0], error.column, error.problem, error.mend) from None
    days |= _days(store, touched)  # a call may have moved to another day
    return {**loaded, "agent_days": roll_up(store, days)}


def _calls_of(sheets: Mapping[str, Sheet]) -> list[str]:
    """Calls that are given, or whose survey is."""
    found: set[str] = set()
    for feed, column in (("calls", "id"), ("surveys", "call_id")):
        if feed in sheets:
            found.update(sheets[feed].frame[column])
    return sorted(found)


def _days(store: Store, ids: list[str]) -> set[date]:
    found: set[date] = set()
    with store.read() as connection:
        for first in range(0, len(ids), 10_000):
            found.update(connection.scalars(sa.select(calls.c.day).distinct().where(calls.c.id.in_(ids[first : first + 10_000]))))
    return found


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
