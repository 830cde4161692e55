"""ISO weeks: what is accepted, where years meet, and the one line for what is not a week."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput
from reports.week import IsoWeek

days = st.dates(date(1990, 1, 8), date(2100, 12, 31))


@given(days)
def test_a_day_lies_in_its_week(day: date) -> None:
    week = IsoWeek.of(day)
    assert day in week.days and week.first.weekday() == 0 and week.last - week.first == timedelta(days=6)
    assert IsoWeek.parse(str(week)) == week
    assert week.previous.last == week.first - timedelta(days=1) and week.previous < week


def test_years_meet() -> None:
    assert IsoWeek.of(date(2027, 1, 3)) == IsoWeek(2026, 53)
    assert IsoWeek(2027, 1).previous == IsoWeek(2026, 53)
    assert IsoWeek.parse("2026w9") == IsoWeek(2026, 9)


@pytest.mark.parametrize("text", ["", "2026", "2026-46", "W46", "2026-W00", "2027-W53", "2026-W54", "0000-W01", "２０２６-W46x"])
def test_what_is_no_week_is_named(text: str) -> None:
    with pytest.raises(BadInput, match="week"):
        IsoWeek.parse(text)
