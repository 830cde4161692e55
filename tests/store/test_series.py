"""History and forecasts: what was loaded comes back by half-hour and local day, and each forecast run is kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import BadInput, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, feeds, forecasts, schema, series

LOCAL = pl.Datetime("us", "Asia/Shanghai")


@pytest.fixture
def house(centre: Store, samples: Any) -> Store:
    """Half-hours around local midnight, when the day in UTC is still the one before."""
    clocks = [("2026-11-08", "23:30"), ("2026-11-09", "00:00"), ("2026-11-09", "23:30"), ("2026-11-10", "00:00")]
    start = pl.Series("start", [samples.at(*clock) for clock in clocks], dtype=LOCAL)
    counts = {"offered": [1, 10, 20, 100], "answered": [1, 9, 20, 90], "abandoned": [0, 1, 0, 10], "answered_20s": [1, 8, 20, 80]}
    frame = pl.DataFrame(
        {"queue_id": ["q1"] * 4, "start": start, **counts, "wait_s": [1.0, 2.0, 3.0, 4.0], "handle_s": [9.0, 8.0, 7.0, 6.0]}
    )
    feeds.load(centre, OPERATOR, "interval_counts", frame)
    return centre


def test_half_hours_are_local(house: Store, samples: Any) -> None:
    found = series.offered(house, OPERATOR, "q1")
    assert found.schema["start"] == LOCAL and found["offered"].to_list() == [1, 10, 20, 100]
    assert found["start"].to_list()[1] == samples.at("2026-11-09", "00:00")
    assert found["day"].to_list() == [date(2026, 11, 8), date(2026, 11, 9), date(2026, 11, 9), date(2026, 11, 10)]


def test_days_are_local_days(house: Store, samples: Any) -> None:
    found = series.offered(house, OPERATOR, "q1", "day")
    assert found.select("day", "offered", "abandoned", "handle_s").rows() == [
        (date(2026, 11, 8), 1, 0, 9.0),
        (date(2026, 11, 9), 30, 1, 15.0),
        (date(2026, 11, 10), 100, 10, 6.0),
    ]
    assert found["start"].to_list()[1] == samples.at("2026-11-09", "00:00")


def test_first_and_last_are_both_included(house: Store) -> None:
    day = date(2026, 11, 9)
    assert series.offered(house, OPERATOR, "q1", first=day, last=day)["offered"].to_list() == [10, 20]
    assert series.offered(house, OPERATOR, "q1", "day", first=day)["offered"].to_list() == [30, 100]
    assert series.offered(house, OPERATOR, "q1", last=day - timedelta(days=1))["offered"].to_list() == [1]


def test_a_queue_without_history_has_no_rows_but_its_columns(house: Store) -> None:
    for grain in ("half_hour", "day"):
        found = series.offered(house, OPERATOR, "q10", grain)
        assert found.is_empty() and found.schema["start"] == LOCAL and found.schema["offered"] == pl.Int64


def test_topics_by_day(house: Store) -> None:
    day = date(2026, 11, 9)
    feeds.load(house, OPERATOR, "topic_days", pl.DataFrame({"queue_id": ["q1"], "day": [day], "topic": ["电费"], "offered": [7]}))
    assert series.topics(house, OPERATOR, "q1", day, day).rows() == [(day, "电费", 7)]
    assert series.topics(house, OPERATOR, "q1", day + timedelta(days=1)).is_empty()


def _values(mean: float = 9.0, count: int = 2) -> pl.DataFrame:
    first = datetime(2026, 11, 8, 16, tzinfo=UTC)
    band = {"low80": mean - 1, "high80": mean + 1, "low95": mean - 2, "high95": mean + 2}
    return pl.DataFrame(
        [{"metric": "volume", "grain": "half_hour", "start": first + timedelta(minutes=30 * i), "mean": mean, **band} for i in range(count)]
    )


def _plan(net: int = 3) -> pl.DataFrame:
    row = {"start": datetime(2026, 11, 9, tzinfo=UTC), "net": net, "gross": net + 1, "binding": "occupancy"}
    return pl.DataFrame([{**row, "service_level": 0.85, "occupancy": 0.7, "abandonment": 0.01, "asa_s": 8.0}])


def _save(store: Store, viewer: Viewer = OPERATOR, **given: Any) -> int:
    day = date(2026, 11, 9)
    return forecasts.save(
        store, viewer, **{"queue_id": "q1", "values": _values(), "first_day": day, "last_day": day, "model": "naive", **given}
    )


def test_a_forecast_comes_back_as_it_was_made(centre: Store, samples: Any) -> None:
    planner = samples.viewer(UserRole.PLANNER, "/c/")
    made = _save(centre, planner, notes=["过了官方日历 / past the official calendar"], plan=_plan())
    stored = forecasts.latest(centre, planner, "q1")
    assert stored is not None and (stored.id, stored.model, stored.made_by, stored.latest) == (made, "naive", planner.name, True)
    assert stored.notes == ("过了官方日历 / past the official calendar",) and stored.made_at.utcoffset() == timedelta(hours=8)
    found = forecasts.values(centre, planner, made)
    assert found.rows()[0] == (samples.at("2026-11-09", "00:00"), 9.0, 8.0, 10.0, 7.0, 11.0) and found.height == 2
    assert forecasts.values(centre, planner, made, "aht").is_empty()
    assert forecasts.plan(centre, planner, made).select(forecasts.PLAN[1:]).rows() == [(3, 4, "occupancy", 0.85, 0.7, 0.01, 8.0)]


def test_the_last_forecast_of_a_queue_is_the_one_in_force(centre: Store) -> None:
    first, other, second = _save(centre), _save(centre, queue_id="q10"), _save(centre, values=_values(5.0))
    assert [(f.id, f.latest) for f in forecasts.listed(centre, OPERATOR)] == [(second, True), (other, True), (first, False)]
    assert [f.id for f in forecasts.listed(centre, OPERATOR, "q10")] == [other]
    assert forecasts.values(centre, OPERATOR, first)["mean"].to_list() == [9.0, 9.0]


def test_a_forecast_that_fails_leaves_the_earlier_in_force(centre: Store) -> None:
    kept = _save(centre)
    with pytest.raises(BadInput, match="columns missing: asa_s"):
        _save(centre, plan=_plan().drop("asa_s"))
    assert [f.id for f in forecasts.listed(centre, OPERATOR)] == [kept]
    stored = forecasts.latest(centre, OPERATOR, "q1")
    assert stored is not None and stored.id == kept


def test_a_plan_is_replaced_whole(centre: Store) -> None:
    made = _save(centre, plan=_plan())
    forecasts.save_plan(centre, OPERATOR, made, _plan(7).with_columns(pl.col("start").dt.offset_by("30m")))
    assert forecasts.plan(centre, OPERATOR, made)["net"].to_list() == [7]
    with pytest.raises(NotFound):
        forecasts.save_plan(centre, OPERATOR, 99, _plan())


@pytest.mark.parametrize("broken", [_values().drop("low95"), _values().with_columns(pl.col("start").dt.replace_time_zone(None))])
def test_frames_that_cannot_be_stored_are_refused(centre: Store, broken: pl.DataFrame) -> None:
    with pytest.raises(BadInput, match="forecast"):
        _save(centre, values=broken)


def test_a_year_of_half_hours_is_stored(centre: Store) -> None:
    made = _save(centre, values=_values(count=17_520))
    with centre.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.forecast_values)) == 17_520
    assert forecasts.values(centre, OPERATOR, made).height == 17_520
