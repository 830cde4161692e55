"""From a queue's interval counts to its forecast: days, months and half-hours, volume and handle time, with bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from forecasting.calendar import ONE_DAY, Calendar
from forecasting.events import Event
from forecasting.features import AHT_PRIORS, VOLUME_PRIORS, YEAR_DAYS, design
from forecasting.models import summarise
from forecasting.models.calendar_regression import LEAST_DAYS, CalendarRegression
from forecasting.models.profile import Classes, DayProfile
from forecasting.series import Floats, History, as_spans, classes_of, missing_days, open_slots, read_history
from hotline.errors import BadInput

DAY_PATHS = 2000
SLOT_PATHS = 600
LONGEST_HORIZON = 731
LONGEST_HISTORY = 2200
MODEL_NAME = "calendar regression + day profile"
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a queue is expected to get, from ``first_day`` to ``last_day`` (local days, both included).

    ``values`` has the columns ``metric`` (volume, calls; aht, seconds), ``grain`` (day, half_hour, month), ``start``
    (timezone-aware local), ``mean`` and ``low80``, ``high80``, ``low95``, ``high95`` (or the levels asked for). A month that
    began before ``first_day`` holds the calls already known too; a month that ends after ``last_day`` is left out.
    ``outliers`` are days of the history set apart, ``effects`` what each event adds to the calls of its days (a share, by
    event id), ``warnings`` what the reader must know.
    """

    first_day: date
    last_day: date
    model: str
    values: pl.DataFrame
    warnings: tuple[str, ...]
    outliers: tuple[date, ...]
    effects: dict[str, float]

    def grain(self, metric: str, grain: str) -> pl.DataFrame:
        """``start``, ``mean`` and bands of one metric and grain, in order."""
        chosen = self.values.filter((pl.col("metric") == metric) & (pl.col("grain") == grain))
        return chosen.drop("metric", "grain").sort("start")

    @property
    def daily(self) -> pl.DataFrame:
        return self.grain("volume", "day")

    @property
    def monthly(self) -> pl.DataFrame:
        return self.grain("volume", "month")

    @property
    def half_hourly(self) -> pl.DataFrame:
        return self.grain("volume", "half_hour")


@dataclass(frozen=True, slots=True)
class _Days:
    """A series ahead: its expected values [n] and simulated futures [paths, n]."""

    mean: Floats
    paths: Floats


def produce(
    intervals: pl.DataFrame | History,
    first_day: date | None = None,
    days: int = 366,
    events: Sequence[Event] = (),
    *,
    calendar: Calendar | None = None,
    levels: Sequence[int] = (80, 95),
    half_hour_days: int = 42,
    seed: int = 20261116,
    zone: str = ZONE,
) -> Forecast:
    """Forecast one queue for ``days`` days from ``first_day`` (default: the day after the history).

    ``intervals`` are its interval counts (see :func:`forecasting.series.read_history`); what lies on or after ``first_day`` is not
    looked at. Half-hours are given for the first ``half_hour_days`` days. ``seed`` fixes the simulated futures. Raises
    BadInput when the history is too short, the horizon too long or a level is not a percentage.
    """
    _check(days, half_hour_days, levels)
    calendar = calendar or Calendar()
    history = intervals if isinstance(intervals, History) else read_history(intervals)
    first_day = first_day or history.end
    history = _recent(history.until(first_day), first_day)
    gap = (first_day - history.end).days
    horizon = gap + days
    if horizon > LONGEST_HORIZON:
        raise BadInput("days", f"the horizon ends {horizon} days after the history", f"at most {LONGEST_HORIZON}")

    opened = open_slots(history, calendar)
    past_classes = classes_of(history.first, history.days, calendar)
    ahead_classes = classes_of(first_day, days, calendar)
    is_open = np.asarray(opened.any(axis=1))[ahead_classes]
    volume, aht = history.volume(), history.aht()

    model = CalendarRegression().fit(volume, design(history.first, history.days, horizon, calendar, events, VOLUME_PRIORS))
    handle_model = _fit_aht(history, aht, horizon, calendar, events)
    calls = _Days(model.mean(horizon)[gap:] * is_open, model.paths(horizon, DAY_PATHS, seed)[:, gap:] * is_open)
    handle = _Days(handle_model.mean(horizon)[gap:], handle_model.paths(horizon, DAY_PATHS, seed + 1)[:, gap:])

    starts = [_midnight(first_day + i * ONE_DAY, zone) for i in range(days)]
    frames = [_frame("volume", "day", starts, calls, levels), _frame("aht", "day", starts, handle, levels)]
    frames += _months(history, first_day, calls, handle, levels, zone)
    near = min(days, half_hour_days)
    if near:
        profile = DayProfile().fit(history.offered, history.answered, history.handle, history.complete, past_classes, opened)
        frames += _slots(profile, history.minutes, first_day, near, calls, handle, ahead_classes[:near], levels, seed + 2, zone)

    outliers = tuple(history.first + int(i) * ONE_DAY for i in model.outliers_)
    last_day = first_day + (days - 1) * ONE_DAY
    notes = _warnings(history, volume, missing_days(history, opened, past_classes), outliers, gap)
    if (warning := calendar.warning(first_day, last_day)) is not None:
        notes.append(str(warning))
    effects = _effects(model, history.days + gap, events)
    return Forecast(first_day, last_day, MODEL_NAME, pl.concat(frames), tuple(notes), outliers, effects)


