"""How many calls to expect: topics, their week, the Chinese calendar and the seasons that come back every year.

The expected number of calls of a topic on a day is

    base · weekday or holiday factor · season · trend · noise

and is spread over the half-hours of the day by a profile. Storms multiply fault topics of ``q0``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import chinese_calendar
import numpy as np

from hotline.errors import BadInput

SLOTS = 48  # half-hours a day


@dataclass(frozen=True)
class Topic:
    """One reason to call. ``base`` calls on an ordinary Tuesday; ``weekend`` and ``holiday`` are factors; ``aht`` in seconds."""

    queue: str
    name: str
    base: float
    weekend: float
    holiday: float
    aht: float
    profile: str = "office"
    season: str = ""
    ticket: float = 0.0
    """Share of calls that need a work order."""


TOPICS = (
    Topic("q0", "故障报修", 155, 1.0, 1.0, 235, "home", "summer", ticket=0.86),
    Topic("q0", "停电咨询", 100, 0.95, 0.9, 170, "home", "summer", ticket=0.06),
    Topic("q0", "电费查询", 215, 0.75, 0.55, 205, "day", ticket=0.05),
    Topic("q0", "用电业务", 115, 0.45, 0.25, 255, "day", ticket=0.30),
    Topic("q0", "投诉", 32, 0.8, 0.7, 370, "day", ticket=0.72),
    Topic("q0", "招聘咨询", 20, 0.45, 0.25, 190, "day", "recruitment"),
    Topic("q0", "综合咨询", 90, 0.7, 0.5, 175, "day", ticket=0.04),
    Topic("q1", "加油卡业务", 205, 0.85, 0.75, 220, "long", ticket=0.08),
    Topic("q1", "活动与油价", 75, 0.95, 1.05, 160, "long"),
    Topic("q1", "支付故障", 65, 1.0, 1.15, 255, "long", ticket=0.35),
    Topic("q1", "节假日加油", 24, 1.25, 1.0, 150, "long", "refuelling", ticket=0.05),
    Topic("q1", "油品质量", 28, 0.9, 0.8, 300, "long", ticket=0.45),
    Topic("q1", "投诉", 26, 0.9, 0.9, 350, "long", ticket=0.70),
    Topic("q2", "订单咨询", 68, 0.16, 0.08, 290, ticket=0.12),
    Topic("q2", "物流配送", 48, 0.20, 0.12, 280, ticket=0.30),
    Topic("q2", "产品质量", 13, 0.15, 0.08, 400, ticket=0.55),
    Topic("q3", "产品咨询", 60, 0.18, 0.10, 280, ticket=0.06),
    Topic("q3", "订单交期", 42, 0.16, 0.08, 300, ticket=0.35),
    Topic("q3", "质量技术", 20, 0.15, 0.08, 390, ticket=0.50),
    Topic("q5", "证书与登录", 38, 0.14, 0.06, 310, ticket=0.15),
    Topic("q5", "供应商注册", 32, 0.10, 0.05, 260, ticket=0.10),
    Topic("q5", "平台操作", 26, 0.14, 0.06, 290, ticket=0.12),
    Topic("q6", "个人养老金", 22, 0.35, 0.20, 280, season="pension", ticket=0.08),
    Topic("q6", "企业年金", 34, 0.18, 0.08, 260, ticket=0.12),
    Topic("q6", "账户登录", 26, 0.30, 0.18, 215, ticket=0.10),
)

_WEEKDAY = (1.12, 1.0, 0.98, 1.0, 0.95, 1.0, 1.0)  # Monday carries what the weekend left


def is_workday(day: date) -> bool:
    """Does China work on this day? Knows statutory holidays and 调休 make-up days.

    Raises BadInput outside the years whose official arrangement is published.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        raise BadInput(
            str(day), "the official holidays of this year are not known", "choose --until and --months within 2004–2026"
        ) from None


def is_statutory(day: date) -> bool:
    """Is the day part of a statutory holiday (not an ordinary weekend)?"""
    return bool(chinese_calendar.is_holiday(day) and chinese_calendar.get_holiday_detail(day)[1])


