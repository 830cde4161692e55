"""Any KPI over any days and units, with its interval, its failures, and the rows behind it: the one way to a number.

Screens, the command line, Excel and PDF ask here, so that the same question has one answer.

    figure(store, viewer, kpi, part)  ─►  Figure(top, bottom, value, low, high)  ◄─  rows(store, viewer, kpi, part, "left")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from hotline.errors import NotFound
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.figures import Slice, sums
from hotline.store.rows_behind import RowsPage, Which, rows_behind
from reports import intervals
from reports.kpi import Kpi, kpis, value


@dataclass(frozen=True, slots=True)
class Figure:
    """A KPI measured: numerator, denominator (None for a plain sum), value and 95 % interval (None where none can be given)."""

    kpi: Kpi
    top: float
    bottom: float | None
    value: float | None
    low: float | None
    high: float | None

    @property
    def failures(self) -> float | None:
        """What the numerator leaves out (or, where less is better, what it counts); None without a denominator."""
        if self.bottom is None:
            return None
        return self.top if self.kpi.direction == "down" else self.bottom - self.top

    @property
    def text(self) -> str:
        """The value with its unit as people read it."""
        return self.kpi.text(self.value)


def named(kpi_id: str) -> Kpi:
    """The KPI with this id. Raises NotFound."""
    if kpi_id not in kpis():
        raise NotFound(f"KPI {kpi_id}", "the dictionary has none of this name", "see: hotline kpi list")
    return kpis()[kpi_id]


def figure(store: Store, viewer: Viewer, kpi: Kpi, part: Slice) -> Figure:
    """``kpi`` over a part of the centre. Raises AccessDenied like :func:`hotline.store.figures.sums`."""
    part = _clocked(kpi, part)
    total = sums(store, viewer, kpi.source, part).row(0, named=True)
    days = None
    if kpi.interval == "ratio":
        cluster = ("agent_id", "day") if viewer.may(Permission.SEE_BOARD) else ("unit_path", "day")
        days = sums(store, viewer, kpi.source, part, cluster)
    return of_sums(kpi, total, days)


def figures_by(store: Store, viewer: Viewer, kpi: Kpi, part: Slice, by: Sequence[str]) -> list[tuple[tuple[Any, ...], Figure]]:
    """``kpi`` for each group of ``by`` (``day``, ``queue_id``, ``unit_path``, ``agent_id``, ``type``, ``party``, as its source has them).

    A ratio's interval needs the days behind it, so it is given by :func:`figure` only.
    """
    found = sums(store, viewer, kpi.source, _clocked(kpi, part), by)
    return [(tuple(row[name] for name in by), of_sums(kpi, row)) for row in found.iter_rows(named=True)]


def of_sums(kpi: Kpi, total: Mapping[str, Any], days: pl.DataFrame | None = None) -> Figure:
    """The figure that sums of the roll-up's columns give; ``days`` are sums an agent and day, for the interval of a ratio."""
    top, bottom = kpi.counted(total)
    measured = value(kpi, total)
    low = high = None
    if bottom and measured is not None:
        if kpi.interval == "wilson":
            low, high = _ends(intervals.wilson(top, bottom))
        elif kpi.interval == "t":
            mean, variance = intervals.mean_variance(bottom, top, total[kpi.squares])
            low, high = _ends(intervals.t_interval(mean, variance, bottom - 1))
            low, high = (None if low is None else max(low, 0.0)), (None if high is None else min(high, 100.0))
        elif kpi.interval == "ratio" and days is not None:
            tops, bottoms = (sum(sign * days[name] for name, sign in terms.items()) for terms in (kpi.top, kpi.bottom))
            assert isinstance(tops, pl.Series) and isinstance(bottoms, pl.Series)
            rest = float(((tops - measured * bottoms) ** 2).sum())
            variance, freedom = intervals.ratio_variance(rest, bottom, int((bottoms > 0).sum()))
            low, high = _ends(intervals.t_interval(measured, variance, freedom))
    return Figure(kpi, top, bottom, measured, low, high)


def rows(store: Store, viewer: Viewer, kpi: Kpi, part: Slice, which: Which = "all", *, limit: int = 50, offset: int = 0) -> RowsPage:
    """A page of the calls, half-hours, agent-days or work orders behind ``kpi``; ``left`` are those its numerator leaves out."""
    part = _clocked(kpi, part)
    return rows_behind(store, viewer, kpi.source, kpi.top, kpi.bottom, part, which, limit=limit, offset=offset, name=kpi.id)


def failing(kpi: Kpi) -> Which:
    """Which rows are the failures of a share: those counted where less is better, else those left out."""
    return "counted" if kpi.direction == "down" else "left"


def _clocked(kpi: Kpi, part: Slice) -> Slice:
    return Slice(part.first, part.last, part.unit, part.agent, kpi.clock)


def _ends(ends: tuple[Any, Any]) -> tuple[float | None, float | None]:
    low, high = (float(end) for end in ends)
    return (None if low != low else low), (None if high != high else high)