def _check(days: int, half_hour_days: int, levels: Sequence[int]) -> None:
    if not 1 <= days <= LONGEST_HORIZON:
        raise BadInput("days", f"{days} is not a horizon", f"give 1 to {LONGEST_HORIZON}")
    if half_hour_days < 0:
        raise BadInput("half_hour_days", f"{half_hour_days} is below zero", "give zero or more")
    if not levels or any(not 0 < level < 100 for level in levels):
        raise BadInput("levels", f"{list(levels)} are not percentages", "give levels such as 80 and 95")


def _recent(history: History, first_day: date) -> History:
    """The history without missing days at its ends, ``LONGEST_HISTORY`` days at most."""
    known = np.flatnonzero(history.complete)
    if len(known) < LEAST_DAYS:
        raise BadInput("history", f"{len(known)} whole days before {first_day} are too few", f"give at least {LEAST_DAYS}")
    begin, end = max(int(known[0]), int(known[-1]) + 1 - LONGEST_HISTORY), int(known[-1]) + 1
    rows = slice(begin, end)
    tables = (history.offered[rows], history.answered[rows], history.handle[rows], history.complete[rows])
    return History(history.first + begin * ONE_DAY, history.minutes, *tables)


def _fit_aht(history: History, aht: Floats, horizon: int, calendar: Calendar, events: Sequence[Event]) -> CalendarRegression:
    if np.isfinite(aht).sum() < LEAST_DAYS:
        raise BadInput("history", "handle times are known for too few days", f"give handle_s and answered for at least {LEAST_DAYS} days")
    plain = [replace(event, factor=None) for event in events]  # factors are of calls
    regressors = design(history.first, history.days, horizon, calendar, plain, AHT_PRIORS)
    return CalendarRegression(counts=False).fit(aht, regressors, weights=history.calls_answered())


def _effects(model: CalendarRegression, ahead: int, events: Sequence[Event]) -> dict[str, float]:
    """Mean effect of each event that falls in the horizon, over the days it covers, as a share of the calls."""
    values, names = model.design_.values[ahead:], model.design_.names
    found = {}
    for event in events:
        mine = [i for i, name in enumerate(names) if name.split(" ")[:2] == ["event", event.id]]
        covered = values[:, mine[0]] > 0
        if covered.any():
            effect = values[covered][:, mine] @ np.array([model.coefficients_[names[i]] for i in mine])
            found[event.id] = float(np.expm1(effect.mean()))
    return found


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone))


def _frame(metric: str, grain: str, starts: Sequence[datetime], series: _Days, levels: Sequence[int]) -> pl.DataFrame:
    bands = summarise(series.paths, levels)
    columns: dict[str, Any] = {"metric": [metric] * len(starts), "grain": [grain] * len(starts), "start": starts, "mean": series.mean}
    for level in levels:
        columns[f"low{level}"], columns[f"high{level}"] = bands.lower[level], bands.upper[level]
    return pl.DataFrame(columns)


