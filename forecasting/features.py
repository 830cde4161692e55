"""Calendar regressors: what is known of a day before it happens, as the columns of a regression on log calls.

Every column carries a prior (mean and standard deviation of its effect in log units, so 0.1 is about 10 %):
that is what keeps a season seen twice, or a Spring Festival never seen, from being fitted to noise.
The priors are stated once, in ``VOLUME_PRIORS`` and ``AHT_PRIORS``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from forecasting.calendar import LUNAR_FESTIVALS, ONE_DAY, Calendar, Day, DayKind, festival, spring_festival_offset
from forecasting.events import Event
from hotline.errors import BadInput

Floats = NDArray[np.float64]

YEAR_DAYS = 365.2425
MONTH_HARMONICS = 3
KNOT_DAYS = 180
TREND_DAMPING_DAYS = 180.0
"""A trend fades over about so many days beyond the history: nobody knows that growth goes on."""

_LUNAR_KNOTS = (-13, -10, -7, -4, -2, -1, 0, 1, 2, 4, 6, 8, 11, 15, 19)

VOLUME_PRIORS: Mapping[str, float] = MappingProxyType(
    {
        "level": 10.0,
        "weekday": 0.7,
        "makeup": 0.3,
        "holiday": 0.5,
        "named_holiday": 0.3,
        "holiday_edge": 0.2,
        "around_holiday": 0.2,
        "lunar": 0.3,
        "festival": 0.15,
        "month": 0.05,
        "year": 0.25,
        "trend": 0.3,
        "trend_change": 0.2,
        "event": 0.5,
    }
)
AHT_PRIORS: Mapping[str, float] = MappingProxyType(
    {
        "level": 10.0,
        "weekday": 0.1,
        "makeup": 0.05,
        "holiday": 0.1,
        "around_holiday": 0.05,
        "year": 0.05,
        "trend": 0.1,
        "trend_change": 0.07,
        "event": 0.1,
    }
)
"""Handle times move less than volumes; families left out here have no columns."""


@dataclass(frozen=True, slots=True)
class Design:
    """Regressors for the history and the horizon after it.

    ``values`` [history + horizon, k]; ``prior_mean`` and ``prior_sd`` [k] of the effects in log units.
    """

    names: tuple[str, ...]
    values: Floats
    prior_mean: Floats
    prior_sd: Floats

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise BadInput("design", f"has shape {self.values.shape} for {len(self.names)} names", "give one column a name")

    def head(self, days: int) -> Design:
        """The first ``days`` rows."""
        return Design(self.names, self.values[:days], self.prior_mean, self.prior_sd)


class _Columns:
    """Collects columns of one family after the other."""

    def __init__(self, days: Sequence[Day], priors: Mapping[str, float]) -> None:
        self.days, self.priors = days, priors
        self.names: list[str] = []
        self.values: list[Floats] = []
        self.mean: list[float] = []
        self.sd: list[float] = []

    def add(
        self, family: str, name: str, values: Floats | Sequence[float], *, share: float = 1.0, mean: float = 0.0, sd: float = 0.0
    ) -> None:
        """Add a column unless its family is off; ``share`` scales the family's prior, ``sd`` replaces it."""
        if family not in self.priors:
            return
        self.names.append(name)
        self.values.append(np.asarray(values, dtype=np.float64))
        self.mean.append(mean)
        self.sd.append(sd or self.priors[family] * share)


def design(
    first: date,
    history: int,
    horizon: int,
    calendar: Calendar,
    events: Sequence[Event] = (),
    priors: Mapping[str, float] = VOLUME_PRIORS,
) -> Design:
    """The regressors of ``history`` days from ``first`` and of the ``horizon`` days after them.

    Seasons of the year enter once the history spans most of one: earlier, a wave fitted to half a year
    would be thrown forward as if it were known.
    """
    if history < 1 or horizon < 0:
        raise BadInput("history", f"{history} days with {horizon} ahead cannot be forecast", "give at least one day of history")
    days = calendar.days(first, history + horizon)
    columns = _Columns(days, priors)
    columns.add("level", "level", np.ones(len(days)))
    _weekdays(columns)
    _holidays(columns, calendar)
    if calendar.country == "CN":
        _lunar(columns)
    _month(columns)
    _year(columns, history)
    _trend(columns, history)
    _events(columns, calendar, events)
    return Design(tuple(columns.names), np.column_stack(columns.values), np.array(columns.mean), np.array(columns.sd))


def _weekdays(columns: _Columns) -> None:
    days = columns.days
    for weekday, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun")):
        values = np.array([float(d.date.weekday() == weekday) for d in days])
        for i, day in enumerate(days):
            if day.kind is DayKind.HOLIDAY:  # until known better, a holiday is a Sunday
                values[i] = float(weekday == 6)
            elif day.kind is DayKind.MAKEUP:  # and a worked Saturday an average working day
                values[i] = 0.2 if weekday < 5 else 0.0
        columns.add("weekday", f"weekday {name}", values)
    columns.add("makeup", "makeup day", [float(d.kind is DayKind.MAKEUP) for d in days])


