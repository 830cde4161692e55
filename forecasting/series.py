"""From interval counts to series: a day × interval table in which a gap stays a gap.

An interval that no feed brought is NaN, never zero; a day that lacks intervals in which usually more than
2 % of its calls come is NaN as a day. Weekdays (or holidays) on which the centre is never open are known as
*closed*: they are forecast as zero calls, and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.calendar import ONE_DAY, Calendar, Day, DayKind
from hotline.errors import BadInput

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

HALF_HOUR_MINUTES = 30
HOLIDAY_CLASS, MAKEUP_CLASS = 7, 8
"""Day classes 0–6 are Monday to Sunday; holidays and make-up days have their own."""

_MAY_MISS = 0.02  # share of a usual day's calls whose intervals may be absent
_LOOK_BACK = 8  # occurrences of a day class that decide whether it is open
_LEAST_SEEN = 4


@dataclass(frozen=True, slots=True)
class History:
    """A queue's past: tables [days, slots], first row ``first``, slots of ``minutes`` from local midnight.

    ``offered`` and ``answered`` are calls, NaN where no feed brought the interval; ``handle`` seconds of answered
    calls. ``complete`` [days] says whose day's sum can be trusted.
    """

    first: date
    minutes: int
    offered: Floats
    answered: Floats
    handle: Floats
    complete: Flags

    @property
    def days(self) -> int:
        return len(self.offered)

    @property
    def end(self) -> date:
        """The day after the last."""
        return self.first + self.days * ONE_DAY

    def volume(self) -> Floats:
        """Offered calls per day [days]; NaN for days that are missing or incomplete."""
        return np.where(self.complete, np.nansum(self.offered, axis=1), np.nan)

    def aht(self) -> Floats:
        """Mean handle time per day [days], seconds, every answered call counting once; NaN without answered calls."""
        answered = self.calls_answered()
        seconds = np.nansum(self.handle, axis=1)
        usable = self.complete & (answered > 0) & (seconds > 0)
        return np.where(usable, seconds / np.where(usable, answered, 1.0), np.nan)

    def calls_answered(self) -> Floats:
        """Answered calls per day [days]; zero where unknown."""
        return np.asarray(np.nansum(self.answered, axis=1), dtype=np.float64)

    def until(self, day: date) -> History:
        """What was known on the morning of ``day``; which days are complete is judged by the days before it alone."""
        n = max(0, min(self.days, (day - self.first).days))
        offered = self.offered[:n]
        return History(self.first, self.minutes, offered, self.answered[:n], self.handle[:n], _complete(offered, self.first))


def day_class(day: Day) -> int:
    """The class a day's profile belongs to: 0–6 Monday to Sunday, then holidays, then make-up days."""
    if day.kind is DayKind.HOLIDAY:
        return HOLIDAY_CLASS
    return MAKEUP_CLASS if day.kind is DayKind.MAKEUP else day.date.weekday()


def read_history(intervals: pl.DataFrame, minutes: int = HALF_HOUR_MINUTES) -> History:
    """The history in a frame of interval counts: ``start`` (local, timezone-aware or naive local), ``offered``, ``answered``, ``handle_s``.

    Rows of one interval are summed (several queues give their total). Raises BadInput for missing columns, no rows,
    negative counts or starts off the grid of ``minutes``.
    """
    needed = ("start", "offered", "answered", "handle_s")
    if missing := [name for name in needed if name not in intervals.columns]:
        raise BadInput("intervals", f"columns missing: {', '.join(missing)}", f"give {', '.join(needed)}")
    if intervals.is_empty():
        raise BadInput("intervals", "there is no history", "import interval counts first")
    if minutes <= 0 or 1440 % minutes:
        raise BadInput("minutes", f"{minutes} does not divide a day", "use 5, 15 or 30")
    counts = intervals.select(pl.col(name) for name in needed)
    if counts.select(pl.any_horizontal(pl.col("offered", "answered", "handle_s") < 0).any()).item():
        raise BadInput("intervals", "has counts below zero", "check the feed")
    local = counts.with_columns(
        pl.col("start").dt.date().alias("day"),
        (pl.col("start").dt.hour().cast(pl.Int32) * 60 + pl.col("start").dt.minute()).alias("minute"),
    )
    if local.select((pl.col("minute") % minutes != 0).any()).item():
        raise BadInput("intervals: start", f"not every start is on a grid of {minutes} minutes", "give the interval length")
    summed = local.group_by("day", "minute").agg(pl.col("offered", "answered", "handle_s").sum()).sort("day", "minute")
    days = summed["day"].to_list()
    first, last = days[0], days[-1]
    n, slots = (last - first).days + 1, 1440 // minutes
    row = (summed["day"] - first).dt.total_days().to_numpy()
    slot = (summed["minute"] // minutes).to_numpy()
    tables = []
    for name in ("offered", "answered", "handle_s"):
        table = np.full((n, slots), np.nan)
        table[row, slot] = summed[name].cast(pl.Float64).to_numpy()
        tables.append(table)
    offered, answered, handle = tables
    return History(first, minutes, offered, answered, handle, _complete(offered, first))


def _complete(offered: Floats, first: date) -> Flags:
    """Days whose absent intervals usually bring at most ``_MAY_MISS`` of their calls."""
    absent = np.isnan(offered)
    seen = np.asarray(~absent.all(axis=1))
    weekday = (np.arange(len(offered)) + first.weekday()) % 7
    complete = np.zeros(len(offered), dtype=bool)
    for k in range(7):
        mine = weekday == k
        known = mine & seen
        if not known.any():
            continue
        usual = np.nan_to_num(offered[known]).mean(axis=0)
        lost = absent[mine] @ usual
        complete[mine] = (lost <= _MAY_MISS * usual.sum()) & seen[mine]
    return complete


def open_slots(history: History, calendar: Calendar) -> Flags:
    """Which slots are open per day class [9, slots]: all, except those never seen in its last eight occurrences."""
    classes = classes_of(history.first, history.days, calendar)
    present = np.isfinite(history.offered)
    opened = np.ones((MAKEUP_CLASS + 1, history.offered.shape[1]), dtype=bool)
    for k in range(MAKEUP_CLASS):
        mine = np.flatnonzero(classes == k)[-_LOOK_BACK:]
        if len(mine) >= _LEAST_SEEN:
            opened[k] = present[mine].any(axis=0)
    opened[MAKEUP_CLASS] = opened[:5].any(axis=0)
    return opened


def classes_of(first: date, count: int, calendar: Calendar) -> NDArray[np.int64]:
    """Day classes of ``count`` days from ``first``."""
    return np.array([day_class(day) for day in calendar.days(first, count)], dtype=np.int64)


def missing_days(history: History, opened: Flags, classes: NDArray[np.int64]) -> list[date]:
    """Days without a trustworthy sum although the centre is open on such days."""
    is_open = np.asarray(opened.any(axis=1))[classes]
    return [history.first + timedelta(days=int(i)) for i in np.flatnonzero(is_open & ~history.complete)]


def as_spans(days: Sequence[date]) -> list[tuple[date, date]]:
    """Consecutive days joined to (first, last)."""
    spans: list[tuple[date, date]] = []
    for day in days:
        if spans and day - spans[-1][1] == ONE_DAY:
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return spans