def _months(history: History, first_day: date, calls: _Days, handle: _Days, levels: Sequence[int], zone: str) -> list[pl.DataFrame]:
    """Whole months as sums of simulated days, so that their bands keep the days' correlation."""
    days = [first_day + i * ONE_DAY for i in range(len(calls.mean))]
    known = dict(zip((history.first + i * ONE_DAY for i in range(history.days)), history.volume(), strict=True))
    starts, months, times = [], [], []
    for first in sorted({day.replace(day=1) for day in days}):
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        earlier = [known.get(first + i * ONE_DAY, np.nan) for i in range(max(0, (first_day - first).days))]
        if following - ONE_DAY > days[-1] or np.isnan(earlier).any():
            continue  # it ends after the horizon, or its beginning is not known
        mine = [i for i, day in enumerate(days) if first <= day < following]
        weight = calls.mean[mine] + 1e-9
        weight = weight / weight.sum()
        starts.append(_midnight(first, zone))
        months.append((calls.mean[mine].sum() + sum(earlier), calls.paths[:, mine].sum(axis=1) + sum(earlier)))
        times.append((handle.mean[mine] @ weight, handle.paths[:, mine] @ weight))
    if not starts:
        return []
    return [
        _frame(metric, "month", starts, _Days(np.array([m for m, _ in sums]), np.column_stack([p for _, p in sums])), levels)
        for metric, sums in (("volume", months), ("aht", times))
    ]


def _slots(
    profile: DayProfile,
    minutes: int,
    first_day: date,
    days: int,
    calls: _Days,
    handle: _Days,
    classes: Classes,
    levels: Sequence[int],
    seed: int,
    zone: str,
) -> list[pl.DataFrame]:
    chosen = slice(None, None, max(1, DAY_PATHS // SLOT_PATHS))
    volume_mean = profile.volume_mean(calls.mean[:days], classes)
    volume_paths = profile.volume_paths(calls.paths[chosen, :days], classes, seed)
    aht_mean = profile.aht_mean(handle.mean[:days], classes)
    aht_paths = profile.aht_paths(handle.paths[chosen, :days], classes, volume_mean, seed + 1)
    slots = 1440 // minutes
    starts = [
        datetime.combine(first_day + i * ONE_DAY, time(k * minutes // 60, k * minutes % 60), ZoneInfo(zone))
        for i in range(days)
        for k in range(slots)
    ]
    flat = (len(volume_paths), days * slots)
    return [
        _frame("volume", "half_hour", starts, _Days(volume_mean.ravel(), volume_paths.reshape(flat)), levels),
        _frame("aht", "half_hour", starts, _Days(aht_mean.ravel(), aht_paths.reshape(flat)), levels),
    ]


def _warnings(history: History, volume: Floats, missing: list[date], outliers: Sequence[date], gap: int) -> list[str]:
    notes = []
    if history.days < 0.8 * YEAR_DAYS:
        notes.append(f"历史仅 {history.days} 天，不足以学习全年季节 (only {history.days} days of history: the year's seasons are unknown)")
    elif history.days < 2 * YEAR_DAYS:
        notes.append(f"历史 {history.days} 天，不足两年，季节估计不稳 ({history.days} days of history, under two years: seasons are rough)")
    if missing:
        spans = "、".join(_span(a, b) for a, b in as_spans(missing)[-5:])
        notes.append(f"历史缺 {len(missing)} 天，按缺失处理：{spans} ({len(missing)} days missing, treated as unknown, never as zero)")
    if outliers:
        spans = "、".join(_span(a, b) for a, b in as_spans(list(outliers))[-5:])
        notes.append(
            f"{len(outliers)} 天异常，计入区间但不影响水平：{spans} ({len(outliers)} unusual days: kept in the bands, not in the level)"
        )
    if gap > 0:
        notes.append(f"历史止于 {history.end - ONE_DAY}，距预测起始缺 {gap} 天 (history ends {gap} days before the forecast begins)")
    if not np.isfinite(volume[-28:]).any():
        notes.append("最近 28 天没有完整数据 (no whole day in the last 28)")
    return notes


def _span(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first}…{last}"
