"""The Chinese calendar as planners need it: which days are worked, which are holidays, how sure that is.

Official days and 调休 come from ``chinesecalendar``, which knows the years the State Council has announced.
Later years come from ``holidays`` (statutory dates only) stretched to the usual length of each
holiday; make-up Saturdays and Sundays of those years are not known yet, and a :class:`CalendarWarning` says so.
Planners can enter announced days before a package does, in the event table (see ``events.py``).

>>> china = Calendar()
>>> china.day(date(2026, 10, 10)).kind.value, china.day(date(2026, 10, 1)).holiday
('makeup', 'national_day')
>>> china.day(date(2027, 2, 6)).official, spring_festival_offset(date(2027, 2, 6))
(False, 1)
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache

import chinese_calendar
import holidays as public_holidays
from chinese_calendar import constants as announced
from lunardate import LunarDate

from hotline.errors import BadInput

ONE_DAY = timedelta(days=1)
OFFICIAL_UNTIL = date(max(announced.holidays).year, 12, 31)
"""Last day whose 调休 the installed ``chinesecalendar`` knows."""

LUNAR_FESTIVALS = ("tomb_sweeping_day", "dragon_boat_festival", "mid_autumn_festival")


STATUTORY = frozenset({"new_years_day", "spring_festival", "labour_day", "national_day", *LUNAR_FESTIVALS})


class DayKind(StrEnum):
    WORKDAY = "workday"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # statutory days and the rest days joined to them
    MAKEUP = "makeup"  # 调休: a Saturday or Sunday that is worked


@dataclass(frozen=True, slots=True)
class Day:
    """One local day. ``holiday`` names the holiday of HOLIDAY and MAKEUP days; ``official`` is False when guessed."""

    date: date
    kind: DayKind
    holiday: str | None = None
    official: bool = True


@dataclass(frozen=True, slots=True)
class Period:
    """A holiday from ``first`` to ``last``, both included, named after most of its days."""

    name: str
    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class CalendarWarning:
    """The horizon passes the official calendar: from ``first_unofficial`` on holidays are a guess."""

    first_unofficial: date

    def __str__(self) -> str:
        day = self.first_unofficial.isoformat()
        return (
            f"{day} 起的放假与调休尚无官方日历，按惯例估计；公布后请写入 events.yaml "
            f"(no official calendar from {day}: holidays are estimated, 调休 unknown; enter them in events.yaml once announced)"
        )


@dataclass(frozen=True)
class Calendar:
    """Days of one country; ``country`` is an ISO code of the ``holidays`` package, CN by default.

    ``extra_holidays`` and ``extra_workdays`` (announced by hand, day → holiday name) win over both packages.
    """

    country: str = "CN"
    extra_holidays: dict[date, str] = field(default_factory=dict)
    extra_workdays: dict[date, str] = field(default_factory=dict)

    def day(self, when: date) -> Day:
        """What kind of day it is."""
        if when in self.extra_holidays:
            return Day(when, DayKind.HOLIDAY, self.extra_holidays[when])
        if when in self.extra_workdays:
            makeup = when.weekday() >= 5
            return Day(when, DayKind.MAKEUP if makeup else DayKind.WORKDAY, self.extra_workdays[when] if makeup else None)
        holiday, official = None, True
        if self.country != "CN":
            holiday = _national(self.country, when.year).get(when)
        elif announced_from() <= when <= OFFICIAL_UNTIL:
            off, name = chinese_calendar.get_holiday_detail(when)
            holiday = _slug(name) if off and name else None
            if not off and when.weekday() >= 5:
                return Day(when, DayKind.MAKEUP, _slug(name) if name else None)
        else:
            by_hand = self._names_by_hand.get(when.year, frozenset())
            guess = _estimated(when.year).get(when)
            holiday = None if guess in by_hand else guess
            official = by_hand >= STATUTORY
        if holiday:
            return Day(when, DayKind.HOLIDAY, holiday, official)
        return Day(when, DayKind.WEEKEND if when.weekday() >= 5 else DayKind.WORKDAY, None, official)

    @cached_property
    def _names_by_hand(self) -> dict[int, frozenset[str]]:
        """Per year the holidays a planner entered: those are not guessed, and with all of them the year is official."""
        names: dict[int, set[str]] = {}
        for day, name in self.extra_holidays.items():
            names.setdefault(day.year, set()).add(name)
        return {year: frozenset(entered) for year, entered in names.items()}

    def days(self, first: date, count: int) -> list[Day]:
        return [self.day(first + i * ONE_DAY) for i in range(count)]

    def periods(self, first: date, last: date) -> list[Period]:
        """Holidays that touch ``first`` … ``last``, whole even where they reach beyond."""
        found: list[Period] = []
        run: list[Day] = []
        for day in self.days(first - 12 * ONE_DAY, (last - first).days + 25):
            if day.kind is DayKind.HOLIDAY:
                run.append(day)
            elif run:
                names = [d.holiday or "" for d in run]
                found.append(Period(max(names, key=names.count), run[0].date, run[-1].date))
                run = []
        return [p for p in found if p.last >= first and p.first <= last]

    def warning(self, first: date, last: date) -> CalendarWarning | None:
        """The warning due when ``first`` … ``last`` has days nobody has announced, else None."""
        for i in range((last - first).days + 1):
            if not self.day(first + i * ONE_DAY).official:
                return CalendarWarning(first + i * ONE_DAY)
        return None


@lru_cache(maxsize=1)
def announced_from() -> date:
    """First day ``chinesecalendar`` knows."""
    return date(min(announced.holidays).year, 1, 1)


def spring_festival_offset(when: date) -> int:
    """Days from the nearest 除夕 (the day before lunar New Year): 0 is 除夕, 1 is 初一. Raises BadInput outside 1901–2099."""
    return min(((when - eve).days for eve in _new_year_eves(when.year)), key=abs)


@lru_cache(maxsize=256)
def _new_year_eves(year: int) -> tuple[date, ...]:
    try:
        return tuple(LunarDate(y, 1, 1).to_solar_date() - ONE_DAY for y in (year - 1, year, year + 1))
    except ValueError:
        raise BadInput(str(year), "is outside the lunar calendar known here", "use years 1901 to 2098") from None


@lru_cache(maxsize=256)
def festival(name: str, year: int) -> date:
    """The day itself of 清明, 端午 or 中秋 (names of ``LUNAR_FESTIVALS``), whatever days off surround it."""
    if name == "tomb_sweeping_day":
        for day in sorted(_statutory(year)):
            if _statutory(year)[day] == name:
                return day
        raise BadInput(f"{name} {year}", "is not known", "use years from 2008 on")
    month, day_of_month = {"dragon_boat_festival": (5, 5), "mid_autumn_festival": (8, 15)}[name]
    moment: date = LunarDate(year, month, day_of_month).to_solar_date()
    return moment


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower().replace("'", "")).strip("_")


@lru_cache(maxsize=64)
def _statutory(year: int) -> dict[date, str]:
    """Statutory dates of ``holidays`` under the names of ``chinesecalendar``, days in lieu left out."""
    names = {
        "New Year's Day": "new_years_day",
        "Chinese New Year": "spring_festival",
        "Tomb": "tomb_sweeping_day",
        "Labor": "labour_day",
        "Dragon": "dragon_boat_festival",
        "National": "national_day",
        "Mid-Autumn": "mid_autumn_festival",
    }
    found = {}
    for day, text in public_holidays.country_holidays("CN", years=year, language="en_US").items():
        for beginning, slug in names.items():
            if beginning in text and not text.startswith("Day off") and "(observed)" not in text and day.year == year:
                found[day] = slug
                break
    return found


@lru_cache(maxsize=64)
def _estimated(year: int) -> dict[date, str]:
    """Holidays of a year nobody has announced, at the length usual since the rules of 2025.

    春节 除夕–初七 (8 days), 劳动节 1–5 May, 国庆 1–7 October, the others one day joined to a weekend beside it.
    """
    lengths = {"spring_festival": 8, "labour_day": 5, "national_day": 7}
    firsts: dict[str, date] = {}
    for day, name in sorted(_statutory(year).items()):
        firsts.setdefault(name, day)
    found: dict[date, str] = {}
    for name, first in firsts.items():
        if name in lengths:
            days: Iterable[date] = (first + i * ONE_DAY for i in range(lengths[name]))
        else:
            # Fri: three days; Sat, Sun: the following Monday is off in lieu; Mon: the weekend before; else one day
            before, after = {4: (0, 2), 5: (0, 2), 6: (1, 1), 0: (2, 0)}.get(first.weekday(), (0, 0))
            days = (first + i * ONE_DAY for i in range(-before, after + 1))
        for day in days:
            found.setdefault(day, name)
    return found


@lru_cache(maxsize=256)
def _national(country: str, year: int) -> dict[date, str]:
    try:
        table = public_holidays.country_holidays(country, years=year, language="en_US")
    except NotImplementedError:
        raise BadInput(country, "is not a country of the holidays package", "use an ISO code such as CN") from None
    return {day: _slug(text.split(" (")[0]) for day, text in table.items() if day.year == year}