def _holidays(columns: _Columns, calendar: Calendar) -> None:
    days = columns.days
    n, first = len(days), days[0].date
    periods = calendar.periods(first - 10 * ONE_DAY, days[-1].date + 4 * ONE_DAY)
    during, begins, ends = np.zeros(n), np.zeros(n), np.zeros(n)
    before, long_after, short_after, day_after = (np.zeros(n) for _ in range(4))
    named: dict[str, Floats] = {}

    def put(array: Floats, when: date, value: float) -> None:
        i = (when - first).days
        if 0 <= i < n:
            array[i] += value

    for period in periods:
        column = named.setdefault(period.name, np.zeros(n))
        for k in range(period.days):
            put(during, period.first + k * ONE_DAY, 1.0)
            put(column, period.first + k * ONE_DAY, 1.0)
        if period.days >= 3:
            put(begins, period.first, 1.0)
            put(ends, period.last, 1.0)
        weight = min(1.0, period.days / 7)
        for k in range(1, 4):
            put(before, period.first - k * ONE_DAY, weight * 0.5 ** (k - 1))
        put(day_after, period.last + ONE_DAY, 1.0)
        for k in range(1, 11):
            put(long_after if period.days >= 5 else short_after, period.last + k * ONE_DAY, float(np.exp(-(k - 1) / 2.5)))
    columns.add("holiday", "holiday", during)
    for name, column in sorted(named.items()):
        columns.add("named_holiday", f"holiday {name}", column)
    columns.add("holiday_edge", "holiday first day", begins)
    columns.add("holiday_edge", "holiday last day", ends)
    columns.add("around_holiday", "before holiday", before)
    columns.add("around_holiday", "day after holiday", day_after)
    columns.add("around_holiday", "after long holiday", long_after)
    columns.add("around_holiday", "after short holiday", short_after)


def _lunar(columns: _Columns) -> None:
    offsets = np.array([spring_festival_offset(d.date) for d in columns.days], dtype=np.float64)
    for i in range(1, len(_LUNAR_KNOTS) - 1):  # piecewise linear from 除夕 -12 to +18, zero beyond
        hat = np.interp(offsets, _LUNAR_KNOTS[i - 1 : i + 2], (0.0, 1.0, 0.0), left=0.0, right=0.0)
        columns.add("lunar", f"除夕 {_LUNAR_KNOTS[i]:+d}", hat)
    for name in LUNAR_FESTIVALS:
        away = np.array([(d.date - festival(name, d.date.year)).days for d in columns.days])
        columns.add("festival", f"{name} itself", (away == 0).astype(np.float64))
        columns.add("festival", f"{name} eve", (away == -1).astype(np.float64))


def _month(columns: _Columns) -> None:
    """Pay and billing days: harmonics of the day of the month, the month's end always at the same phase."""
    phase = []
    for day in columns.days:
        following = (day.date.replace(day=1) + timedelta(days=32)).replace(day=1)
        phase.append((day.date.day - 1) / (following - day.date.replace(day=1)).days)
    angle = 2 * np.pi * np.array(phase)
    for k in range(1, MONTH_HARMONICS + 1):
        columns.add("month", f"month cos {k}", np.cos(k * angle))
        columns.add("month", f"month sin {k}", np.sin(k * angle))


def _year(columns: _Columns, history: int) -> None:
    harmonics = 0 if history < 0.8 * YEAR_DAYS else 2 if history < 1.5 * YEAR_DAYS else 4 if history < 3.5 * YEAR_DAYS else 6
    angle = 2 * np.pi * np.array([d.date.timetuple().tm_yday / YEAR_DAYS for d in columns.days])
    for k in range(1, harmonics + 1):
        columns.add("year", f"year cos {k}", np.cos(k * angle), share=1 / k)
        columns.add("year", f"year sin {k}", np.sin(k * angle), share=1 / k)


def _trend(columns: _Columns, history: int) -> None:
    """Years since the end of the history, fading beyond it; changes of slope every ``KNOT_DAYS`` days, counted from the end."""
    time = np.arange(len(columns.days), dtype=np.float64) - (history - 1)
    ahead = np.maximum(time, 0)
    time = np.minimum(time, 0) + TREND_DAMPING_DAYS * -np.expm1(-ahead / TREND_DAMPING_DAYS)
    columns.add("trend", "trend", time / YEAR_DAYS)
    # hinges open towards the past, so that the last half-year's slope is what goes on
    for back in range(KNOT_DAYS, history - KNOT_DAYS // 2, KNOT_DAYS):
        columns.add("trend_change", f"trend before -{back}", np.minimum(time + back, 0) / YEAR_DAYS)


def _events(columns: _Columns, calendar: Calendar, events: Sequence[Event]) -> None:
    n, first = len(columns.days), columns.days[0].date
    for event in events:
        level, bell, slope, before, after = (np.zeros(n) for _ in range(5))
        for window in event.windows(first, columns.days[-1].date, calendar):
            length = (window.last - window.first).days + 1
            for k in range(-window.before, length + window.after):
                i = (window.first - first).days + k
                if not 0 <= i < n:
                    continue
                if k < 0:
                    before[i] = 1.0
                elif k >= length:
                    after[i] = 1.0
                else:
                    place = (k + 0.5) / length
                    level[i], bell[i], slope[i] = 1.0, np.sin(np.pi * place), 2 * place - 1
        known = {} if event.factor is None else {"mean": float(np.log(event.factor)), "sd": float(np.log1p(event.spread))}
        columns.add("event", f"event {event.id}", level, **known)
        if event.holidays:
            if event.before:
                columns.add("event", f"event {event.id} before", before)
            if event.after:
                columns.add("event", f"event {event.id} after", after)
        else:
            columns.add("event", f"event {event.id} middle", bell)
            columns.add("event", f"event {event.id} slope", slope, share=0.4)
