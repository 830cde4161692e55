"""Series, seasonal naive, calendar regression and day profile on data whose truth is known."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecasting.calendar import ONE_DAY, Calendar
from forecasting.features import design
from forecasting.models.calendar_regression import CalendarRegression
from forecasting.models.profile import DayProfile
from forecasting.models.seasonal_naive import SeasonalNaive
from forecasting.series import HOLIDAY_CLASS, classes_of, missing_days, open_slots, read_history
from hotline.errors import BadInput

# -- series -------------------------------------------------------------------------------------------------------


def rows(first: date, table: list[list[int | None]], handle: float = 200.0) -> pl.DataFrame:
    """Three half-hours from 09:00 a day; None is an interval no feed brought."""
    data = [
        {"start": datetime(d.year, d.month, d.day, 9 + k // 2, 30 * (k % 2)), "offered": n, "answered": n, "handle_s": n * handle}
        for i, day in enumerate(table)
        for d in [first + i * ONE_DAY]
        for k, n in enumerate(day)
        if n is not None
    ]
    return pl.DataFrame(data)


def test_gaps_stay_gaps() -> None:
    table: list[list[int | None]] = [[40, 60, 1] for _ in range(28)]
    table[10] = [None, None, None]  # no feed that day
    table[11] = [40, None, 1]  # an hour lost
    table[12] = [40, 60, None]  # a quiet half-hour that nobody reported
    table[13] = [0, 0, 0]  # truly no calls
    history = read_history(rows(date(2026, 3, 2), table))
    volume = history.volume()
    assert np.isnan(volume[10]) and np.isnan(volume[11])
    assert volume[12] == 100 and volume[13] == 0 and volume[9] == 101
    assert np.isnan(history.aht()[13]) and history.aht()[9] == pytest.approx(200)
    calendar = Calendar()
    opened, classes = open_slots(history, calendar), classes_of(history.first, history.days, calendar)
    assert opened[0].sum() == 3
    assert missing_days(history, opened, classes) == [date(2026, 3, 12), date(2026, 3, 13)]


def test_closed_weekends_are_not_missing() -> None:
    first = date(2026, 3, 2)
    table: list[list[int | None]] = [[40, 60, 5] if (first + i * ONE_DAY).weekday() < 5 else [None] * 3 for i in range(30)]
    history = read_history(rows(first, table))
    opened = open_slots(history, Calendar())
    assert opened.any(axis=1)[:7].tolist() == [True] * 5 + [False] * 2
    assert missing_days(history, opened, classes_of(first, history.days, Calendar())) == []


def test_aht_counts_every_call_once() -> None:
    start = datetime(2026, 3, 2, 9)
    frame = pl.DataFrame(
        {"start": [start, start + timedelta(minutes=30)], "offered": [10, 90], "answered": [10, 90], "handle_s": [10 * 500.0, 90 * 100.0]}
    )
    assert read_history(frame).aht().tolist() == [pytest.approx(140)]
    twice = read_history(pl.concat([frame, frame]))  # two queues at the same times
    assert twice.volume().tolist() == [200] and twice.aht().tolist() == [pytest.approx(140)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f.drop("answered"), "columns missing: answered"),
        (lambda f: f.clear(), "no history"),
        (lambda f: f.with_columns(offered=-1), "below zero"),
        (lambda f: f.with_columns(start=pl.col("start") + pl.duration(minutes=7)), "grid"),
    ],
)
def test_bad_intervals(change: Any, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_history(change(rows(date(2026, 3, 2), [[1, 2, 3]])))


# -- seasonal naive -----------------------------------------------------------------------------------------------


def test_seasonal_naive_repeats_the_last_known_weekday() -> None:
    y = np.arange(21.0) + 1
    y[-2] = np.nan  # the last Saturday is missing: the one before counts
    model = SeasonalNaive().fit(y)
    prediction = model.predict(9)
    assert prediction.mean.tolist() == [15, 16, 17, 18, 19, 13, 21, 15, 16]
    assert np.all(prediction.lower[95] <= prediction.lower[80]) and np.all(prediction.upper[80] <= prediction.upper[95])
    paths = model.paths(400, 50, seed=1)
    assert paths.shape == (50, 400) and np.array_equal(paths, model.paths(400, 50, seed=1))
    with pytest.raises(BadInput, match="two weeks"):
        SeasonalNaive().fit(np.ones(5))


# -- calendar regression ------------------------------------------------------------------------------------------


def fitted(invented: Any, y: np.ndarray | None = None, horizon: int = 366) -> CalendarRegression:
    history = read_history(invented.intervals)
    values = history.volume() if y is None else y
    return CalendarRegression().fit(values, design(invented.first, len(values), horizon, Calendar(), [invented.event]))


def test_it_learns_what_moves_the_queue_within_five_seconds(invented: Any) -> None:
    started = time.process_time()
    model = fitted(invented)
    prediction = model.predict(366)
    assert time.process_time() - started < 5
    known = model.coefficients_
    season = known["event season"] + known["event season middle"] * 2 / np.pi
    assert season == pytest.approx(np.log(1.5), abs=0.08)
    assert known["weekday mon"] - known["weekday sun"] == pytest.approx(np.log(1.2 / 0.5), abs=0.08)
    truth = invented.expected[invented.days :]
    assert np.abs(prediction.mean - truth).sum() / truth.sum() < 0.08
    near = slice(0, 56)
    assert np.abs(prediction.mean[near] - truth[near]).sum() / truth[near].sum() < 0.04


def test_spring_festival_is_found_where_it_moves_to(invented: Any) -> None:
    mean = fitted(invented).predict(120).mean
    first = invented.first + invented.days * ONE_DAY
    eve = (date(2027, 2, 5) - first).days
    for away in (-4, 2, 5):  # before the feast, in it, still in it
        assert mean[eve + away] == pytest.approx(invented.on(date(2027, 2, 5) + away * ONE_DAY), rel=0.15)


def test_missing_days_are_not_zero(invented: Any) -> None:
    whole = read_history(invented.intervals).volume()
    holes = whole.copy()
    holes[-40:-12] = np.nan
    zeros = np.where(np.isnan(holes), 0.0, holes)
    a, b, c = (fitted(invented, y, 56).predict(56).mean.sum() for y in (whole, holes, zeros))
    assert b == pytest.approx(a, rel=0.06)
    assert abs(c / a - 1) > max(0.06, 1.5 * abs(b / a - 1))  # zeros would have dragged it down


def test_a_storm_is_set_apart_and_a_lasting_shift_is_followed(invented: Any) -> None:
    calm = read_history(invented.intervals).volume()
    storm = calm.copy()
    storm[-3:-1] *= 3
    model = fitted(invented, storm, 28)
    assert set(model.outliers_) >= {len(storm) - 3, len(storm) - 2}
    base = fitted(invented, calm, 28).predict(28).mean.sum()
    assert model.predict(28).mean.sum() == pytest.approx(base, rel=0.05)
    shift = calm.copy()
    shift[-45:] *= 1.6
    assert fitted(invented, shift, 28).predict(28).mean.sum() > 1.4 * base


def test_bands_hold_what_they_promise_and_months_are_wider_than_independent_days(invented: Any) -> None:
    inside80, inside95, ratios = [], [], []
    y = read_history(invented.intervals).volume()
    for origin in range(len(y) - 28 * 8, len(y), 28):
        model = fitted(invented, y[:origin], 28)
        prediction, actual = model.predict(28), y[origin : origin + 28]
        inside80.append((actual >= prediction.lower[80]) & (actual <= prediction.upper[80]))
        inside95.append((actual >= prediction.lower[95]) & (actual <= prediction.upper[95]))
        paths = model.paths(28, 1000, seed=3)
        ratios.append(paths.sum(axis=1).std() / np.sqrt((paths.std(axis=0) ** 2).sum()))
    assert 0.68 <= np.mean(inside80) <= 0.92 and 0.88 <= np.mean(inside95) <= 1.0
    assert np.mean(ratios) > 1.15  # days go wrong together


def test_paths_are_reproducible_and_never_negative(invented: Any) -> None:
    model = fitted(invented, horizon=30)
    assert np.array_equal(model.paths(30, 100, seed=5), model.paths(30, 100, seed=5))
    assert not np.array_equal(model.paths(30, 100, seed=5), model.paths(30, 100, seed=6))
    few = np.random.default_rng(1).poisson(0.4, 120).astype(float)
    tiny = CalendarRegression().fit(few, design(invented.first, 120, 30, Calendar()))
    assert tiny.paths(30, 200, seed=1).min() >= 0 and tiny.predict(30).mean.mean() == pytest.approx(0.4, abs=0.25)
    flat = CalendarRegression().fit(np.full(100, 50.0), design(invented.first, 100, 30, Calendar()))
    assert flat.predict(7).mean == pytest.approx(np.full(7, 50.0), rel=0.02)


def test_bad_histories(invented: Any) -> None:
    x = design(invented.first, 60, 10, Calendar())
    with pytest.raises(BadInput, match="too few"):
        CalendarRegression().fit(np.full(60, np.nan), x)
    with pytest.raises(BadInput, match="below zero"):
        CalendarRegression().fit(np.full(60, -1.0), x)
    with pytest.raises(BadInput, match="design"):
        CalendarRegression().fit(np.ones(60))
    with pytest.raises(BadInput, match="horizon"):
        CalendarRegression().fit(np.ones(60), x).predict(11)


# -- day profile --------------------------------------------------------------------------------------------------


def test_profile_finds_shape_excess_and_slow_evenings(invented: Any) -> None:
    history, calendar = read_history(invented.intervals), Calendar()
    classes = classes_of(history.first, history.days, calendar)
    opened = open_slots(history, calendar)
    profile = DayProfile().fit(history.offered, history.answered, history.handle, history.complete, classes, opened)
    slots = np.arange(48) / 2
    curve = np.exp(-((slots - 10) ** 2) / 8) + 0.8 * np.exp(-((slots - 15.5) ** 2) / 10) + 0.02
    truth = curve / curve.sum()
    assert profile.shares_.sum(axis=1) == pytest.approx(np.ones(9))
    assert np.abs(profile.shares_[0] - truth).sum() < 0.04 and np.abs(profile.shares_[HOLIDAY_CLASS] - truth).sum() < 0.06
    assert profile.excess_ < 0.01  # the generator's slots are Poisson
    assert profile.aht_ratios_[0, 40] / profile.aht_ratios_[0, 20] == pytest.approx(1.1, abs=0.03)
    assert profile.aht_cv_ == pytest.approx(0.6, abs=0.12)
    totals = np.full((400, 7), 800.0)
    paths = profile.volume_paths(totals, np.arange(7), seed=2)
    assert paths.shape == (400, 7, 48) and paths.sum(axis=2).mean() == pytest.approx(800, rel=0.01)
