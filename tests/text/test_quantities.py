"""Quantities and dates in what people say."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.text.dates import moments
from qa.text.numbers import cardinal
from qa.text.quantities import Quantity, quantities, quantity_of

FRIDAY = datetime(2026, 11, 20, 10, 0, tzinfo=timezone(timedelta(hours=8)))


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("三刻钟", 2700, 2700),
        ("一刻钟", 900, 900),
        ("四十五分钟", 2700, 2700),
        ("一个半小时", 5400, 5400),
        ("两个半小时", 9000, 9000),
        ("两小时半", 9000, 9000),
        ("半个小时", 1800, 1800),
        ("半年", 182.5 * 86400, 182.5 * 86400),
        ("一个半月", 45 * 86400, 45 * 86400),
        ("一小时二十分钟", 4800, 4800),
        ("1小时30分", 5400, 5400),
        ("一个小时零五分", 3900, 3900),
        ("两天", 172800, 172800),
        ("三个工作日", 259200, 259200),
        ("两三天", 172800, 259200),
        ("二三十分钟", 1200, 1800),
        ("十来分钟", 600, 1200),
        ("一个多小时", 3600, 7200),
        ("三十到四十五分钟", 1800, 2700),
        ("半小时到一小时", 1800, 3600),
        ("45 min", 2700, 2700),
        ("90 s", 90, 90),
        ("forty-five minutes", 2700, 2700),
        ("an hour and a half", 5400, 5400),
        ("half an hour", 1800, 1800),
        ("three quarters of an hour", 2700, 2700),
        ("two and a half hours", 9000, 9000),
        ("30 to 45 minutes", 1800, 2700),
        ("2 days and 3 hours", 183600, 183600),
        ("a couple of hours", 7200, 7200),
    ],
)
def test_durations(text: str, low: float, high: float) -> None:
    whole = quantity_of(text)
    assert whole is not None and (whole.kind, whole.unit) == ("duration", "s")
    assert (float(whole.low), float(whole.high)) == (low, high)


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        ("三千五百块", "3500", "CNY"),
        ("三块五", "3.5", "CNY"),
        ("35块6", "35.6", "CNY"),
        ("一百二十元五角", "120.5", "CNY"),
        ("两块五毛钱", "2.5", "CNY"),
        ("五毛", "0.5", "CNY"),
        ("3.5万元", "35000", "CNY"),
        ("¥1,200", "1200", "CNY"),
        ("12,000 yuan", "12000", "CNY"),
        ("$35.50", "35.50", "USD"),
        ("thirty-five dollars and fifty cents", "35.5", "USD"),
    ],
)
def test_amounts(text: str, number: str, unit: str) -> None:
    whole = quantity_of(text)
    assert whole is not None and (whole.kind, whole.low, whole.high, whole.unit) == ("amount", Decimal(number), Decimal(number), unit)


@pytest.mark.parametrize(
    ("text", "kind", "number", "unit"),
    [
        ("百分之九十五", "percent", "95", "%"),
        ("5%", "percent", "5", "%"),
        ("八成", "percent", "80", "%"),
        ("三百二十度电", "count", "320", "度电"),
        ("200户", "count", "200", "户"),
    ],
)
def test_shares_and_counts(text: str, kind: str, number: str, unit: str) -> None:
    assert quantity_of(text) == Quantity(kind, Decimal(number), Decimal(number), unit, 0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "十分抱歉",
        "我们一块去",
        "两块电表",
        "第三天",
        "周三",
        "一个电话",
        "打八五折",
        "二零二六年",
        "just one minute please",
        "稍等一下",
        "11月3日",
        "工号3026",
    ],
)
def test_what_only_looks_like_a_quantity(text: str) -> None:
    assert quantities(text) == []


def test_two_durations_parted_by_a_stop_stay_two() -> None:
    assert [q.low for q in quantities("等了两天。三个小时前才来")] == [172800, 10800]


@given(st.integers(2, 59), st.sampled_from(["分钟", "小时", "天"]), st.sampled_from(["", "您好，", "我们"]))
def test_figures_and_words_say_the_same_and_places_hold(number: int, unit: str, before: str) -> None:
    for written in (str(number), cardinal(number)):
        text = f"{before}{written}{unit}内到"
        (found,) = quantities(text)
        assert text[found.start : found.end] == f"{written}{unit}"
        assert found.low == number * {"分钟": 60, "小时": 3600, "天": 86400}[unit]


@given(st.text(alphabet="一两三四十百千万半个多来几到小时分钟天块元角毛五%点0123456789. 月日号周上下午前后年成度", max_size=24))
def test_no_text_breaks_the_recognisers(text: str) -> None:
    for quantity in quantities(text):
        assert 0 <= quantity.start < quantity.end <= len(text) and quantity.low <= quantity.high
    for moment in moments(text, FRIDAY):
        assert moment.start <= moment.end and 0 <= moment.first < moment.last <= len(text)


@pytest.mark.parametrize(
    ("text", "start", "end", "sure"),
    [
        ("下周三", "11-25 00:00", "11-26 00:00", True),
        ("下周三上午", "11-25 06:00", "11-25 12:00", True),
        ("周三", "11-25 00:00", "11-26 00:00", False),
        ("明天下午三点", "11-21 15:00", "11-21 15:00", True),
        ("明天下午三点到五点", "11-21 15:00", "11-21 17:00", True),
        ("今晚八点", "11-20 20:00", "11-20 20:00", True),
        ("大后天上午九点半", "11-23 09:30", "11-23 09:30", True),
        ("下午五点前", "11-20 10:00", "11-20 17:00", True),
        ("三点半以后", "11-20 15:30", "11-21 00:00", True),
        ("11月22日18:30", "11-22 18:30", "11-22 18:30", True),
        ("十一月二十二日", "11-22 00:00", "11-23 00:00", True),
        ("25号上午", "11-25 06:00", "11-25 12:00", True),
        ("15号", "12-15 00:00", "12-16 00:00", False),
        ("下个月3号", "12-03 00:00", "12-04 00:00", True),
        ("下周", "11-23 00:00", "11-30 00:00", True),
        ("晚上12点", "11-21 00:00", "11-21 00:00", True),
        ("next Tuesday", "11-24 00:00", "11-25 00:00", True),
        ("next Tuesday at 3 pm", "11-24 15:00", "11-24 15:00", True),
        ("tomorrow morning", "11-21 06:00", "11-21 12:00", True),
        ("the day after tomorrow", "11-22 00:00", "11-23 00:00", True),
        ("November 25th", "11-25 00:00", "11-26 00:00", True),
    ],
)
def test_dates_count_from_the_call(text: str, start: str, end: str, sure: bool) -> None:
    (moment,) = moments(text, FRIDAY)
    assert (f"{moment.start:%m-%d %H:%M}", f"{moment.end:%m-%d %H:%M}", moment.sure) == (start, end, sure)
    assert (moment.first, moment.last) == (0, len(text)) and moment.start.tzinfo is FRIDAY.tzinfo


@pytest.mark.parametrize("text", ["15号楼", "三号线", "工号15号为您服务", "有一点急", "一点都不急", "两点建议", "2月30日", "差点"])
def test_what_only_looks_like_a_date(text: str) -> None:
    assert moments(text, FRIDAY) == []
