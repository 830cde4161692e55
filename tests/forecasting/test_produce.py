"""The whole way from interval counts to days, months and half-hours, and its backtest."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from forecasting import Forecast, produce
from forecasting.backtest import backtest
from forecasting.series import read_history
from hotline.errors import BadInput


@pytest.fixture(scope="module")
def made(invented: Any) -> Forecast:
    return produce(invented.intervals, None, 366, [invented.event])


def test_a_year_in_three_grains(made: Forecast, invented: Any) -> None:
    assert (made.first_day, made.last_day) == (date(2026, 11, 16), date(2027, 11, 16))
    assert made.daily.height == 366 and made.half_hourly.height == 42 * 48
    assert made.monthly["start"].dt.strftime("%Y-%m").to_list() == [f"2026-{m}" for m in (11, 12)] + [f"2027-{m:02}" for m in range(1, 11)]
    for metric in ("volume", "aht"):
        for grain in ("day", "half_hour", "month"):
            frame = made.grain(metric, grain)
            assert frame["start"].dtype == pl.Datetime("us", "Asia/Shanghai")
            assert frame.select((pl.col("low95") <= pl.col("low80")).all() & (pl.col("high80") <= pl.col("high95")).all()).item()
            assert frame.select((pl.col("low80") <= pl.col("high80")).all()).item() and frame["mean"].min() >= 0
    assert any("2027-01-01" in warning for warning in made.warnings)


def test_october_shows(made: Forecast, invented: Any) -> None:
    monthly = dict(zip(made.monthly["start"].dt.strftime("%Y-%m"), made.monthly["mean"], strict=True))
    first = invented.first + timedelta(days=invented.days)
    truth = {
        m: sum(invented.on(first + timedelta(days=i)) for i in range(366) if f"{first + timedelta(days=i):%Y-%m}" == m) for m in monthly
    }
    assert monthly["2027-10"] > 1.1 * monthly["2027-09"]
    assert monthly["2027-10"] == pytest.approx(truth["2027-10"], rel=0.1)
    assert made.effects["season"] == pytest.approx(0.5, abs=0.1)


def test_grains_add_up(made: Forecast, invented: Any) -> None:
    slots = made.half_hourly.group_by(pl.col("start").dt.date().alias("day")).agg(pl.col("mean").sum()).sort("day")
    assert slots["mean"].to_list() == pytest.approx(made.daily["mean"].head(42).to_list())
    december = made.daily.filter(pl.col("start").dt.strftime("%Y-%m") == "2026-12")["mean"].sum()
    assert made.monthly.filter(pl.col("start").dt.strftime("%Y-%m") == "2026-12")["mean"].item() == pytest.approx(december)
    known = invented.intervals.filter(pl.col("start").dt.strftime("%Y-%m") == "2026-11")["offered"].sum()
    ahead = made.daily.filter(pl.col("start").dt.strftime("%Y-%m") == "2026-11")["mean"].sum()
    november = made.monthly.filter(pl.col("start").dt.strftime("%Y-%m") == "2026-11")
    assert november["mean"].item() == pytest.approx(known + ahead) and november["low95"].item() > known
    assert made.grain("aht", "month")["mean"].to_list() == pytest.approx([245] * 12, rel=0.05)


def test_the_future_is_not_looked_at(invented: Any) -> None:
    origin = date(2026, 9, 1)
    changed = invented.intervals.with_columns(
        offered=pl.when(pl.col("start").dt.date() >= origin).then(pl.lit(9999)).otherwise(pl.col("offered")),
    )
    a, b = (produce(frame, origin, 7, half_hour_days=2) for frame in (invented.intervals, changed))
    assert a.values.equals(b.values)
    assert produce(invented.intervals, origin, 7, half_hour_days=2, seed=1).daily["low80"].to_list() != a.daily["low80"].to_list()


def test_which_days_are_complete_is_judged_without_later_days(invented: Any) -> None:
    """The nights open late in the history, and bring many calls: earlier days were whole without them, as far as was known then."""
    origin = date(2026, 9, 1)
    night, later = pl.col("start").dt.hour() < 8, pl.col("start").dt.date() >= origin
    frame = invented.intervals.tail(48 * 200).filter(~night | later).with_columns(offered=pl.when(night).then(400).otherwise("offered"))
    whole = read_history(frame)
    assert not whole.complete[: (origin - whole.first).days].any()
    known = whole.until(origin)
    assert known.complete.all() and known.days == (origin - whole.first).days
    assert np.array_equal(known.complete, read_history(frame.filter(~later)).complete)
    first_night = produce(frame, origin + timedelta(days=1), 7, half_hour_days=2).grain("volume", "day")
    assert first_night.equals(produce(frame.filter(pl.col("start").dt.date() <= origin), None, 7, half_hour_days=2).grain("volume", "day"))


def test_a_gap_before_the_first_day_is_bridged_and_said(invented: Any) -> None:
    late = produce(invented.intervals, date(2026, 11, 26), 10, half_hour_days=0)
    assert late.daily.height == 10 and late.half_hourly.is_empty()
    assert any("10" in warning and "history ends" in warning for warning in late.warnings)
    assert late.daily["mean"][0] == pytest.approx(invented.on(date(2026, 11, 26)), rel=0.12)


def test_closed_weekends_are_forecast_closed(invented: Any) -> None:
    open_days = invented.intervals.filter((pl.col("start").dt.weekday() <= 5) & pl.col("start").dt.hour().is_between(8, 19))
    made = produce(open_days, date(2026, 11, 16), 14)
    means = made.daily["mean"].to_list()
    assert means[5] == means[6] == means[12] == 0 and min(means[:5]) > 0
    night = made.half_hourly.filter(pl.col("start").dt.hour() < 8)
    assert night["high95"].max() == 0


def test_levels_are_chosen_and_mistakes_named(invented: Any) -> None:
    only = produce(invented.intervals, None, 3, levels=(50,), half_hour_days=1)
    assert only.daily.columns == ["start", "mean", "low50", "high50"]
    short = invented.intervals.head(48 * 20)
    assert any("20" in warning for warning in produce(short, None, 7).warnings)
    for arguments, words in (
        ({"days": 0}, "days"),
        ({"days": 5000}, "days"),
        ({"levels": (180,)}, "levels"),
        ({"half_hour_days": -1}, "half_hour_days"),
        ({"first_day": date(2020, 1, 1)}, "too few"),
    ):
        with pytest.raises(BadInput, match=words):
            produce(invented.intervals, **arguments)


def test_six_queues_a_year_within_a_minute(invented: Any) -> None:
    started = time.process_time()
    produce(invented.intervals, None, 366, [invented.event])
    assert (time.process_time() - started) * 6 < 60


def test_backtest_beats_seasonal_naive(invented: Any) -> None:
    seen: list[date] = []
    scores = backtest(invented.intervals, 3, 28, [invented.event], on_origin=seen.append)
    assert seen == [date(2026, 8, 24), date(2026, 9, 21), date(2026, 10, 19)]
    assert scores.height == 6 and scores["n"].to_list() == [84, 84, 84, 84, 84 * 48, 84 * 48]
    for metric, grain in (("volume", "day"), ("aht", "day"), ("volume", "half_hour")):
        ours, naive = scores.filter((pl.col("metric") == metric) & (pl.col("grain") == grain)).to_dicts()
        assert naive["model"] == "seasonal naive" and ours["model"] != naive["model"]
        assert (
            ours["wape"] < (0.85 if metric == "volume" else 1) * naive["wape"]
            and ours["pinball"] < naive["pinball"]
            and ours["mase"] < naive["mase"]
        )
    daily = scores.filter((pl.col("metric") == "volume") & (pl.col("grain") == "day")).to_dicts()[0]
    assert daily["wape"] < 0.08 and abs(daily["bias"]) < 0.05 and daily["cover95"] > 0.8


def test_backtest_scores_what_it_says(invented: Any) -> None:
    """A queue that never changes: both models are right, and all scores follow by hand."""
    flat = invented.intervals.head(48 * 140).with_columns(offered=10, answered=10, handle_s=2000.0)
    scores = backtest(flat, 2, 14)
    naive = scores.filter((pl.col("model") == "seasonal naive") & (pl.col("grain") == "day") & (pl.col("metric") == "volume")).to_dicts()[0]
    assert naive["wape"] == naive["bias"] == naive["pinball"] == naive["total"] == 0 and naive["cover80"] == 1 and naive["mase"] is None
    # the last 14 days bring a quarter more: the one origin before them cannot know
    jump = flat.with_columns(offered=pl.when(pl.int_range(pl.len()) >= 48 * 126).then(pl.lit(12)).otherwise(pl.lit(9)))
    late = backtest(jump, 1, 14).filter((pl.col("model") == "seasonal naive") & (pl.col("metric") == "volume")).to_dicts()
    assert [row["wape"] for row in late] == pytest.approx([0.25, 0.25])
    assert [row["bias"] for row in late] == pytest.approx([-0.25, -0.25])
    assert np.allclose([row["total"] for row in late], 0.25)


def test_backtest_needs_enough_history(invented: Any) -> None:
    with pytest.raises(BadInput, match="at most 1 origins"):
        backtest(invented.intervals.head(48 * 100), 9, 28)
    with pytest.raises(BadInput, match="one or more"):
        backtest(invented.intervals, 0, 28)