def day_factor(topic: Topic, day: date) -> float:
    """Weekday, make-up day and holiday factor of a topic; 1 on an ordinary Tuesday."""
    if is_statutory(day):
        return topic.holiday
    if not is_workday(day):
        return topic.weekend
    return _WEEKDAY[day.weekday()] if day.weekday() < 5 else 0.92  # 调休: a working Saturday or Sunday


def season_factor(topic: Topic, day: date) -> float:
    """The factor of a season that returns every year; 1 outside it."""
    return {"recruitment": _recruitment, "pension": _pension, "refuelling": _refuelling, "summer": _summer}.get(topic.season, _none)(day)


def _none(day: date) -> float:
    return 1.0


def _recruitment(day: date) -> float:
    """Campus recruitment: rises from late September, full from 10 October to 20 November, gone by early December."""
    position = (day - date(day.year, 1, 1)).days
    rise, full, fall, gone = ((date(day.year, m, d) - date(day.year, 1, 1)).days for m, d in ((9, 24), (10, 10), (11, 20), (12, 6)))
    height = np.interp(position, [rise, full, fall, gone], [0.0, 1.0, 1.0, 0.0])
    return float(1 + 10.0 * height)


def _pension(day: date) -> float:
    """Money paid in by 31 December still counts for this year's tax: calls double every nine days in December."""
    if day.month != 12:
        return 1.0
    return float(1 + 6.0 * 2 ** ((day.day - 31) / 9))


def _refuelling(day: date) -> float:
    """Queues at the pumps: from the day before a long holiday to its last day."""
    if is_statutory(day):
        return 6.0
    return 4.0 if is_statutory(day + timedelta(days=1)) else 1.0


def _summer(day: date) -> float:
    """Heat loads the grid in July and August, cold a little in January."""
    return float(
        1 + 0.30 * np.exp(-(((day.timetuple().tm_yday - 210) / 28) ** 2)) + 0.12 * np.exp(-(((day.timetuple().tm_yday - 15) / 20) ** 2))
    )


def storms(rng: np.random.Generator, days: Sequence[date]) -> dict[date, float]:
    """Storm days and the factor they put on fault calls: about nine a year, most from June to September, some two days long."""
    found: dict[date, float] = {}
    for day in days:
        chance = 0.05 if 6 <= day.month <= 9 else 0.008
        if rng.random() < chance:
            found[day] = float(rng.uniform(2.2, 4.0))
            if rng.random() < 0.35:
                found[day + timedelta(days=1)] = float(rng.uniform(1.4, 2.0))
    return {day: factor for day, factor in found.items() if day <= days[-1]}


def profile(kind: str, workday: bool) -> np.ndarray:
    """Share of a day's calls in each of the 48 half-hours; sums to 1. Queues are shut where it is 0."""
    hour = np.arange(SLOTS) / 2 + 0.25
    morning, afternoon = np.exp(-(((hour - 10) / 1.8) ** 2)), 0.8 * np.exp(-(((hour - 15.2) / 2.2) ** 2))
    lunch = 0.35 * np.exp(-(((hour - 12.6) / 1.2) ** 2))
    evening = np.exp(-(((hour - 20) / 2.0) ** 2))
    if kind == "home":  # people notice a fault when they come home; someone always does at night
        shape = 0.09 + 0.75 * morning + 0.6 * afternoon + lunch + 0.75 * evening
        shape = np.where(hour < 6.5, shape * 0.6, shape)
    elif kind == "day":
        shape = 0.018 + morning + afternoon + lunch + 0.16 * evening
    elif kind == "long":
        shape = np.where((hour > 7) & (hour < 22), 0.25 + 0.8 * morning + 0.8 * afternoon + lunch + 0.4 * evening, 0.0)
    else:
        opens, shuts = (8, 20) if workday else (9, 17)
        shape = np.where((hour > opens) & (hour < shuts), 0.06 + morning + afternoon + lunch, 0.0)
    return shape / shape.sum()
