"""An invented queue whose truth is known: weekday, holidays, Spring Festival, an autumn season, a trend, noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from forecasting.calendar import ONE_DAY, Calendar, DayKind, spring_festival_offset
from forecasting.events import Event

ZONE = ZoneInfo("Asia/Shanghai")
FIRST, DAYS = date(2024, 5, 31), 899  # to Sunday 2026-11-15
WEEKDAY = (1.2, 1.05, 1.0, 1.0, 0.95, 0.6, 0.5)
SEASON = Event("season", {"zh": "旺季", "en": "Season"}, (), ((10, 8), (11, 30)))


@dataclass(frozen=True)
class Invented:
    """``expected`` [days] is what a day brings on average, for the history and the year after it."""

    intervals: pl.DataFrame
    expected: np.ndarray
    first: date
    days: int
    event: Event

    def on(self, day: date) -> float:
        return float(self.expected[(day - self.first).days])


def shape() -> np.ndarray:
    slots = np.arange(48) / 2
    curve = np.exp(-((slots - 10) ** 2) / 8) + 0.8 * np.exp(-((slots - 15.5) ** 2) / 10) + 0.02
    return curve / curve.sum()


def expected_calls(first: date, days: int, base: float) -> np.ndarray:
    calendar = Calendar()
    values = np.empty(days)
    for i, day in enumerate(calendar.days(first, days)):
        value = base * WEEKDAY[day.date.weekday()]
        if day.kind is DayKind.HOLIDAY:
            value = base * 0.4
        elif day.kind is DayKind.MAKEUP:
            value = base
        if -6 <= spring_festival_offset(day.date) <= -1:
            value *= 0.8
        if (10, 8) <= (day.date.month, day.date.day) <= (11, 30):
            value *= 1.5
        values[i] = value * 1.05 ** (i / 365)
    return values


def intervals_of(expected: np.ndarray, first: date, seed: int, noise: float = 0.04, aht: float = 240.0) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    level = np.exp(noise * draw.standard_normal(len(expected)))
    calls = draw.poisson((expected * level)[:, None] * shape())
    answered = draw.binomial(calls, 0.95)
    slow = np.where(np.arange(48) >= 36, 1.1, 1.0)  # evenings take longer
    seconds = answered * aht * slow * (1 + 0.6 * draw.standard_normal(calls.shape) / np.sqrt(np.maximum(answered, 1)))
    starts = [datetime.combine(first + i * ONE_DAY, time(k // 2, 30 * (k % 2)), ZONE) for i in range(len(expected)) for k in range(48)]
    return pl.DataFrame(
        {"start": starts, "offered": calls.ravel(), "answered": answered.ravel(), "handle_s": np.maximum(seconds, answered * 30.0).ravel()}
    )


@pytest.fixture(scope="session")
def invented() -> Invented:
    """900 days of a queue of about 800 calls a day, and what the next year would bring."""
    expected = expected_calls(FIRST, DAYS + 366, 800.0)
    return Invented(intervals_of(expected[:DAYS], FIRST, seed=7), expected, FIRST, DAYS, SEASON)
